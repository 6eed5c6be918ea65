"""Fine-tunes an ImageNet network on the 37 pet breeds.

    python -m training.pets pets_lite0 --run ../runs/pets_lite0

The head starts as a logistic regression on the frozen features (linear probing first, Kumar et al.
2022); then the deep stages learn too, from shifted, mirrored, recoloured and mixed photographs,
towards labels that are partly a teacher's (Hinton et al. 2015). The larger network's teacher is
logistic regression on the features of Lite0 and Lite2 together, each photo left out of the fit
that is asked about it; the smaller one's teacher is the larger one.

`--again` goes on from the shipped network with all photographs, those held out before too: breeds
are read off the backbone's features anew, and with `--set epochs=3` the network learns more. (That
second course was tried with pets_lite0 and brought nothing.)
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

from models import images, registry
from models.backbones import backbone as backbones
from models.classifiers import pet_classifier
from models.classifiers.pet_classifier import PetNetwork, pet_odds
from models.device import has_bf16_units
from models.labels import breeds
from training import pet_data, probe
from training.export import save
from training.pet_draws import Draws, drawn, mixed
from training.pet_features import headless

CLASSES = len(breeds.NAMES)
SECOND_PENALTY = 1e-2  # of the classifier on the backbone's features
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
        before: a shipped classifier to go on from, with nothing held out any more; "" starts from
            the ImageNet network.
        teaches: "probes", or the name of a shipped classifier, which sees what the pupil sees.
        teacher: share of the teacher in the labels.
        mix: share of batches in which pairs of photographs are mixed.
        average: decay of the running average of the weights.
        blend: the result's share of that average; the rest is where it started. Weights between
            the two keep what the photographs of other origins would spoil (Wortsman et al. 2022).
        second: weight of logistic regression on the backbone's own features beside the fine-tuned
            logits, those calibrated; 0 leaves it away.
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
    before: str = ""
    teaches: str = PROBES
    teacher: float = 0.5
    mix: float = 0.5
    average: float = 0.99
    blend: float = 0.75
    second: float = 0.5


RECIPES = {
    "pets_lite0": Recipe(teaches="pets_lite2", teacher=0.8, mix=0.8, epochs=12, rate=1.5e-4),
    "pets_lite2": Recipe(backbone="efficientnet_lite2", epochs=8),
}
AGAIN = {"epochs": 0, "teacher": 0.0}


def accuracy(found: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Top-1, and its mean over the breeds."""
    right = (found.argmax(1) == labels).float()
    by_breed = [right[labels == b].mean() for b in labels.unique()]
    return right.mean().item(), torch.stack(by_breed).mean().item()


def teach(recipe: Recipe, train: list[pet_data.Photo], shown: list, allowed, cache: Path):
    """The probes' probabilities (N, 37) for the training photographs where the recipe asks for
    them (else None), and the frozen features of the networks that were needed, by name."""
    asked = recipe.teacher > 0 and recipe.teaches == PROBES
    features = {}
    for name in dict.fromkeys((recipe.backbone, *(TEACHERS if asked else ()))):
        path = cache / f"frozen_{name}.pt"
        if not path.exists():
            network, side = headless(name), registry.backbone(name).input_size
            both = [pet_data.outputs(network, shown, side, flip).half() for flip in (False, True)]
            torch.save(both, path)
            print("features of", name, flush=True)
        features[name] = [part.float() for part in torch.load(path, weights_only=True)]
    if not asked:
        return None, features
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
    parser.add_argument("--again", action="store_true", help="go on from the shipped network")
    parser.add_argument("--set", nargs="*", default=[], help="recipe fields, such as epochs=4")
    chosen = parser.parse_args()
    recipe = asdict(RECIPES[chosen.name])
    if chosen.again:
        recipe |= AGAIN | {"before": chosen.name}
    changes = dict(item.split("=") for item in chosen.set)
    recipe = Recipe(**{k: type(v)(changes.get(k, v)) for k, v in recipe.items()})
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


