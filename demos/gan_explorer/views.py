"""The GAN explorer's pictures: one renderer for the page and for the public endpoints.

The page asks for its pictures by address: GET /gan/{view}.png?model=...&seed=...&d1=... While a
slider is dragged its picture is due within a frame or two, for thirty visitors at once. A plain
address costs a few milliseconds where an event in Gradio's queue costs tens, needs no state, and
the browser caches the answers.
"""

from __future__ import annotations

import asyncio
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr
from markupsafe import Markup
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime import errors, i18n
from demos.runtime.engine import Engine
from demos.runtime.i18n import EVERY, say
from demos.ui import card
from demos.ui.page import Page
from models import images, registry
from models.gan.networks.structure import LAYER_GROUPS
from models.gan.settings import MAX_UNITS, SLIDERS, SampleSettings, UnitSettings
from models.validation import Settings, ValidationError, setting

if TYPE_CHECKING:
    import torch

    from models.gan.pretrained import PretrainedGan

Kind = TypeVar("Kind", bound=Settings)
# What cat A depends on besides its generator, and the knobs that its pictures follow.
CAT_SETTINGS = ("truncation", "seed", "noise", *SLIDERS, "layers")
CAT_KNOBS = " ".join(("model", *CAT_SETTINGS))
STRIP = tuple(range(-3, 4))
NOISES = 6
CELL = 128
CHANNELS = 16
FIRST_UNIT = "6-0"
# By view: settings whose values come from other controls than their own, see `error_message`.
LABELS = {"sheet": {"seed": "gan.sheet"}}
# One transparent pixel until the first picture has come: without it browsers draw a broken image.
BLANK = 'src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="'


@dataclass(frozen=True)
class ViewSettings(SampleSettings):
    """What the views depend on; cat A has the number `seed`, cat B `seed_b`."""

    direction: int = setting(1, "the slider that a strip varies", low=1, high=len(SLIDERS))
    t: float = setting(0.0, "how far a walk has come, 0 at cat A and 1 at cat B", low=0, high=1)
    # Such as "g.3.conv" or "d.rgb", see `models.gan.networks.structure`.
    step: str = setting("", "an operation of generator or discriminator; empty for the first")
    units: str = setting("", "changed units as layer-channel-factor, such as 6-9-0,6-44-3")
    cells: str = setting("", "where they are changed, such as 27,28; empty for everywhere")
    unit: str = setting("", "the unit whose heat map is shown as layer-channel, such as 6-9")

    @property
    def factors(self) -> dict[int, dict[int, float]]:
        """`units` as `models.gan.units.changed` takes them.

        Raises:
            ValidationError: an unknown layer, channel or factor, or too many.
        """
        items = [item.split("-") for item in self.units.split(",") if item]
        if len(items) > MAX_UNITS:
            raise ValidationError("too_many_units", limit=MAX_UNITS, count=len(items))
        found: dict[int, dict[int, float]] = {}
        for layer, unit, scale in ((*item, "", "")[:3] for item in items):
            at, channel = _unit(layer, unit)
            found.setdefault(at, {})[channel] = UnitSettings(scale=_numeric(scale)).scale
        return found

    @property
    def where(self) -> tuple[int, ...]:
        """`cells` as numbers.

        Raises:
            ValidationError: no such cell.
        """
        cells = [_numeric(cell) for cell in self.cells.split(",") if cell]
        return tuple(UnitSettings(cells=cells).cells or ())


def _numeric(text: str) -> Any:
    """A number, or the text if it is none: it is refused where the setting is checked."""
    try:
        return float(text)
    except ValueError:
        return text


def _unit(layer: str, unit: str) -> tuple[int, int]:
    """Layer and channel, checked."""
    settings = UnitSettings(layer=layer, units=[_numeric(unit)])
    assert settings.units
    return int(settings.layer), settings.units[0]


def picture_by_address(
    page: Page,
    key: str,
    view: str,
    knobs: str,
    now: bool = False,
    fixed: dict | None = None,
    css: str | None = None,
    needs: str = "",
) -> gr.HTML:
    """A picture that the browser fetches again whenever a knob changes, see gan_explorer.js.

    Args:
        key: of the text that describes the picture.
        view: one of the views below.
        knobs: the names of the knobs that go into the address; "seed:sheet" takes another's value.
        now: fetch at every change; else when the knobs have been left alone for a moment.
        fixed: what the address holds besides.
        needs: a knob without which there is nothing to draw.
    """
    facts = f'data-view="{view}.png" data-knobs="{knobs}" data-when="{"now" if now else "settled"}"'
    if needs:
        facts += f' data-needs="{needs}"'
    if fixed:
        facts += f" data-fixed='{json.dumps(fixed)}'"
    return page.put(
        gr.HTML,
        key,
        html_template=f'<img {facts} {BLANK} alt="${{value}}">',
        apply_default_css=False,
        elem_classes=css,
    )


