"""The GAN explorer's pictures by address: GET /gan/{view}.png?model=...&seed=...&d1=...

A dragged slider wants its picture within a frame or two, and thirty visitors drag at once. A plain
address costs a few milliseconds where an event in Gradio's queue costs tens, needs no state, and
the browser keeps what it has seen. The public endpoints stay Gradio's.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime import errors, i18n
from demos.runtime.engine import Engine
from demos.ui.page import Page
from models import registry
from models.gan.networks import structure
from models.gan.settings import MAX_SEED, SLIDERS
from models.validation import ValidationError, number, whole_number

if TYPE_CHECKING:
    import torch

    from models.gan.pretrained import PretrainedGan

STRIP = tuple(range(-3, 4))
NOISES = 6
CELL = 128
CHANNELS = 16
SHEET = 16
# One transparent pixel: a picture still on its way must not look broken.
BLANK = 'src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="'


def view(
    page: Page,
    key: str,
    name: str,
    knobs: str,
    now: bool = False,
    fixed: dict | None = None,
    css: str | None = None,
) -> gr.HTML:
    """A picture that follows the knobs it names; the text of `key` is what it shows, in words."""
    facts = f'data-view="{name}.png" data-knobs="{knobs}" data-when="{"now" if now else "settled"}"'
    if fixed:
        facts += f" data-fixed='{json.dumps(fixed)}'"
    return page.put(
        gr.HTML,
        key,
        html_template=f'<img {facts} {BLANK} alt="${{value}}">',
        apply_default_css=False,
        elem_classes=css,
    )


@dataclass(frozen=True)
class Wish:
    """What an address asks for: one cat of one generator, and whatever else its view needs.

    Attributes:
        model: name of the generator.
        seed, seed_b, noise: numbers of cat A, of cat B, and of the noise.
        truncation, sliders: as in `models.gan.pretrained.PretrainedGan.style_codes`.
        crossover: first layer that cat B decides.
        direction: which slider a strip is of, from 1.
        step: a step inside the generator ("g.3.conv") or discriminator ("d.rgb"); "" is the first.
    """

    model: str
    seed: int
    seed_b: int
    noise: int
    truncation: float
    sliders: tuple[float, ...]
    crossover: int
    direction: int
    step: str


def read(query: Mapping[str, str]) -> Wish:
    """The wish in an address; what is missing has its default.

    Raises:
        ValidationError: unknown model, no number, or a number out of range.
    """

    def figure(name: str, default: float, low: float, high: float, whole: bool = False):
        try:
            value = float(query.get(name, default))
        except ValueError:
            raise ValidationError("not_a_number", name=name, value=query[name]) from None
        return (whole_number if whole else number)(name, value, low, high)

    return Wish(
        model=registry.gan(query.get("model", registry.DEFAULT_GAN)).name,
        seed=figure("seed", 0, 0, MAX_SEED, True),
        seed_b=figure("seed_b", 1, 0, MAX_SEED, True),
        noise=figure("noise", 0, 0, MAX_SEED, True),
        truncation=figure("truncation", 0.7, 0, 1.5),
        sliders=tuple(figure(f"d{i}", 0, -3, 3) for i in range(1, len(SLIDERS) + 1)),
        crossover=figure("crossover", 3, 0, structure.STYLE_LAYERS, True),
        direction=figure("direction", 1, 1, len(SLIDERS), True),
        step=query.get("step", ""),
    )


def _code(gan: PretrainedGan, wish: Wish, seed: int) -> torch.Tensor:
    return gan.style_codes(gan.latents([seed]), wish.truncation, wish.sliders)


def _cat(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    return gan.synthesize(_code(gan, wish, wish.seed), wish.noise)


def _row(pictures: torch.Tensor, gap: int = 0) -> torch.Tensor:
    from models import mosaics

    return mosaics.grid(pictures, len(pictures), gap)


def cat(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """Cat A."""
    return _cat(gan, wish)[0]


def sheet(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """Sixteen cats, four by four."""
    from models import mosaics

    z = gan.latents(range(wish.seed, wish.seed + SHEET))
    return mosaics.grid(gan.synthesize(gan.style_codes(z, wish.truncation)), 4)


def strip(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """Cat A with one slider at -3, -2, ... +3."""
    import torch

    z = gan.latents([wish.seed])
    at = wish.direction - 1
    turned = [(*wish.sliders[:at], value, *wish.sliders[at + 1 :]) for value in STRIP]
    codes = [gan.style_codes(z, wish.truncation, sliders) for sliders in turned]
    return _row(gan.synthesize(torch.cat(codes), wish.noise))


def mix(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """Cat A, the mix, cat B."""
    a, b = _code(gan, wish, wish.seed), _code(gan, wish, wish.seed_b)
    return mixed(gan, a, b, wish.crossover, wish.noise)


def mixed(gan: PretrainedGan, a: torch.Tensor, b: torch.Tensor, crossover: int, noise: int = 0):
    """The cats of codes a and b, and between them a's coarse layers with b's from `crossover`."""
    import torch

    child = gan.mix(a, b, min(crossover, gan.layers))
    return _row(gan.synthesize(torch.cat([a, child, b]), noise))


def parts(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """Cat A with cat B's coarse, middle and fine layers."""
    import torch

    a, b = _code(gan, wish, wish.seed), _code(gan, wish, wish.seed_b)
    codes = [gan.swap(a, b, layers) for layers in (range(3), range(3, 7), range(7, 9))]
    return _row(gan.synthesize(torch.cat(codes), wish.noise))


