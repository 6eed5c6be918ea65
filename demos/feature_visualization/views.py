"""What the ideal class tab shows of a run beside its pictures: the curve and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import escape

from demos.runtime.i18n import class_name, say
from demos.ui.plots import bars, curves
from models import registry
from models.feature_visualization.settings import VisualizationSettings


def curve(
    language: str, settings: VisualizationSettings, points: Sequence[tuple[float, float]]
) -> str:
    """The class's probability, or a layer's activation, as (step, value) so far."""
    layer = settings.layer
    name = say(language, "ideal.activation" if layer else "ideal.probability")
    return curves(
        {name: points},
        say(language, "plot.step"),
        settings.steps,
        roles=["made"],
        y_title="" if layer else say(language, "plot.probability"),
        percent=not layer,
        y_range=axis(points) if layer else None,
    )


def axis(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """An axis with 0 whose quarters are short numbers: 1, 2, 4, 8, 10, 20, ...."""
    values = [height for _, height in points]
    span = max(max(values), -min(values), 1e-3)
    power = 10 ** math.floor(math.log10(span))
    top = next(n * power for n in (1, 2, 4, 8, 10) if n * power >= span)
    return (-top if min(values) < 0 else 0, top)


def verdict(
    language: str,
    settings: VisualizationSettings,
    probabilities: Mapping[str, Sequence[float]],
) -> str:
    """The class's probability in the picture of a run, by each network; "" for a layer.

    Args:
        probabilities: one value each, by the network's name.
    """
    if not probabilities:
        return ""
    named = [(registry.classifier(name).title, value) for name, (value,) in probabilities.items()]
    picture = say(language, f"ideal.slot.{settings.method}")
    sure = escape(say(language, "ideal.sure", picture=picture, percent=f"{named[0][1]:.1%}"))
    words = escape(say(language, "ideal.verdict", name=class_name(language, settings.class_name)))
    return f"<h3>{sure}</h3><p>{words}</p>{bars(named, role='made')}"
