"""What the README says of a class, and that every result can be shown to it."""

import re
from pathlib import Path

import pytest

from demos import lessons
from demos.runtime.i18n import LANGUAGES, texts
from demos.ui import card, class_questions
from tests.serving import ROOT

BROWSERS = {"Advanced", "Proceed"}  # what they call their own buttons


def test_the_readme_names_only_what_the_page_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"## A class in ten minutes\n(.*?)\n## ", readme, re.DOTALL)[1]
    named = set(re.findall(r'"([^"]+)"', section.replace("\n   ", " ")))
    assert named >= {"Show the class", "Ask the class", "Open a board"}
    assert named - BROWSERS - set(texts("en").values()) == set()


def test_a_result_that_has_its_code_can_be_shown_to_the_class():
    """`card.origin` and `card.show` bring the button."""
    callers = [
        path
        for path in Path(ROOT / "demos").rglob("*.py")
        if "panel.shown(" in path.read_text(encoding="utf-8")
    ]
    assert len(callers) > 6
    ways = re.compile(r"card\.origin\(|card\.show\(|show_class\(|def show\(")
    without = {p.name for p in callers if not ways.search(p.read_text(encoding="utf-8"))}
    assert without == {"views.py", "view_recipes.py"}  # those who call them bring it


def test_a_result_without_a_line_of_its_own_says_what_it_is_and_where():
    html = card.show("<b>", "#plot", "tab=attack&epsilon=4", {"epsilon": 4})
    assert 'data-shown="#plot"' in html
    assert 'data-link="tab=attack&amp;epsilon=4"' in html
    assert "&lt;b&gt;" in html
    assert html.count('class="show-class"') == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson", class_questions.QUESTIONS)
def test_lesson_plans_ask_on_the_board(blocks, language, lesson):
    plan = lessons._lesson(blocks.page, lesson, language)
    assert plan.count('class="lesson-vote"') == len(class_questions.QUESTIONS[lesson])
    said = texts(language)
    for name in class_questions.QUESTIONS[lesson].values():
        assert said[f"board.ask.{name}"] in plan.replace("&#34;", '"').replace("&#39;", "'")
