"""Makes the notebooks from their sources: python -m tools.notebooks

A source, notebooks/NAME.py, is Python with cell marks (jupytext's percent format) and English text.
notebooks/texts/LANGUAGE.json has the text of its cells in another language, by NAME.key. What comes
out is notebooks/LANGUAGE/NAME.ipynb, without results.
"""

from __future__ import annotations

import json
from pathlib import Path

from demos.runtime.i18n import DEFAULT, LANGUAGES

FOLDER = Path(__file__).parents[1] / "notebooks"
KEY = "key"  # in the mark of a cell: what texts call it


def sources() -> list[Path]:
    """The sources, by name."""
    return sorted(FOLDER.glob("*.py"))


def texts(language: str) -> dict[str, str]:
    """The text of every cell in a language other than English."""
    found: dict[str, str] = json.loads((FOLDER / "texts" / f"{language}.json").read_text("utf-8"))
    return found


def notebook(source: Path, language: str) -> str:
    """The content of the .ipynb file.

    Raises:
        KeyError: a cell has no text in that language.
    """
    import jupytext
    import nbformat

    read = jupytext.read(source)
    said = {} if language == DEFAULT else texts(language)
    for cell in read.cells:
        cell.id = cell.metadata.pop(KEY)
        if cell.cell_type == "markdown" and language != DEFAULT:
            cell.source = said[f"{source.stem}.{cell.id}"]
    read.metadata = {"kernelspec": read.metadata["kernelspec"]}
    read.nbformat, read.nbformat_minor = 4, 5
    return nbformat.writes(read) + "\n"


def path_of(source: Path, language: str) -> Path:
    """Where the notebook of a source lies."""
    return FOLDER / language / f"{source.stem}.ipynb"


def main() -> None:
    """Writes all notebooks in all languages."""
    for language in LANGUAGES:
        for source in sources():
            path = path_of(source, language)
            path.parent.mkdir(exist_ok=True)
            path.write_text(notebook(source, language), encoding="utf-8")
            print(path.relative_to(FOLDER.parent))


if __name__ == "__main__":
    main()
