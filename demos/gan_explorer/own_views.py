"""The inverted picture by address, as sliders move it, and what the GAN can't say of it.

GET /gan/own.png?own=KEY&space=tuned&d1=...; /gan/own_difference.png and /gan/own_score alike.
/gan/own_network.bin?own=KEY is the tuned generator, with which the visitor's browser draws.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demos.gan_explorer.own_cats import OwnCats
from demos.gan_explorer.views import read, with_messages
from demos.runtime.engine import Engine
from models import images
from models.gan import settings as gan_settings
from models.gan.inversion.settings import SLIDER_END, SPACES
from models.validation import Settings, ValidationError, setting

if TYPE_CHECKING:
    import torch

SLIDERS = ("d1", "d2", "d3", "d4")
# What the picture follows, as gan_explorer.js reads it: the sliders are those of this section.
KNOBS = "own seen space:own_space seed_b truncation toward:own_toward " + " ".join(
    f"{name}:own_{name}" for name in SLIDERS
)

PRIVATE = {"cache-control": "no-store"}  # a visitor's own: no cache on the way keeps it


def _slider(number: int) -> Any:
    doc = f"standard deviations along direction {number} of those found"
    return setting(
        0.0, doc, low=-3, high=3, step=0.1, slider_low=-SLIDER_END, slider_high=SLIDER_END
    )


@dataclass(frozen=True)
class OwnSettings(Settings):
    """What the views of an inverted picture depend on."""

    own: str = setting("", "which inverted picture")
    space: str = setting(
        "tuned", "the space that it was inverted in", choices=SPACES, key="gan.space",
        choice_key="gan.space",
    )  # fmt: skip
    d1: float = _slider(1)
    d2: float = _slider(2)
    d3: float = _slider(3)
    d4: float = _slider(4)
    toward: float = setting(
        0.0, "how far a walk to cat B has come", low=0, high=1, step=0.05, key="gan.own.toward"
    )
    seed_b: int = setting(1, "number of cat B", low=0, high=gan_settings.MAX_SEED)
    truncation: float = setting(0.7, "variety of cat B", low=0, high=1.5)

    @property
    def sliders(self) -> tuple[float, ...]:
        """d1 to d4."""
        return tuple(getattr(self, name) for name in SLIDERS)


def drawn(engine: Engine, settings: OwnSettings) -> torch.Tensor:
    """The inverted picture, moved by sliders and towards cat B, (1, 3, 64, 64) in [0, 1].

    Raises:
        ValidationError: it is no longer here, or was not inverted in that space.
    """
    import torch

    from models.gan.inversion.inverter import slider_directions

    cat = engine.shared(OwnCats).get(settings.own)
    inversion = cat.found.get(settings.space) or cat.found.get("w+")
    if inversion is None:
        raise ValidationError("inversion_gone")
    gan = engine.gan(cat.model)
    shift = None
    if any(settings.sliders):
        values = torch.tensor(settings.sliders, device=gan.directions.device)
        shift = (values @ slider_directions(gan)[: len(values)]).to(inversion.styles.device)
    if settings.toward:
        b = gan.style_codes(gan.latents([settings.seed_b]), settings.truncation)
        way = settings.toward * (b.to(inversion.styles.device) - inversion.styles)
        shift = way if shift is None else way + shift
    return inversion.draw(shift)


def difference(engine: Engine, settings: OwnSettings) -> torch.Tensor:
    """How far the picture without sliders is from the photograph at each pixel: (1, 3, 64, 64),
    black where they agree, white at half of the grey levels apart.

    Raises:
        ValidationError: as `drawn`; a code brought back has no photograph.
    """
    cat = engine.shared(OwnCats).get(settings.own)
    if cat.target is None:
        raise ValidationError("no_picture")
    plain = OwnSettings(own=settings.own, space=settings.space)
    apart = (drawn(engine, plain) - cat.target).abs().mean(1, keepdim=True)
    return (2 * apart).clamp(0, 1).expand(-1, 3, -1, -1)


def picture(engine: Engine, **values: Any) -> Image.Image:
    """`drawn`, on the engine's worker."""
    settings = OwnSettings(**values)
    return engine.worker.submit(lambda: images.to_image(drawn(engine, settings))).result()


def network(engine: Engine, settings: OwnSettings) -> bytes:
    """The tuned generator with code and noise maps of the picture, as a file for a browser.

    Raises:
        ValidationError: it is no longer here, or was not tuned.
    """
    from models.gan.inversion.inverter import slider_directions
    from models.gan.networks import client_file

    cat = engine.shared(OwnCats).get(settings.own)
    tuned = cat.found.get("tuned")
    if tuned is None:
        raise ValidationError("inversion_gone")
    directions = slider_directions(engine.gan(cat.model))
    return client_file.pack(tuned.generator, directions, (tuned.styles[0], tuned.noise))


def routes(engine: Engine) -> list[Route]:
    """The addresses, for `app_kwargs` of `launch`; they come before /gan/{view}.png."""

    def png(view, settings: OwnSettings) -> bytes:
        stream = io.BytesIO()
        images.to_image(view(engine, settings)).save(stream, "PNG", compress_level=1)
        return stream.getvalue()

    def score(settings: OwnSettings) -> dict[str, float]:
        gan = engine.gan(engine.shared(OwnCats).get(settings.own).model)
        return {"score": round(float(gan.scores(drawn(engine, settings))[0]), 3)}

    async def computed(request: Request, function, *args):
        loop = asyncio.get_running_loop()
        settings = read(request.query_params, OwnSettings)
        return await loop.run_in_executor(engine.worker, function, *args, settings)

    def pictures(view):
        async def answer(request: Request) -> Response:
            content = await computed(request, png, view)
            return Response(content, media_type="image/png", headers=PRIVATE)

        return with_messages(answer)

    async def answer_network(request: Request) -> Response:
        settings = read(request.query_params, OwnSettings)
        content = await run_in_threadpool(network, engine, settings)
        return Response(content, media_type="application/octet-stream", headers=PRIVATE)

    async def answer_score(request: Request) -> Response:
        return JSONResponse(await computed(request, score))

    return [
        Route("/gan/own.png", pictures(drawn)),
        Route("/gan/own_difference.png", pictures(difference)),
        Route("/gan/own_network.bin", with_messages(answer_network)),
        Route("/gan/own_score", with_messages(answer_score)),
    ]
