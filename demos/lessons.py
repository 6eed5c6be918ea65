"""The teacher's page: two lessons of 45 minutes, whose links open prepared states."""

from __future__ import annotations

import gradio as gr

from demos.ui.page import Page

NAME = "lessons"
LESSONS, STEPS = ("gans", "transfer"), range(1, 8)


def build(page: Page, _tab: gr.Tab) -> None:
    """Lays out the tab."""
    page.put(gr.Markdown, "lessons.before")
    for lesson in LESSONS:
        with page.put(gr.Accordion, f"lessons.{lesson}", open=True):
            page.put(gr.Markdown, f"lessons.{lesson}.goal")
            for step in STEPS:
                page.put(gr.Markdown, f"lessons.{lesson}.step{step}")