def show_class(key: str, shown: str = "img[data-view]") -> None:
    """The button that shows the class the pictures that `shown` selects in the sub-tab with the
    title `key`. Its link has the sub-tab, and the knobs as they are then."""
    link = f"part={key.rpartition('.')[2]}"
    gr.HTML(card.show(Markup("{} · {{seed}}").format(say(EVERY, key)), shown, link))


def cat(gan: PretrainedGan, settings: SampleSettings) -> torch.Tensor:
    """Cat A, (1, 3, 64, 64)."""
    return gan.synthesize(_style_code(gan, settings, settings.seed), settings.noise)


def sheet(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """The cats from A on, in a square as far as their count allows."""
    z = gan.latents(range(settings.seed, settings.seed + settings.count))
    w = gan.style_codes(z, settings.truncation, settings.sliders, settings.layers)
    return images.grid(gan.synthesize(w, settings.noise), math.ceil(math.sqrt(settings.count)))


def strip(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """Cat A with one slider at -3, -2, ... +3."""
    z, at, sliders = gan.latents([settings.seed]), settings.direction - 1, settings.sliders
    moved = [(*sliders[:at], value, *sliders[at + 1 :]) for value in STRIP]
    codes = [gan.style_codes(z, settings.truncation, each, settings.layers) for each in moved]
    return _synthesized(gan, settings, codes)


def mix(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """Cat A, the mix of A's coarse layers with B's layers from `crossover` on, cat B."""
    a, b = _both(gan, settings)
    return _synthesized(gan, settings, [a, gan.mix(a, b, settings.crossover), b])


def parts(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """Cat A with cat B's coarse, middle and fine layers."""
    a, b = _both(gan, settings)
    parts = [LAYER_GROUPS[group] for group in ("coarse", "middle", "fine")]
    return _synthesized(gan, settings, [gan.swap(a, b, layers) for layers in parts])


def walk(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """The picture at `t` on the great circle from cat A to cat B."""
    from models.gan.walk import slerp

    a, b = gan.latents([settings.seed, settings.seed_b])
    z = slerp(a, b, settings.t)[None]
    codes = gan.style_codes(z, settings.truncation, settings.sliders, settings.layers)
    return gan.synthesize(codes, settings.noise)


def growth(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """Cat A at every size that the generator passes through."""
    import torch

    sizes = gan.resolutions(_style_code(gan, settings, settings.seed), settings.noise)
    return _row(torch.cat([images.enlarge(picture, CELL) for picture in sizes]), gap=4)


def noise(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """Cat A under six noises, and their deviation at each pixel, scaled to its largest value."""
    import torch

    w = _style_code(gan, settings, settings.seed)
    pictures = torch.cat([gan.synthesize(w, settings.noise + i) for i in range(NOISES)])
    deviation = pictures.std(0, correction=0).mean(0)
    shown = (deviation / deviation.max().clamp_min(1e-3)).expand(1, 3, -1, -1)
    return _row(torch.cat([pictures, shown]))


def step(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """The strongest channels before and after one operation inside a network.

    Raises:
        ValidationError: there is no such operation; the message lists them.
    """
    import torch

    network, _, name = settings.step.partition(".")
    if network == "d":
        picture = cat(gan, settings)
        activations = {"input": picture} | gan.discriminator_activations(picture)
    else:
        w = _style_code(gan, settings, settings.seed)
        activations = gan.generator_activations(w, settings.noise)
    names = list(activations)
    name = name or names[1]
    if name not in names[1:]:
        choices = ", ".join(f"{network}.{known}" for known in names[1:])
        raise ValidationError("unknown_choice", name="step", value=settings.step, choices=choices)
    at = names.index(name)
    both = torch.stack([_channels(activations[n]) for n in names[at - 1 : at + 1]])
    return _row(both, gap=24).expand(3, -1, -1)


def units(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """Cat A with units of style layers switched off or made stronger."""
    from models.gan import units as dissection

    w = _style_code(gan, settings, settings.seed)
    return dissection.changed(gan, w, settings.factors, settings.where, settings.noise)


def unit(gan: PretrainedGan, settings: ViewSettings) -> torch.Tensor:
    """Where a unit is active, over cat A in grey."""
    from models.gan import units as dissection

    layer, channel = _unit(*(*(settings.unit or FIRST_UNIT).split("-"), "")[:2])
    w = _style_code(gan, settings, settings.seed)
    heat = dissection.heat_map(gan, w, layer, channel, settings.noise)
    return images.overlay(gan.synthesize(w, settings.noise), heat)


def rebuilt(gan: PretrainedGan, settings: ViewSettings, autoencoder: PretrainedGan) -> torch.Tensor:
    """Cat A, and what the autoencoder makes of its latent."""
    import torch

    picture = cat(gan, settings)
    return _row(torch.cat([picture, autoencoder.reconstruct(picture)]), gap=4)


def _style_code(gan: PretrainedGan, settings: SampleSettings, seed: int) -> torch.Tensor:
    z = gan.latents([seed])
    return gan.style_codes(z, settings.truncation, settings.sliders, settings.layers)


def _both(gan: PretrainedGan, settings: ViewSettings) -> list[torch.Tensor]:
    return [_style_code(gan, settings, seed) for seed in (settings.seed, settings.seed_b)]


def _synthesized(
    gan: PretrainedGan, settings: ViewSettings, codes: list[torch.Tensor]
) -> torch.Tensor:
    """The pictures of style codes, side by side."""
    import torch

    return _row(gan.synthesize(torch.cat(codes), settings.noise))


def _row(pictures: torch.Tensor, gap: int = 0) -> torch.Tensor:
    return images.grid(pictures, len(pictures), gap)


def _channels(activations: torch.Tensor) -> torch.Tensor:
    side = 4 * CELL // 2 + 6
    if activations.shape[1] == 3:
        return images.enlarge(activations.cpu(), side)[0].mean(0, keepdim=True)
    cells = images.enlarge(images.strongest_channels(activations.cpu(), CHANNELS), CELL // 2)
    return images.grid(cells, 4, gap=2)


VIEWS: dict[str, Callable[..., torch.Tensor]] = {
    view.__name__: view
    for view in (cat, sheet, strip, mix, parts, walk, growth, noise, step, units, unit, rebuilt)
}


def render(engine: Engine, view: str, model: str, settings: ViewSettings) -> Image.Image:
    """The picture of a view; to be computed by the engine's worker.

    Raises:
        ValidationError: unknown model, or weights that can't be used.
    """
    gan = engine.gan(model)
    if view == "rebuilt":
        shown = rebuilt(gan, settings, engine.gan(registry.VAE))
    else:
        shown = VIEWS[view](gan, settings)
    return images.to_image(shown)


def picture(engine: Engine, view: str, model: str, **values) -> Image.Image:
    """The picture of a view under settings with these values.

    Raises:
        ValidationError: a value out of range, and as `render`.
    """
    settings = ViewSettings(**values)
    return engine.worker.submit(render, engine, view, model, settings).result()


def read(query: Mapping[str, str], kind: type[Kind]) -> Kind:
    """The settings in an address; what is missing has its default, what is unknown is ignored.

    Raises:
        ValidationError: no number, or a number out of range.
    """
    found: dict[str, Any] = {}
    for name, described in kind.described().items():
        if name in query:
            found[name] = query[name] if described.kind is str else _numeric(query[name])
    return kind(**found)


def routes(engine: Engine) -> list[Route]:
    """The addresses, for `app_kwargs` of `launch`."""

    def png(view: str, model: str, settings: ViewSettings) -> bytes:
        stream = io.BytesIO()
        # Light compression saves milliseconds.
        render(engine, view, model, settings).save(stream, "PNG", compress_level=1)
        return stream.getvalue()

    def score(model: str, settings: ViewSettings) -> dict:
        gan = engine.gan(model)
        return {"score": round(float(gan.scores(cat(gan, settings))[0]), 3)}

    async def computed(request: Request, function: Callable, *args):
        query = request.query_params
        args = *args, query.get("model", registry.DEFAULT_GAN), read(query, ViewSettings)
        return await asyncio.get_running_loop().run_in_executor(engine.worker, function, *args)

    async def answer_picture(request: Request) -> Response:
        view = request.path_params["view"]
        if view not in VIEWS:
            return PlainTextResponse("no such view", status_code=404)
        content = await computed(request, png, view)
        return Response(content, media_type="image/png", headers={"Cache-Control": "max-age=300"})

    async def answer_score(request: Request) -> Response:
        return JSONResponse(await computed(request, score))

    return [
        Route("/gan/{view}.png", with_messages(answer_picture)),
        Route("/gan/score", with_messages(answer_score)),
    ]


def with_messages(handler: Callable) -> Callable:
    """Answers validation errors with status 400, other errors with 503, and a sentence in the
    visitor's language."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as error:
            text = i18n.error_message(
                request.query_params.get("lang", ""), errors.as_validation_error(error),
                LABELS.get(request.path_params.get("view", ""), i18n.PAGE_LABELS),
            )  # fmt: skip
            return PlainTextResponse(text, 400 if isinstance(error, ValidationError) else 503)

    return answer
