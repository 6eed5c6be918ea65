"""The generators' public endpoints, and the work they share with the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from demos.gan_explorer import views as gan_views
from demos.runtime.engine import Engine
from demos.ui import examples as pictures
from demos.ui.endpoints import Picture, expose
from demos.ui.page import LIGHT, Page
from models import registry
from models.gan.networks.structure import SIDE
from models.gan.settings import SLIDERS, SampleSettings

FILM_SIDE = 256
FRAME_MS = 80
JUDGED_SIDE = 192


def _checked(seed=0, truncation=0.7, count=1, sliders=()):
    values = dict(zip(SLIDERS, sliders, strict=False))
    found = SampleSettings(seed=seed, truncation=truncation, count=count, **values)
    return found.seed, found.truncation, found.count, found.sliders


def drawn_sheet(engine: Engine, model, seed, truncation, count, sliders) -> Image.Image:
    """`count` cats as one picture, nearly square, 64 px a cat."""

    def work():
        from models import mosaics
        from models.images import to_image

        first, psi, n, shifts = _checked(seed, truncation, count, sliders)
        network = engine.gan(model)
        codes = network.style_codes(network.latents(range(first, first + n)), psi, shifts)
        return to_image(mosaics.grid(network.synthesize(codes), math.ceil(math.sqrt(n))))

    return engine.worker.submit(work).result()


def film(
    engine: Engine, model, a, b, frames, truncation=0.7, sliders=(), there_and_back=False
) -> str:
    """Path of an animated WebP: the walk from cat a to cat b."""

    def work():
        from models.images import to_image

        first, psi, _, shifts = _checked(a, truncation, 1, sliders)
        second, n = _checked(b)[0], SampleSettings(frames=frames).frames
        pictures = engine.gan(model).walk(first, second, n, psi, shifts)
        return [to_image(picture) for picture in pictures]

    shown = [
        image.resize((FILM_SIDE, FILM_SIDE), Image.Resampling.BICUBIC)
        for image in engine.worker.submit(work).result()
    ]
    if there_and_back:
        shown += shown[-2:0:-1]
    folder = Path(get_upload_folder()) / uuid4().hex
    folder.mkdir(parents=True)
    path = folder / f"netglass-walk-{model}-{a}-{b}.webp"
    options = {"save_all": True, "append_images": shown[1:], "duration": FRAME_MS, "loop": 0}
    shown[0].save(path, quality=85, method=2, **options)
    return str(path)


def sent(engine: Engine, _code: str, model, seed, truncation, noise, *sliders) -> str:
    """Path of the cat at hand as a PNG, four times enlarged: networks look at larger pictures."""
    from models.images import to_image

    picture = engine.worker.submit(_cat, engine, model, seed, truncation, sliders, noise).result()
    image = to_image(picture)
    large = image.resize([4 * side for side in image.size], Image.Resampling.BICUBIC)
    return pictures.png(large, f"netglass-{model}-{seed}")


def mixed(engine: Engine, model, a, b, crossover, truncation=0.7) -> Image.Image:
    """Cat a, the mix, cat b, side by side."""

    def work():
        from models.images import to_image

        first, psi, _, _ = _checked(a, truncation)
        second = _checked(b)[0]
        network = engine.gan(model)
        cut = SampleSettings(crossover=crossover).crossover
        one, other = network.style_codes(network.latents([first, second]), psi).split(1)
        return to_image(gan_views.mixed(network, one, other, cut))

    return engine.worker.submit(work).result()


def verdict(engine: Engine, model, image):
    """(overlay, verdict) of the discriminator on an upload."""
    from models.images import open_image, square, to_tensor

    picture = to_tensor(square(open_image(image), SIDE))
    return engine.worker.submit(_judge, engine, model, picture).result()


def judged(engine: Engine, model, seed, truncation, sliders: Sequence, noise, path):
    """(overlay, verdict) of the cat at hand, the photo (None if there is none) and pure noise."""

    def cat():
        return _judge(engine, model, _cat(engine, model, seed, truncation, sliders, noise))

    def static():
        import torch

        generator = torch.Generator().manual_seed(0)
        return _judge(engine, model, torch.rand(1, 3, SIDE, SIDE, generator=generator))

    photo = None if path is None else verdict(engine, model, path)
    return engine.worker.submit(cat).result(), photo, engine.worker.submit(static).result()


def _cat(engine: Engine, model, seed, truncation, sliders: Sequence, noise):
    """(1, 3, 64, 64), the cat at hand."""
    first, psi, _, shifts = _checked(seed, truncation, 1, sliders)
    network = engine.gan(model)
    codes = network.style_codes(network.latents([first]), psi, shifts)
    return network.synthesize(codes, SampleSettings(noise=noise).noise)


def _judge(engine: Engine, model, picture):
    from models import mosaics
    from models.images import to_image

    found = engine.gan(model).discriminate(picture)
    shown = mosaics.enlarge(mosaics.overlay(picture, found.sensitivity), JUDGED_SIDE)
    return to_image(shown), found


def expose_all(page: Page) -> None:
    """Makes /gan_sample, /gan_walk, /gan_mix and /discriminate."""
    engine = page.engine

    def gan_sample(
        language: str,
        model: str = registry.DEFAULT_GAN,
        seed: int = 0,
        truncation: float = 0.7,
        count: int = 16,
        d1: float = 0.0,
        d2: float = 0.0,
        d3: float = 0.0,
        d4: float = 0.0,
        d5: float = 0.0,
        d6: float = 0.0,
        d7: float = 0.0,
        d8: float = 0.0,
    ):
        """Draws pictures that a trained generator makes out of random numbers.

        Args:
            model: stylegan_cats64, stylegan_kaokore64, dcgan_cats64 or vae_cats64.
            seed: number of the first picture, 0 to 2147483583; the next ones are seed + 1, ...
            truncation: variety, 0 (the mean face) to 1.5.
            count: how many pictures, 1 to 64.
            d1: slider 1, -3 to 3 standard deviations along the first direction found.
            d2: slider 2, -3 to 3.
            d3: slider 3, -3 to 3.
            d4: slider 4, -3 to 3.
            d5: slider 5, -3 to 3.
            d6: slider 6, -3 to 3.
            d7: slider 7, -3 to 3.
            d8: slider 8, -3 to 3.

        Returns:
            The pictures as one grid (PNG), 64 pixels each.
        """
        return drawn_sheet(engine, model, seed, truncation, count, (d1, d2, d3, d4, d5, d6, d7, d8))

    def gan_walk(
        language: str,
        model: str = registry.DEFAULT_GAN,
        seed_a: int = 0,
        seed_b: int = 1,
        frames: int = 24,
        truncation: float = 0.7,
    ):
        """Walks from one generated picture to another through those in between.

        Args:
            model: stylegan_cats64, stylegan_kaokore64, dcgan_cats64 or vae_cats64.
            seed_a: number of the first picture.
            seed_b: number of the last picture.
            frames: pictures on the way, both ends included, 2 to 60.
            truncation: variety, 0 to 1.5.

        Returns:
            An animated WebP, 256 x 256 pixels.
        """
        return film(engine, model, seed_a, seed_b, frames, truncation)

    def gan_mix(
        language: str,
        model: str = registry.DEFAULT_GAN,
        seed_a: int = 0,
        seed_b: int = 1,
        crossover: int = 3,
        truncation: float = 0.7,
    ):
        """Mixes the styles of two generated pictures: coarse layers of a, finer layers of b.

        Args:
            model: stylegan_cats64, stylegan_kaokore64, dcgan_cats64 or vae_cats64.
            seed_a: number of the picture that gives the coarse layers.
            seed_b: number of the picture that gives the fine layers.
            crossover: first layer that b decides, 0 (all b) to 9 (all a); the networks that are not
                style-based have one layer only, so from 1 on everything is a.
            truncation: variety, 0 to 1.5.

        Returns:
            Picture a, the mix, and picture b, side by side (PNG).
        """
        return mixed(engine, model, seed_a, seed_b, crossover, truncation)

    def discriminate(language: str, image: Picture, model: str = registry.DEFAULT_GAN):
        """Asks a GAN's discriminator whether a picture looks like its training data.

        Args:
            image: any picture; its centre square is shown to the discriminator at 64 x 64 pixels.
            model: stylegan_cats64, stylegan_kaokore64 or dcgan_cats64.

        Returns:
            A report: "score", the discriminator's logit, and "real", its sigmoid. It tells real
            from generated pictures, not cats from dogs.
        """
        _, found = verdict(engine, model, image)
        return {"real": found.real, "score": found.score}

    expose(gan_sample, {"picture": gr.Image}, "gan_sample", LIGHT)
    expose(gan_walk, {"picture": gr.Image}, "gan_walk", LIGHT)
    expose(gan_mix, {"picture": gr.Image}, "gan_mix", LIGHT)
    expose(discriminate, {"report": gr.JSON}, "discriminate", LIGHT)
