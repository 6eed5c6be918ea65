"""The card of a tab: the line that says what a result is of."""

import json
import re
from html import unescape

import pytest

from demos import layout
from demos.runtime import i18n
from demos.ui import card


def subject(html):
    return json.loads(unescape(re.search(r'data-subject="(.*?)"', html)[1]))


def test_an_origin_names_its_subject_as_the_browser_writes_it():
    html = card.origin("zebra, 64 steps", ["/tmp/a.png", None, 4.0, 2.5, "zebra"])
    assert subject(html) == ["/tmp/a.png", "", "4", "2.5", "zebra"]
    assert "Made with: zebra, 64 steps" in html
    assert "Example" not in html


def test_an_example_says_so_and_a_photo_is_its_path():
    html = card.origin("x", [{"path": "/tmp/a.png", "meta": {}}], example=True)
    assert subject(html) == ["/tmp/a.png"]
    assert "Example" in html


def test_an_origin_is_of_its_own_subject_only():
    line = card.origin("x", ["a & b", 4.0])
    assert card.is_of(line, ["a & b", 4])
    assert not card.is_of(line, ["a & b", 5])
    assert not card.is_of("", ["a & b", 4])
    assert not card.is_of(None, [])


def test_what_an_origin_says_is_escaped():
    html = card.origin("<b>", ['"><script>'])
    assert "<script>" not in html
    assert "&lt;b&gt;" in html


def test_a_result_has_its_link_what_it_reached_and_a_button_for_the_class():
    html = card.origin("x", [], link="tab=attack&epsilon=4", found={"epsilon": 4.0})
    assert 'data-link="tab=attack&amp;epsilon=4"' in html
    assert json.loads(unescape(re.search(r'data-found="(.*?)"', html)[1])) == {"epsilon": 4.0}
    assert html.count('class="show-class"') == 1
    example = card.origin("x", [], example=True, found={"epsilon": 4.0})
    assert 'data-found="{}"' in example  # nobody here has reached it


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_tab_asks_one_question_of_fifteen_words_at_most(language):
    asked = {key: text for key, text in i18n.texts(language).items() if key.endswith(".question")}
    assert asked.keys() >= {f"{tab.NAME}.question" for tab in layout.TABS}
    for text in asked.values():
        assert text.endswith("?"), text
        assert text.count("?") == 1, text
        assert len(text.split()) <= 15, text
