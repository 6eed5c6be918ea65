"""Small live curves and bars: redrawn several times a second, which charting libraries do in tens
of milliseconds and with a flicker; this takes well under one.

Lines are SVG that fills the width there is; all text is HTML beside it, in the page's own size.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, islice

from markupsafe import Markup, escape

from models.roles import ROLES

Points = Sequence[tuple[float, float]]
Place = Callable[[float, float], tuple[float, float]]

OTHER_ROLES = ("variation", "discriminator", "made", "against")  # in turn, for series without one
HEIGHT = 13.0  # of the frame, in em of the figure; plots.css has the same
LINE = 1.25  # the height of a line of text, in em
LABEL, LABEL_LINES = 17, 3  # letters in a line of a label beside the frame, and lines at most


def curves(
    series: Mapping[str, Points],
    x_title: str,
    x_end: float,
    *,
    roles: Sequence[str] | None = None,
    y_title: str = "",
    percent: bool = False,
    references: Mapping[str, float] | None = None,
    y_range: tuple[float, float] | None = None,
    log: bool = False,
    log_x: bool = False,
    root_x: bool = False,
    dashed: Mapping[str, Points] | None = None,
    marks: Mapping[str, float] | None = None,
) -> str:
    """Lines over a common x axis up to `x_end`, as HTML that follows the page's theme.

    Names stand at the ends of the lines, or in a legend where there is no room for them.

    Args:
        series: points (x, y) by name; non-positive y are left out if `log`.
        x_title: what x is.
        x_end: where the x axis ends.
        roles: a role of `models.roles` for each series, in their order.
        y_title: what y is.
        percent: y are shares; the y axis goes from 0% to 100% unless `y_range` is given.
        references: heights to compare with, by name: dashed grey lines.
        y_range: fixed y axis; otherwise it fits points and references.
        log: logarithmic y axis.
        log_x: logarithmic x axis from 1 instead of a linear one from 0.
        root_x: an x axis on which small values have more room: by square roots.
        dashed: second lines of the same names and colours.
        marks: an x by name, drawn as a vertical line of that name's colour.
    """

    def kept(points: Points) -> list[tuple[float, float]]:
        return [(x, y) for x, y in points if math.isfinite(y) and (y > 0 or not log)]

    drawn = {name: kept(points) for name, points in series.items()}
    given = y_range or ((0.0, 1.0) if percent else None)
    compared = [y for y in (references or {}).values() if y > 0 or not log]
    values = [y for points in drawn.values() for _, y in points] + compared or [0.1, 1.0]
    low, high = given or (min(values), max(values))
    if log:
        low, high = math.floor(math.log10(low)), math.ceil(math.log10(high))
    high = high if high > low else low + 1

    def place(x: float, y: float) -> tuple[float, float]:
        share = ((math.log10(y) if log else y) - low) / (high - low)
        along = math.log(max(x, 1)) / math.log(max(x_end, 2)) if log_x else x / max(x_end, 1)
        return 100 * (along**0.5 if root_x else along), 100 - 100 * share

    parts, labels = [], []
    for level in _levels(low, high, log):
        y = 100 - 100 * (level - low) / (high - low)
        parts.append(_line(0, 100, y, y, "g"))
    for name, value in (references or {}).items():
        _, y = place(0, value) if value in compared else (0, -1)
        if 0 <= y <= 100:
            parts.append(_line(0, 100, y, y, "reference"))
            labels.append((y, "role-neutral", name))
    colored = dict(zip(drawn, roles or islice(cycle(OTHER_ROLES), len(drawn)), strict=True))
    for name, role in colored.items():
        colour = f"role-{_checked(role)}"
        kind = f"{colour} point" if len(drawn[name]) == 1 else colour
        parts.append(f'<polyline points="{_path(place, drawn[name])}" class="{kind}"/>')
        if dashed and name in dashed:
            path = _path(place, kept(dashed[name]))
            parts.append(f'<polyline points="{path}" class="{colour} dashed"/>')
        if marks and name in marks:
            x, _ = place(marks[name], 1)
            parts.append(_line(x, x, 0, 100, f"mark {colour}"))
        if drawn[name]:
            labels.append((place(*drawn[name][-1])[1], colour, name))

    direct = _fits(labels)
    legend = "".join(
        f'<span class="role-{role}"><i></i>{escape(name)}</span>' for name, role in colored.items()
    )
    if not direct:  # what is compared with keeps its label
        labels = [label for label in labels if label[2] not in colored]
    title = f'<div class="title">{escape(y_title)}</div>' if y_title else ""
    return (
        f'<figure class="curves">{"" if direct else f"<figcaption>{legend}</figcaption>"}{title}'
        f'<div class="frame"><div class="levels">{_marked_levels(low, high, log, percent)}</div>'
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        f'{"".join(parts)}</svg><div class="ends">{_column(labels)}</div>'
        f'<div class="ticks">{_ticks(place, x_end, log_x, root_x)}</div></div>'
        f'<div class="title x">{escape(x_title)}</div></figure>'
    )


def bars(
    items: Sequence[tuple[str, float]],
    percent: bool = True,
    role: str | Sequence[str] = "neutral",
) -> str:
    """Names with values in 0..1 as horizontal bars, in the colour of one role or of one each."""
    rows = []
    roles = [role] * len(items) if isinstance(role, str) else role
    for (name, value), one in zip(items, roles, strict=True):
        shown = f"{value * 100:.1f}%" if percent else f"{value:.2f}"
        rows.append(
            f'<div class="bar role-{_checked(one)}">'
            f'<div class="fill" style="width:{max(value, 0) * 100:.1f}%"></div>'
            f"<span>{escape(name)}</span><b>{shown}</b></div>"
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def _checked(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"no role {role!r}; there are {', '.join(ROLES)}")
    return role


def _line(x1: float, x2: float, y1: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.2f}" x2="{x2:.2f}" y1="{y1:.2f}" y2="{y2:.2f}" class="{kind}"/>'


def _path(place: Place, points: list[tuple[float, float]]) -> str:
    # A point alone is a line of no length, which round ends make a dot.
    twice = points * 2 if len(points) == 1 else points
    return " ".join("{:.2f},{:.2f}".format(*place(x, y)) for x, y in twice)


def _levels(low: float, high: float, log: bool) -> list[float]:
    if log:
        every = max(1, round((high - low) / 5))
        return list(range(int(low), int(high) + 1, every))
    return [low + (high - low) * share for share in (0, 0.25, 0.5, 0.75, 1)]


def _marked_levels(low: float, high: float, log: bool, percent: bool) -> str:
    shown = []
    for level in _levels(low, high, log):
        text: str = f"{level * 100:.3g}%" if percent else f"{level:.3g}"
        if log:
            plain = -4 < level < 5
            text = f"{10.0**level:g}" if plain else Markup("10<sup>{:g}</sup>").format(level)
        shown.append((100 - 100 * (level - low) / (high - low), "", text))
    return _column(shown)


def _ticks(place: Place, x_end: float, log_x: bool, root_x: bool) -> str:
    ticks = [10**n for n in range(9) if 10**n <= x_end] if log_x else [0, x_end / 2, x_end]
    if root_x:
        ticks = [x_end * share**2 for share in (0, 0.25, 0.5, 0.75, 1)]
    return "".join(f'<span style="left:{place(x, 1)[0]:.2f}%">{x:g}</span>' for x in ticks)


def _lines_of(text: str) -> int:
    """How many lines a label takes at most; vowel signs have no width of their own."""
    texts = getattr(text, "by_language", {"": text}).values()
    letters = [sum(unicodedata.category(c)[0] != "M" for c in text) for text in texts]
    return max(1, math.ceil(max(letters) / LABEL))


def _fits(labels: Sequence[tuple[float, str, str]]) -> bool:
    lines = [_lines_of(text) for _, _, text in labels]
    return all(n <= LABEL_LINES for n in lines) and sum(lines) * LINE <= HEIGHT + LINE


def _column(labels: Sequence[tuple[float, str, str]]) -> str:
    """Texts (height in percent from the top, class, text) below each other, near their heights."""
    ordered = sorted(labels, key=lambda label: label[0])
    sizes = [_lines_of(text) * LINE for _, _, text in ordered]
    tops = [y / 100 * HEIGHT - size / 2 for (y, _, _), size in zip(ordered, sizes, strict=True)]
    edge = -LINE / 2  # down as far as they must
    for n, size in enumerate(sizes):
        tops[n] = max(tops[n], edge)
        edge = tops[n] + size
    edge = HEIGHT + LINE / 2  # and up again where that was too far
    for n in reversed(range(len(tops))):
        tops[n] = min(tops[n], edge - sizes[n])
        edge = tops[n]
    spans, end = [], 0.0
    for (_, kind, text), top, size in zip(ordered, tops, sizes, strict=True):
        attribute = f' class="{kind}"' if kind else ""
        room = f";min-height:{size:.2f}em" if size > LINE else ""  # it may take fewer lines
        spans.append(
            f'<span{attribute} style="margin-top:{top - end:.2f}em{room}">{escape(text)}</span>'
        )
        end = top + size
    return "".join(spans)
