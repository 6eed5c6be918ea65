"""What the page shows of a run: samples, losses, which network learns, and the diagnosis."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from markupsafe import escape
from PIL import Image

from demos.runtime.i18n import EVERY, say
from demos.ui.plots import curves

if TYPE_CHECKING:
    from demos.gan_lab.runs import LiveTraining
    from models.gan.training.diagnosis import Diagnosis

VIEWS = ("heatmap", "arrows", "warp")  # what can be drawn of a run on points
SHOWN_FIGURES = (
    "loss_d", "equilibrium_loss", "loss_g", "accuracy_real", "accuracy_fake", "grad_norm_d",
    "grad_norm_g", "update_ratio_d", "update_ratio_g", "modes", "balance", "quality", "diversity",
    "memorization", "class_accuracy", "skipped",
)  # fmt: skip
# The first three that are known stand below the diagnosis.
TILES = (
    "class_accuracy", "modes", "quality", "recognized", "diversity", "accuracy_real",
    "accuracy_fake", "memorization",
)  # fmt: skip
PERCENT = ("accuracy_real", "accuracy_fake", "balance", "memorization", "quality", "class_accuracy")
WHOLE = ("modes", "of", "rounds", "skipped", "steps_d")
LOSSES = {"loss_d": "discriminator", "loss_g": "made"}  # roles by figure

# What is drawn in the plane, by the role whose colour it has.
LEGEND = {
    "real": "real",
    "made": "made",
    "looks_real": "discriminator",
    "looks_made": "neutral",
    "modes": "neutral",
}


def picture(run: LiveTraining, views: Collection[str]) -> Image.Image:
    """Points in the plane with the `views` of it, or the run's pictures: sixteen of the class that
    is asked for, or a column for each, where it has classes."""
    from models.gan.training.draw import draw_gan

    shown = {view: view in views for view in VIEWS}
    return draw_gan(run.trainer, run.snapshot, digit=run.digit, **shown)


def losses(language: str, run: LiveTraining) -> str:
    """Both losses over the steps."""
    from models.gan.training import history

    assert run.snapshot is not None
    drawn, steps = run.history.curves, max(history.steps(run.snapshot), 1)
    equilibrium = run.trainer.settings.equilibrium_loss
    return loss_plot(language, {name: drawn[name] for name in LOSSES}, steps, equilibrium)


def loss_plot(
    language: str,
    drawn: Mapping[str, Sequence[tuple[float, float]]],
    steps: int,
    equilibrium_loss: float,
) -> str:
    """The `drawn` of `LOSSES` over so many steps."""
    series = {say(language, f"gan_lab.figure.{name}"): points for name, points in drawn.items()}
    values = [value for points in series.values() for _, value in points]
    # A steady axis: whole numbers that hold all values, and the equilibrium loss. Not logarithmic:
    # Wasserstein losses go below zero.
    y_range = math.floor(min([0, *values])), math.ceil(max([2, *values]))
    return curves(
        series,
        say(language, "gan_lab.steps"),
        steps,
        roles=[LOSSES[name] for name in drawn],
        y_title=say(language, "plot.loss"),
        y_range=y_range,
        references=coin_toss(language, equilibrium_loss),
    )


def coin_toss(language: str, loss: float) -> dict[str, float]:
    """D's loss where it can't tell, by its label; none where a loss has no such level."""
    return {say(language, "plot.coin_toss", loss=f"{loss:.2f}"): loss} if loss else {}


def legend(texts: Mapping[str, str]) -> str:
    """What is what in the plane; the colours are the picture's, in dark colours too."""
    items = "".join(
        f'<span><i class="role-paper role-{LEGEND[name]} {name}"></i>{escape(text)}</span>'
        for name, text in texts.items()
    )
    return f'<div class="legend">{items}</div>'


def origin(data: str, architecture: str, rounds: int) -> str:
    """What a result is of."""
    return say(
        EVERY,
        "gan_lab.origin" if rounds else "gan_lab.origin.first",
        data=say(EVERY, f"gan_lab.data.{data}"),
        architecture=say(EVERY, f"gan_lab.architecture.{architecture}"),
        rounds=f"{rounds:,}",
    )


