"""Style transfer: a photo painted in the manner of another picture (Gatys et al. 2016)."""

from __future__ import annotations

from functools import partial

import gradio as gr
from markupsafe import Markup

from demos.runtime import i18n
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import say
from demos.runtime.places import visitor
from demos.style_transfer import clips, controls, endpoints, recipes, regions_panel, runs
from demos.style_transfer.comparison import ComparisonSection
from demos.style_transfer.controls import ALL_LAYERS, DEFAULTS
from demos.style_transfer.film_section import FilmSection
from demos.style_transfer.runs import NAME, TERMS, Estimate, Painting, StyleRequest
from demos.ui import card, chips, deep_links, examples, progress, send_to, streams
from demos.ui.components import Knob, Photo
from demos.ui.page import LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import bars, curves
from models import images, registry
from models.style_transfer.settings import StyleSettings

RECIPES = recipes.RECIPES
CONTENT, STYLE = "chelsea", "starry_night"
PREVIEW_SIDE = 384
SHOWN = 1024  # pixels of the longer side that the page shows; the download has all
HEIGHT = "27.5rem"  # of preview, painting and wipe
# Made here, before the page is: it tells the browser all texts that labels may have.
PAINTING, PREVIEW = i18n.title("style.live"), i18n.title("style.preview")
# A place beside the painting's: what one would take.
ESTIMATE = "style.estimate"
TERM_ROLES = ("real", "made", "variation")  # in the order of `TERMS`
SHALLOW_LAYERS = tuple(1.0 if n < 3 else 0.0 for n in range(len(ALL_LAYERS)))
# What each "break it" button changes from the defaults.
EXPERIMENTS = (
    {"style_weight": 0.0, "init": "noise"},
    {"content_weight": 0.0, "init": "noise"},
    {"tv_weight": 10.0},
    {"style_loss": "gram"},
    {"style_weight": 0.0, "init": "noise", "content_layer": "blocks.4.0.bn1"},
    {"layers": SHALLOW_LAYERS},
    {"coarse_to_fine": False},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    StyleTab(page).connect(tab)
    endpoints.expose_all(page)


class StyleTab(card.Section):
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page, "style-card")
        self.controls = controls.build(page, self.columns)
        self._build_losses()
        self.comparison = ComparisonSection(page)
        FilmSection(page, self.style, self.strength)
        self.inputs = [
            self.content, self.style, self.controls.second, *self.controls.ordered,
            self.controls.cells,
        ]  # fmt: skip
        self.result = [
            self.line, self.live, self.both, self.breakdown, self.plot, self.download,
            self.origin.line, self.way, self.strength,
        ]  # fmt: skip

    def _build_given(self) -> None:
        self.content = self._photo("style.content", "photos", CONTENT)
        self.style = self._photo("style.style", "styles", STYLE)

    def _build_knobs(self) -> None:
        self.run, self.stop, self.reset = self.page.controls("run.paint")
        self.page.put(gr.Markdown, "style.paint", elem_classes="note")

    def _photo(self, key: str, kind: str, name: str) -> Photo:
        photo = self.page.put(Photo, key, value=examples.example(kind, name), height=190)
        examples.examples(self.page, kind, photo, name)
        return photo

    def _build_result(self) -> None:
        page = self.page
        self.live = page.titled(
            gr.Image, "style.live", format="jpeg", height=HEIGHT, buttons=[], interactive=False,
            elem_id="style-live", elem_classes="result", type="filepath",
        )  # fmt: skip
        self.both = page.put(
            gr.ImageSlider, "style.both", format="png", type="filepath", visible=False,
            height=HEIGHT, buttons=[], elem_id="style-both", elem_classes="result",
        )  # fmt: skip
        self.line = gr.HTML(elem_id="style-status")
        self.strength = page.put(
            Knob, "name.strength", 0, 1, 1, step=0.05, elem_id="style-strength"
        )
        page.put(gr.Markdown, "style.why", elem_classes="note")
        self.origin = card.Origin("style-card")
        with gr.Row(elem_classes="quiet"):
            self.download = page.put(
                gr.DownloadButton, "download", visible=False, size="sm", elem_id="style-download"
            )
            self.way = page.put(
                gr.DownloadButton, "style.film.way", visible=False, size="sm", elem_id="style-way"
            )
            send_to.buttons(page, shown_picture, [self.both, self.live], ("pets", "attack"))

    def _build_losses(self) -> None:
        page = self.page
        with gr.Row(equal_height=False):
            with gr.Column(min_width=280):
                page.put(gr.Markdown, "style.breakdown", elem_classes="note")
                self.breakdown = gr.HTML(elem_id="style-breakdown")
            with gr.Column(min_width=280):
                self.plot = gr.HTML(elem_id="style-plot")

    def connect(self, tab: gr.Tab) -> None:
        """Wires the events."""
        page, named = self.page, self.controls.named
        streams.start(
            page, self.run, self.paint, self.inputs, self.result, NAME, self.line, about=_pair,
            js=regions_panel.WITH_CELLS,
        )  # fmt: skip
        page.connect_stop(self.stop, NAME)
        self.comparison.connect(self.inputs)
        sources = {"content": (self.content, "photos"), "style": (self.style, "styles")}
        deep_links.listen(page, NAME, named, sources)
        self.origin.follow(page, [self.content, self.style])
        weights = {name: named[name] for name in StyleSettings.LIVE}
        change = localize_errors(self.change_weights), [page.language, *weights.values()], None
        # In the queue: Gradio's page shows no errors of events outside it.
        queued = PRIVATE | LIGHT | {"trigger_mode": "always_last"}
        self.weighted = []  # the events of a weight's chips, when a run has been told
        for name, weight in weights.items():
            weight.release(*change, **queued)
            chosen = chips.follow(self.controls.chips[name], weight, tuple(controls.CHIPS))
            self.weighted.append(chosen.then(*change, **queued))
        self._connect_previews(tab)

    def _connect_previews(self, tab: gr.Tab) -> None:
        """Wires what is shown until a painting is: the one-pass preview and the estimate."""
        page, light = self.page, PRIVATE | LIGHT | {"trigger_mode": "always_last"}

        def preview(**options) -> tuple:
            shown = streams.stream(page, self.preview, NAME, heavy=False, **options)
            return shown, [page.language, self.content, self.style, self.strength], self.result

        def estimate(**options) -> tuple:
            shown = streams.stream(
                page, self.estimate, ESTIMATE, heavy=False, beside=NAME, idle=True, **options
            )
            return shown, [page.language, *self.inputs], [self.line, self.breakdown]

        unless_painted = {"about": _pair, "unless_about": True}
        chosen = [self.content.change, self.style.change, tab.select]
        # One event for all: the browser sends the next when it has the answer to the last.
        previewed = gr.on(chosen, *preview(**unless_painted), **light)
        previewed.then(*estimate(**unless_painted), **light)
        stronger = self.strength.release(*preview(idle=True), **light)
        moved = [
            control.release if isinstance(control, gr.Slider) else control.input
            for control in self.controls.ordered
            if not isinstance(control, gr.Number)  # the seed changes nothing of it
        ]
        gr.on([*moved, self.controls.second.change], *estimate(), **light)
        *result, strength = self.result
        emptied = [*self.controls.ordered, strength, self.controls.second, *result]
        cleared = streams.reset(page, self.reset, self.cleared, emptied, NAME)
        cleared.then(*preview(idle=True), **light).then(*estimate(), **light)
        for pressed in (stronger, *self.weighted, *self._build_experiments()):
            pressed.then(*estimate(), **light)

    def _build_experiments(self) -> list:
        def by_position(chosen: dict) -> dict:
            return dict(enumerate(controls.values(registry.DEFAULT_BACKBONE, DEFAULTS | chosen)))

        def check(chosen: dict) -> None:
            backbone, *given = chosen.values()
            StyleSettings(**controls.request_settings(backbone, tuple(given)))

        changes = [by_position(changed) for changed in EXPERIMENTS]
        return self.page.experiments(NAME, changes, by_position({}), self.controls.ordered, check)

    def paint(self, run: StoppableRun, language: str, content, style, second, backbone, *given):
        """Streams a run: the photo at once, then the steps that are shown."""
        asked = controls.request(content, style, second, backbone, *given)
        opened = images.fit(images.open_image(content), PREVIEW_SIDE)
        yield self._picture(opened, PAINTING) | {
            self.strength: gr.update(visible=False), self.origin.line: "",
        }  # fmt: skip
        last: list[Painting] = []

        def show(language: str, event: Progress[Painting] | Result[Painting]) -> dict:
            last[:] = [event.value]
            return self._step(asked, run, language, event)

        events = partial(runs.stylize, self.page.engine, asked)
        yield from progress.updates(run, language, self.line, events, show)
        for painting in last:  # after the result, which need not wait for it
            yield {self.way: gr.update(value=clips.save_way(painting.way), visible=True)}

    def _picture(self, image, label: str) -> dict:
        """A picture that is no result yet."""
        return {
            self.live: gr.update(value=image, visible=True, label=label),
            self.both: gr.update(value=None, visible=False),
            self.download: gr.update(visible=False),
            self.way: gr.update(visible=False),
            self.plot: "",
        }

    def _step(
        self,
        asked: StyleRequest,
        run: StoppableRun,
        language: str,
        event: Progress[Painting] | Result[Painting],
    ) -> dict:
        painting, seconds, step = event.value, event.seconds, event.value.step
        # Coarse scales are shown at full size: the picture grows sharper, not larger.
        shown = images.fit(painting.image, min(SHOWN, int(asked.settings["size"])))
        update = {
            self.live: gr.update(value=shown, visible=True),
            self.plot: _loss_plot(language, painting.losses, step.steps),
            self.line: progress.running(
                language, step.step, step.steps, step.progress, seconds,
                forecast=painting.forecast,
            ),
        }  # fmt: skip
        if step.gradient_shares:
            update[self.breakdown] = _latest_breakdown(language, painting)
        if isinstance(event, Result):
            update |= self._finished(language, asked, run, painting, seconds)
        return update

    def _finished(
        self,
        language: str,
        asked: StyleRequest,
        run: StoppableRun,
        painting: Painting,
        seconds: float,
    ) -> dict:
        step, image = painting.step, painting.image
        code = recipes.painting(asked, run.changed, whole=step.step >= step.steps)
        shown = images.fit(image, min(SHOWN, int(asked.settings["size"])))
        after = image if max(image.size) <= SHOWN else shown
        pair = (painting.content.resize(after.size), after)
        return {
            self.live: gr.update(value=shown, visible=False),
            self.line: progress.finished(language, step.step, step.steps, seconds),
            self.both: gr.update(value=pair, visible=True),
            self.download: gr.update(value=examples.png(image, "netglass-style"), visible=True),
            self.origin.line: _origin(language, asked, "style.origin.steps", code, steps=step.step),
            self.strength: gr.update(visible=False),
        }

    def preview(self, run: StoppableRun, language: str, content, style, strength) -> dict:
        """The one-pass preview, in place of a painting that is shown."""
        if not content or not style:
            return {self.line: ""}
        sketch = runs.preview(self.page.engine, content, style, strength)
        asked = StyleRequest(content, style)
        code = recipes.PREVIEW.address({"strength": strength}, content=content, style=style)
        return self._picture(sketch, PREVIEW) | {
            self.strength: gr.update(visible=True),
            self.origin.line: _origin(language, asked, "style.origin.pass", code),
        }

    def estimate(
        self, run: StoppableRun, language: str, content, style, second, backbone, *given
    ) -> dict:
        """Time and memory that the run would take, and the loss breakdown of the preview."""
        if not content or not style:
            return {self.line: ""}
        asked = controls.request(content, style, second, backbone, *given[:-1], None)
        found = runs.estimate(self.page.engine, asked)
        if found is None:
            return {self.line: "", self.breakdown: ""}
        losses = _breakdown(language, found.losses, found.gradient_shares)
        return {self.line: _estimate(language, found), self.breakdown: losses}

    def change_weights(self, request: gr.Request, _language: str, *weights) -> None:
        """Tells a run under way which weights were changed; it keeps its own if they are bad."""
        changed = dict(zip(StyleSettings.LIVE, weights, strict=True))
        self.page.engine.places.change(visitor(request), NAME, changed)

    def cleared(self, _language: str) -> list:
        """The values of all components on Reset."""
        defaults = controls.values(registry.DEFAULT_BACKBONE, DEFAULTS)
        hidden = gr.update(value=None, visible=False)
        result = [
            "",
            gr.update(value=None, visible=True),
            hidden,
            "",
            None,
            gr.update(visible=False),
            "",
            gr.update(visible=False),
        ]
        return [*defaults, 1, None, *result]


