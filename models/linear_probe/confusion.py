"""A confusion matrix as a picture: rows are the truth, columns what was answered."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw, ImageFont

WIDEST = 240


def draw(counts: torch.Tensor, names: Sequence[str]) -> Image.Image:
    """The matrix `counts` (K, K) with its names: green on the diagonal, red beside it.

    Colours are shares of the row; numbers stand in the cells.
    """
    k = len(names)
    cell = max(20, min(64, 740 // k))
    font = ImageFont.load_default(max(10, min(16, cell - 9)))
    probe = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    margin = min(WIDEST, round(max(probe.textlength(name, font) for name in names)) + 12)
    side = margin + k * cell + 1
    picture = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(picture)
    heading = Image.new("RGB", (margin, k * cell), "white")
    heading_pen = ImageDraw.Draw(heading)
    shares = counts / counts.sum(1, keepdim=True).clamp_min(1)
    for row in range(k):
        middle = row * cell + cell // 2
        pen.text((margin - 6, margin + middle), names[row], "black", font, anchor="rm")
        heading_pen.text((6, middle), names[row], "black", font, anchor="lm")
        for column in range(k):
            count, share = int(counts[row, column]), float(shares[row, column])
            left, top = margin + column * cell, margin + row * cell
            fade = round(255 * (1 - share**0.5))
            colour = (fade, 255 - (255 - fade) // 3, fade) if row == column else (255, fade, fade)
            if count:
                pen.rectangle((left, top, left + cell, top + cell), colour)
                centre = (left + cell / 2, top + cell / 2)
                pen.text(centre, str(count), "black", font, anchor="mm")
    for line in range(k + 1):
        at = margin + line * cell
        pen.line((margin, at, side, at), "#dddddd")
        pen.line((at, margin, at, side), "#dddddd")
    picture.paste(heading.rotate(90, expand=True), (margin, 0))
    return picture
