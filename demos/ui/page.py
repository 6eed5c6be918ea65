"""The page under construction: components that know their texts, and the language switch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr
from markupsafe import escape

from demos.runtime import errors, i18n
from demos.runtime.engine import Engine
from demos.runtime.i18n import say
from demos.runtime.places import event_number, visitor
from demos.ui.components import Choice, Knob, Photo
from models.validation import Setting, Settings

# Heavy runs take turns in `demos.runtime.scheduler`, where they are told how many come before them;
# only beyond so many do they wait in Gradio's queue.
HEAVY: dict[str, Any] = {"concurrency_id": "heavy", "concurrency_limit": 64}
LIGHT: dict[str, Any] = {"concurrency_id": "light", "concurrency_limit": 8}
# Watching a live training is waiting for its turns or for a place, which costs nothing.
LIVE_TRAINING: dict[str, Any] = {"concurrency_id": "live_training", "concurrency_limit": 96}
# Linear probes have turns of their own, and say how many come before.
PROBES: dict[str, Any] = {"concurrency_id": "probes", "concurrency_limit": 64}
# Gradio walks the whole page for every component an event may show progress on: name none.
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "show_progress_on": [],
}

QUESTIONS = (1, 2, 3)  # of every tab


class Page:
    """Collects which text each component shows, so that one event can say it all anew.

    Attributes:
        engine: what the demos compute with.
        language: the component that holds the visitor's language; the first input of every event.
        browser_load_events: inputs and options of what the browser does when the page opens.
        load_handlers: what an address sets: (function of its parameters, the components).
        send_targets: components that other tabs may send to; every `Photo` by its key.
        send_buttons: the buttons that send, see `demos.ui.send_to`.
        parts: the parts that a tab has, tabs of their own, by what addresses call the tab.
        background: of the tab under construction: made with `render=False`, and shown by
            `how_it_works` below the idea.
        started: what buttons start, by place, see `demos.ui.streams`.
    """

    def __init__(self, engine: Engine):
        self.engine = engine
        self.keys: set[str] = set()
        self._localized: list[tuple[gr.blocks.Block, Callable[..., dict]]] = []
        self._followed: dict[gr.blocks.Block, tuple[gr.blocks.Block, ...]] = {}
        self.language: gr.Radio  # set by the layout before any tab is built
        self.browser_load_events: list[tuple[list[gr.blocks.Block], dict]] = []
        self.load_handlers: list[tuple[Callable[[Mapping], list], list[gr.blocks.Block]]] = []
        self.send_targets: dict[str, gr.blocks.Block] = {}
        self.send_buttons: list = []
        self.parts: dict[str, gr.Tabs] = {}
        self.background: list[gr.blocks.Block] = []
        self.started: dict[str, list] = {}

    def text(self, key: str, language: str = i18n.DEFAULT) -> str:
        """The text of `key`; remembers that the page uses it."""
        self.keys.add(key)
        return say(language, key)

    def put(
        self,
        kind: type,
        key: str,
        *args,
        choices: Callable | None = None,
        written: Callable | None = None,
        **options,
    ):
        """A component of `kind` with the texts of `key` in the visitor's language.

        `key` gives the label (for buttons and prose the value), `key.info` its one sentence if
        there is one. `choices(language)` gives localised (text, value) pairs; `written(language)`
        gives prose that is more than the text of one key. Where they depend on other components
        too, see `follow`.
        """
        prose = issubclass(kind, gr.Button | gr.Markdown | gr.HTML)
        has_info = f"{key}.info" in i18n.texts(i18n.DEFAULT)

        def props(language: str, *values) -> dict:
            text = written(language, *values) if written else self.text(key, language)
            said = {"value" if prose else "label": text}
            if has_info:
                said["info"] = self.text(f"{key}.info", language)
            if choices:
                said["choices"] = choices(language, *values)
            if kind is Photo:
                said["placeholder"] = self.text("photo.drop", language)
            return said

        options.setdefault("elem_id", key.replace(".", "-") if kind is Photo else None)
        component = kind(*args, **props(i18n.DEFAULT), **options)
        self._localized.append((component, props))
        if kind is Photo:
            self.send_targets[key] = component
        return component

    def picture(self, key: str, **options) -> gr.Image:
        """A result: a picture to look at, exact unless `format` says otherwise, without buttons."""
        plain: dict[str, Any] = {"format": "png", "buttons": [], "interactive": False}
        return self.put(gr.Image, key, **plain | options)

    def on_load(self, function: Callable[[Mapping], list], components: list) -> None:
        """When the page opens, sets `components` to what `function` reads from its address."""
        self.load_handlers.append((function, components))

    def opened(self, tabs: gr.Tabs, address: Mapping[str, str]) -> dict[int, dict]:
        """What an address changes in the page as it is built, by component: it opens one of `tabs`,
        and one of that tab's parts, by name: /?tab=gan&part=own.
        """
        changes = {}
        for among, name in ((tabs, "tab"), (self.parts.get(address.get("tab", "")), "part")):
            asked = address.get(name)
            if among and asked in [tab.id for tab in among.children if isinstance(tab, gr.Tab)]:
                changes[among._id] = {"selected": asked}
        return changes

    def written(self, kind: type, key: str, **options):
        """A component of prose that events write anew; until then it has the text of `key`."""
        self.keys.add(key)
        return kind(say(i18n.EVERY, key), **options)

    def titled(self, kind: type, key: str, **options):
        """A component whose label events write, each time as `i18n.title` gives it."""
        self.keys.add(key)
        return kind(label=i18n.title(key), **options)

    def follow(self, component: gr.blocks.Block, *others: gr.blocks.Block) -> None:
        """Says `component` anew, when the language is switched, as the values of `others` want it:
        they come behind the language in its `choices` and `written`."""
        self._followed[component] = others

    @property
    def followed(self) -> list[gr.blocks.Block]:
        """The components whose values `localized` is told, each once."""
        return list(dict.fromkeys(other for others in self._followed.values() for other in others))

    def localized(self) -> tuple[list[gr.blocks.Block], Callable[..., list[dict]]]:
        """All components with texts, and the function that gives their updates for a language and
        the values of those `followed`; without values, as the page is built."""

        def said(language: str, *values) -> list[dict]:
            now = dict(zip(self.followed, values, strict=True)) if values else {}
            told = {c: [now[o] for o in others] for c, others in self._followed.items() if now}
            return [gr.update(**props(language, *told.get(c, ()))) for c, props in self._localized]

        return [component for component, _ in self._localized], said

    def controls(self, key: str) -> tuple[gr.Button, gr.Button, gr.Button]:
        """A row of three buttons: run (the text of `key`), which is stop while it runs, and reset.

        Which of both is shown follows the status line of the card (static/card.css).
        """
        with gr.Row(elem_classes="run-bar"):
            return (
                *self.run_and_stop(key, min_width=90),
                self.put(
                    gr.Button, "reset", size="sm", min_width=70, scale=0, elem_classes="reset"
                ),
            )

    def run_and_stop(self, key: str, **options) -> tuple[gr.Button, gr.Button]:
        """The first two of `controls`, for a row of the class "run-bar"."""
        run, stop = (
            self.put(gr.Button, text, variant=variant, elem_classes=css, **options)
            for text, variant, css in ((key, "primary", "run"), ("stop", "stop", "stop"))
        )
        return run, stop

    def connect_stop(self, button: gr.Button, demo: str) -> None:
        """Makes `button` stop the visitor's own run of `demo`: a flag that the run's loop reads."""

        def stop(request: gr.Request):
            self.engine.places.stop(visitor(request), demo, event_number(request))

        button.click(stop, None, None, **PRIVATE, queue=False)

    def question(self, key: str) -> None:
        """The question that a tab, or a part of one, answers: its heading."""

        def heading(language: str) -> str:
            level = "###" if "." in key else "##"
            return f"{level} {self.text(f'{key}.question', language)}"

        self.put(gr.Markdown, f"{key}.question", written=heading, elem_classes="question")

    def how_it_works(self, key: str, background: Sequence[gr.blocks.Block] = ()) -> None:
        """The idea of a tab or a part of one, in three sentences that unfold, and more.

        In a tab both may stand below each other, so they have titles of their own.
        """
        title = "idea_behind" if "." in key else "how_it_works"
        with self.put(gr.Accordion, title, open=False):
            self.put(gr.Markdown, f"{key}.idea", elem_classes="idea")
            for component in background:
                component.render()

    def setting(
        self,
        kind: type[Settings],
        name: str,
        formula: bool = True,
        choice: type = Choice,
        **options,
    ) -> Any:
        """The component of a setting, its formula below if it has one and `formula` asks for it.

        A slider where the setting has a step, else a number box; a dropdown of its choices, or
        what `choice` says; a checkbox.
        """
        described = kind.described()[name]
        options.setdefault("value", described.page_default)
        if isinstance(described.default, bool):
            component = self.put(gr.Checkbox, described.key, **options)
        elif described.choices:
            component = self.put(choice, described.key, choices=self._choices(described), **options)
        elif described.step is not None:
            component = self.put(
                Knob,
                described.key,
                described.slider_low,
                described.slider_high,
                step=described.step,
                **options,
            )
        else:
            precision = None if isinstance(described.default, float) else 0
            component = self.put(gr.Number, described.key, precision=precision, **options)
        if formula and described.formula:
            self.formula(described.formula)
        return component

    def _choices(self, described: Setting) -> Callable[[str], list[tuple[str, str]]]:
        def texts(language: str) -> list[tuple[str, str]]:
            if not described.choice_key:
                return [(name, name) for name in described.page_choices]
            keys = [(f"{described.choice_key}.{name}", name) for name in described.page_choices]
            return [(self.text(key, language), name) for key, name in keys]

        return texts

    def formula(self, latex: str, **options) -> gr.Markdown:
        """The formula of the knob above, the same in every language."""
        delimiters: list[dict[str, str | bool]] = [{"left": "$", "right": "$", "display": False}]
        return gr.Markdown(
            f"${latex}$", latex_delimiters=delimiters, elem_classes="formula", **options
        )

    @contextmanager
    def section(self, kind: type, key: str, formula: str = "", **options) -> Iterator[Any]:
        """A tab or accordion with the title `key`, which begins with the text `key.idea`; where it
        has a question it begins with that, and the idea unfolds at the foot, with its `formula`.

        An address names a tab by the last part of its key.
        """
        if kind is gr.Tab:
            options.setdefault("id", key.rpartition(".")[2])
        with self.put(kind, key, **options) as block:
            if f"{key}.question" in i18n.texts(i18n.DEFAULT):
                self.question(key)
                yield block
                self.how_it_works(key, [self.formula(formula, render=False)] if formula else ())
            else:
                self.put(gr.Markdown, f"{key}.idea")
                yield block

    def questions(self, demo: str) -> None:
        """The corner of questions, with answers that unfold."""

        def unfolding(language: str) -> str:
            pairs = ((f"{demo}.q{n}", f"{demo}.q{n}.answer") for n in QUESTIONS)
            return "".join(
                f"<details><summary>{escape(self.text(question, language))}</summary>"
                f"<p>{escape(self.text(answer, language))}</p></details>"
                for question, answer in pairs
            )

        with self.put(gr.Accordion, "questions", open=False):
            self.put(gr.HTML, f"{demo}.q1", written=unfolding, elem_classes="questions")

    def experiments(
        self,
        demo: str,
        changes: Sequence[dict],
        defaults: dict,
        knobs: Sequence[Any],
        check: Callable[[dict], object] = lambda values: None,
    ) -> list:
        """The "break it" corner: one button an experiment, with what to watch for beside it.

        Args:
            changes: for each experiment the values it changes, by setting, from the `defaults`.
            knobs: the components of `defaults`, in its order.
            check: raises for values that can't be run, such as the topic's `Settings`.

        Returns:
            The buttons' events, for what is to follow them.
        """
        pressed = []
        with self.put(gr.Accordion, "break_it", open=False):
            for number, changed in enumerate(changes, 1):
                with gr.Row(elem_classes="experiment"):
                    key = f"{demo}.break{number}"
                    button = self.put(gr.Button, key, size="sm", scale=0, min_width=200)
                    self.put(gr.Markdown, f"{key}.watch")
                check(defaults | changed)
                values = list((defaults | changed).values())
                turn = button.click(lambda values=values: values, None, knobs, **PRIVATE, **LIGHT)
                pressed.append(turn)
        return pressed


def localize_errors(
    function: Callable, labels: Mapping[str, str] | None = i18n.PAGE_LABELS
) -> Callable:
    """Raises what goes wrong in `function` as a `gr.Error` in the visitor's language.

    Args:
        function: an event; its first argument is the language, unless a gr.Request comes before.
            An event of the page is told `i18n.EVERY` in its place.
        labels: as of `i18n.error_message`; None for an endpoint.
    """

    def told(args: tuple) -> tuple:
        if labels is None:
            return args
        place = next(n for n, value in enumerate(args) if isinstance(value, str))
        return (*args[:place], i18n.EVERY, *args[place + 1 :])

    def translated(args: tuple, found: Exception) -> gr.Error:
        if isinstance(found, gr.Error):
            return found
        error = errors.as_validation_error(found)
        language = next(value for value in args if isinstance(value, str))
        text, title = i18n.error_message(language, error, labels), say(language, "error.title")
        return gr.Error(text, title=title, print_exception=False)

    if isgeneratorfunction(function):

        @wraps(function)
        def wrapped(*args):
            try:
                yield from function(*told(args))
            except Exception as error:
                raise translated(args, error) from None
    else:

        @wraps(function)
        def wrapped(*args):
            try:
                return function(*told(args))
            except Exception as error:
                raise translated(args, error) from None

    return wrapped
