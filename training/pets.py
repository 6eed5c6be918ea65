"""Fine-tunes an ImageNet network on the 37 pet breeds.

    python -m training.pets pets_lite0 --run ../runs/pets_lite0

The classifier starts as a linear probe on the frozen features (linear probing first, Kumar et al.
2022); then the later stages are fine-tuned with it, on augmented photographs and on labels that are
partly a teacher's probabilities (distillation, Hinton et al. 2015). The larger network's teacher is
a linear probe on the features of Lite0 and Lite2 together, cross-fitted: each photograph's
probabilities come from a probe that was fitted without it. The smaller network's teacher is the
larger network.

`--again` is a second stage, from the network that ships, on all photographs, those held out before
too: the probe on the backbone's features is fitted anew, and with `--set epochs=3` the network is
trained further (which brought nothing for pets_lite0).
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader

from models import registry
from models.backbones import backbone as backbones
from training import pet_data, pet_export, probe
from training.pet_augmentation import AugmentedPhotos, sample_epoch
from training.pet_features import headless
from training.pet_trainer import CLASSES, PROBES, BatchMaker, Recipe, Trainer, load_shipped

TEACHER_BACKBONES = ("efficientnet_lite0", "efficientnet_lite2")
RECIPES = {
    "pets_lite0": Recipe(
        teacher_name="pets_lite2", teacher=0.8, mix_probability=0.8, epochs=12, lr=1.5e-4
    ),
    "pets_lite2": Recipe(backbone="efficientnet_lite2", epochs=8),
}
SECOND_STAGE = {"epochs": 0, "teacher": 0.0}


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
        recipe |= SECOND_STAGE | {"start_from": chosen.name}
    changes = dict(item.split("=") for item in chosen.set)
    recipe = Recipe(**{k: type(v)(changes.get(k, v)) for k, v in recipe.items()})
    chosen.run.mkdir(parents=True, exist_ok=True)
    if chosen.export:
        pet_export.export(chosen.name, chosen.run, chosen.command, chosen.data)
    else:
        train(recipe, chosen.run, chosen.data)


def train(recipe: Recipe, run: Path, data: Path = pet_data.PETS, adversary=None) -> None:
    """Trains into run/last.pt; starts where that file left off.

    Args:
        adversary: perturbs each batch and reports robust accuracy (`training/pets_robust.py`).
    """
    torch.manual_seed(0)
    examples = pet_data.training_set(data)
    pictures = pet_data.pictures(examples.photos, data)
    trained_on = examples.trained_on(everything=bool(recipe.start_from))

    # The teacher, where it is a linear probe on frozen features.
    distils_probes = recipe.teacher > 0 and recipe.teacher_name == PROBES
    wanted = dict.fromkeys((recipe.backbone, *(TEACHER_BACKBONES if distils_probes else ())))
    features = {name: frozen_features(name, pictures, run) for name in wanted}
    probabilities = None
    if distils_probes:
        probabilities = probe_probabilities(features, examples, trained_on)
    batch_maker = BatchMaker(recipe, examples.labels, probabilities)

    # The network, with a linear probe on its own frozen features for a classifier.
    if recipe.start_from:
        weights = load_shipped(recipe.start_from).state_dict()
    else:
        both = torch.cat([part[trained_on] for part in features[recipe.backbone]])
        head = probe.fit(both, examples.labels[trained_on].repeat(2), CLASSES)
        weights = {f"classifier.{k}": v for k, v in head.state_dict().items()}
    base = backbones.load(registry.backbone(recipe.backbone), torch.device("cpu"))
    trainer = Trainer(recipe, base, weights)
    trainer.resume(run / "last.pt")

    held_out, oxford = examples.held_out, examples.oxford[examples.held_out]
    validation = pet_data.selected(pictures, held_out)
    pixels = [pet_data.tensor(picture) for picture in pictures]
    for epoch in range(trainer.epoch, recipe.epochs):
        start = time.time()
        torch.manual_seed(1000 + epoch)
        numbers = sample_epoch(
            examples.photos, trained_on.tolist(), recipe.photos_per_epoch, recipe.oxford_weight,
            epoch,
        )  # fmt: skip
        loader = DataLoader(
            AugmentedPhotos(pixels, numbers, recipe.train_size), recipe.batch_size, num_workers=1,
            drop_last=True, prefetch_factor=4,
        )  # fmt: skip
        losses = []
        for x, chosen in loader:
            x, y = batch_maker(x, chosen)
            if adversary:
                x = adversary(trainer.network, x, y, epoch)
            losses.append(trainer.step(x, y))
            if len(losses) % 50 == 0:
                rate = len(losses) * recipe.batch_size / (time.time() - start)
                print(f"  {len(losses)} loss {np.mean(losses[-50:]):.4f}, {rate:.1f}/s", flush=True)

        logits = pet_data.outputs(trainer.average.eval(), validation, recipe.test_size)
        labels = examples.labels[held_out]
        line = {
            "epoch": epoch + 1,
            "loss": round(float(np.mean(losses)), 4),
            "held_out": [round(v, 4) for v in pet_export.accuracy(logits, labels)],
            "of_oxford": [round(v, 4) for v in pet_export.accuracy(logits[oxford], labels[oxford])],
            "seconds": round(time.time() - start),
        }
        if adversary:
            line |= adversary.evaluate(trainer.average, validation, labels)
        print(json.dumps(line), flush=True)
        trainer.epoch += 1
        trainer.log.append(line)
        trainer.save(run / "last.pt")
    if not recipe.epochs:  # the exported probe alone changes
        trainer.save(run / "last.pt")


def frozen_features(name: str, pictures: Sequence[Image.Image], run: Path) -> list[torch.Tensor]:
    """A backbone's pooled features (N, d) of all photographs, and of their mirror images; cached in
    the run's folder, where the export reads them again."""
    path = run / f"frozen_{name}.pt"
    if not path.exists():
        network, side = headless(name), registry.backbone(name).input_size
        both = [pet_data.outputs(network, pictures, side, flip).half() for flip in (False, True)]
        torch.save(both, path)
        print("features of", name, flush=True)
    return [part.float() for part in torch.load(path, weights_only=True)]


def probe_probabilities(
    features: dict[str, list[torch.Tensor]],
    examples: pet_data.TrainingSet,
    trained_on: torch.Tensor,
) -> torch.Tensor:
    """The teacher's probabilities (N, 37), cross-fitted; crops of one photo share a fold."""
    originals = [photo.twin or photo.path for photo in examples.photos]
    shuffled = sorted(set(originals), key=lambda path: zlib.crc32(path.encode()))
    order = {path: n for n, path in enumerate(shuffled)}
    groups = torch.tensor([order[path] for path in originals])
    both = torch.cat([sum(features[name]) / 2 for name in TEACHER_BACKBONES], 1)
    labels = examples.labels[trained_on]
    logits = torch.zeros(len(originals), CLASSES)
    logits[trained_on] = probe.out_of_fold(both[trained_on], labels, groups[trained_on], CLASSES)
    top = pet_export.accuracy(logits[trained_on], labels)
    print("teacher, out of fold:", *top, flush=True)
    return logits.softmax(1)


if __name__ == "__main__":
    main()
