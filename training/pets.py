"""Fine-tunes an ImageNet network on the 37 pet breeds.

    python -m training.pets pets_lite0 --run ../runs/pets_lite0

The head starts as a logistic regression on the frozen features (linear probing first, Kumar et al.
2022); then the deep stages learn too, from shifted, mirrored, recoloured and mixed photographs,
towards labels that are partly a teacher's (Hinton et al. 2015). The larger network's teacher is
logistic regression on the features of Lite0 and Lite2 together, each photo left out of the fit
that is asked about it; the smaller one's teacher is the larger one.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from models import backbones, breeds, images, pet_classifier, pets, registry
from models.device import has_bf16_units
from models.pet_classifier import PetNetwork, pet_odds
from training import pet_data, probe
from training.export import save
from training.pet_draws import Draws, drawn, mixed
from training.pet_features import headless

CLASSES = len(breeds.NAMES)
PASS = 0.975  # share of held-out pets that the threshold lets pass
TEACHERS = ("efficientnet_lite0", "efficientnet_lite2")
PROBES = "probes"
PARTS = ("network", "average", "solver", "clock")


@dataclass(frozen=True)
class Recipe:
    """How a network is fine-tuned.

    Attributes:
        backbone: where it starts.
        stage: the first of the seven stages that learns; those before stay the backbone's own.
            -1: the stem learns too.
        side: of the squares it learns from, in pixels.
        shown: of the whole photographs it is measured on: larger, because a cut-out makes the
            animal look larger than it will be (Touvron et al. 2019).
        epochs: each draws `draws` photographs, breeds equally often.
        oxford: how much more often photographs of the test set's own origin are drawn.
        rate, head_rate: largest learning rates (AdamW, one warm-up epoch, then a half cosine).
        teaches: "probes", or the name of a shipped classifier, which sees what the pupil sees.
        teacher: share of the teacher in the labels.
        mix: share of batches in which pairs of photographs are mixed.
        average: decay of the running average of the weights.
        blend: the result's share of that average; the rest is where it started. Weights between
            the two keep what the photographs of other origins would spoil (Wortsman et al. 2022).
    """

    backbone: str = "efficientnet_lite0"
    stage: int = 3
    side: int = 224
    shown: int = 256
    epochs: int = 10
    draws: int = 4800
    batch: int = 32
    oxford: float = 6.0
    rate: float = 1e-4
    head_rate: float = 5e-4
    weight_decay: float = 0.02
    smoothing: float = 0.05
    teaches: str = PROBES
    teacher: float = 0.5
    mix: float = 0.5
    average: float = 0.99
    blend: float = 0.75


RECIPES = {
    "pets_lite0": Recipe(teaches="pets_lite2", teacher=0.8, mix=0.8, epochs=12, rate=1.5e-4),
    "pets_lite2": Recipe(backbone="efficientnet_lite2", epochs=8),
}


def accuracy(found: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Top-1, and its mean over the breeds."""
    right = (found.argmax(1) == labels).float()
    by_breed = [right[labels == b].mean() for b in labels.unique()]
    return right.mean().item(), torch.stack(by_breed).mean().item()


def teach(train: list[pet_data.Photo], shown: list, allowed: torch.Tensor, cache: Path):
    """Teacher's probabilities (N, 37) for the training photographs, and Lite0..2's features."""
    features = {}
    for name in TEACHERS:
        path = cache / f"frozen_{name}.pt"
        if not path.exists():
            network, side = headless(name), registry.spec(name).size
            both = [pet_data.outputs(network, shown, side, flip).half() for flip in (False, True)]
            torch.save(both, path)
            print("features of", name, flush=True)
        features[name] = [part.float() for part in torch.load(path, weights_only=True)]
    labels = torch.tensor([p.breed for p in train])
    root = [p.twin or p.path for p in train]
    order = {path: n for n, path in enumerate(sorted(set(root), key=hash_of))}
    groups = torch.tensor([order[path] for path in root])
    both = torch.cat([sum(features[name]) / 2 for name in TEACHERS], 1)
    found = torch.zeros(len(train), CLASSES)
    found[allowed] = probe.out_of_fold(both[allowed], labels[allowed], groups[allowed], CLASSES)
    print("teacher, out of fold:", *accuracy(found[allowed], labels[allowed]), flush=True)
    return found.softmax(1), features


