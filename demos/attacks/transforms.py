"""The section of transforms: both pictures after a file format, a resize, a blur."""

from __future__ import annotations

from markupsafe import escape

from demos.attacks import recipes, runs, section, views
from demos.attacks.runs import TransformProgress
from demos.runtime.i18n import say
from demos.ui.page import Page

# Those of `models.attacks.transforms`, which imports PyTorch; a test compares them.
TRANSFORMS = (
    "none", "bits8", "bits4", "jpeg95", "jpeg75", "jpeg50", "jpeg30", "webp75", "half", "blur",
    "noise", "flip",
)  # fmt: skip
OUTCOMES = ("fools", "cured", "neither")


def build(page: Page, photo, controls: section.Controls) -> None:
    """The section."""
    page.keys |= {f"robustness.transform.{name}" for name in TRANSFORMS}
    page.keys |= {f"robustness.outcome.{name}" for name in OUTCOMES}
    section.table(
        page,
        photo,
        controls,
        "transforms",
        runs.transformed_attack,
        _table,
        recipes.TRANSFORMS,
    )


def _table(language: str, found: TransformProgress) -> str:
    if not found.verdicts:
        return ""
    keys = ("robustness.after", "robustness.clean", "robustness.attacked", "robustness.outcome")
    head = "".join(f"<th>{escape(say(language, key))}</th>" for key in keys)
    rows = []
    for verdict in found.verdicts:
        name = escape(say(language, f"robustness.transform.{verdict.transform}"))
        pair = zip(verdict.pictures, (verdict.clean, verdict.adversarial), strict=True)
        seen = [
            f'<div class="robustness-shown">{views.thumbnail(picture)}'
            f"<span>{views.prediction(language, *found.subject.named(predicted))}</span></div>"
            for picture, predicted in pair
        ]
        cells = f'<td>{seen[0]}</td><td class="robustness-{verdict.outcome}-cell">{seen[1]}</td>'
        badge = views.outcome(language, verdict.outcome)
        rows.append(f"<tr><th>{name}</th>{cells}<td>{badge}</td></tr>")
    return views.table(rows, head)
