"""Fine-tunes the pet classifier against attacks: adversarial training (Madry et al. 2018).

    python -m training.pets_robust --run ../runs/pets_lite0_robust

Every batch is first changed by one signed gradient step from a random start (Wong et al. 2020,
"Fast is better than free"), within up to 4/255, and learnt from as changed. That is as strong as
many steps as long as the network does not learn to defend against just this one; PGD on held-out
photographs after every epoch would show it.

Departure from both papers: each picture draws a radius of its own between 1 and 4, which costs
clean accuracy less than the whole radius for all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from models import images
from models.attacks.run import attack
from models.attacks.settings import MIN_STEP_SIZE, AttackSettings
from training import pet_data, pets

NAME, STANDARD = "pets_lite0_robust", "pets_lite0"
LEAST, EPSILON = 1.0, 4.0  # 1/255
RAMP = 4  # epochs until the whole of it
OVERSHOOT = 1.25  # of the radius: the length of the one step
RECIPE = pets.Recipe(
    stage=-1, side=128, shown=128, epochs=13, oxford=3.0, rate=5e-4, head_rate=1e-3,
    smoothing=0.1, teacher=0.0, mix=0.0, average=0.998, blend=1.0, second=0.0,
)  # fmt: skip
CHECKED = 128  # held-out photographs attacked after each epoch


class Adversary:
    """Changes pictures so that the network in training errs."""

    def __call__(
        self, network: nn.Module, x: torch.Tensor, y: torch.Tensor, epoch: int
    ) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1], labels (N, 37) -> pictures no farther than epsilon."""
        share = torch.rand(len(x), 1, 1, 1)
        radius = (LEAST + (EPSILON - LEAST) * share) / 255 * min(1.0, (epoch + 1) / RAMP)
        return disturbed(network, x, y, radius)

    def told(self, network: nn.Module, shown: list, labels: torch.Tensor) -> dict:
        """Accuracy under PGD-10 at 2/255, on held-out photographs spread over all."""
        every = max(1, len(shown) // CHECKED)
        pictures = squares(shown[::every], RECIPE.shown)
        right = withstood(network, pictures, labels[::every], 2.0, steps=10)
        return {"pgd10_2": round(right.float().mean().item(), 4)}


def disturbed(
    network: nn.Module, x: torch.Tensor, y: torch.Tensor, radius: torch.Tensor | float
) -> torch.Tensor:
    """One step up the cross-entropy's gradient signs, from a random place within `radius` (one for
    all, or (N, 1, 1, 1)); the result is no farther from x."""
    start = (x + radius * (2 * torch.rand_like(x) - 1)).requires_grad_(True)
    loss = nn.functional.cross_entropy(network(start), y)
    (slope,) = torch.autograd.grad(loss, start)
    moved = start.detach() + OVERSHOOT * radius * slope.sign()
    return torch.maximum(torch.minimum(moved, x + radius), x - radius).clamp(0, 1)


def squares(shown: list, side: int) -> torch.Tensor:
    """Photographs as (N, 3, side, side) in [0, 1]."""
    return torch.cat([images.to_tensor(images.square(image, side)) for image in shown])


def withstood(
    network: nn.Module,
    pictures: torch.Tensor,
    labels: torch.Tensor,
    epsilon: float,
    steps: int = 20,
    restarts: int = 1,
    batch: int = 32,
) -> torch.Tensor:
    """Which pictures (N,) are still named rightly after PGD within epsilon/255, at every start.

    Steps are 2.5 epsilon / steps long. What is taken wrongly as it is counts as not withstood.
    """
    size = max(MIN_STEP_SIZE, 2.5 * epsilon / steps)
    right = torch.zeros(len(pictures), dtype=torch.bool)
    for start in range(0, len(pictures), batch):
        x, y = pictures[start : start + batch], labels[start : start + batch]
        with torch.no_grad():
            left = network(x).argmax(1) == y
        for seed in range(restarts):
            where = left.nonzero()[:, 0]
            if not len(where):
                break
            settings = AttackSettings(epsilon=epsilon, steps=steps, step_size=size, seed=seed)
            *_, last = attack(network, x[where], settings, y[where])
            with torch.no_grad():
                left[where] = network(last.adversarial).argmax(1) == y[where]
        right[start : start + batch] = left
    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--data", type=Path, default=pet_data.PETS)
    parser.add_argument("--export", action="store_true", help="make the weight file of the run")
    parser.add_argument("--command", default="", help="what made the run, for the manifest")
    chosen = parser.parse_args()
    chosen.run.mkdir(parents=True, exist_ok=True)
    if chosen.export:
        pets.export(NAME, chosen.run, chosen.command, chosen.data)
    else:
        pets.learn(RECIPE, chosen.run, chosen.data, Adversary())


if __name__ == "__main__":
    main()
