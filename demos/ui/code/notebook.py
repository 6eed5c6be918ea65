"""The code of a result as a Jupyter notebook, explained in the visitor's language."""

from __future__ import annotations

from demos.runtime.i18n import say, texts
from demos.ui.code import write
from demos.ui.code.recipe import Given, Recipe


def notebook(language: str, recipe: Recipe, given: Given, notes: list[str]) -> str:
    """The file's content.

    Args:
        notes: what else is to be said of this code, in that language.
    """
    import nbformat
    from nbformat import v4

    code = write.python(recipe, given).rstrip("\n")
    if "\npicture = " in code:
        code += "\npicture"
    cells = [
        v4.new_markdown_cell(_title(language, recipe)),
        v4.new_markdown_cell("\n\n".join([say(language, "code.notebook.setup"), *notes])),
        v4.new_markdown_cell(_settings(language, given)),
        v4.new_code_cell(code),
        v4.new_markdown_cell(say(language, "code.notebook.next")),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    for number, cell in enumerate(made.cells):
        cell.id = f"cell{number}"  # the same settings give the same file
    return nbformat.writes(made)


def _title(language: str, recipe: Recipe) -> str:
    tab, question = (say(language, f"{recipe.demo}.{part}") for part in ("tab", "question"))
    return f"# {tab}\n\n**{question}**\n\n{say(language, f'{recipe.demo}.idea')}"


def _settings(language: str, given: Given) -> str:
    """The settings that the code names, as the page labels and explains them."""
    described, known = given.settings.described(), texts(language)
    rows = []
    for name in given.changed:
        setting = described[name]
        words = [known[key] for key in (setting.key, f"{setting.key}.info") if key in known]
        if not words:
            continue
        label, info = (*words, "")[:2]
        formula = f" ${setting.formula}$" if setting.formula else ""
        rows.append(f"- **{label}** (`{name}`){': ' if info else ''}{info}{formula}")
    key = "code.notebook.settings" if rows else "code.notebook.usual"
    return "\n".join([say(language, key), "", *rows]) if rows else say(language, key)
