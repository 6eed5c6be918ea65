"""What each defense costs in accuracy, in words, as the manifest says it was measured."""

from __future__ import annotations

from typing import Any

from demos.runtime.i18n import say
from models import weights
from models.validation import ValidationError

STANDARD, ROBUST = "pets_lite0", "pets_lite0_robust"


def jpeg(language: str) -> str:
    """What JPEG costs in clean accuracy; "" where it wasn't measured."""
    found = _measured(STANDARD, "defences")
    if not found or "jpeg" not in found:
        return ""
    shares = ", ".join(f"q{q}: {_percent(one['top1'])}%" for q, one in found["jpeg"].items())
    return say(
        language, "robustness.jpeg.cost",
        count=found["photos"], plain=_percent(found["none"]["top1"]), shares=shares,
    )  # fmt: skip


def smoothing(language: str) -> str:
    """What smoothing costs in clean accuracy; "" where it wasn't measured."""
    found = _measured(STANDARD, "defences", "smoothing")
    if not found:
        return ""
    shares = ", ".join(
        f"σ {sigma}: {_percent(one['top1'])}% ({_percent(one['abstained'])}%)"
        for sigma, one in found["sigma"].items()
    )
    return say(
        language, "robustness.smoothing.cost",
        count=found["photos"], samples=found["samples"],
        plain=_percent(found["none"]["top1"]), shares=shares,
    )  # fmt: skip


def adversarial_training(language: str) -> str:
    """What adversarial training costs and gains; "" where it wasn't measured."""
    found = _measured(ROBUST, "robustness")
    if not found:
        return ""
    robust, standard = found["robust"], found["standard"]
    shares = ", ".join(
        f"ε {key.removeprefix('pgd20_')}: {_percent(share)}% ({_percent(standard[key])}%)"
        for key, share in robust.items()
        if key.startswith("pgd20_") and not key.endswith("_interval")
    )
    return say(
        language, "robustness.adversarial_training.cost",
        count=found["photos"], clean=_percent(robust["clean"]),
        standard=_percent(standard["clean"]), shares=shares,
    )  # fmt: skip


def _measured(name: str, *path: str) -> dict[str, Any] | None:
    """What the manifest has under `path` of entry `name`; None where it has nothing."""
    try:
        found = weights.entry(name)
        for key in path:
            found = found[key]
    except (ValidationError, KeyError):
        return None
    return found


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"
