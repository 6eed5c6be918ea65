"""Names of figures and diagnoses in /gan_train's report, where they differ from those in `models`.

They are part of the contract with clients.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

FIGURES = {
    "memorization": "heart",
    "equilibrium_loss": "coin",
    "grad_norm_d": "slope_d",
    "grad_norm_g": "slope_g",
    "update_ratio_d": "change_d",
    "update_ratio_g": "change_g",
}
DIAGNOSES = {"memorization": "by_heart", "diverged": "no_number"}


def figures(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Figures by their names in the report."""
    return {FIGURES.get(name, name): value for name, value in pairs}


def diagnosis(name: str) -> str:
    """The name of a diagnosis in the report."""
    return DIAGNOSES.get(name, name)
