"""The section of transferability: every network's picture, shown to every other network."""

from __future__ import annotations

from markupsafe import escape

from demos.attacks import recipes, runs, section, views
from demos.attacks.runs import TransferProgress
from demos.runtime.i18n import say
from demos.ui.page import Page
from models import registry


def build(page: Page, photo, controls: section.Controls) -> None:
    """The section."""
    section.table(
        page, photo, controls, "transferability", runs.transferability, _table, recipes.TRANSFER
    )


def _table(language: str, found: TransferProgress) -> str:
    step, named = found.step, found.subject.named
    titles = [escape(_title(each.name)) for each in found.classifiers]
    corner = escape(say(language, "robustness.transferability.judge"))
    head = f"<th>{corner}</th>" + "".join(f"<th>{title}</th>" for title in titles)
    clean = "".join(
        f"<td>{views.prediction(language, *named(step.clean[each.name]))}</td>"
        for each in found.classifiers
    )
    rows = [f"<tr><th>{escape(say(language, 'robustness.clean'))}</th>{clean}</tr>"]
    made_for = escape(say(language, "robustness.transferability.made_for"))
    for each, title in zip(found.classifiers, titles, strict=True):
        cells = "".join(
            f'<td class="robustness-{verdict.outcome}-cell">'
            f"{views.prediction(language, *named((verdict.predicted, verdict.p)))}"
            f"<br>{views.outcome(language, verdict.outcome)}</td>"
            for verdict in step.rows.get(each.name, ())
        )
        rows.append(f"<tr><th><small>{made_for}</small><br>{title}</th>{cells}</tr>")
    missing = ", ".join(_title(name) for name in found.missing)
    words = (
        escape(say(language, "robustness.transferability.away", titles=missing)) if missing else ""
    )
    return f"{views.table(rows, head)}<small>{words}</small>"


def _title(name: str) -> str:
    return registry.classifier(name).title
