"""How the explanations tab shows verdicts, curves and areas, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from demos.runtime.i18n import class_name, say
from demos.ui.code import panel
from demos.ui.plots import bars, curves
from models import registry

if TYPE_CHECKING:
    from models.explanations.sanity import MapPair

Points = Sequence[tuple[float, float]]  # (share of the pixels, probability)
Areas = Mapping[str, tuple[float, float]]  # by method: under the deletion and the insertion curve
KINDS = ("deletion", "insertion")
PERCENT = 100


def verdict(language: str, top: Sequence[tuple[str, float]]) -> str:
    """The likeliest classes of a photo."""
    named = [(class_name(language, name), p) for name, p in top]
    return f"<h3>{escape(named[0][0])}</h3>{bars(named, role='real')}"


def plots(language: str, found: Mapping[str, Mapping[str, Points]], areas: Areas) -> dict[str, str]:
    """The deletion and the insertion curves, by kind.

    Args:
        found: by kind, then by method.
    """
    return {kind: _plot(language, kind, found.get(kind, {}), areas) for kind in KINDS}


def _plot(language: str, kind: str, found: Mapping[str, Points], areas: Areas) -> str:
    series = {}
    for method, points in found.items():
        name = say(language, f"see.method.{method}")
        if method in areas:
            area = f"{areas[method][KINDS.index(kind)]:.2f}"
            name = say(language, "see.curve", name=name, area=area)
        series[name] = [(share * PERCENT, p) for share, p in points]
    plot = curves(
        series, say(language, f"see.{kind}.x"), PERCENT,
        y_title=say(language, "plot.probability"), percent=True,
    )  # fmt: skip
    return f"<h3>{escape(say(language, f'see.{kind}'))}</h3>{plot}"


def judged(language: str, areas: Areas) -> str:
    """Which method the curves speak for."""
    if not areas:
        return ""
    deletion = min(areas, key=lambda method: areas[method][0])
    insertion = max(areas, key=lambda method: areas[method][1])
    said = (
        say(
            language, f"see.best.{kind}", name=say(language, f"see.method.{method}"),
            area=f"{areas[method][n]:.2f}",
        )
        for n, (kind, method) in enumerate(zip(KINDS, (deletion, insertion), strict=True))
    )  # fmt: skip
    return Markup("<p>{}<br>{}</p>").format(*said)


def correlations(language: str, found: Mapping[str, MapPair], code: str = "") -> str:
    """How much each method's map has in common with that of random weights; `code` is the address
    of the lines that find it out."""
    if not found:
        return ""
    rows = [
        (say(language, f"see.method.{method}"), pair.correlation) for method, pair in found.items()
    ]
    words = escape(say(language, "see.sanity.common"))
    shown = panel.shown(code) if code else ""
    return f"<p>{words}</p>{bars(rows, percent=False, role='against')}{shown}"


def made_with(language: str, model: str, name: str, probability: float) -> Markup:
    """What is explained: network, class, and how sure the network is of it."""
    title = registry.classifier(model).title
    return Markup("{}, {} ({})").format(title, class_name(language, name), f"{probability:.1%}")
