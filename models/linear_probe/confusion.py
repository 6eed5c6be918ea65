"""A confusion matrix as a picture or a table: rows are true classes, columns predicted ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw, ImageFont

from models.roles import tint

MAX_MARGIN = 240  # pixels for the names


def table(counts: torch.Tensor, names: Sequence[str]) -> str:
    """The matrix `counts` (K, K) as CSV: a column of true classes, then one for each predicted."""
    written = io.StringIO()
    rows = ([name, *row] for name, row in zip(names, counts.tolist(), strict=True))
    csv.writer(written).writerows([["true class", *names], *rows])
    return written.getvalue()


def draw(counts: torch.Tensor, names: Sequence[str]) -> Image.Image:
    """The matrix `counts` (K, K) with its names: green on the diagonal, magenta off it.

    The colour's strength is the count's share of its row; the count stands in the cell.
    """
    k = len(names)
    cell = max(20, min(64, 740 // k))
    font = ImageFont.load_default(max(10, min(16, cell - 9)))
    ruler = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    margin = min(MAX_MARGIN, round(max(ruler.textlength(name, font) for name in names)) + 12)
    side = margin + k * cell + 1
    picture = Image.new("RGB", (side, side), "white")
    canvas = ImageDraw.Draw(picture)
    # The columns' names, drawn upright and then turned by 90 degrees.
    heading = Image.new("RGB", (margin, k * cell), "white")
    heading_canvas = ImageDraw.Draw(heading)
    shares = counts / counts.sum(1, keepdim=True).clamp_min(1)
    for row in range(k):
        middle = row * cell + cell // 2
        canvas.text((margin - 6, margin + middle), names[row], "black", font, anchor="rm")
        heading_canvas.text((6, middle), names[row], "black", font, anchor="lm")
        for column in range(k):
            count, share = int(counts[row, column]), float(shares[row, column])
            left, top = margin + column * cell, margin + row * cell
            color = tint("for" if row == column else "against", 0.6 * share**0.5)
            if count:
                canvas.rectangle((left, top, left + cell, top + cell), color)
                center = (left + cell / 2, top + cell / 2)
                canvas.text(center, str(count), "black", font, anchor="mm")
    for line in range(k + 1):
        at = margin + line * cell
        canvas.line((margin, at, side, at), "#dddddd")
        canvas.line((at, margin, at, side), "#dddddd")
    picture.paste(heading.rotate(90, expand=True), (margin, 0))
    return picture
