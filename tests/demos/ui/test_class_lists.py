"""The list of classes stands in the page once, and the page says the same as before."""

import json
import re

import pytest

from demos.runtime import i18n
from demos.ui import class_lists
from models.labels import imagenet
from tests.serving import get

CLASSES = imagenet.class_names()


def parsed(page: str) -> tuple[dict, list]:
    """(the object that the script assigns, the choices that it spreads)."""
    listed = re.search(rf"const {class_lists.CHOICES} = (\[.*\]);\n", page)[1]
    script = page.partition(class_lists.OBJECT.decode())[2].partition(";</script>")[0]
    names = json.dumps([name for _, name in json.loads(listed)])[1:-1]
    script = script.replace(f"...{class_lists.CHOICES}", listed[1:-1])
    return json.loads(script.replace(f"...{class_lists.NAMES}", names)), json.loads(listed)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_page_lists_the_classes_once(app_url, language):
    page = get(f"{app_url}/?lang={language}").decode()
    assert page.count('"Komodo dragon"') == (2 if language == "en" else 1)
    config, listed = parsed(page)
    choices = [list(i18n.class_choice(language, name)) for name in CLASSES]
    assert listed == choices
    dropdowns = [one for one in config["components"] if one["type"] == "dropdown"]
    shown = [one["props"]["choices"] for one in dropdowns]
    assert [found[-1000:] for found in shown if len(found) >= 1000] == [choices] * 3
    for one in dropdowns:
        # Breeds are sorted by their names in the language.
        values = sorted(value for _, value in one["props"]["choices"])
        for which in ("api_info", "api_info_as_input", "api_info_as_output"):
            assert sorted(one[which]["enum"]) == values


def test_a_page_without_the_lists_stays_as_it_is():
    for page in (b"", b"<html></html>", class_lists.OBJECT + b'{"components":[]};'):
        assert class_lists.write_once(page, "hi") == page
    twice = 2 * (class_lists.OBJECT + b"[" + class_lists._written("hi")[0] + b"];")
    assert class_lists.write_once(twice, "hi") == twice
