"""What does it see? The top classes of any photo, and four explanations side by side."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from demos.explanations import controls, endpoints, recipes, runs, views
from demos.explanations.controls import DEFAULTS
from demos.explanations.runs import NAME, Explained
from demos.explanations.sanity import SanitySection
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Progress, Result
from demos.runtime.i18n import EVERY
from demos.ui import card, deep_links, example_results, examples, progress, send_to, streams
from demos.ui.components import Photo
from demos.ui.feature_maps import FeatureMapSection
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry
from models.explanations.settings import METHODS

RECIPES = recipes.RECIPES
PHOTO = "koala"
# What each "break it" button changes from the defaults.
EXPERIMENTS = (
    {"class_name": "toaster"},
    {"path_steps": 1},
    {"samples": 1, "noise": 0.0},
    {"window": 0.5},
    {"baseline": "black"},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    ExplanationTab(page).connect(tab)
    endpoints.expose_all(page)


class ExplanationTab(card.Section):
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page, "see-card", (3, 8, 3))
        self.inputs = [self.photo, *self.controls.values()]
        with self.columns.given:
            also = {"attack.model": self.controls["model"]}
            send_to.buttons(page, _sent, [self.photo], ("attack", "pets"), also)
        self.sanity = SanitySection(page, self.inputs)
        self.maps = FeatureMapSection(page, NAME, self.photo, self.controls["model"])
        page.experiments(NAME, EXPERIMENTS, DEFAULTS, [*self.controls.values()], runs.checked)

    def _build_given(self) -> None:
        first = examples.example("photos", PHOTO)
        self.photo = self.page.put(Photo, "see.photo", value=first, height=230)
        examples.examples(self.page, "photos", self.photo, PHOTO)
        self.top = gr.HTML(_example_words(EVERY)["top"], elem_id="see-top")

    def _build_knobs(self) -> None:
        self.run, self.stop, self.reset = self.page.controls("run.explain")
        self.controls = controls.build(self.page)

    def _build_result(self) -> None:
        """The pictures, what is said of them, and the curves; it opens on an example."""
        page, found = self.page, example_results.load().explanation
        page.keys |= {f"see.{name}" for kind in views.KINDS for name in (kind, f"{kind}.x")}
        page.keys |= {f"see.best.{kind}" for kind in views.KINDS}
        words = _example_words(EVERY)
        with gr.Row(elem_classes="result see-pictures", elem_id="see-pictures"):
            self.pictures = {
                method: page.picture(
                    f"see.method.{method}", value=found.pictures[method], min_width=120,
                    elem_id=f"see-{method}",
                )
                for method in METHODS
            }  # fmt: skip
        self.line = gr.HTML(elem_id="see-status")
        self.judged = gr.HTML(words["judged"], elem_id="see-judged")
        page.put(gr.Markdown, "see.why", elem_classes="note")
        self.origin = card.Origin("see-card", _example_origin(EVERY, self.photo.value["path"]))
        with gr.Row(equal_height=False, elem_classes="see-plots"):
            self.plots = {
                kind: gr.HTML(words[kind], min_width=260, elem_id=f"see-{kind}")
                for kind in views.KINDS
            }
        self.result = [
            self.line, self.top, *self.pictures.values(), self.judged, self.origin.line,
            *self.plots.values(),
        ]  # fmt: skip

    def connect(self, tab: gr.Tab) -> None:
        """Wires the events."""
        page, model, light = self.page, self.controls["model"], PRIVATE | LIGHT
        streams.start(
            page, self.run, self.stream_explanations, self.inputs, self.result, NAME, self.line,
            about=_subject,
        )  # fmt: skip
        page.connect_stop(self.stop, NAME)
        self.origin.follow(page, [self.photo, model, self.controls["class_name"]])
        deep_links.listen(page, NAME, self.controls, {"photo": (self.photo, "photos")})
        predict = streams.stream(
            page, self.predict_top, NAME, self.line, emptied=self.emptied, heavy=False,
            about=_subject, unless_about=True,
        )  # fmt: skip
        gr.on(
            [self.photo.change, tab.select, model.change], predict,
            [page.language, self.photo, model], self.result, trigger_mode="always_last", **light,
        )  # fmt: skip
        streams.reset(page, self.reset, self.cleared, [*self.inputs, *self.result], NAME)
        self.sanity.connect()
        self.maps.connect()

    # Not called `explain`: Gradio would take that name from the public endpoint.
    def stream_explanations(self, run: StoppableRun, language: str, photo, *values):
        """Streams the explanations, method by method."""
        kept = (self.line, self.top)
        yield {c: v for c, v in self.emptied(language).items() if c not in kept}
        asked = controls.request(photo, values)
        events = partial(runs.explain, self.page.engine, asked)
        show = partial(self._step, (photo, *values[:2]))
        yield from progress.updates(run, language, self.line, events, show)

    def _step(
        self, about: tuple, language: str, event: Progress[Explained] | Result[Explained]
    ) -> dict:
        found, last = event.value, isinstance(event, Result)
        step = found.step
        update: dict[Any, Any] = {self.line: progress.status(language, event, step)}
        # Steps in between are not shown: a method may have ended since the last that was.
        for method in step.found if last else [*step.found][-2:]:
            picture = runs.drawn(found.subject.shown, method, step.found[method].map)
            update[self.pictures[method]] = picture
        areas = {m: each.areas for m, each in step.found.items() if each.areas}
        points = {
            kind: {m: getattr(each, kind) for m, each in step.found.items()} for kind in views.KINDS
        }
        plots = views.plots(language, points, areas)
        update |= {self.plots[kind]: plot for kind, plot in plots.items()}
        if last:
            spec = found.subject.spec
            made = views.made_with(language, spec.name, found.class_name, step.probability)
            update[self.top] = views.verdict(language, found.top)
            update[self.judged] = views.judged(language, areas)
            note = "" if step.step >= step.steps else "stopped"
            settings = vars(found.subject.settings)
            code = recipes.address(settings, about[0], note)
            link = controls.link(about[0], settings)
            update[self.origin.line] = card.origin(made, about, code=code, link=link)
        return update

    def predict_top(self, run: StoppableRun, language: str, photo, model: str):
        """The top five classes of a photo, and no explanations of another one; the example if they
        are its. A network that is not here is not downloaded for this."""
        if (photo, model) == (self.photo.value["path"], registry.DEFAULT_BACKBONE):
            yield self._example(language)
            return
        yield self.emptied(language)
        if photo is None or not registry.has_weights(registry.backbone(model)):
            return
        for event in runs.classify(self.page.engine, photo, model):
            if isinstance(event, Loading):
                yield {self.line: progress.waiting(language, event)}
            else:
                yield {self.line: "", self.top: views.verdict(language, event.value)}

    def _example(self, language: str) -> dict:
        """Updates that show the result with which the tab opens."""
        found, words = example_results.load().explanation, _example_words(language)
        origin = _example_origin(language, self.photo.value["path"])
        update: dict[Any, Any] = {self.line: "", self.top: words["top"], self.origin.line: origin}
        update |= {self.pictures[method]: found.pictures[method] for method in METHODS}
        update |= {self.plots[kind]: words[kind] for kind in views.KINDS}
        return update | {self.judged: words["judged"]}

    def cleared(self, language: str) -> list:
        """The values of all components on Reset: those with which the tab opens."""
        shown = self._example(language)
        photo = examples.example("photos", PHOTO)
        return [photo, *DEFAULTS.values(), *(shown[component] for component in self.result)]

    def emptied(self, _language: str) -> dict:
        """Updates that leave no result."""
        empty: dict[Any, Any] = dict.fromkeys(self.result, "")
        return empty | dict.fromkeys(self.pictures.values())


def _sent(_language: str, path: str | None) -> str | None:
    return path


def _subject(photo, model: str, *_) -> tuple:
    """What a verdict or a result is about."""
    return photo, model


def _example_words(language: str) -> dict[str, str]:
    found = example_results.load().explanation
    words = views.plots(language, found.curves, found.areas)
    top, said = views.verdict(language, found.top), views.judged(language, found.areas)
    return words | {"top": top, "judged": said}


def _example_origin(language: str, photo: str) -> str:
    found = example_results.load().explanation
    model, wanted = (found.settings[name] for name in ("model", "class_name"))
    made = views.made_with(language, model, *found.top[0])
    code = recipes.address(found.settings, photo)
    return card.origin(made, [photo, model, wanted], True, code, f"tab={NAME}")
