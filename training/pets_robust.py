"""Fine-tunes the pet classifier against attacks: adversarial training (Madry et al. 2018).

    python -m training.pets_robust --run ../runs/pets_lite0_robust

Every batch is perturbed by one signed gradient step from a random start (FGSM-RS, Wong et al. 2020,
"Fast is better than free"), within up to 4/255. That is as good as many steps unless the network
overfits to this one step (catastrophic overfitting), which PGD on held-out photographs after every
epoch would show.

Departure from both papers: each picture has a random radius between 1/255 and 4/255, which costs
less clean accuracy than the largest for all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from models import images
from models.attacks.attack import attack
from models.attacks.settings import MIN_STEP_SIZE, AttackSettings
from training import pet_data, pet_export, pets
from training.pet_trainer import Recipe

NAME, STANDARD = "pets_lite0_robust", "pets_lite0"
MIN_EPSILON, MAX_EPSILON = 1.0, 4.0  # in 1/255
WARM_UP = 4  # epochs until the radii have their full size
STEP_SIZE = 1.25  # of the radius
RECIPE = Recipe(
    stage=-1, train_size=128, test_size=128, epochs=13, oxford_weight=3.0, lr=5e-4, head_lr=1e-3,
    label_smoothing=0.1, teacher=0.0, mix_probability=0.0, ema_decay=0.998, ema_share=1.0,
    probe_weight=0.0,
)  # fmt: skip
EVALUATED = 128  # held-out photographs attacked after each epoch


class Adversary:
    """Perturbs the batches of the network in training."""

    def __call__(
        self, network: nn.Module, x: torch.Tensor, y: torch.Tensor, epoch: int
    ) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1], labels (N, 37) -> pictures no farther than epsilon."""
        epsilon = MIN_EPSILON + (MAX_EPSILON - MIN_EPSILON) * torch.rand(len(x), 1, 1, 1)
        return perturb(network, x, y, epsilon / 255 * min(1.0, (epoch + 1) / WARM_UP))

    def evaluate(self, network: nn.Module, photos: list, labels: torch.Tensor) -> dict:
        """Accuracy under PGD-10 at 2/255, on evenly spaced held-out photographs."""
        every = max(1, len(photos) // EVALUATED)
        pictures = squares(photos[::every], RECIPE.test_size)
        right = withstood(network, pictures, labels[::every], 2.0, steps=10)
        return {"pgd10_2": round(right.float().mean().item(), 4)}


def perturb(
    network: nn.Module, x: torch.Tensor, y: torch.Tensor, radius: torch.Tensor | float
) -> torch.Tensor:
    """FGSM from a random start within `radius` (one for all, or (N, 1, 1, 1)), projected onto the
    L-infinity ball of that radius around x."""
    start = (x + radius * (2 * torch.rand_like(x) - 1)).requires_grad_(True)
    loss = nn.functional.cross_entropy(network(start), y)
    (gradient,) = torch.autograd.grad(loss, start)
    moved = start.detach() + STEP_SIZE * radius * gradient.sign()
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
    """Which pictures (N,) are classified correctly, also after PGD within epsilon/255 from every
    start; the step size is 2.5 epsilon / steps (Madry et al. 2018)."""
    size = max(MIN_STEP_SIZE, 2.5 * epsilon / steps)
    robust = torch.zeros(len(pictures), dtype=torch.bool)
    for start in range(0, len(pictures), batch):
        x, y = pictures[start : start + batch], labels[start : start + batch]
        with torch.no_grad():
            correct = network(x).argmax(1) == y
        for seed in range(restarts):
            where = correct.nonzero()[:, 0]
            if not len(where):
                break
            settings = AttackSettings(epsilon=epsilon, steps=steps, step_size=size, seed=seed)
            *_, last = attack(network, x[where], settings, y[where])
            with torch.no_grad():
                correct[where] = network(last.adversarial).argmax(1) == y[where]
        robust[start : start + batch] = correct
    return robust


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--data", type=Path, default=pet_data.PETS)
    parser.add_argument("--export", action="store_true", help="make the weight file of the run")
    parser.add_argument("--command", default="", help="what made the run, for the manifest")
    chosen = parser.parse_args()
    chosen.run.mkdir(parents=True, exist_ok=True)
    if chosen.export:
        pet_export.export(NAME, chosen.run, chosen.command, chosen.data)
    else:
        pets.train(RECIPE, chosen.run, chosen.data, Adversary())


if __name__ == "__main__":
    main()
