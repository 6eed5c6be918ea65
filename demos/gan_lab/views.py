"""What the gym shows of a run: samples, losses, whose turn it is, and the doctor's words."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from PIL import Image

from demos.gan_lab import names
from demos.runtime.i18n import say
from demos.ui.plots import curves

if TYPE_CHECKING:
    from demos.gan_lab.runs import LiveRun
    from models.gan.training.diagnosis import Diagnosis

SIDE = 480
PERCENT = ("accuracy_real", "accuracy_fake", "balance", "heart", "quality")
WHOLE = ("modes", "of", "rounds", "skipped", "steps_d")


def picture(run: LiveRun, heat: bool, arrows: bool, warp: bool) -> Image.Image:
    """The plane with D's opinion, or the run's sixteen pictures."""
    from models.gan.training import film_strip, landscape

    if len(run.trainer.data.shape) == 1:
        return landscape.draw(run.trainer, run.snapshot, SIDE, heat, arrows, warp)
    return film_strip.draw(run.snapshot.samples)


def losses(code: str, run: LiveRun) -> str:
    """Both losses over the rounds; where D tosses a coin is said below the plot."""
    from models.gan.training import history

    drawn = run.history.curves
    series = {say(code, f"gym.figure.{name}"): drawn[name] for name in ("loss_d", "loss_g")}
    values = [value for points in series.values() for _, value in points]
    # A steady axis: whole numbers that hold all there is, and the height of a coin toss.
    low, high = math.floor(min(0, *values)), math.ceil(max(2, *values)) if values else (0, 2)
    end = max(history.steps(run.snapshot), 1)
    return curves(series, say(code, "gym.steps"), end, y_range=(low, high))


def phase(code: str, run: LiveRun | None) -> str:
    """Whose turn it is: each network, with what happens to its weights."""
    snapshot = run.snapshot if run else None
    now = snapshot.phase if snapshot else None
    cells = []
    for letter, name in (("d", "discriminator"), ("g", "generator")):
        learns = now in (name, "both")
        steps = getattr(snapshot, f"steps_{letter}") if snapshot else 0
        state = "gym.phase.waits" if now is None else None
        state = state or ("gym.phase.turns" if now == "both" else None)
        state = state or ("gym.phase.learns" if learns else "gym.phase.frozen")
        cells.append(
            f'<div class="player {"learns" if learns else "rests"}">'
            f"<b>{escape(say(code, f'gym.{name}'))}</b>{escape(say(code, state))} "
            f"{escape(say(code, 'gym.phase.steps', count=steps))}</div>"
        )
    return f'<div class="players">{"".join(cells)}</div>'


def doctor(code: str, run: LiveRun) -> str:
    """The diagnosis in words, why, and all figures; those that decided stand out."""
    diagnosis = run.diagnose()
    name = names.diagnosis(diagnosis.name)
    ill = name not in ("healthy", "too_early")
    deciding = names.figures(diagnosis.evidence)
    rows = "".join(
        f'<div class="{"decides" if figure in deciding else ""}"><span>'
        f"{escape(say(code, f'gym.figure.{figure}'))}</span><span>{shown}</span></div>"
        for figure, shown in figures(run).items()
    )
    return (
        f'<div class="doctor {"ill" if ill else name}">'
        f"<b>{escape(say(code, f'gym.doctor.{name}'))}</b>"
        f"<p>{escape(why(code, diagnosis))}</p>"
        f'<div class="figures">{rows}</div></div>'
    )


def why(code: str, diagnosis: Diagnosis) -> str:
    """The sentence on the figures that decided; the first of them names it."""
    deciding = names.figures(diagnosis.evidence)
    told = {name: number(name, value) for name, value in deciding.items()}
    first = next(iter(deciding))
    return say(code, f"gym.doctor.{names.diagnosis(diagnosis.name)}.{first}", **told)


def figures(run: LiveRun) -> dict[str, str]:
    """Every figure that there is, by name, as text."""
    found = {}
    settings = run.trainer.settings
    values = vars(run.snapshot) | (vars(run.metrics) if run.metrics else {})
    values["equilibrium_loss"] = settings.equilibrium_loss or None
    values = names.figures(values.items())
    for name in (
        "loss_d", "coin", "loss_g", "accuracy_real", "accuracy_fake", "slope_d", "slope_g",
        "change_d", "change_g", "modes", "balance", "quality", "diversity", "heart", "skipped",
    ):  # fmt: skip
        if values.get(name) is not None:
            found[name] = number(name, values[name])
    if "quality" in found and len(run.trainer.data.shape) > 1:
        found["sure"] = found.pop("quality")
    if "modes" in found:
        found["modes"] += f" / {values['of']}"
    return found


def number(name: str, value: float) -> str:
    """A figure as a person reads it."""
    if name in PERCENT:
        return f"{value * 100:.0f}%"
    if name in WHOLE:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.2f}"