def phase(language: str, run: LiveTraining | None) -> str:
    """Both networks, with what happens to the weights of each; None for no run yet."""
    snapshot = run.snapshot if run else None
    cells = []
    for letter, name, role in (("d", "discriminator", "discriminator"), ("g", "generator", "made")):
        now = snapshot.phase if snapshot else "waits"
        steps = getattr(snapshot, f"steps_{letter}") if snapshot else 0
        learns = now in (name, "both")
        state = {"waits": "waits", "both": "turns", name: "learns"}.get(now, "frozen")
        cells.append(
            f'<div class="player {"learning" if learns else "frozen"} role-{role}">'
            f"<b>{escape(say(language, f'gan_lab.{name}'))}</b>"
            f"<div>{escape(say(language, f'gan_lab.phase.{state}'))}</div>"
            f"{escape(say(language, 'gan_lab.phase.steps', count=steps))}</div>"
        )
    return f'<div class="players">{"".join(cells)}</div>'


def diagnosis(language: str, run: LiveTraining) -> tuple[str, str]:
    """The diagnosis of a run in words, with three figures; and all figures."""
    found, plane = run.diagnose(), len(run.trainer.data.shape) == 1
    more = ""
    if found.name == "healthy":
        vary = losses_vary(run.history.curves)
        key = "gan_lab.diagnosis.losses_vary" if vary else "gan_lab.diagnosis.losses_steady"
        more = say(language, key)
    shown = figures(values(run), plane)
    return diagnosis_card(language, found, shown, more), figure_list(language, found, shown)


def diagnosis_card(
    language: str, found: Diagnosis, shown: Mapping[str, str], more: str = ""
) -> str:
    """A diagnosis in words, and the first three `TILES` among figures as text by name.

    Args:
        more: a further sentence.
    """
    name = found.name
    kind = name if name in ("healthy", "too_early") else "bad"
    tiles = "".join(
        f'<div class="tile"><b>{shown[figure]}</b>{_figure_name(language, figure)}</div>'
        for figure in [figure for figure in TILES if figure in shown][:3]
    )
    return (
        f'<div class="diagnosis {kind}">'
        f"<b>{escape(say(language, f'gan_lab.diagnosis.{name}'))}</b>"
        f"<p>{escape(explanation(language, found))} {escape(more)}</p></div>"
        f'<div class="tiles">{tiles}</div>'
    )


def figure_list(language: str, found: Diagnosis, shown: Mapping[str, str]) -> str:
    """Figures as text by name; those that decided the diagnosis are highlighted."""
    evidence = dict(found.evidence)
    rows = "".join(
        f'<div class="{"decides" if figure in evidence else ""}">'
        f"{_figure_name(language, figure)}<span>{value}</span></div>"
        for figure, value in shown.items()
    )
    return f'<div class="figures">{rows}</div>'


def _figure_name(language: str, figure: str) -> str:
    return f"<span>{escape(say(language, f'gan_lab.figure.{figure}'))}</span>"


def losses_vary(drawn: Mapping[str, Sequence[tuple[float, float]]]) -> bool:
    """Whether the second half of a loss's curve spans a tenth of the plot's axis or more."""
    values = {name: [value for _, value in drawn[name]] for name in LOSSES}
    axis = max([2, *map(abs, chain(*values.values()))])
    late = [found[len(found) // 2 :] for found in values.values() if found]
    return any(max(half) - min(half) >= 0.1 * axis for half in late)


def explanation(language: str, found: Diagnosis) -> str:
    """The sentence on the figures that a diagnosis rests on; the first of them names it."""
    told = {name: number(name, value) for name, value in found.evidence}
    return say(language, f"gan_lab.diagnosis.{found.name}.{next(iter(told))}", **told)


def values(run: LiveTraining) -> dict[str, float]:
    """Every figure of a run that is known, by its name, and "of", how many modes there are."""
    known: dict[str, Any] = vars(run.snapshot) | (vars(run.metrics) if run.metrics else {})
    known["equilibrium_loss"] = run.trainer.settings.equilibrium_loss or None
    return {name: known[name] for name in (*SHOWN_FIGURES, "of") if known.get(name) is not None}


def figures(known: Mapping[str, float], plane: bool) -> dict[str, str]:
    """Figures as text, by name.

    Args:
        known: as `values` gives them.
        plane: whether they are of points in the plane.
    """
    found = {name: number(name, known[name]) for name in SHOWN_FIGURES if name in known}
    if "quality" in found and not plane:
        found["recognized"] = found.pop("quality")
    if "modes" in found:
        found["modes"] += f" / {known['of']}"
    return found


def number(name: str, value: float) -> str:
    """A figure as a person reads it."""
    if name in PERCENT:
        return f"{value * 100:.0f}%"
    if name in WHOLE:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.2f}"
