"""What the explorer computes besides its views: films, pictures for other tabs, scores.

All functions compute on the engine's worker and raise `ValidationError` for values out of range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image

from demos.gan_explorer import codes, views
from demos.runtime.engine import Engine
from demos.ui import examples, films
from models import images
from models.gan.networks.structure import SIDE
from models.gan.settings import SampleSettings, UnitSettings, WalkSettings
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

    from models.gan.pretrained import DiscriminatorScore

FILM_SIDE = 256
FRAME_MS = 80
OVERLAY_SIDE = 192


def film(engine: Engine, model: str, **values) -> str:
    """Path of the film of a walk from cat to cat.

    Args:
        values: of `WalkSettings`.

    Raises:
        ValidationError: a value out of range, or MP4 without an encoder.
    """
    settings = WalkSettings(**values)
    return walk_films(engine, model, settings, [settings.format])[0]


def walk_films(
    engine: Engine, model: str, settings: WalkSettings, formats: Sequence[str]
) -> list[str]:
    """Paths of the same film in several formats.

    Sixteen pictures are one turn of the worker, so that others' pictures come in between.
    """
    from models.films import writer

    if "mp4" in formats and writer.encoder() is None:  # before anything is computed
        raise ValidationError("package_missing", title="MP4", package="imageio-ffmpeg")

    def begin():
        from models.gan import walk

        gan = engine.gan(model)
        z = walk.latents(gan, settings.numbers, settings.frames, settings.closed)
        codes = gan.style_codes(z, settings.truncation, settings.sliders, settings.layers)
        return gan, walk.turns(codes)

    gan, turns = engine.worker.submit(begin).result()
    pictures = [
        images.to_image(picture)
        for codes in turns
        for picture in engine.worker.submit(gan.synthesize, codes).result()
    ]
    name = f"netglass-walk-{model}-{'-'.join(map(str, settings.numbers))}"
    return saved_films(pictures, name, formats)


def saved_films(pictures: list[Image.Image], name: str, formats: Sequence[str]) -> list[str]:
    """Paths of a film of pictures, enlarged, in several formats."""
    side = (FILM_SIDE, FILM_SIDE)
    frames = [image.resize(side, Image.Resampling.BICUBIC) for image in pictures]
    return films.save(frames, FRAME_MS, name, formats)


def dissect(
    engine: Engine, model: str, seed: int, settings: UnitSettings, code: str | None = None
) -> tuple[Image.Image, dict]:
    """Cat `seed` before and after a change of units, and all units of the layer ranked for it.

    Sixteen units are one turn of the worker, so that others' pictures come in between.

    Args:
        code: of a picture in place of the seed.

    Raises:
        ValidationError: a value out of range, or a generator without style layers.
    """
    from models.gan import units

    sample, layer = SampleSettings(seed=seed), int(settings.layer)

    def begin():
        gan = engine.gan(model)
        w = codes.both(gan, sample, (code, None))[0]
        return gan, w, units.changes(gan, w, layer)

    gan, w, turns = engine.worker.submit(begin).result()
    parts = []
    while (part := engine.worker.submit(next, turns, None).result()) is not None:
        parts.append(part)

    def end():
        import torch

        ranked = units.ranked(torch.cat(parts))
        chosen = settings.units or [ranked[0][0]]
        factors = {layer: dict.fromkeys(chosen, settings.scale)}
        after = units.changed(gan, w, factors, settings.cells or ())
        return ranked, images.grid(torch.cat([gan.synthesize(w), after]), 2)

    ranked, shown = engine.worker.submit(end).result()
    found = [{"unit": unit, "change": round(change, 6)} for unit, change in ranked]
    return images.to_image(shown), {"layer": settings.layer, "ranked": found}


def enlarged(engine: Engine, model: str, **values) -> str:
    """Path of cat A as a PNG, four times enlarged: the other tabs' networks take larger pictures.

    Args:
        values: of `SampleSettings`.
    """
    image = views.picture(engine, "cat", model, **values)
    large = image.resize([4 * side for side in image.size], Image.Resampling.BICUBIC)
    return examples.png(large, f"netglass-{model}-{values.get('seed', SampleSettings.seed)}")


def score_upload(engine: Engine, model: str, path) -> tuple[Image.Image, DiscriminatorScore]:
    """The discriminator's score of an uploaded picture, and its sensitivity over the picture."""
    return engine.worker.submit(_score, engine, model, images.classifier_input(path, SIDE)).result()


def score_three(engine: Engine, model: str, path, **values) -> list:
    """As `score_upload`, of cat A, of an upload (None if there is none) and of pure noise.

    Args:
        values: of `SampleSettings`.
    """
    settings = SampleSettings(**values)

    def cat():
        return _score(engine, model, views.cat(engine.gan(model), settings))

    def noise():
        import torch

        generator = torch.Generator().manual_seed(0)
        return _score(engine, model, torch.rand(1, 3, SIDE, SIDE, generator=generator))

    upload = None if path is None else score_upload(engine, model, path)
    return [engine.worker.submit(cat).result(), upload, engine.worker.submit(noise).result()]


def _score(engine: Engine, model: str, picture: torch.Tensor):
    found = engine.gan(model).discriminate(picture)
    overlay = images.overlay(picture, found.sensitivity)
    return images.to_image(images.enlarge(overlay, OVERLAY_SIDE)), found
