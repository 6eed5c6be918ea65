"""How the attack tab shows predictions, verdicts and progress, as HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape
from PIL import Image

from demos.attacks.runs import Subject
from demos.runtime.i18n import say
from demos.ui.plots import bars, curves
from models import images

if TYPE_CHECKING:
    import torch

    from models.attacks.report import AttackReport
    from models.attacks.transforms import TransformVerdict

THUMBNAIL = 72
CURVE_ROLES = {"true": "real", "target": "made"}
# Of the picture before and after the attack: title and role.
VERDICTS = {"before": ("attack.verdict_before", "real"), "after": ("attack.verdict_after", "made")}
BEFORE_AFTER = {"clean": "real", "attacked": "made"}


def probability_plot(
    language: str, probabilities: Mapping[str, Sequence[tuple[float, float]]], steps: int
) -> str:
    """The probabilities of the label ("true") and of the "target", as (step, probability)."""
    series = {
        say(language, f"attack.curve.{name}"): points
        for name, points in probabilities.items()
        if points
    }
    return curves(
        series,
        say(language, "plot.step"),
        steps,
        roles=[CURVE_ROLES[name] for name, points in probabilities.items() if points],
        y_title=say(language, "plot.probability"),
        percent=True,
    )


def titled_bars(language: str, which: str, top: Sequence[tuple[str, float]]) -> str:
    """The likeliest classes "before" or "after", under a title."""
    key, role = VERDICTS[which]
    return f"**{say(language, key)}**\n{bars(top, role=role)}"


def success(language: str, report: AttackReport) -> str:
    """Whether the attack succeeded, and the size of the change."""
    key = "attack.success" if report.success else "attack.failure"
    distance = say(language, "attack.distance", linf=f"{report.linf:g}", l2=f"{report.l2:.2f}")
    return f"\n\n**{say(language, key)}** {distance}"


def after(language: str, report: AttackReport, factor: int) -> str:
    """The likeliest classes of the adversarial picture, the success, and by what factor the change
    is magnified."""
    top = titled_bars(language, "after", report.after)
    magnified = say(language, "attack.change_factor", factor=factor)
    return f"{top}{success(language, report)}\n\n<small>{magnified}</small>"


def prediction(name: str, p: float) -> str:
    """A class with its probability."""
    return f"{escape(name)}<br><b>{p:.1%}</b>"


def outcome(language: str, kind: str) -> str:
    """A coloured word: fooled, not fooled, or something else."""
    words = escape(say(language, f"robustness.outcome.{kind}"))
    return f'<span class="robustness-{kind}">{words}</span>'


def verdict_bars(language: str, subject: Subject, verdict: TransformVerdict) -> str:
    """The outcome, and the predictions for the clean and the attacked picture."""
    pair = (("clean", verdict.clean), ("attacked", verdict.adversarial))
    rows = []
    for which, found in pair:
        name, p = subject.named(found)
        rows.append((Markup("{}: {}").format(say(language, f"robustness.{which}"), name), p))
    return outcome(language, verdict.outcome) + bars(rows, role=[*BEFORE_AFTER.values()])


def table(rows: list[str], head: str = "") -> str:
    """Rows in a box that scrolls; `head` are the header's cells."""
    header = f"<thead><tr>{head}</tr></thead>" if head else ""
    body = "".join(rows)
    return f'<div class="robustness-scroll"><table>{header}<tbody>{body}</tbody></table></div>'


def thumbnail(picture: torch.Tensor) -> str:
    """A picture (3, H, W) as a small <img>, lossy: to look at, not to attack with."""
    small = images.to_image(picture).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "WEBP", quality=80)
    data = base64.b64encode(stream.getvalue()).decode()
    size = f'width="{THUMBNAIL}" height="{THUMBNAIL}"'
    return f'<img src="data:image/webp;base64,{data}" {size} alt="">'
