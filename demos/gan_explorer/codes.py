"""Pictures of codes, as an inversion gives them: one, a mix, and a walk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image

from demos.runtime.engine import Engine
from models import images
from models.gan.settings import SampleSettings, WalkSettings
from models.validation import ValidationError, shown

if TYPE_CHECKING:
    import torch

    from models.gan.pretrained import PretrainedGan


def picture(engine: Engine, view: str, model: str, codes: Sequence[str | None], **values: Any):
    """The picture of `view`, "sheet" (of one) or "mix", with codes in place of seeds.

    Args:
        codes: of a and b; None takes the seed.
        values: of `SampleSettings`; truncation is of seeds alone.

    Raises:
        ValidationError: a value out of range, or as `models.gan.inversion.code.of_generator`.
    """
    settings = SampleSettings(**values)

    def computed() -> Image.Image:
        import torch

        gan = engine.gan(model)
        a, b = both(gan, settings, codes)
        shown = [a] if view == "sheet" else [a, gan.mix(a, b, settings.crossover), b]
        pictures = gan.synthesize(torch.cat(shown), settings.noise)
        return images.to_image(images.grid(pictures, len(pictures)))

    return engine.worker.submit(computed).result()


def walk(
    engine: Engine, model: str, codes: Sequence[str | None], settings: WalkSettings
) -> list[Image.Image]:
    """The pictures on the straight line from a to b in w+, and back if it is closed.

    z, on whose sphere walks between numbers go, is not known of an inverted picture.

    Args:
        codes: as `picture`.

    Raises:
        ValidationError: as `picture`; or stops, which are numbers.
    """
    if settings.stops is not None:
        given = shown(settings.stops)
        raise ValidationError("unknown_choice", name="stops", value=given, choices="null")

    def computed() -> list[Image.Image]:
        import torch

        gan = engine.gan(model)
        a, b = both(gan, settings, codes)
        w = torch.cat([torch.lerp(a, b, t) for t in torch.linspace(0, 1, settings.frames)])
        return [images.to_image(one) for one in gan.synthesize(w, settings.noise)]

    pictures = engine.worker.submit(computed).result()
    return pictures + pictures[-2:0:-1] if settings.closed else pictures


def both(
    gan: PretrainedGan, settings: SampleSettings, codes: Sequence[str | None]
) -> list[torch.Tensor]:
    """w+ of a and b, (1, layers, latent) each, moved by the sliders."""
    from models.gan.inversion import code

    found = []
    for text, seed in zip(codes, (settings.seed, settings.seed_b), strict=True):
        if text:
            w = code.of_generator(text, gan)
        else:
            w = gan.style_codes(gan.latents([seed]), settings.truncation)
        found.append(gan.moved(w, settings.sliders, settings.layers))
    return found
