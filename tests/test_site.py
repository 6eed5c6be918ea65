"""The documentation's site: built by one command, complete, without a network."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pdoc", reason="needs requirements-dev.txt")
from tests.serving import ROOT
from tools.site import check, pages
from tools.site.reference import Links

INDEX = {
    "models": "api/models.html",
    "models.load": "api/models.html#load",
    "models.a.Fit": "api/models/a.html#Fit",
    "models.a.Fit.best": "api/models/a.html#Fit.best",
    "models.a.Step": "api/models/a.html#Step",
    "models.b.Step": "api/models/b.html#Step",
}
LINKS = Links(INDEX)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("models.load", "api/models.html#load"),
        ("Fit.best", "api/models/a.html#Fit.best"),
        ("Step", None),  # there are two
        ("load", None),  # may be a variable
        ("models.save", None),
    ],
)
def test_a_name_leads_to_the_reference_if_it_is_one_of_ours(name, address):
    assert LINKS.address(name) == address


def test_names_on_a_page_become_links_from_where_it_lies():
    put = LINKS.put("<p><code>models.load</code>, <code>x</code></p>", Path("docs/tabs.html"))
    way = "../api/models.html#load"
    assert put == f'<p><a href="{way}"><code>models.load</code></a>, <code>x</code></p>'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<a href="b.html#here">b</a>', ""),
        ('<a href="https://example.org">elsewhere</a>', ""),
        ('<a href="c.html">c</a>', "a.html leads to c.html, which is not there"),
        ('<a href="b.html#no">b</a>', "a.html leads to b.html#no, which has no such place"),
        ('<a href="#no">a</a>', "a.html leads to #no, which has no such place"),
        ('<img src="x.png">', "a.html leads to x.png, which is not there"),
        ('<script src="https://cdn.example.org/x.js"></script>', "a.html loads https://cdn."),
        ('<link rel="stylesheet" href="//fonts.example.org/x">', "a.html loads //fonts."),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_fault(text, fault, tmp_path):
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    (tmp_path / "b.html").write_text('<h2 id="here">here</h2>', encoding="utf-8")
    found = check.faults(tmp_path)
    assert found == [] if not fault else found[0].startswith(fault)


def test_every_page_is_in_the_site_and_leads_somewhere(tmp_path):
    everything = type("Everything", (Links,), {"known": lambda self, name: True})({})
    assert pages.write(tmp_path, everything) == []
    found = check.faults(tmp_path)
    assert [fault for fault in found if "api/" not in fault] == []
    assert len(list(tmp_path.rglob("*.html"))) == len(pages.sources())


def test_a_name_that_is_nowhere_is_a_fault(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("# A\n\n`models.gone` and `models.load`", encoding="utf-8")
    (tmp_path / "CONTRIBUTING.md").write_text("# B\n", encoding="utf-8")
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    assert pages.write(tmp_path / "site", LINKS) == ["README.md: models.gone is nowhere"]


@pytest.mark.slow
def test_the_whole_site_is_built_without_a_fault(tmp_path):
    command = [sys.executable, "-W", "ignore", "-m", "tools.site", "--out", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    stylize = (tmp_path / "api" / "models.html").read_text(encoding="utf-8")
    assert 'id="stylize"' in stylize
    assert (tmp_path / "api" / "models" / "attacks" / "deepfool.html").exists()