def own(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Those of a network's weights that learn."""
    return {k: v for k, v in weights.items() if k.startswith(("tail.", "classifier."))}


@torch.no_grad()
def blended(network: PetNetwork, state: dict, share: float) -> PetNetwork:
    """The network with weights on the way from its start to the run's average."""
    network.load_state_dict(state["start"], strict=False)
    for key, value in own(network.state_dict()).items():
        value.lerp_(state["average"][key], share)
    return network.eval()


def export(name: str, run: Path, command: str, data: Path = pet_data.PETS) -> None:
    """Writes the weight file: the running average, and what held-out photographs say of it.

    Temperature and rejection threshold come from Oxford's held-out photographs, whose like visitors
    bring. After a second course nothing is held out any more; they are then those of the network
    before it. The centroids come from all photographs that were learnt from.
    """
    state = torch.load(run / "last.pt", weights_only=True)
    recipe = Recipe(**state["recipe"])
    base = backbones.load(registry.backbone(recipe.backbone), torch.device("cpu"))
    network = blended(PetNetwork(base, recipe.stage), state, recipe.blend)
    train = [photo for photo in pet_data.photos(data) if photo.use == "train"]
    held = torch.tensor(pet_data.held_out(train))
    learnt = torch.ones_like(held) if recipe.before else ~held
    labels = torch.tensor([p.breed for p in train])
    oxford = held & torch.tensor([p.origin == "oxford" for p in train])
    checked = pet_data.pictures([p for p, here in zip(train, oxford, strict=True) if here], data)
    second = None
    if recipe.second:
        path = run / f"frozen_{recipe.backbone}.pt"
        features = [part.float() for part in torch.load(path, weights_only=True)]
        second = read(features, labels, ~held)
    judge = shipped(recipe.before) if recipe.before else network
    mirrored = name in registry.PET_CLASSIFIERS and registry.pet_classifier(name).mirrored
    own_logits, known = judged(judge, checked, recipe.shown, mirrored)
    own_temperature = coolest(own_logits, labels[oxford])
    if second:
        # Both in units of calibrated logits of the first.
        share = recipe.second * own_temperature
        found = own_logits + share * second(known)
        second = read(features, labels, learnt)
    else:
        found = own_logits
    with torch.no_grad():
        odds = pet_odds(network.base_classifier(known))
    everyone = pet_data.pictures([p for p, here in zip(train, learnt, strict=True) if here], data)
    centroids = centred(network, everyone, labels[learnt], recipe.shown)
    temperature = coolest(found, labels[oxford])
    facts = {
        "temperature": torch.tensor(temperature),
        "threshold": odds.quantile(1 - PASS),
        "centroids": centroids,
    }
    parts = own(network.state_dict()) | facts
    if second:
        parts |= {"second.weight": share * second.weight, "second.bias": share * second.bias}
    counted = [value for key, value in parts.items() if key not in facts]
    top = round(accuracy(found, labels[oxford])[0], 4)
    known_facts = {
        "licence": "CC-BY-SA-4.0",
        "data": data.name,
        "epochs": state["epoch"],
        "held_out": {"of_oxford": int(oxford.sum()), "top1": top},
        "temperature": round(temperature, 4),
        "threshold": round(facts["threshold"].item(), 4),
        "parameters": sum(value.numel() for value in counted),
    }
    if recipe.before:
        known_facts["held_out"]["of"] = "the network before the second course"
    save(name, parts, known_facts | ({"command": command} if command else {}))


def read(features: list[torch.Tensor], labels: torch.Tensor, chosen: torch.Tensor) -> nn.Linear:
    """Breeds read off the backbone's features of the chosen photographs and their mirror images."""
    both = torch.cat([part[chosen] for part in features])
    return probe.fit(both, labels[chosen].repeat(len(features)), CLASSES, SECOND_PENALTY)


@torch.no_grad()
def judged(
    network: PetNetwork, shown: list, side: int, mirrored: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (N, 37) of the fine-tuned stages alone, and the backbone's features (N, d); averaged
    over both ways round if `mirrored`."""
    found, known = [], []
    for image in shown:
        x = images.to_tensor(images.square(image, side))
        shared = network.shared(torch.cat([x, x.flip(3)]) if mirrored else x)
        found.append(network.classifier(network.tail(shared).mean((2, 3))).mean(0, True))
        known.append(network.base_tail(shared).mean((2, 3)).mean(0, True))
    return torch.cat(found), torch.cat(known)


def centred(network: PetNetwork, shown: list, labels: torch.Tensor, side: int) -> torch.Tensor:
    """Mean features (37, d) of the breeds' photographs."""
    head, network.classifier = network.classifier, nn.Identity()
    features = pet_data.outputs(network, shown, side)
    network.classifier = head
    return torch.stack([features[labels == b].mean(0) for b in range(CLASSES)])


def shipped(name: str) -> PetNetwork:
    """The network of a classifier that ships."""
    spec = registry.pet_classifier(name)
    base = backbones.load(registry.backbone(spec.backbone), torch.device("cpu"))
    return pet_classifier.load(spec, base).network


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
    learnt = torch.ones_like(held) if recipe.before else ~held
    labels = torch.tensor([p.breed for p in train])
    oxford = torch.tensor([p.origin == "oxford" for p in train])[held]
    checked = [image for image, h in zip(shown, held.tolist(), strict=True) if h]
    guesses, features = teach(recipe, train, shown, learnt, run)
    base = backbones.load(registry.backbone(recipe.backbone), torch.device("cpu"))
    course = Course(recipe, base)
    if recipe.before:
        course.begin(shipped(recipe.before).state_dict())
    else:
        probed = torch.cat([part[learnt] for part in features[recipe.backbone]])
        head = probe.fit(probed, labels[learnt].repeat(2), CLASSES)
        course.begin({f"classifier.{k}": v for k, v in head.state_dict().items()})
    course.restore(run / "last.pt")
    lesson = Lesson(recipe, labels, guesses)
    pixels = [pet_data.tensor(image) for image in shown]
    for epoch in range(course.epoch, recipe.epochs):
        start = time.time()
        torch.manual_seed(1000 + epoch)
        numbers = drawn(train, learnt.tolist(), recipe.draws, recipe.oxford, epoch)
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
        course.epoch += 1
        course.log.append(line)
        course.keep(run / "last.pt")
    if not recipe.epochs:  # only what is read off the backbone is to be made anew
        course.keep(run / "last.pt")


class Lesson:
    """Makes a batch of pictures and the labels that the network is to give them.

    Args:
        labels: (N,) breeds of all photographs.
        guesses: (N, 37), what the probes give those they were not fitted on, if they teach.
    """

    def __init__(self, recipe: Recipe, labels: torch.Tensor, guesses: torch.Tensor | None = None):
        self.recipe = recipe
        sharp = nn.functional.one_hot(labels, CLASSES) * (1 - recipe.smoothing)
        self.sharp = sharp + recipe.smoothing / CLASSES
        self.guesses = guesses
        self.network = None
        if recipe.teacher and recipe.teaches != PROBES:
            self.network = shipped(recipe.teaches)

    def __call__(self, x: torch.Tensor, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, 3, H, W) uint8 and their numbers -> pictures in [0, 1], labels (N, 37)."""
        x = x.float().div_(255).contiguous(memory_format=torch.channels_last)
        share = self.recipe.teacher
        if not share:
            return mixed(x, self.sharp[chosen], self.recipe.mix)
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

    def __init__(self, recipe: Recipe, base: backbones.Backbone):
        self.recipe = recipe
        self.network, self.average = (PetNetwork(base, recipe.stage).eval() for _ in range(2))
        self.begin({})
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
            return warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, total))))

        self.clock = torch.optim.lr_scheduler.LambdaLR(self.solver, pace)
        self.epoch, self.log = 0, []

    def begin(self, weights: dict[str, torch.Tensor]) -> None:
        """Starts from `weights`: those of the tail and the classifier that are given."""
        for network in (self.network, self.average):
            network.load_state_dict(weights, strict=False)
        self.start = {k: v.clone() for k, v in own(self.network.state_dict()).items()}

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

    def keep(self, path: Path) -> None:
        """Writes the checkpoint."""
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
