"""A confusion matrix as SVG; a click on a cell says in words what was taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import escape

from demos.runtime.i18n import say

if TYPE_CHECKING:
    import torch

CELL, MARGIN = 18, 150


def svg(language: str, counts: torch.Tensor, names: Sequence[str]) -> str:
    """The matrix `counts` (K, K) as HTML: rows are true classes, columns predicted ones."""
    k = len(names)
    cell = CELL if k > 12 else 3 * CELL
    side = MARGIN + k * cell + 1
    parts = [
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{k * cell}" height="{k * cell}" fill="none" '
        'stroke="currentColor" opacity=".3"/>'
    ]
    totals = counts.sum(1).tolist()
    for row, (name, values) in enumerate(zip(names, counts.tolist(), strict=True)):
        middle = MARGIN + row * cell + cell / 2
        shown = escape(name)
        parts.append(
            f'<text x="{MARGIN - 5}" y="{middle + 4}" text-anchor="end">{shown}</text>'
            f'<text transform="translate({middle + 4} {MARGIN - 5}) rotate(-90)">{shown}</text>'
        )
        for column, count in enumerate(values):
            if not count:
                continue
            key = "train.cell.right" if row == column else "train.cell.wrong"
            words = say(
                language, key, count=count, total=totals[row], name=name, other=names[column]
            )
            role = "for" if row == column else "against"
            share = max(0.15, (count / totals[row]) ** 0.5)
            x, y = MARGIN + column * cell, MARGIN + row * cell
            parts.append(
                f'<rect class="cell role-{role}" x="{x}" y="{y}" width="{cell}" height="{cell}" '
                f'fill-opacity="{0.75 * share:.2f}" data-says="{escape(words)}">'
                f"<title>{escape(words)}</title></rect>"
                f'<text x="{x + cell / 2}" y="{y + cell / 2 + 4}" text-anchor="middle" '
                f'pointer-events="none">{count}</text>'
            )
    hint = escape(say(language, "train.matrix"))
    return (
        f'<figure><p class="confusion-says">{hint}</p><svg class="confusion" '
        f'viewBox="0 0 {side} {side}" role="img" aria-label="{hint}">{"".join(parts)}</svg>'
        "</figure>"
    )
