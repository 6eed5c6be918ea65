"""CONTRIBUTING.md is true: a setting, a tab and a language are added as its lines say."""

import re
import shutil
from dataclasses import dataclass
from types import SimpleNamespace

import gradio as gr
import pytest

from demos import layout
from demos.runtime import i18n
from demos.runtime.engine import Engine
from demos.ui import deep_links
from demos.ui.components import Knob
from demos.ui.endpoints import expose
from demos.ui.page import LIGHT, Page
from models.validation import Settings, ValidationError, setting
from tests.serving import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("topic", ["setting", "tab", "network", "language"])
def test_each_takes_five_steps(topic):
    section = TEXT.split(f"## Add a {topic}\n")[1].split("\n## ")[0]
    assert re.findall(r"^(\d)\. ", section, re.MULTILINE) == list("12345")


def test_a_setting(monkeypatch):
    monkeypatch.setitem(i18n.texts("en"), "name.grain", "Grain")
    line = re.search(r"`(grain: float = setting\([^`]*\))`", TEXT).group(1)
    space = {"setting": setting}
    exec(line, space)
    toy = dataclass(frozen=True)(
        type("ToySettings", (Settings,), {"grain": space["grain"]}
             | {"__annotations__": space["__annotations__"], "__module__": __name__})
    )  # fmt: skip
    assert toy().grain == 1.0
    with pytest.raises(ValidationError, match=r"grain must be from 0\.5 to 2, not 3"):
        toy(grain=3)

    def toy_endpoint(language: str, **settings):
        """Says what it was given.

        Returns:
            The settings.
        """
        return settings

    with gr.Blocks() as blocks:
        page = Page(Engine("cpu"))
        slider = page.setting(toy, "grain")
        expose(toy_endpoint, {"report": gr.JSON}, "toy", LIGHT, settings=toy)
    assert isinstance(slider, Knob)
    assert (slider.minimum, slider.maximum, slider.step, slider.value) == (0.5, 2, 0.1, 1.0)
    assert slider.label == "Grain"
    with pytest.raises(ValueError, match=r"^$"):
        deep_links.read("3", slider)
    (parameter,) = blocks.get_api_info()["named_endpoints"]["/toy"]["parameters"]
    assert (parameter["parameter_name"], parameter["parameter_default"]) == ("grain", 1.0)
    endpoint = next(event.fn for event in blocks.fns.values() if event.api_name == "toy")
    assert "grain: how coarse the grain is, 0.5 to 2." in endpoint.__doc__


def test_a_tab(monkeypatch):
    toy = SimpleNamespace(NAME="toy", build=lambda page, tab: None)
    monkeypatch.setattr(layout, "TABS", (*layout.TABS, toy))
    with pytest.raises(KeyError, match="toy"):
        layout.build(Engine("cpu"))
    for code in i18n.LANGUAGES:
        for key in ("toy.tab", "toy.question", "toy.idea"):
            monkeypatch.setitem(i18n.texts(code), key, f"{key} in {code}")
    blocks = layout.build(Engine("cpu"))
    (tab,) = (b for b in blocks.blocks.values() if isinstance(b, gr.Tab) and b.id == "toy")
    assert tab.label == "toy.tab in en"
    components, localized = blocks.page.localized()
    said = dict(zip((c._id for c in components), localized("hi"), strict=True))
    assert said[tab._id]["label"] == "toy.tab in hi"


def test_a_language(monkeypatch, tmp_path):
    folder = shutil.copytree(i18n.FOLDER, tmp_path / "texts")
    shutil.copy(folder / "hi.json", folder / "xx.json")
    monkeypatch.setattr(i18n, "FOLDER", folder)
    monkeypatch.setitem(i18n.LANGUAGES, "xx", "Toy")
    assert i18n.detect("xx-XX,xx;q=0.9,en;q=0.8") == "xx"
    assert i18n.say("xx", "stop") == i18n.say("hi", "stop")
    error = ValidationError("out_of_range", name="size", value=9, low=64, high=1024)
    assert i18n.error_message("xx", error) == i18n.error_message("hi", error)
    with gr.Blocks():
        page = Page(Engine("cpu"))
        layout._header(page)
    assert ("Toy", "xx") in page.language.choices
