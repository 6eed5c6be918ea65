"""The documentation is true: links, commands and paths exist, and its Python runs as written."""

import gc
import importlib.util
import json
import re
import runpy
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.serving import ROOT
from tools.site.pages import anchor

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
IDS = [path.relative_to(ROOT).as_posix() for path in PAGES]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"python -m ([\w.]+)([^`&|\n]*)")
PLACE = re.compile(
    r"`((?:models|demos|training|benchmarks|tests|deploy|tools|docs|weights|\.ci)/[\w./-]*|app\.py)`"
)
OWN = ("benchmarks", "deploy", "tools", "training")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What a run takes long for, and what the test runs instead.
SHORTER = {"steps=120": "steps=4, size=64", "steps=2000": "steps=20", '"zebra"': '"zebra", steps=4'}


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """What GitHub calls a page's headings in an address."""
    headings = re.findall(r"^#+ (.+)$", prose(path.read_text(encoding="utf-8")), re.MULTILINE)
    return set(map(anchor, headings))


def blocks_of(name: str) -> list[str]:
    return PYTHON.findall((ROOT / name).read_text(encoding="utf-8"))


@cache
def commands() -> dict[str, set[str]]:
    """Options of `python -m MODULE` on all pages, by module."""
    found: dict[str, set[str]] = {}
    for path in PAGES:
        for module, rest in COMMAND.findall(path.read_text(encoding="utf-8")):
            found.setdefault(module, set()).update(re.findall(r"(?<!\S)--[a-z-]+", rest))
    return found


def test_the_readme_has_at_most_200_lines():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_links_lead_somewhere(path):
    for target in LINK.findall(prose(path.read_text(encoding="utf-8"))):
        if re.match(r"https?:", target):
            continue
        place, _, anchor = target.partition("#")
        found = (path.parent / place).resolve() if place else path
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def test_every_page_is_reached_from_the_readme():
    reached, new = set(), [ROOT / "README.md"]
    while new:
        page = new.pop()
        reached.add(page)
        links = LINK.findall(prose(page.read_text(encoding="utf-8")))
        found = {(page.parent / link.partition("#")[0]).resolve() for link in links}
        new += [path for path in found & set(PAGES) if path not in reached]
    assert [path for path in PAGES if path not in reached] == []


@pytest.mark.parametrize("module", sorted(commands()))
def test_commands_have_their_modules_and_options(module, monkeypatch, capsys):
    found = importlib.util.find_spec(module)
    assert found
    if module == "deploy.ray_serve" and not importlib.util.find_spec("ray"):
        pytest.skip("needs requirements-cluster.txt")
    if module.partition(".")[0] not in OWN:
        return
    if "ArgumentParser" not in Path(found.origin).read_text(encoding="utf-8"):
        importlib.import_module(module)
        return
    monkeypatch.setattr(sys, "argv", [module, "--help"])
    with pytest.raises(SystemExit):
        runpy.run_path(found.origin, run_name="__main__")
    explained = capsys.readouterr().out
    assert [option for option in commands()[module] if option not in explained] == []


def test_the_options_of_the_app_are_those_of_the_table(monkeypatch, capsys):
    import app

    monkeypatch.setattr(sys, "argv", ["app.py", "--help"])
    with pytest.raises(SystemExit):
        app.parse_options()
    gc.enable()  # importing app stops the collector until it serves
    explained = set(re.findall(r"--(?!no-|help)[a-z-]+|NETGLASS_[A-Z_]+", capsys.readouterr().out))
    table = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(--[a-z-]+)` \| `(NETGLASS_[A-Z_]+)` \|", table, re.MULTILINE)
    assert {name for row in rows for name in row} == explained


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_files_that_are_named_exist(path):
    named = PLACE.findall(path.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_tree_has_every_module():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = re.search(r"^```\napp\.py.*?^```", text, re.MULTILINE | re.DOTALL).group()
    words = set(re.findall(r"\w+", tree))
    modules = [path for name in ("models", "demos") for path in (ROOT / name).rglob("*.py")]
    packages = [path.parent for path in modules if path.name == "__init__.py"]
    named = [path for path in (*modules, *packages) if path.name != "__init__.py"]
    assert [path for path in named if path.stem not in words] == []


def test_the_walks_name_what_exists():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    stations = re.findall(r"^\| `(\S+)` \| `([\w.]+)` \|", text, re.MULTILINE)
    assert len(stations) == 11
    for path, names in stations:
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in names.split("."):
            assert re.search(rf"(?:class|def|function) {name}\b", source), (path, name)


def test_the_weights_page_agrees_with_the_manifest():
    text = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    manifest = json.loads((ROOT / "weights" / "manifest.json").read_text(encoding="utf-8"))
    for name, entry in manifest.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{entry['file']}`"))
        assert entry["licence"] in row, name
        assert entry["data"] in row, name
        assert f"`{entry['command']}`" in text, name
        figures = entry["measured"]
        if "yardstick" in figures:
            assert f"{figures['yardstick']['frechet_distance']} (" in text, name
        if "top1" in figures:
            assert f"{100 * figures['top1']:.2f}%" in text, name


