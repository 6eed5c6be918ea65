"""What all sections below the attack have in common: two buttons, a status line, a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from demos.attacks.runs import SECTIONS
from demos.runtime.events import Event, Loading, Waiting
from demos.ui import progress
from demos.ui.page import HEAVY, PRIVATE, Page, localize_errors

Buttons = tuple[gr.Button, gr.Button]


def buttons(page: Page, key: str, min_width: int = 120, **options) -> Buttons:
    """A row of two buttons: run (the text of `key`), stop."""
    with gr.Row():
        run = page.put(gr.Button, key, variant="primary", min_width=min_width, **options)
        stop = page.put(gr.Button, "deeper.stop", variant="stop", min_width=70, **options)
    return run, stop


def connect(
    page: Page,
    pressed: Buttons,
    line: gr.HTML,
    inputs: list,
    outputs: list,
    events: Callable[..., Iterator[Event]],
    render: Callable[[str, Any], dict],
    cleared: dict | None = None,
) -> None:
    """Makes the buttons start and stop a stream.

    Args:
        line: the status line.
        inputs: the components that `events` gets the values of.
        outputs: the components that change, besides the line.
        events: (run, *values) -> the stream.
        render: (language, `Progress` or `Result`) -> updates by component.
        cleared: updates at once.
    """

    @localize_errors
    def stream(request: gr.Request, language, *values):
        if cleared:
            yield cleared
        with page.engine.run(request.session_hash, SECTIONS) as run:
            for event in events(run, *values):
                if isinstance(event, Waiting | Loading):
                    yield {line: progress.waiting(language, event)}
                else:
                    yield render(language, event)

    run_button, stop_button = pressed
    run_button.click(stream, [page.language, *inputs], [line, *outputs], **PRIVATE, **HEAVY)
    page.connect_stop(stop_button, SECTIONS)
