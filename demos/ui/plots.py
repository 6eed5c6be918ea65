"""Small live curves as SVG: redrawn several times a second, which charting libraries do in tens of
milliseconds and with a flicker; this takes well under one."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import escape

COLOURS = ("#e4572e", "#2f7ed8", "#3aa655", "#8a5cc7")
WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 56, 10, 10, 24


def curves(
    series: Mapping[str, Sequence[tuple[float, float]]],
    x_title: str,
    x_end: float,
    log: bool = False,
    y_range: tuple[float, float] | None = None,
    log_x: bool = False,
    root_x: bool = False,
    dashed: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    marks: dict[str, float] | None = None,
) -> str:
    """Lines over a common x axis up to `x_end`, as an SVG string that follows the page's theme.

    Args:
        series: points (x, y) by the name shown in the legend; non-positive y are left out if `log`.
        log: logarithmic y axis.
        y_range: fixed y axis; otherwise it fits the points.
        log_x: logarithmic x axis from 1 instead of a linear one from 0.
        root_x: an x axis on which small values have more room: by square roots.
        dashed: second lines of the same names and colours.
        marks: an x by name, drawn as a vertical line of that name's colour.
    """

    def kept(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x, y) for x, y in points if math.isfinite(y) and (y > 0 or not log)]

    drawn = {name: kept(points) for name, points in series.items()}
    values = [y for points in drawn.values() for _, y in points] or [0.1, 1.0]
    low, high = y_range or (min(values), max(values))
    if log:
        low, high = math.floor(math.log10(low)), math.ceil(math.log10(high))
    high = high if high > low else low + 1

    def place(x: float, y: float) -> tuple[float, float]:
        share = ((math.log10(y) if log else y) - low) / (high - low)
        along = math.log(max(x, 1)) / math.log(max(x_end, 2)) if log_x else x / max(x_end, 1)
        along = along**0.5 if root_x else along
        across = LEFT + along * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = []
    for level in _levels(low, high, log):
        _, y = place(0, 10.0**level if log else level)
        text = f"{10.0**level:g}" if log else f"{level:g}"
        parts.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" class="g"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    ticks = [10**n for n in range(9) if 10**n <= x_end] if log_x else [0, x_end / 2, x_end]
    if root_x:
        ticks = [x_end * share**2 for share in (0, 0.25, 0.5, 0.75, 1)]
    for mark in ticks:
        x, _ = place(mark, 1)
        anchor = "start" if mark == ticks[0] else "middle" if mark < x_end else "end"
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 5}" text-anchor="{anchor}">{mark:g}</text>')
    legend = []
    for colour, (name, points) in zip(COLOURS, drawn.items(), strict=False):
        parts.append(f'<polyline points="{_path(place, points)}" stroke="{colour}"/>')
        if dashed and name in dashed:
            path = _path(place, kept(dashed[name]))
            parts.append(f'<polyline points="{path}" stroke="{colour}" stroke-dasharray="4 4"/>')
        if marks and name in marks:
            x, _ = place(marks[name], 1)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
                f'stroke="{colour}" stroke-width="1.5" opacity=".6"/>'
            )
        legend.append(f'<span><i style="background:{colour}"></i>{escape(name)}</span>')
    return (
        f'<figure class="curves"><figcaption>{"".join(legend)}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f"{''.join(parts)}</svg><div>{escape(x_title)}</div></figure>"
    )


def _path(place, points: list[tuple[float, float]]) -> str:
    return " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in points)


def _levels(low: float, high: float, log: bool) -> list[float]:
    if log:
        every = max(1, round((high - low) / 5))
        return list(range(int(low), int(high) + 1, every))
    return [low + (high - low) * share for share in (0, 0.25, 0.5, 0.75, 1)]


def bars(items: Sequence[tuple[str, float]], percent: bool = True) -> str:
    """Names with values in 0..1 as horizontal bars."""
    rows = []
    for name, value in items:
        shown = f"{value * 100:.1f}%" if percent else f"{value:.2f}"
        rows.append(
            f'<div class="bar"><div class="fill" style="width:{max(value, 0) * 100:.1f}%"></div>'
            f"<span>{escape(name)}</span><b>{shown}</b></div>"
        )
    return f'<div class="bars">{"".join(rows)}</div>'
