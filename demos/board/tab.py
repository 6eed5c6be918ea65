"""The tab "Class": a board for all that a class has made (tab.js and teacher.js fill it)."""

from __future__ import annotations

import gradio as gr

from demos.ui import class_questions, panel
from demos.ui.page import Page

NAME, TAB_ID = "board", "class"
WORDS = (
    "sending", "sent", "sent_waiting", "nothing", "join_title", "code", "nickname", "join",
    "teacher_title", "key", "key_note", "open", "new", "continue", "pages", "title", "you",
    "student", "leave", "leave_sure", "end", "scan", "scan_picture", "empty", "go_on", "enlarge",
    "compare", "all", "hide", "approve", "remove", "clear", "review", "waiting", "hidden",
    "ask_title", "ask_prepared", "ask_own", "ask_question", "ask_answers", "ask_now", "ask_again",
    "ask_close", "ask_drop", "before", "after", "votes", "closed", "table", "table_student",
    "table_tab", "table_pins", "table_accuracy", "table_epsilon", "table_modes", "away", "lost",
    "to_board", *(f"lesson_{lesson}" for lesson in class_questions.QUESTIONS),
)  # fmt: skip
ASKED = tuple(key for name in class_questions.NAMES for key in class_questions.keys(name))


def bar(page: Page) -> None:
    """The bar above the tabs: on which board the page is, and what is asked. It brings the texts,
    because a tab is not in the page before it is opened."""
    # Said by `card.show_button`, and of the explorer's cats.
    page.keys |= {"board.show", "board.cat"}
    panel.build(page, "class-bar", "board", (*WORDS, *ASKED), shared=("press_again", "at_most"))


def build(page: Page, _tab: gr.Tab) -> None:
    """Lays out the tab."""
    panel.build(page, "board", "board", ("title",))
