"""What all sections below the attack have in common: a run bar, a status line, a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup

from demos.attacks import controls as attack_controls
from demos.attacks import views
from demos.attacks.runs import AttackRequest
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Event, Progress, Result
from demos.runtime.i18n import EVERY, say
from demos.ui import card, progress, streams
from demos.ui.code import panel
from demos.ui.code.recipe import Recipe, places
from demos.ui.page import Page
from models import images, registry
from models.validation import Settings

Controls = Mapping[str, gr.components.Component]


class Section:
    """A run button, which is stop while it runs, and the status line below; within an element of
    the class "run-scope".

    Args:
        photo: what is attacked.
        controls: of the attack: "model" first, then the settings.
        key: of the run button's text.
    """

    def __init__(
        self, page: Page, photo, controls: Controls, key: str, min_width: int = 120, **options
    ):
        self.page, self.attack = page, [photo, *controls.values()]
        self.place = key  # each section is one: its runs leave the others' alone
        with gr.Row(elem_classes="run-bar"):
            self.run, self.stop = page.run_and_stop(key, min_width=min_width, **options)
        self.line, self.code = gr.HTML(), gr.HTML(render=False)

    def connect(
        self,
        compute: Callable[..., Iterator[Event]],
        render: Callable[[str, Any], dict],
        cleared: dict,
        recipe: Recipe,
        settings: type[Settings] | None = None,
        own: Controls | None = None,
        about_network: bool = True,
        more: gr.components.Component | None = None,
        reached: Callable[[Any], dict[str, float]] = lambda value: {},
    ) -> None:
        """Makes the buttons start and stop a stream.

        Args:
            compute: (engine, request, run) -> the stream; with `settings`, they stand before the
                run.
            render: (language, value of a step) -> updates by component.
            cleared: updates at once, and when photo or network are changed, of all components
                that change besides the line and the code.
            recipe: how the result is made in Python.
            settings: what `own` makes.
            own: the section's controls by field of the settings.
            about_network: whether the result is about the network that is chosen.
            more: holds further photos, which the result is about as well; its value is their paths.
            reached: value of the last step -> `found` of `card.show`.
        """
        page, line, code = self.page, self.line, self.code
        emptied = {line: "", code: ""} | cleared
        own = dict(own or {})  # as it is now: the stream counts its values by it
        photos = [] if more is None else [more]

        def stream(run: StoppableRun, language: str, image, model, *values):
            added, values = values[: len(photos)], values[len(photos) :]
            count = len(values) - len(own)
            asked = attack_controls.request(image, model, values[:count])
            asked = replace(asked, more=tuple(path for paths in added for path in paths or ()))
            chosen = dict(zip(own, values[count:], strict=True))
            args = [asked, settings(**chosen)] if settings else [asked]
            yield cleared | {code: ""}
            events = partial(compute, page.engine, *args)
            show = partial(shown, asked, partial(_address, recipe, asked, chosen))
            yield from progress.updates(run, language, line, events, show)

        def shown(
            asked: AttackRequest, address: Callable, language: str, event: Progress | Result
        ) -> dict:
            step = event.value.step
            update = {line: progress.status(language, event, step)} | render(language, event.value)
            if isinstance(event, Result):
                unfolds = panel.shown(address("" if step.step >= step.steps else "stopped"))
                button = self._show(asked, list(cleared), reached(event.value))
                update[code] = button + unfolds
            return update

        inputs = [*self.attack[:2], *photos, *self.attack[2:], *own.values()]
        subjects = inputs[: 1 + about_network + len(photos)]
        about = streams.empty_on_change(page, subjects, emptied, self.place)
        streams.start(page, self.run, stream, inputs, [*emptied], self.place, line, **about)
        page.connect_stop(self.stop, self.place)

    def _show(self, asked: AttackRequest, parts: list, found: dict[str, float]) -> Markup:
        """The button that shows the class the result, which stands in `parts`."""
        title = say(EVERY, self.place.removesuffix(".run")).replace("### ", "")
        made = views.made_with(EVERY, registry.classifier(asked.model), asked.settings)
        shown = [
            f"#{part.elem_id} img" if isinstance(part, gr.Image) else f"#{part.elem_id}"
            for part in parts
            if part.elem_id
        ]
        link = attack_controls.link(asked.image, asked.model, asked.settings)
        return card.show(Markup("{} · {}").format(title, made), ", ".join(shown), link, found)


def _address(recipe: Recipe, asked: AttackRequest, own: dict[str, Any], note: str) -> str:
    """Where the code of a section's result is."""
    target = asked.settings.get("target") or None
    values = asked.settings | {"target": target, "model": asked.model} | own
    first = [asked.image] if asked.image else []
    files = images.different([*first, *asked.more]) if asked.more else first  # as in the run
    values["more"] = places(files[len(first) :], asked.image)
    return recipe.address(values, note, image=asked.image)


def table(
    page: Page,
    photo,
    controls: Controls,
    name: str,
    compute: Callable[..., Iterator[Event]],
    render: Callable[[str, Any], str],
    recipe: Recipe,
) -> None:
    """A whole section that shows a table: `render(language, value of a step)`, as HTML."""
    with page.section(gr.Accordion, f"robustness.{name}", open=False, elem_classes="run-scope"):
        section = Section(page, photo, controls, f"robustness.{name}.run")
        shown = gr.HTML(elem_id=f"robustness-{name}")
        section.code.render()

    def rendered(language: str, found: Any) -> dict:
        return {shown: render(language, found)}

    section.connect(compute, rendered, {shown: ""}, recipe)
