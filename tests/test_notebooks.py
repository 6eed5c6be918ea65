"""The notebooks: made from their sources, in four languages, and they run."""

import re

import pytest

from demos.runtime.i18n import DEFAULT, LANGUAGES
from tests.demos.runtime.test_glossary import GLOSSARY, has
from tools import notebooks

jupytext = pytest.importorskip("jupytext", reason="needs requirements-dev.txt")
nbformat = pytest.importorskip("nbformat", reason="needs requirements.txt")
SOURCES = notebooks.sources()
OTHERS = [language for language in LANGUAGES if language != DEFAULT]
ALL = [(source, language) for source in SOURCES for language in LANGUAGES]
IDS = [f"{source.stem}-{language}" for source, language in ALL]


def cells(source):
    return {cell.metadata["key"]: cell for cell in jupytext.read(source).cells}


def test_there_is_one_for_each_part_of_the_lessons():
    assert [source.stem for source in SOURCES] == [
        "ideal_and_adversarial", "latent_space", "style_transfer", "train_gan", "transfer_learning",
    ]  # fmt: skip


@pytest.mark.parametrize(("source", "language"), ALL, ids=IDS)
def test_a_notebook_is_what_its_source_makes(source, language):
    made = notebooks.notebook(source, language)
    assert notebooks.path_of(source, language).read_text("utf-8") == made
    nbformat.validate(nbformat.reads(made, as_version=4))


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_none_is_left_over(language):
    english = {
        f"{source.stem}.{key}": cell.source
        for source in SOURCES
        for key, cell in cells(source).items()
        if cell.cell_type == "markdown"
    }
    other = notebooks.texts(language)
    assert list(other) == list(english)
    for key, text in english.items():
        assert re.findall("^#+ ", other[key], re.MULTILINE) == re.findall(
            "^#+ ", text, re.MULTILINE
        )
        assert re.findall(r"`[^`]*`", other[key]) == re.findall(r"`[^`]*`", text), key
        assert re.findall(r"^\d\. ", other[key], re.MULTILINE) == re.findall(
            r"^\d\. ", text, re.MULTILINE
        ), key
        assert re.search("[\u0900-\u097f]", other[key]), key


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_notebooks_differ_in_their_text_only(source):
    """So that what runs in English runs in every language."""
    every = [
        nbformat.read(notebooks.path_of(source, language), as_version=4) for language in LANGUAGES
    ]
    code = [[cell.source for cell in made.cells if cell.cell_type == "code"] for made in every]
    assert code[0]
    assert code == [code[0]] * len(every)
    kinds = [[(cell.id, cell.cell_type) for cell in made.cells] for made in every]
    assert kinds == [kinds[0]] * len(every)
    assert [made.metadata for made in every] == [every[0].metadata] * len(every)


@pytest.mark.parametrize("language", OTHERS)
def test_terms_are_called_as_on_the_page(language):
    other, wrong = notebooks.texts(language), []
    for source in SOURCES:
        for key, cell in cells(source).items():
            if cell.cell_type != "markdown":
                continue
            text = other[f"{source.stem}.{key}"]
            for term, words in GLOSSARY.items():
                known = any(word in text for word in words[language])
                if (term, key) == ("head", "mix"):  # the cat's
                    continue
                if has(cell.source, term) and not known:
                    wrong.append((term, source.stem, key))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_notebook_runs_and_shows_pictures(source):
    nbclient = pytest.importorskip("nbclient", reason="needs requirements-dev.txt")
    made = nbformat.reads(notebooks.notebook(source, DEFAULT), as_version=4)
    place = {"metadata": {"path": str(notebooks.path_of(source, DEFAULT).parent)}}
    nbclient.NotebookClient(made, timeout=240, kernel_name="python3", resources=place).execute()
    shown = [
        output
        for cell in made.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert len(shown) >= 1
    assert made.cells[-1].source.startswith("## Exercises")