def growth(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """Cat A at every size the generator passes through."""
    import torch

    from models import mosaics

    sizes = gan.resolutions(_code(gan, wish, wish.seed), wish.noise)
    return _row(torch.cat([mosaics.enlarge(picture, CELL) for picture in sizes]), gap=4)


def noise(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """Cat A under six noises, and where the noise matters: the deviation, brightest at its top."""
    import torch

    code = _code(gan, wish, wish.seed)
    drawn = torch.cat([gan.synthesize(code, wish.noise + i) for i in range(NOISES)])
    spread = drawn.std(0, correction=0).mean(0)
    shown = (spread / spread.max().clamp_min(1e-3)).expand(1, 3, -1, -1)
    return _row(torch.cat([drawn, shown]))


def step(gan: PretrainedGan, wish: Wish) -> torch.Tensor:
    """The strongest channels before and after one step inside a network."""
    import torch

    network, _, name = wish.step.partition(".")
    if network == "d":
        picture = _cat(gan, wish)
        seen = {"input": picture} | gan.discriminator_activations(picture)
    else:
        seen = gan.generator_activations(_code(gan, wish, wish.seed), wish.noise)
    names = list(seen)
    name = name or names[1]
    if name not in names[1:]:
        choices = ", ".join(f"{network}.{known}" for known in names[1:])
        raise ValidationError("unknown_choice", name="step", value=wish.step, choices=choices)
    at = names.index(name)
    return _row(torch.stack([_channels(seen[known]) for known in names[at - 1 : at + 1]]), gap=24)


def _channels(value: torch.Tensor) -> torch.Tensor:
    from models import mosaics

    side = 4 * CELL // 2 + 6
    if value.shape[1] == 3:
        return mosaics.enlarge(value.cpu(), side)[0].mean(0, keepdim=True)
    cells = mosaics.enlarge(mosaics.strongest(value.cpu(), CHANNELS), CELL // 2)
    return mosaics.grid(cells, 4, gap=2)


VIEWS: dict[str, Callable[[PretrainedGan, Wish], torch.Tensor]] = {
    view.__name__: view for view in (cat, sheet, strip, mix, parts, growth, noise, step)
}


def png(picture: torch.Tensor) -> bytes:
    """Tensor (3, H, W) or (1, H, W) in [0, 1] as PNG; light compression saves milliseconds."""
    from models.images import to_image

    stream = io.BytesIO()
    to_image(picture.expand(3, -1, -1)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def routes(engine: Engine) -> list[Route]:
    """The addresses, for `app_kwargs` of `launch`."""

    def drawn(view: str, wish: Wish) -> bytes:
        gan = engine.gan(wish.model)
        if view == "rebuilt":
            picture = _cat(gan, wish)
            import torch

            back = engine.gan(registry.VAE).reconstruct(picture)
            return png(_row(torch.cat([picture, back]), gap=4))
        return png(VIEWS[view](gan, wish))

    def score(wish: Wish) -> dict:
        gan = engine.gan(wish.model)
        return {"score": round(float(gan.scores(_cat(gan, wish))[0]), 3)}

    async def in_turn(function: Callable, *args):
        return await asyncio.get_running_loop().run_in_executor(engine.worker, function, *args)

    async def picture(request: Request) -> Response:
        view = request.path_params["view"]
        if view not in VIEWS and view != "rebuilt":
            return PlainTextResponse("no such view", status_code=404)
        content = await in_turn(drawn, view, read(request.query_params))
        return Response(content, media_type="image/png", headers={"Cache-Control": "max-age=300"})

    async def verdict(request: Request) -> Response:
        return JSONResponse(await in_turn(score, read(request.query_params)))

    return [
        Route("/gan/{view}.png", _spoken(picture)),
        Route("/gan/score", _spoken(verdict)),
    ]


def _spoken(work: Callable) -> Callable:
    """Refusals become status 400, what else goes wrong 503, and a sentence in the visitor's
    language."""

    async def answer(request: Request) -> Response:
        try:
            return await work(request)
        except Exception as error:
            text = i18n.error_message(
                request.query_params.get("lang", ""), errors.as_validation_error(error)
            )
            return PlainTextResponse(text, 400 if isinstance(error, ValidationError) else 503)

    return answer
