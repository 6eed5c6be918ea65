"""What a run says of itself while it goes on: a line of words and a bar."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from markupsafe import escape

from demos.runtime.events import Event, Loading, Progress, Result, Waiting
from demos.runtime.i18n import say
from demos.runtime.places import StoppableRun
from demos.runtime.scheduler import HEAVY_RUNS, RunQueue, Step


def updates(
    run: StoppableRun,
    language: str,
    bar: gr.HTML,
    events: Callable[[StoppableRun], Iterator[Event]],
    show: Callable[[str, Any], dict],
) -> Iterator[dict]:
    """The events of a visitor's run, as updates by component.

    Args:
        bar: says what the run waits for.
        events: of the run.
        show: (language, `Progress` or `Result`) -> updates.
    """
    for event in events(run):
        if isinstance(event, Waiting | Loading):
            yield {bar: waiting(language, event)}
        else:
            yield show(language, event)


def waiting(language: str, event: Waiting | Loading) -> str:
    """How many runs come first; or a network being read, or downloaded."""
    if isinstance(event, Waiting):
        words = say(language, "status.waiting", others=event.ahead, seconds=event.seconds)
        return line(words, None, busy=True)
    if not event.total:
        return line(say(language, "status.loading", title=event.title), None, busy=True)
    megabytes = {"done": event.done >> 20, "total": event.total >> 20}
    words = say(language, "status.download", title=event.title, **megabytes)
    return line(words, event.done / event.total, busy=True)


def status(language: str, event: Progress | Result, step: Step, runs: RunQueue = HEAVY_RUNS) -> str:
    """Where a run is, or how it ended."""
    whole = int(step.step)
    if isinstance(event, Result):
        return finished(language, whole, step.steps, event.seconds)
    return running(language, whole, step.steps, step.step / step.steps, event.seconds, runs)


def sent(language: str) -> str:
    """What the page says until the server does."""
    return line(say(language, "status.sent"), None, busy=True)


def running(
    language: str,
    step: int,
    steps: int,
    progress: float,
    seconds: float,
    runs: RunQueue = HEAVY_RUNS,
    forecast: float | None = None,
) -> str:
    """Step so far, time left, and a bar.

    Args:
        progress: the share of the work done, 0..1.
        seconds: that it took.
        forecast: of the whole run's seconds: what counts at the beginning.
    """
    left = seconds / progress * (1 - progress) if progress > 0 else None
    if forecast is not None:  # after a fifth of the work nearly all that counts is what it took
        trust = (1 - progress) ** 10
        left = trust * (1 - progress) * forecast + (1 - trust) * (left or 0.0)
    words = say(language, "status.step", step=step, steps=steps)
    if left is not None:
        words += " · " + say(language, "status.left", seconds=max(1, round(left)))
    if runs.waiting:
        words += " · " + say(language, "status.shared", others=runs.waiting)
    return line(words, progress, busy=True)


def finished(language: str, step: int, steps: int, seconds: float) -> str:
    """The end of a run, whole or stopped."""
    key = "status.done" if step >= steps else "status.stopped"
    return line(say(language, key, step=step, steps=steps, seconds=f"{seconds:.1f}"), step / steps)


def live(language: str, snapshot, rate: float) -> str:
    """A live training: how far it is, and how fast."""
    words = say(
        language,
        "gan_lab.live",
        rounds=f"{snapshot.rounds:,}",
        examples=f"{snapshot.examples:,}",
        rate=f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}",
    )
    return _said(words, busy=True)


def waiting_place(language: str, event: Waiting) -> str:
    """A live training that waits for a place."""
    words = say(language, "gan_lab.waiting", place=event.ahead + 1, seconds=event.seconds)
    return line(words, None, busy=True)


def paused(language: str, snapshot, gave_way: bool = False) -> str:
    """A live training that is paused, by itself if it `gave_way` to others; or that diverged."""
    key = "gan_lab.gave_way" if gave_way else "gan_lab.paused"
    if snapshot.diverged:
        key = "gan_lab.diverged"
    return _said(say(language, key, rounds=f"{snapshot.rounds:,}"))


def line(words: str, share: float | None, busy: bool = False) -> str:
    """Words under a bar; a share that nobody knows is None.

    While a run is `busy`, the page shows its Stop instead of its Run (static/card.css).
    """
    value = "" if share is None else f' value="{share:.3f}"'
    return _said(words, f'<progress max="1"{value}></progress>', busy)


def _said(words: str, bar: str = "", busy: bool = False) -> str:
    return f'<div class="status"{" data-busy" if busy else ""}>{bar}{escape(words)}</div>'
