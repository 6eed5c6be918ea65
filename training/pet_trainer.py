"""What fine-tuning a pet classifier consists of: the recipe, the labels, the network's updates."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from models import registry
from models.backbones import backbone as backbones
from models.classifiers import pet_classifier
from models.classifiers.pet_classifier import PetNetwork
from models.device import has_bf16_units
from models.labels import breeds
from training.pet_augmentation import mix_pairs

CLASSES = len(breeds.NAMES)
PROBES = "probes"
SAVED = ("network", "average", "optimizer", "scheduler")


@dataclass(frozen=True)
class Recipe:
    """How a network is fine-tuned.

    Attributes:
        backbone: the ImageNet network it starts from.
        stage: the first of that network's seven stages that learns; those before stay frozen.
            -1: the stem learns too.
        train_size: side of the augmented squares it learns from, in pixels.
        test_size: side of the whole photographs it is evaluated on: larger, because a random crop
            makes the animal look larger than it will be (Touvron et al. 2019).
        epochs: each of `photos_per_epoch` photographs, every breed equally likely.
        oxford_weight: how much likelier photographs of the test set's own origin are.
        lr, head_lr: largest learning rates of the stages and of the classifier (AdamW; one epoch of
            warm-up, then a half cosine).
        start_from: a classifier that ships, for a second stage of training, with no photographs
            held out; "" starts from the ImageNet network.
        teacher_name: "probes" (see `training/pets.py`), or a classifier that ships, which sees the
            same augmented pictures.
        teacher: share of the teacher's probabilities in the labels.
        mix_probability: share of batches that are mixed in pairs.
        ema_decay: of the exponential moving average of the weights.
        ema_share: the result is that average times this share, plus the starting weights for the
            rest (WiSE-FT, Wortsman et al. 2022), which keeps what training would spoil.
        probe_weight: weight of the logits of a linear probe on the backbone's own features, beside
            the calibrated logits of the fine-tuned stages; 0: no probe.
    """

    backbone: str = "efficientnet_lite0"
    stage: int = 3
    train_size: int = 224
    test_size: int = 256
    epochs: int = 10
    photos_per_epoch: int = 4800
    batch_size: int = 32
    oxford_weight: float = 6.0
    lr: float = 1e-4
    head_lr: float = 5e-4
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    start_from: str = ""
    teacher_name: str = PROBES
    teacher: float = 0.5
    mix_probability: float = 0.5
    ema_decay: float = 0.99
    ema_share: float = 0.75
    probe_weight: float = 0.5


def load_shipped(name: str) -> PetNetwork:
    """The network of a classifier that ships."""
    spec = registry.pet_classifier(name)
    base = backbones.load(registry.backbone(spec.backbone), torch.device("cpu"))
    return pet_classifier.load(spec, base).network


def trainable(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Those of a `PetNetwork`'s weights that are trained."""
    return {k: v for k, v in weights.items() if k.startswith(("tail.", "classifier."))}


class BatchMaker:
    """Makes a batch of pictures and their soft labels.

    Args:
        labels: (N,) breeds of all photographs.
        probabilities: (N, 37), those of the probes where they are the teacher.
    """

    def __init__(
        self, recipe: Recipe, labels: torch.Tensor, probabilities: torch.Tensor | None = None
    ):
        self.recipe = recipe
        one_hot = nn.functional.one_hot(labels, CLASSES) * (1 - recipe.label_smoothing)
        self.smoothed = one_hot + recipe.label_smoothing / CLASSES
        self.probabilities = probabilities
        self.teacher = None
        if recipe.teacher and recipe.teacher_name != PROBES:
            self.teacher = load_shipped(recipe.teacher_name)

    def __call__(self, x: torch.Tensor, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, 3, H, W) uint8 and their numbers -> pictures in [0, 1], labels (N, 37)."""
        x = x.float().div_(255).contiguous(memory_format=torch.channels_last)
        y, share, probability = (
            self.smoothed[numbers],
            self.recipe.teacher,
            self.recipe.mix_probability,
        )
        if not share:
            return mix_pairs(x, y, probability)
        if self.teacher is None:
            y = share * self.probabilities[numbers] + (1 - share) * y
            return mix_pairs(x, y, probability)
        x, y = mix_pairs(x, y, probability)
        # The teacher sees the same augmented picture as the student (Beyer et al. 2022).
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=has_bf16_units()):
            teacher = self.teacher(x).float().softmax(1)
        return x, share * teacher + (1 - share) * y


class Trainer:
    """A network in training, the moving average of its weights, and their checkpoint.

    Args:
        weights: what it starts from: of `tail` and `classifier`, those that are not the backbone's.
    """

    def __init__(self, recipe: Recipe, base: backbones.Backbone, weights: dict[str, torch.Tensor]):
        self.recipe = recipe
        self.network, self.average = (PetNetwork(base, recipe.stage).eval() for _ in range(2))
        for network in (self.network, self.average):
            network.load_state_dict(weights, strict=False)
        self.start = {k: v.clone() for k, v in trainable(self.network.state_dict()).items()}
        self.body = list(self.network.tail.requires_grad_(True).parameters())
        self.head = list(self.network.classifier.requires_grad_(True).parameters())
        groups = [
            {"params": self.body, "lr": recipe.lr},
            {"params": self.head, "lr": recipe.head_lr},
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        epoch_steps = recipe.photos_per_epoch // recipe.batch_size
        steps = max(1, epoch_steps * recipe.epochs)

        def factor(step: int) -> float:
            warm_up = min(1.0, (step + 1) / epoch_steps)
            return warm_up * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))

        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)
        self.epoch, self.log = 0, []

    def step(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """One update towards labels y (N, 37) for pictures x; returns the loss before it."""
        # The frozen stages take half the time in bfloat16. For those that learn it would be
        # slower: the gradient of depthwise convolutions is.
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16_units()):
            shared = self.network.shared(x)
        logits = self.network.classifier(self.network.tail(shared.float()).mean((2, 3)))
        loss = nn.functional.cross_entropy(logits, y)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.body, 1.0)
        self.optimizer.step()
        self.scheduler.step()
        averages = [*self.average.tail.parameters(), *self.average.classifier.parameters()]
        with torch.no_grad():
            for average, current in zip(averages, [*self.body, *self.head], strict=True):
                average.lerp_(current, 1 - self.recipe.ema_decay)
        return loss.item()

    def save(self, path: Path) -> None:
        """Writes the checkpoint."""
        state = {part: getattr(self, part).state_dict() for part in SAVED}
        state |= {"start": self.start, "epoch": self.epoch, "log": self.log}
        state |= {"recipe": asdict(self.recipe)}
        torch.save(state, path.with_name("new.pt"))
        path.with_name("new.pt").replace(path)

    def resume(self, path: Path) -> None:
        """Goes on from the checkpoint, if there is one."""
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        for part in SAVED:
            getattr(self, part).load_state_dict(state[part])
        self.epoch, self.log = state["epoch"], state["log"]
