"""Measures how well two pet classifiers withstand attacks, on photographs of the test part.

    python -m training.evaluate_robust

The standard network and the one trained against attacks, each at the size it is shown. What a weak
attack finds within a radius lies within every larger one too, so only what still stands is attacked
again: the figures are those of the strongest of all attacks up to that radius, and PGD-20 is the
last of them. Three checks tell whether gradients are only masked (Athalye et al. 2018): many more
steps and restarts should find little more, another network's adversarial pictures should do less
than the network's own, and an attack without a bound should always succeed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from models import registry
from models.attacks.attack import attack
from models.attacks.settings import AttackSettings
from models.classifiers import pet_classifier
from models.store import Store
from training import pet_data
from training.evaluate_pets import wilson
from training.export import record
from training.pets_robust import NAME, STANDARD, squares, withstood

RADII = (1.0, 2.0, 4.0)  # 1/255
MIDDLE = 2.0
WEAK, STRONG = 4, 20  # steps
UNBOUNDED = 64.0


def curve(network, pictures: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Which pictures (N,) are classified correctly: as they are, and within each radius."""
    with torch.no_grad():
        parts = zip(pictures.split(32), labels.split(32), strict=True)
        left = torch.cat([network(x).argmax(1) == y for x, y in parts])
    found = {"clean": left.clone()}
    for radius in RADII:
        for steps in (WEAK, STRONG):
            where = left.nonzero()[:, 0]
            left[where] = withstood(network, pictures[where], labels[where], radius, steps)
        found[f"pgd20_{radius:g}"] = left.clone()
        print(radius, left.float().mean().item(), flush=True)
    return found


def transferred(network, pictures: torch.Tensor, labels: torch.Tensor, side: int) -> torch.Tensor:
    """Adversarial pictures of one network within the middle radius, at another's size."""
    settings = AttackSettings(epsilon=MIDDLE, steps=STRONG, step_size=2.5 * MIDDLE / STRONG)
    found = []
    for x, y in zip(pictures.split(16), labels.split(16), strict=True):
        *_, last = attack(network, x, settings, y)
        found.append(last.adversarial)
    whole = torch.cat(found)
    return torch.nn.functional.interpolate(whole, (side, side), mode="bicubic", antialias=True)


def masking_checks(
    network, pictures: torch.Tensor, labels: torch.Tensor, foreign
) -> dict[str, float]:
    """Shares still classified correctly, of the pictures that are to begin with, by check.

    Args:
        foreign: (clean, adversarial) pictures of another network, at this one's size.
    """
    with torch.no_grad():
        right = network(pictures).argmax(1) == labels
        clean, changed = (network(x).argmax(1) == labels for x in foreign)
    x, y = pictures[right], labels[right]

    def share(radius: float, **how) -> float:
        return round(withstood(network, x, y, radius, **how).float().mean().item(), 4)

    return {
        "photos": int(right.sum()),
        "pgd20_2": share(MIDDLE, steps=20),
        "pgd20_2_of_4_restarts": share(MIDDLE, steps=20, restarts=4),
        "pgd100_2": share(MIDDLE, steps=100),
        "transferred_2": round((clean & changed).sum().item() / max(1, int(clean.sum())), 4),
        "pgd50_64": share(UNBOUNDED, steps=50),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=pet_data.PETS)
    parser.add_argument("--every", type=int, default=1, help="measure on every n-th photograph")
    parser.add_argument(
        "--checked",
        type=int,
        default=5,
        help="check for gradient masking on every n-th of them",
    )
    chosen = parser.parse_args()
    test = [photo for photo in pet_data.photos(chosen.data) if photo.use == "test"][:: chosen.every]
    shown = pet_data.pictures(test, chosen.data)
    labels = torch.tensor([photo.breed for photo in test])
    store = Store("cpu")
    command = f"python -m training.evaluate_robust --every {chosen.every}"
    facts, networks, pictures = {"photos": len(test), "command": command}, {}, {}
    for title, name in (("standard", STANDARD), ("robust", NAME)):
        spec = registry.pet_classifier(name)
        networks[title] = pet_classifier.load(spec, store.get(spec.backbone))
        pictures[title] = squares(shown, spec.input_size)
        facts[title] = {}
        for key, right in curve(networks[title], pictures[title], labels).items():
            share = right.float().mean().item()
            facts[title][key] = round(share, 4)
            facts[title][f"{key}_interval"] = wilson(share, len(test))
    some = slice(None, None, chosen.checked)
    few, side = labels[some], registry.pet_classifier(NAME).input_size
    foreign = transferred(networks["standard"], pictures["standard"][some], few, side)
    own = pictures["robust"][some]
    facts["checks"] = masking_checks(networks["robust"], own, few, (own, foreign.clamp(0, 1)))
    record(NAME, {"robustness": facts})
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
