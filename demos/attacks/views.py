"""How the attack tab shows predictions, verdicts and progress, as HTML."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from PIL import Image

from demos.attacks.controls import READS
from demos.attacks.runs import MeasuredStep, Subject
from demos.runtime.i18n import LANGUAGES, class_name, say
from demos.ui.plots import bars, curves
from models import images
from models.attacks.settings import TITLES

if TYPE_CHECKING:
    import torch

    from models.attacks.report import AttackReport
    from models.attacks.transforms import TransformVerdict
    from models.registry import ClassifierSpec

Verdict = tuple[str, float]  # a class and its probability
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


def predicted(language: str, top: Sequence[Verdict]) -> dict[str, str]:
    """What is said of a photo alone, by the names of the tab's `words`."""
    return {"said": said(top[0]), "before": titled_bars(language, "before", top)}


def under_way(language: str, found: MeasuredStep) -> dict[str, str]:
    """What is said while an attack runs: the probability that it drives up, or down."""
    step, wanted, top = found.step, found.subject.settings.target, found.subject.prediction
    now = (wanted, step.target[0]) if wanted and step.target else (top[0][0], step.true[0])
    return {
        "said": said(top[0], now),
        "before": titled_bars(language, "before", top),
        "plot": probability_plot(language, found.probabilities, step.steps),
    }


def measured(
    language: str,
    report: AttackReport,
    blends: Sequence[Verdict],
    probabilities: Mapping[str, Sequence[tuple[float, float]]],
    steps: int,
) -> dict[str, str]:
    """What is said of a result; `probabilities` and `steps` as of `probability_plot`."""
    return {
        "said": said(report.before[0], report.after[0], blends, report.success),
        "why": success(language, report),
        "before": titled_bars(language, "before", report.before),
        "after": titled_bars(language, "after", report.after),
        "plot": probability_plot(language, probabilities, steps),
    }


def made_with(language: str, spec: ClassifierSpec, settings: Mapping[str, Any]) -> Markup:
    """What a result was made with: network, method, target, and the largest change allowed."""
    method, target = settings["method"], settings["target"]
    found = [spec.title, TITLES[method]]
    if "target" in READS[method]:
        wanted = class_name(language, target) if target else say(language, "attack.untargeted")
        found.append(wanted)
    if "epsilon" in READS[method]:
        found.append(f"ε = {settings['epsilon']:g}")
    return Markup(", ").join(found)


def titled_bars(language: str, which: str, top: Sequence[Verdict]) -> str:
    """The likeliest classes "before" or "after", under a title."""
    key, role = VERDICTS[which]
    named = [(class_name(language, name), p) for name, p in top]
    return f"**{say(language, key)}**\n{bars(named, role=role)}"


def success(language: str, report: AttackReport) -> str:
    """Whether the attack succeeded, and the size of the change, as HTML."""
    key = "attack.success" if report.success else "attack.failure"
    distance = say(language, "attack.distance", linf=f"{report.linf:g}", l2=f"{report.l2:.2f}")
    return Markup("<p><b>{}</b> {}</p>").format(say(language, key), distance)


def said(
    before: Verdict,
    now: Verdict | None = None,
    blends: Sequence[Verdict] = (),
    success: bool | None = None,
) -> str:
    """What attack_view.js says beside the photo and the attacked picture.

    Args:
        before: of the photo.
        now: of the attacked picture, or of what a run has made so far.
        blends: of what lies between, as of `demos.attacks.runs.AttackResult`.
        success: of the attack, when it has ended.
    """
    classes = {name for name, _ in (before, *([now] if now else []), *blends)}
    names = {one: {code: class_name(code, one) for code in LANGUAGES} for one in sorted(classes)}
    found = json.dumps(
        {"before": before, "now": now, "blends": [*blends], "success": success, "names": names}
    )
    return Markup('<div data-said="{}"></div>').format(found)


def prediction(language: str, name: str, p: float) -> str:
    """A class with its probability."""
    return f"{escape(class_name(language, name))}<br><b>{p:.1%}</b>"


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
        words = say(language, f"robustness.{which}"), class_name(language, name)
        rows.append((Markup("{}: {}").format(*words), p))
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
