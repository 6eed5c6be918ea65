"""Caches what linear probes are trained on: features of pets and digits, as weight files.

    python -m training.pet_features            # pets_features, control_features, digits_features
    python -m training.pet_features --probe resnet50   # a linear probe on another backbone

pets_features holds the frozen EfficientNet-Lite0's pooled features of the training and the test
photographs. control_features holds those of the same network with random weights, reduced to their
first 256 principal components: what the features are worth without pretraining. digits_features
holds both for handwritten digits.
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

COMPONENTS = 256
COMMAND = "python -m training.pet_features"
DIGITS_TRAIN, DIGITS_TEST = 200, 100  # of each value


def headless(name: str) -> backbones.Backbone:
    """A pretrained backbone whose outputs are its last pooled features, not logits."""
    backbone = backbones.load(registry.backbone(name), torch.device("cpu"))
    network = backbone.network
    if hasattr(network, "fc"):  # ResNet
        network.fc = nn.Identity()
    elif isinstance(network.classifier, nn.Sequential):  # VGG, MobileNet
        network.classifier[-1] = nn.Identity()
    else:
        network.classifier = nn.Identity()
    return backbone


def evenly_spaced(pictures: Sequence[Image.Image], side: int, count: int = 252) -> torch.Tensor:
    """About `count` of the pictures, evenly spaced, (n, 3, side, side)."""
    chosen = pictures[:: len(pictures) // count]
    return torch.cat([images.to_tensor(images.square(picture, side)) for picture in chosen])


def untrained(examples: torch.Tensor) -> backbones.Backbone:
    """EfficientNet-Lite0 with random weights, and batch norm statistics of `examples`."""
    import timm

    torch.manual_seed(0)
    network = timm.create_model("tf_efficientnet_lite0", num_classes=0)
    # Without these statistics the activations vanish within fifty layers.
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    network.train()
    with torch.no_grad():
        for batch in examples.split(64):
            network(batch * 2 - 1)
    spec = registry.backbone("efficientnet_lite0")
    return backbones.Backbone(spec, network, place(True, torch.device("cpu")))


def principal_components(
    train: torch.Tensor, test: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both sets (N, d), projected onto the first principal components of `train`, (N, 256)."""
    mean = train.mean(0)
    torch.manual_seed(0)
    _, _, components = torch.pca_lowrank(train - mean, q=COMPONENTS, center=False, niter=4)
    return (train - mean) @ components, (test - mean) @ components


def probe_accuracy(name: str, data: Path = pet_data.PETS) -> float:
    """Accuracy of a linear probe on a backbone's features, on the test photographs, 0..1."""
    photos = pet_data.photos(data)
    labels = torch.tensor([photo.breed for photo in photos])
    test = torch.tensor([photo.use == "test" for photo in photos])
    backbone = headless(name)
    pictures = pet_data.pictures(photos, data)
    features = pet_data.outputs(backbone, pictures, backbone.spec.input_size)
    head = probe.fit(features[~test], labels[~test], len(breeds.NAMES))
    accuracy = (head(features[test]).argmax(1) == labels[test]).float().mean().item()
    print(f"{name}: {accuracy:.4f} of {int(test.sum())} test photographs")
    return accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", choices=registry.BACKBONES, help="only measure this backbone")
    parser.add_argument("--only", choices=("pets", "digits", "none"), help="make these alone")
    parser.add_argument(
        "--data", type=Path, default=pet_data.PETS, help="for --probe: the zip, or the Oxford set"
    )
    chosen = parser.parse_args()
    if chosen.probe:
        probe_accuracy(chosen.probe, chosen.data)
        return
    if chosen.only in (None, "pets"):
        save_pets()
    if chosen.only in (None, "digits"):
        save_digits()
    measure()


def measure() -> None:
    """Writes the test accuracies of probes with default settings into the manifest."""
    accuracies: dict[str, float] = {}
    for task, kinds in FEATURES.items():
        for kind in kinds:
            *_, last = train(*features.load(task, kind), ProbeSettings())
            accuracies[f"{task}, {kind}"] = round(last.accuracy, 4)
    print(accuracies)
    files = {
        "pets_features": ("breeds, imagenet", "cats_vs_dogs, imagenet"),
        "control_features": ("breeds, untrained", "cats_vs_dogs, untrained"),
        "digits_features": ("digits, imagenet", "digits, untrained"),
        "digits": ("digits, pixels",),
    }
    for name, keys in files.items():
        record(name, {"measured": {"head_accuracy": {key: accuracies[key] for key in keys}}})


def save_pets() -> None:
    """Makes pets_features and control_features."""
    photos = pet_data.photos()
    pictures = pet_data.pictures(photos)
    labels = torch.tensor([photo.breed for photo in photos], dtype=torch.uint8)
    test = torch.tensor([photo.use == "test" for photo in photos])
    side = registry.backbone("efficientnet_lite0").input_size
    pretrained = headless("efficientnet_lite0")
    random = untrained(evenly_spaced(pictures, side))
    facts = {"licence": "CC-BY-SA-4.0", "data": "pets.zip", "command": COMMAND}
    values = pet_data.outputs(pretrained, pictures, side)
    parts = {"train": values[~test], "test": values[test]}
    parts |= {"train_labels": labels[~test], "test_labels": labels[test]}
    save("pets_features", parts, facts)
    values = pet_data.outputs(random, pictures, side)
    control_train, control_test = principal_components(values[~test], values[test])
    save("control_features", {"train": control_train, "test": control_test}, facts)


def save_digits() -> None:
    """Makes digits_features."""
    cells, values = digits.pictures()
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(values), generator=generator)
    by_value = [order[values[order] == value] for value in range(10)]
    train_numbers = torch.cat([numbers[:DIGITS_TRAIN] for numbers in by_value])
    test_numbers = torch.cat(
        [numbers[DIGITS_TRAIN : DIGITS_TRAIN + DIGITS_TEST] for numbers in by_value]
    )
    chosen = cells[torch.cat([train_numbers, test_numbers])]
    pictures = [Image.fromarray(cell.numpy()).convert("RGB") for cell in chosen]
    side, count = registry.backbone("efficientnet_lite0").input_size, len(train_numbers)
    values = pet_data.outputs(headless("efficientnet_lite0"), pictures, side)
    control = pet_data.outputs(untrained(evenly_spaced(pictures, side)), pictures, side)
    control_train, control_test = principal_components(control[:count], control[count:])
    parts = {
        "train": values[:count],
        "test": values[count:],
        "control_train": control_train,
        "control_test": control_test,
        "train_numbers": train_numbers.short(),
        "test_numbers": test_numbers.short(),
    }
    facts = {"licence": "MIT", "data": "weights/digits.png", "command": COMMAND}
    save("digits_features", parts, facts)


if __name__ == "__main__":
    main()
