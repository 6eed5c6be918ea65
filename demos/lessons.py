"""The teacher's page: where the class opens the page, and three lessons of 45 minutes, a card a
step, with a button that opens what is prepared for it."""

from __future__ import annotations

import json

import gradio as gr
from markupsafe import Markup

from demos.ui import class_address
from demos.ui.class_questions import QUESTIONS
from demos.ui.page import Page
from models.gan.training.presets import ALL_DIGITS

NAME = "lessons"
ON_DEMAND = f"tab=gym&data=digits&classes={json.dumps(ALL_DIGITS, separators=(',', ':'))}"
# Of each lesson's steps: how many minutes, and what its button opens; the last ones are talk.
STEPS = {
    "gans": (
        (5, "tab=gan&seed=5&d2=-3"),
        (5, "tab=gan"),
        (6, "tab=gan&part=own"),
        (6, "tab=gym&data=ring"),
        (7, "tab=gym&data=ring&lr_d=0.0001&r1=0"),
        (6, "tab=style&content=chelsea&style=mithila"),
        (5, "tab=style&content=giraffes&style=mosaic"),
        (5, ""),
    ),
    "transfer": (
        (6, "tab=pets&photo=chelsea&model=pets_lite0"),
        (6, "tab=pets&photo=lemur"),
        (7, "tab=train&task=breeds&per_class=5&epochs=20"),
        (6, "tab=train&task=digits"),
        (7, "tab=attack&photo=german_shepherd&method=pgd&epsilon=4&steps=20"),
        (7, "tab=attack&photo=german_shepherd&method=pgd&target=pizza&epsilon=8&steps=40"),
        (6, ""),
    ),
    "inside": (
        (9, "tab=gan&part=units"),
        (9, ON_DEMAND),
        (10, f"{ON_DEMAND}&shuffled_labels=0.75"),
        (11, "tab=gym&data=digits"),
        (6, ""),
    ),
}


def build(page: Page, _tab: gr.Tab) -> None:
    """Lays out the tab."""
    class_address.build(page)
    with gr.Row(elem_classes="lessons"):
        for lesson in STEPS:
            page.put(
                gr.HTML,
                f"lessons.{lesson}",
                written=lambda language, lesson=lesson: _lesson(page, lesson, language),
            )
    with page.put(gr.Accordion, "lessons.before", open=False):
        page.put(gr.Markdown, "lessons.before.list")


def _lesson(page: Page, lesson: str, language: str) -> str:
    """Title, minutes in all, aim, and a card for each step."""
    key = f"lessons.{lesson}"
    cards, start = [], 0
    for number, (minutes, address) in enumerate(STEPS[lesson], 1):
        times = (start, start := start + minutes)
        asked = QUESTIONS[lesson].get(number, "")
        cards.append(_card(page, f"{key}.step{number}", times, address, asked, language))
    return Markup(
        "<h3>{} ({} {})</h3><p><strong>{}</strong> {}</p><ol>{}</ol>"
    ).format(
        page.text(key, language), start, page.text("lessons.minutes", language),
        page.text("lessons.aim", language), page.text(f"{key}.goal", language),
        Markup("").join(cards),
    )  # fmt: skip


def _card(
    page: Page, key: str, times: tuple[int, int], address: str, asked: str, language: str
) -> Markup:
    """A step's minutes, what to do, the question that the board has for it, and the button that
    opens what is prepared for it."""
    question = Markup("")
    if asked:
        question = Markup('<p class="lesson-vote">{} <em>{}</em></p>').format(
            page.text("lessons.vote", language), page.text(f"board.ask.{asked}", language)
        )
    button = Markup("")
    if address:
        button = Markup('<a href="?{}" target="_blank" rel="noopener">{}</a>').format(
            address, page.text(f"{key}.open", language)
        )
    return Markup("<li><p><b>{}–{}</b> {}</p><p>{}</p>{}{}</li>").format(
        *times, page.text("lessons.minutes", language), page.text(key, language), question, button
    )
