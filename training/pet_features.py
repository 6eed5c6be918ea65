"""Caches what live training learns from: features of pets and digits, as weight files.

    python -m training.pet_features            # pets_features, control_features, digits_features
    python -m training.pet_features --probe resnet50   # a linear probe on another backbone

pets_features holds the frozen EfficientNet-Lite0's pooled features of the training and the test
photographs: numbers, not pictures. control_features holds those of the same network with random
weights, reduced to their first 256 principal components: what the features are worth without
pretraining. digits_features holds both for handwritten digits.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from models import images, registry
from models.backbones import backbone as backbones
from models.device import place
from models.labels import breeds
from models.linear_probe import digits, features
from models.linear_probe.settings import FEATURES, ProbeSettings
from models.linear_probe.train import train
from training import pet_data, probe
from training.export import record, save

KEPT = 256
COMMAND = "python -m training.pet_features"
DIGITS_TRAIN, DIGITS_TEST = 200, 100  # of each value


def headless(name: str) -> backbones.Backbone:
    """A pretrained backbone that gives its last features instead of classes."""
    backbone = backbones.load(registry.backbone(name), torch.device("cpu"))
    network = backbone.network
    if hasattr(network, "fc"):  # ResNet
        network.fc = nn.Identity()
    elif isinstance(network.classifier, nn.Sequential):  # VGG, MobileNet
        network.classifier[-1] = nn.Identity()
    else:
        network.classifier = nn.Identity()
    return backbone


def some(shown: Sequence[Image.Image], side: int, count: int = 252) -> torch.Tensor:
    """A sample of the pictures, spread over all of them."""
    return torch.cat(
        [images.to_tensor(images.square(i, side)) for i in shown[:: len(shown) // count]]
    )


def untrained(examples: torch.Tensor) -> backbones.Backbone:
    """EfficientNet-Lite0 with random weights; its batch norms know the scale of `examples`."""
    import timm

    torch.manual_seed(0)
    network = timm.create_model("tf_efficientnet_lite0", num_classes=0)
    # Without these statistics the signal dies out on its way through fifty layers.
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None
    network.train()
    with torch.no_grad():
        for part in examples.split(64):
            network(part * 2 - 1)
    spec = registry.backbone("efficientnet_lite0")
    return backbones.Backbone(spec, network, place(True, torch.device("cpu")))


def reduced(train: torch.Tensor, test: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both on the training part's first principal components."""
    mean = train.mean(0)
    torch.manual_seed(0)
    _, _, rows = torch.pca_lowrank(train - mean, q=KEPT, center=False, niter=4)
    return (train - mean) @ rows, (test - mean) @ rows


def probed(name: str, data: Path = pet_data.PETS) -> float:
    """What logistic regression on a backbone's features reaches on the test photographs, 0..1."""
    photos = pet_data.photos(data)
    labels = torch.tensor([photo.breed for photo in photos])
    test = torch.tensor([photo.use == "test" for photo in photos])
    backbone = headless(name)
    found = pet_data.outputs(backbone, pet_data.pictures(photos, data), backbone.spec.input_size)
    head = probe.fit(found[~test], labels[~test], len(breeds.NAMES))
    right = (head(found[test]).argmax(1) == labels[test]).float().mean().item()
    print(f"{name}: {right:.4f} of {int(test.sum())} test photographs")
    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", choices=registry.BACKBONES, help="only measure this backbone")
    parser.add_argument("--only", choices=("pets", "digits", "none"), help="make these alone")
    parser.add_argument(
        "--data", type=Path, default=pet_data.PETS, help="for --probe: the zip, or the Oxford set"
    )
    chosen = parser.parse_args()
    if chosen.probe:
        probed(chosen.probe, chosen.data)
        return
    if chosen.only in (None, "pets"):
        save_pets()
    if chosen.only in (None, "digits"):
        save_digits()
    measure()


def measure() -> None:
    """Notes in the manifest what a head with default settings reaches on the test pictures."""
    found: dict[str, float] = {}
    for task, kinds in FEATURES.items():
        for kind in kinds:
            *_, last = train(*features.load(task, kind), ProbeSettings())
            found[f"{task}, {kind}"] = round(last.accuracy, 4)
    print(found)
    files = {
        "pets_features": ("breeds, imagenet", "cats_vs_dogs, imagenet"),
        "control_features": ("breeds, untrained", "cats_vs_dogs, untrained"),
        "digits_features": ("digits, imagenet", "digits, untrained"),
        "digits": ("digits, pixels",),
    }
    for name, keys in files.items():
        record(name, {"measured": {"head_accuracy": {key: found[key] for key in keys}}})


def save_pets() -> None:
    """Makes pets_features and control_features."""
    photos = pet_data.photos()
    shown = pet_data.pictures(photos)
    labels = torch.tensor([photo.breed for photo in photos], dtype=torch.uint8)
    test = torch.tensor([photo.use == "test" for photo in photos])
    side = registry.backbone("efficientnet_lite0").input_size
    trained = headless("efficientnet_lite0")
    random = untrained(some(shown, side))
    pets = {"licence": "CC-BY-SA-4.0", "data": "pets.zip", "command": COMMAND}
    found = pet_data.outputs(trained, shown, side)
    parts = {"train": found[~test], "test": found[test]}
    both = {"train_labels": labels[~test], "test_labels": labels[test]}
    save("pets_features", parts | both, pets)
    found = pet_data.outputs(random, shown, side)
    first, last = reduced(found[~test], found[test])
    save("control_features", {"train": first, "test": last}, pets)


def save_digits() -> None:
    """Makes digits_features."""
    cells, values = digits.pictures()
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(values), generator=generator)
    by_value = [order[values[order] == value] for value in range(10)]
    first = torch.cat([some[:DIGITS_TRAIN] for some in by_value])
    last = torch.cat([some[DIGITS_TRAIN : DIGITS_TRAIN + DIGITS_TEST] for some in by_value])
    shown = [
        Image.fromarray(cell.numpy()).convert("RGB") for cell in cells[torch.cat([first, last])]
    ]
    side = registry.backbone("efficientnet_lite0").input_size
    learnt = pet_data.outputs(headless("efficientnet_lite0"), shown, side)
    control = pet_data.outputs(untrained(some(shown, side)), shown, side)
    control_train, control_test = reduced(control[: len(first)], control[len(first) :])
    parts = {
        "train": learnt[: len(first)],
        "test": learnt[len(first) :],
        "control_train": control_train,
        "control_test": control_test,
        "train_numbers": first.short(),
        "test_numbers": last.short(),
    }
    facts = {"licence": "MIT", "data": "weights/digits.png", "command": COMMAND}
    save("digits_features", parts, facts)


if __name__ == "__main__":
    main()
