"""Events that write in a place of the page, by the rule of `demos.runtime.places`."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr

from demos.runtime.i18n import EVERY, PAGE_LABELS
from demos.runtime.kept_runs import KeptRun
from demos.runtime.places import StoppableRun, event_number, run_key, visitor
from demos.ui import progress
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page, localize_errors


@dataclass(frozen=True)
class Started:
    """What a button starts, as the page is told of it again when it comes back.

    Attributes:
        inputs, outputs: components that say what it is of, and where it writes.
        line: its status line; the place is on the page when that is.
        labels, group: as of `start`.
    """

    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    line: gr.HTML
    labels: Mapping[str, str]
    group: Mapping[str, Any]

    @property
    def controls(self) -> list[Any]:
        """The inputs that a visitor sets."""
        kinds = gr.components.FormComponent | gr.Image | gr.File
        return [
            c for c in self.inputs
            if isinstance(c, kinds) and c.visible is not False and c not in self.outputs
        ]  # fmt: skip

    def given(self, values: Sequence[Any]) -> dict[Hashable, Any]:
        """What the visitor has set, by component."""
        controls, chosen = self.controls, zip(self.inputs, values, strict=True)
        return {c: value for c, value in chosen if c in controls and value is not None}


def stream(
    page: Page,
    function: Callable,
    place: str,
    line: gr.HTML | None = None,
    emptied: Callable[[str], dict] = lambda language: {},
    about: Callable[..., Any] = lambda *values: None,
    unless_about: bool = False,
    labels: Mapping[str, str] = PAGE_LABELS,
    started: Started | None = None,
    **options: Any,
) -> Callable:
    """The event that writes what `function(run, language, *values)` gives, as long as it may.

    Args:
        function: a generator of updates, or a function that returns one.
        line: the status line, which is emptied when something goes wrong.
        emptied: `emptied(language)` gives further updates for that case, where nothing of what was
            shown before may stay.
        about: what a run's result is about, by the event's values.
        unless_about: comes too late where the place has a run's result about the same.
        labels: of settings whose controls are labelled by other texts, see `i18n.error_message`.
        started: what a page that has a key comes back to: the run goes on without its event.
        options: of `Places.enter`.
    """
    engine = page.engine
    by_itself = unless_about or options.get("idle", False)
    places = [name for name in (place, options.get("beside")) if name]

    def written(kept: KeptRun | None, whose: str, number: int | None, language: str, *values):
        claim = {"unless" if unless_about else "about": about(*values), **options}
        entered = False
        try:
            with engine.run(whose, place, number=number, **claim) as run:
                entered = True
                if kept is not None:
                    kept.run = run
                    engine.kept.keep(kept)
                yield from run.written(_updates(function, line, emptied, run, language, *values))
        except Exception:
            if line is not None and not entered:
                yield {line: ""}
            raise

    def event(request: gr.Request, language: str, *values):
        whose, number, session = visitor(request), event_number(request), request.session_hash
        if started is not None and run_key(request):
            kept = KeptRun(whose, place, session, started.given(values))
            updates = written(kept, whose, number, language, *values)
            followed = kept.follow(session)
            kept.begin(updates, started.outputs, engine.kept.settle)
            yield from followed
        elif not (by_itself and any(engine.kept.unseen(whose, p, session) for p in places)):
            yield from written(None, whose, number, language, *values)
        # When a generator ends, Gradio sends its last values once more, perhaps after those of
        # something newer: let them be none.
        yield gr.skip()

    event.__name__ = getattr(function, "__name__", "event")
    return localize_errors(event, labels)


def once(event: Callable) -> Callable:
    """An event of `stream` that writes once, as a function.

    In a tab that is not drawn yet, the end of a generator would take a picture's file away.
    """

    def first(request: gr.Request, *values):
        updates = event(request, *values)
        try:
            return next(updates)
        finally:
            updates.close()

    first.__name__ = getattr(event, "__name__", "event")
    return first


def _updates(
    function: Callable,
    line: gr.HTML | None,
    emptied: Callable[[str], dict],
    run: StoppableRun,
    language: str,
    *values,
) -> Generator:
    try:
        if isgeneratorfunction(function):
            yield from function(run, language, *values)
        else:
            yield function(run, language, *values)
    except Exception:
        changes = emptied(language) | ({} if line is None else {line: ""})
        if changes:
            yield changes
        raise


def start(
    page: Page,
    button: gr.Button,
    function: Callable,
    inputs: Sequence[gr.blocks.Block],
    outputs: Sequence[gr.blocks.Block],
    place: str,
    line: gr.HTML,
    after: Callable | None = None,
    group: dict = HEAVY,
    js: str | None = None,
    **options: Any,
) -> None:
    """Makes a button start a run; it says at once, in `line`, that it waits for the server.

    Args:
        inputs: besides the language.
        after: what starts it instead, such as the `then` of the button's own event.
        options: of `stream`.
    """
    sent = json.dumps(progress.sent(EVERY))
    button.click(None, None, line, js=f"() => {sent}", api_visibility="private")
    labels = options.get("labels", PAGE_LABELS)
    started = Started(tuple(inputs), tuple(outputs), line, labels, group)
    page.started.setdefault(place, []).append(started)
    event = stream(page, function, place, line, started=started, **options)
    (after or button.click)(
        event, [page.language, *inputs], list(outputs),
        js=js, trigger_mode="multiple", **PRIVATE, **group,
    )  # fmt: skip


def empty_on_change(
    page: Page,
    subjects: Sequence[Any],
    emptied: Mapping[Any, Any],
    place: str,
) -> dict[str, Any]:
    """Empties a place, and ends what runs there, when what its result is about is changed.

    Args:
        subjects: components that say what it is about, such as the photo; the first inputs of what
            starts there.
        emptied: updates by component.

    Returns:
        Options of `start` or `stream` for what starts there.
    """

    def empty(run: StoppableRun, language: str, *values):
        return emptied

    def about(*values) -> tuple:
        return values[: len(subjects)]

    late = stream(page, empty, place, heavy=False, about=about, unless_about=True)
    # Not "always_last": what Gradio held back it sends with all events of the same trigger, and two
    # that hold each other back so never end.
    gr.on(
        [subject.change for subject in subjects], late, [page.language, *subjects], [*emptied],
        trigger_mode="multiple", **PRIVATE, **LIGHT,
    )  # fmt: skip
    return {"about": about}


def reset(
    page: Page,
    button: gr.Button,
    function: Callable[[str], Any],
    outputs: Sequence[gr.blocks.Block],
    place: str,
) -> gr.events.Dependency:
    """Makes a button write `function(language)`, and ends what runs in the place."""

    def cleared(run: StoppableRun, language: str):
        return function(language)

    emptied = stream(page, cleared, place, heavy=False)
    return button.click(
        emptied, page.language, list(outputs), trigger_mode="multiple", **PRIVATE, **LIGHT
    )
