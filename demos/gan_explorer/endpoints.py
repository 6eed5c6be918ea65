"""The generators' public endpoints."""

from __future__ import annotations

import gradio as gr

from demos.gan_explorer import codes, own_endpoint, runs, views
from demos.ui.endpoints import END, Picture, expose
from demos.ui.page import LIGHT, Page
from models import registry
from models.gan.settings import SLIDERS, SampleSettings, UnitSettings, WalkSettings

DEFAULT = registry.DEFAULT_GAN
Code = str | None  # of a picture, as /gan_invert gives it


def expose_all(page: Page) -> None:
    """Makes /gan_sample, /gan_walk, /gan_mix, /gan_invert, /gan_units and /discriminate."""
    engine = page.engine

    def gan_sample(language: str, model: str = DEFAULT, code: Code = None, **settings):
        """Draws pictures that a trained generator makes out of random numbers.

        Args:
            model: stylegan_cats64, stylegan_kaokore64, dcgan_cats64 or vae_cats64.
            code: from /gan_invert: draws that picture alone, whatever seed, count and truncation.

        Returns:
            The pictures as one grid (PNG), 64 pixels each.
        """
        if code:
            return codes.picture(engine, "sheet", model, (code, code), **settings)
        return views.picture(engine, "sheet", model, **settings)

    def gan_walk(
        language: str, model: str = DEFAULT, code: Code = None, code_b: Code = None, **settings
    ):
        """Walks from one generated picture to another, or through several, and films the way.

        Args:
            model: stylegan_cats64, stylegan_kaokore64, dcgan_cats64 or vae_cats64.
            code: from /gan_invert, in place of seed_a; the way is then straight in w+, and without
                stops.
            code_b: the same in place of seed_b.

        Returns:
            An animated WebP, 256 x 256 pixels; as asked for, a GIF or an MP4.
        """
        if code or code_b:
            asked = WalkSettings(**settings)
            frames = codes.walk(engine, model, (code, code_b), asked)
            return runs.saved_films(frames, f"netglass-walk-{model}-codes", [asked.format])[0]
        return runs.film(engine, model, **settings)

    def gan_mix(
        language: str, model: str = DEFAULT, code: Code = None, code_b: Code = None, **settings
    ):
        """Mixes the styles of two generated pictures: coarse layers of a, finer layers of b.

        Args:
            model: stylegan_cats64, stylegan_kaokore64, dcgan_cats64 or vae_cats64.
            code: from /gan_invert, in place of seed_a.
            code_b: the same in place of seed_b.

        Returns:
            Picture a, the mix, and picture b, side by side (PNG).
        """
        if code or code_b:
            return codes.picture(engine, "mix", model, (code, code_b), **settings)
        return views.picture(engine, "mix", model, **settings)

    def discriminate(language: str, image: Picture, model: str = DEFAULT):
        """Asks a GAN's discriminator whether a picture looks like its training data.

        Args:
            image: any picture; its centre square is shown to the discriminator at 64 x 64 pixels.
            model: stylegan_cats64, stylegan_kaokore64 or dcgan_cats64.

        Returns:
            A report: "score", the discriminator's logit, and "real", its sigmoid. It tells real
            from generated pictures, not cats from dogs.
        """
        _, found = runs.score_upload(engine, model, image)
        return {"real": found.real, "score": found.score}

    def gan_units(
        language: str, model: str = DEFAULT, seed: int = 0, code: Code = None, **settings
    ):
        """Switches channels of a style layer off or makes them stronger, and ranks all of them.

        Args:
            model: stylegan_cats64 or stylegan_kaokore64.
            seed: number of the picture.
            code: from /gan_invert, in place of the seed.

        Returns:
            The picture before and after, side by side (PNG), and a report: "layer", and "ranked",
            all of its channels by how much this picture changes without them (mean absolute
            difference, 0 to 1).
        """
        return runs.dissect(engine, model, seed, UnitSettings(**settings), code)

    moved = (*SLIDERS, "layers")
    pair = {"seed": "seed_a"}
    at_end, both = {"code": END}, {"code": END, "code_b": END}
    coded = {"code": "stops", "code_b": "stops"}
    walk = ("seed", "seed_b", "frames", "truncation", *moved, "stops", "closed", "format")
    mixed = ("seed", "seed_b", "crossover", "truncation", *moved)
    for function, settings, fields, names, before in (
        (gan_sample, SampleSettings, ("seed", "truncation", "count", *moved), {}, at_end),
        (gan_walk, WalkSettings, walk, pair, coded),
        (gan_mix, SampleSettings, mixed, pair, both),
    ):
        expose(
            function, {"picture": gr.Image}, function.__name__, LIGHT,
            settings=settings, fields=fields, names=names, before=before,
        )  # fmt: skip
    expose(
        gan_units, {"picture": gr.Image, "report": gr.JSON}, "gan_units", LIGHT,
        settings=UnitSettings,
    )  # fmt: skip
    own_endpoint.expose_all(page)
    expose(discriminate, {"report": gr.JSON}, "discriminate", LIGHT)
