"""The names by which clients and the page's texts know a run's figures, where `models` says another
word: they are part of the contract."""

from __future__ import annotations

from collections.abc import Iterable

FIGURES = {
    "memorization": "heart",
    "equilibrium_loss": "coin",
    "grad_norm_d": "slope_d",
    "grad_norm_g": "slope_g",
    "update_ratio_d": "change_d",
    "update_ratio_g": "change_g",
}
DIAGNOSES = {"memorization": "by_heart", "diverged": "no_number"}


def figures(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Figures by their public names."""
    return {FIGURES.get(name, name): value for name, value in pairs}


def diagnosis(name: str) -> str:
    """The public name of a diagnosis."""
    return DIAGNOSES.get(name, name)