def shown_picture(_language: str, both: tuple[str, str] | None, live: str | None) -> str | None:
    """Path of the finished painting if it is shown, else of what is shown instead of it."""
    return both[1] if both else live


def _pair(content: str | None, style: str | None, *_) -> tuple:
    """What a painting is about."""
    return content, style


def _origin(language: str, asked: StyleRequest, key: str, code: str, **values: object) -> str:
    """What a result is of; `key` is the text of how it was made, `code` the address of its code."""
    pair = asked.content, asked.style
    second = [asked.second] if asked.second and asked.settings.get("blend") else []
    names = Markup(" + ").join(examples.title(language, str(path)) for path in [*pair, *second])
    made = Markup("{}, {}").format(names, say(language, key, **values))
    return card.origin(made, pair, code=code, link=controls.link(asked))


def _estimate(language: str, found: Estimate) -> str:
    memory = f"{max(0.1, found.bytes / 1e9):.1f}"
    return say(language, "style.estimate", seconds=max(1, round(found.seconds)), memory=memory)


def _breakdown(language: str, losses: dict[str, float], shares: dict[str, float]) -> str:
    """Each term's weighted value, with a bar for its share of the gradient."""
    named = Markup("{}: {:.3g}")
    return bars(
        [(named.format(say(language, f"style.term.{n}"), losses[n]), shares[n]) for n in TERMS],
        role=TERM_ROLES,
    )


def _latest_breakdown(language: str, painting: Painting) -> str:
    """The same of a run's last values: between two tiles a step has none of its own."""
    losses = {name: values[-1] for name, values in painting.losses.items()}
    return _breakdown(language, losses, painting.step.gradient_shares)


def _loss_plot(language: str, losses: dict[str, list[float]], steps: int) -> str:
    series = {
        say(language, f"style.term.{name}"): list(enumerate(losses[name], 1)) for name in TERMS
    }
    return curves(
        series,
        say(language, "plot.step"),
        steps,
        roles=TERM_ROLES,
        y_title=say(language, "plot.loss"),
        log=True,
    )