def hash_of(path: str) -> int:
    """A fixed shuffle of paths."""
    return zlib.crc32(path.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument(
        "--data", type=Path, default=pet_data.PETS, help="the zip, or a folder for the Oxford set"
    )
    parser.add_argument("--export", action="store_true", help="make the weight file of the run")
    parser.add_argument("--command", default="", help="what made the run, for the manifest")
    parser.add_argument("--set", nargs="*", default=[], help="recipe fields, such as epochs=4")
    chosen = parser.parse_args()
    recipe = RECIPES[chosen.name]
    changes = dict(item.split("=") for item in chosen.set)
    recipe = Recipe(**{k: type(v)(changes.get(k, v)) for k, v in asdict(recipe).items()})
    chosen.run.mkdir(parents=True, exist_ok=True)
    if chosen.export:
        export(chosen.name, chosen.run, chosen.command, chosen.data)
    else:
        learn(recipe, chosen.run, chosen.data)


def coolest(found: torch.Tensor, labels: torch.Tensor) -> float:
    """The temperature with the least cross-entropy (Guo et al. 2017), by trying 0.2 to 3."""
    tried = torch.logspace(math.log10(0.2), math.log10(3), 200)
    losses = [nn.functional.cross_entropy(found / t, labels) for t in tried]
    return tried[torch.stack(losses).argmin()].item()


@torch.no_grad()
def blended(network: PetNetwork, state: dict, share: float) -> PetNetwork:
    """The network with weights on the way from its start to the run's average."""
    network.classifier.load_state_dict(state["start"])
    for key, value in network.state_dict().items():
        if key.startswith(("tail.", "classifier.")):
            value.lerp_(state["average"][key], share)
    return network.eval()


@torch.no_grad()
def export(name: str, run: Path, command: str, data: Path = pet_data.PETS) -> None:
    """Writes the weight file: the running average, and what held-out photographs say of it.

    Temperature and rejection threshold come from Oxford's held-out photographs, whose like visitors
    bring; the centroids from all others.
    """
    state = torch.load(run / "last.pt", weights_only=True)
    recipe = Recipe(**state["recipe"])
    base = backbones.load(registry.spec(recipe.backbone), torch.device("cpu"))
    network = blended(PetNetwork(base, recipe.stage), state, recipe.blend)
    train = [photo for photo in pet_data.photos(data) if photo.use == "train"]
    held = pet_data.held_out(train)
    checked = [p for p, h in zip(train, held, strict=True) if h and p.origin == "oxford"]
    others = [p for p, h in zip(train, held, strict=True) if not h]
    labels = torch.tensor([p.breed for p in checked])
    found, odds = [], []
    for image in pet_data.pictures(checked, data):
        shared = network.shared(images.to_tensor(images.square(image, recipe.shown)))
        found.append(network.classifier(network.tail(shared).mean((2, 3))))
        known = base.network.classifier(network.rest(shared).mean((2, 3)))
        odds.append(pet_odds(known))
    head, network.classifier = network.classifier, nn.Identity()
    features = pet_data.outputs(network, pet_data.pictures(others, data), recipe.shown)
    breed = torch.tensor([p.breed for p in others])
    centroids = torch.stack([features[breed == b].mean(0) for b in range(CLASSES)])
    found = torch.cat(found)
    facts = {
        "temperature": torch.tensor(coolest(found, labels)),
        "threshold": torch.cat(odds).quantile(1 - PASS),
        "centroids": centroids,
    }
    parts = {f"tail.{key}": value for key, value in network.tail.state_dict().items()}
    parts |= {f"classifier.{key}": value for key, value in head.state_dict().items()} | facts
    known = {
        "licence": "CC-BY-SA-4.0",
        "data": data.name,
        "epochs": state["epoch"],
        "held_out": {"of_oxford": len(checked), "top1": round(accuracy(found, labels)[0], 4)},
        "temperature": round(facts["temperature"].item(), 4),
        "threshold": round(facts["threshold"].item(), 4),
        "parameters": sum(p.numel() for p in [*network.tail.parameters(), *head.parameters()]),
    }
    save(name, parts, known | ({"command": command} if command else {}))


def learn(recipe: Recipe, run: Path, data: Path = pet_data.PETS, adversary=None) -> None:
    """Trains into run/last.pt; starts where that file left off.

    Args:
        adversary: changes each batch so that the network errs, and tells how well it withstands
            (`training/pets_robust.py`).
    """
    torch.manual_seed(0)
    train = [photo for photo in pet_data.photos(data) if photo.use == "train"]
    shown = pet_data.pictures(train, data)
    held = torch.tensor(pet_data.held_out(train))
    labels = torch.tensor([p.breed for p in train])
    oxford = torch.tensor([p.origin == "oxford" for p in train])[held]
    checked = [image for image, h in zip(shown, held.tolist(), strict=True) if h]
    guesses, features = teach(train, shown, ~held, run)
    base = backbones.load(registry.spec(recipe.backbone), torch.device("cpu"))
    probed = torch.cat([part[~held] for part in features[recipe.backbone]])
    head = probe.fit(probed, labels[~held].repeat(2), CLASSES)
    course = Course(recipe, base, head)
    course.restore(run / "last.pt")
    lesson = Lesson(recipe, labels, guesses)
    pixels = [pet_data.tensor(image) for image in shown]
    for epoch in range(course.epoch, recipe.epochs):
        start = time.time()
        torch.manual_seed(1000 + epoch)
        numbers = drawn(train, (~held).tolist(), recipe.draws, recipe.oxford, epoch)
        loader = DataLoader(
            Draws(pixels, numbers, recipe.side), recipe.batch, num_workers=1, drop_last=True,
            prefetch_factor=4,
        )  # fmt: skip
        losses = []
        for x, chosen in loader:
            x, y = lesson(x, chosen)
            if adversary:
                x = adversary(course.network, x, y, epoch)
            losses.append(course.step(x, y))
            if len(losses) % 50 == 0:
                rate = len(losses) * recipe.batch / (time.time() - start)
                print(f"  {len(losses)} loss {np.mean(losses[-50:]):.4f}, {rate:.1f}/s", flush=True)
        found = pet_data.outputs(course.average.eval(), checked, recipe.shown)
        line = {
            "epoch": epoch + 1,
            "loss": round(float(np.mean(losses)), 4),
            "held_out": [round(v, 4) for v in accuracy(found, labels[held])],
            "of_oxford": [round(v, 4) for v in accuracy(found[oxford], labels[held][oxford])],
            "seconds": round(time.time() - start),
        }
        if adversary:
            line |= adversary.told(course.average, checked, labels[held])
        print(json.dumps(line), flush=True)
        course.keep(run / "last.pt", line)


class Lesson:
    """Makes a batch of pictures and the labels that the network is to give them.

    Args:
        labels: (N,) breeds of all photographs.
        guesses: (N, 37), what the probes give those they were not fitted on.
    """

    def __init__(self, recipe: Recipe, labels: torch.Tensor, guesses: torch.Tensor):
        self.recipe = recipe
        sharp = nn.functional.one_hot(labels, CLASSES) * (1 - recipe.smoothing)
        self.sharp = sharp + recipe.smoothing / CLASSES
        self.guesses = guesses
        self.network = None
        if recipe.teaches != PROBES:
            spec = pets.spec(recipe.teaches)
            base = backbones.load(registry.spec(spec.backbone), torch.device("cpu"))
            self.network = pet_classifier.load(spec, base).network

    def __call__(self, x: torch.Tensor, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, 3, H, W) uint8 and their numbers -> pictures in [0, 1], labels (N, 37)."""
        x = x.float().div_(255).contiguous(memory_format=torch.channels_last)
        share = self.recipe.teacher
        if self.network is None:
            both = share * self.guesses[chosen] + (1 - share) * self.sharp[chosen]
            return mixed(x, both, self.recipe.mix)
        x, sharp = mixed(x, self.sharp[chosen], self.recipe.mix)
        # The teacher sees the very picture that the pupil does (Beyer et al. 2022).
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=has_bf16_units()):
            told = self.network(x).float().softmax(1)
        return x, share * told + (1 - share) * sharp


class Course:
    """A network in training, the running average of its weights, and their checkpoint."""

    def __init__(self, recipe: Recipe, base: backbones.Backbone, head: nn.Linear):
        self.recipe = recipe
        self.start = head.state_dict()
        self.network, self.average = (PetNetwork(base, recipe.stage).eval() for _ in range(2))
        for network in (self.network, self.average):
            network.classifier.load_state_dict(self.start)
        self.body = list(self.network.tail.requires_grad_(True).parameters())
        top = self.network.classifier.requires_grad_(True).parameters()
        groups = [
            {"params": self.body, "lr": recipe.rate},
            {"params": top, "lr": recipe.head_rate},
        ]
        self.solver = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        steps = recipe.draws // recipe.batch
        total = steps * recipe.epochs

        def pace(step: int) -> float:
            warm = min(1.0, (step + 1) / steps)
            return warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))

        self.clock = torch.optim.lr_scheduler.LambdaLR(self.solver, pace)
        self.epoch, self.log = 0, []

    def step(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """One step towards labels y (N, 37) for pictures x; the loss before it."""
        # Half the time where nothing learns; elsewhere the gradient of depthwise convolutions
        # would be slower in bfloat16 than in float32.
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16_units()):
            shared = self.network.shared(x)
        found = self.network.classifier(self.network.tail(shared.float()).mean((2, 3)))
        loss = nn.functional.cross_entropy(found, y)
        self.solver.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.body, 1.0)
        self.solver.step()
        self.clock.step()
        with torch.no_grad():
            for part in ("tail", "classifier"):
                kept, new = (getattr(n, part).parameters() for n in (self.average, self.network))
                for old, now in zip(kept, new, strict=True):
                    old.lerp_(now, 1 - self.recipe.average)
        return loss.item()

    def keep(self, path: Path, line: dict) -> None:
        """Writes the checkpoint after an epoch."""
        self.epoch += 1
        self.log.append(line)
        state = {part: getattr(self, part).state_dict() for part in PARTS}
        state |= {"start": self.start, "epoch": self.epoch, "log": self.log}
        state |= {"recipe": asdict(self.recipe)}
        torch.save(state, path.with_name("new.pt"))
        path.with_name("new.pt").replace(path)

    def restore(self, path: Path) -> None:
        """Goes on from the checkpoint, if there is one."""
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        for part in PARTS:
            getattr(self, part).load_state_dict(state[part])
        self.epoch, self.log = state["epoch"], state["log"]


if __name__ == "__main__":
    main()