def test_the_model_cards_are_those_of_the_weight_files():
    from tools import model_cards

    written = model_cards.PAGE.read_text(encoding="utf-8")
    assert written == model_cards.page(), "python -m tools.model_cards"
    files = [path for path in (ROOT / "weights").iterdir() if path.name != "manifest.json"]
    assert [path.name for path in files if f"`weights/{path.name}`" not in written] == []


def test_every_tab_has_a_tutorial():
    from demos.layout import TABS, tab_id

    folder = ROOT / "docs" / "tutorials"
    listed = (folder / "README.md").read_text("utf-8")
    named = re.findall(r"^\| \[[^\]]+\]\((\w+\.md)\)", listed, re.MULTILINE)
    assert len(named) == len(TABS)
    assert sorted(named) == sorted(p.name for p in folder.glob("*.md") if p.name != "README.md")
    opened = set(
        re.findall(r"\?tab=(\w+)", "".join(p.read_text("utf-8") for p in folder.glob("*.md")))
    )
    assert opened <= set(map(tab_id, TABS))


def test_the_lesson_plans_are_those_of_the_page():
    from demos.runtime.i18n import LANGUAGES
    from tools import lesson_plans

    assert sorted(path.stem for path in lesson_plans.FOLDER.iterdir()) == sorted(LANGUAGES)
    for language in LANGUAGES:
        written = (lesson_plans.FOLDER / f"{language}.md").read_text(encoding="utf-8")
        assert written == lesson_plans.page(language), "python -m tools.lesson_plans"


def test_the_figures_of_the_speed_page_were_measured():
    number = re.compile(r"(?<![\d.])\d+\.\d+(?!\d|\.\d)")
    read = {
        name: (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("speed", "figures")
    }
    assert set(number.findall(read["speed"])) - set(number.findall(read["figures"])) == set()


def test_the_tabs_page_has_every_tab_and_endpoint(blocks):
    from demos.layout import TABS, tab_id

    text = (ROOT / "docs" / "tabs.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    assert re.findall(r"^\| [^|]+ \| `(\w+)`", table, re.MULTILINE) == [tab_id(tab) for tab in TABS]
    public = {
        f"/{event.api_name}" for event in blocks.fns.values() if event.api_visibility == "public"
    }
    assert set(re.findall(r"`(/\w+)`", table)) == public


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_python_runs_as_written(name, tmp_path, monkeypatch):
    (tmp_path / "demos").symlink_to(ROOT / "demos")
    monkeypatch.chdir(tmp_path)  # for what a block saves
    for block in blocks_of(name):
        for long, short in SHORTER.items():
            block = block.replace(long, short)
        exec(compile(block, name, "exec"), {})


def test_the_client_runs_as_written(app_url, monkeypatch):
    monkeypatch.chdir(ROOT)
    (block,) = blocks_of("docs/tabs.md")
    block = block.replace("http://127.0.0.1:7860", app_url)
    block = block.replace("api_name=", "steps=2, size=64, api_name=")
    found: dict = {}
    exec(compile(block, "docs/tabs.md", "exec"), found)
    assert found["report"]["steps"] == 2
