"""Makes the weight file of a trained pet classifier, with its calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from models import images, registry
from models.backbones import backbone as backbones
from models.classifiers.pet_classifier import PetNetwork, pet_odds
from training import pet_data, probe
from training.export import save
from training.pet_trainer import CLASSES, Recipe, load_shipped, trainable

PROBE_PENALTY = 1e-2  # of the probe's weights
PASS_RATE = 0.975  # share of held-out pets that the rejection threshold lets pass


def export(name: str, run: Path, command: str, data: Path = pet_data.PETS) -> None:
    """Writes the weight file: the averaged weights, and what held-out photographs say of them.

    Temperature and rejection threshold come from Oxford's held-out photographs, which are most like
    those that visitors bring. After a second stage of training nothing is held out; they are then
    those of the network before it. The centroids come from all photographs that were trained on.
    """
    state = torch.load(run / "last.pt", weights_only=True)
    recipe = Recipe(**state["recipe"])
    base = backbones.load(registry.backbone(recipe.backbone), torch.device("cpu"))
    network = interpolated(PetNetwork(base, recipe.stage), state, recipe.ema_share)
    examples = pet_data.training_set(data)
    trained_on = examples.trained_on(everything=bool(recipe.start_from))

    # What the network of the first stage says of the held-out photographs.
    validation = examples.held_out & examples.oxford
    labels = examples.labels[validation]
    pictures = pet_data.pictures(pet_data.selected(examples.photos, validation), data)
    mirrored = name in registry.PET_CLASSIFIERS and registry.pet_classifier(name).mirrored
    evaluated = load_shipped(recipe.start_from) if recipe.start_from else network
    logits, base_features = evaluate(evaluated, pictures, recipe.test_size, mirrored)
    probe_parts = {}
    if recipe.probe_weight:
        features = torch.load(run / f"frozen_{recipe.backbone}.pt", weights_only=True)
        # In units of the calibrated logits of the fine-tuned stages.
        weight = recipe.probe_weight * best_temperature(logits, labels)
        logits += weight * fit_probe(features, examples.labels, ~examples.held_out)(base_features)
        fitted = fit_probe(features, examples.labels, trained_on)
        probe_parts = {
            "second.weight": weight * fitted.weight,
            "second.bias": weight * fitted.bias,
        }
    with torch.no_grad():
        odds = pet_odds(network.base_classifier(base_features))

    temperature, threshold = best_temperature(logits, labels), odds.quantile(1 - PASS_RATE)
    shown = pet_data.pictures(pet_data.selected(examples.photos, trained_on), data)
    parameters = trainable(network.state_dict()) | probe_parts
    calibration = {
        "temperature": torch.tensor(temperature),
        "threshold": threshold,
        "centroids": centroids(network, shown, examples.labels[trained_on], recipe.test_size),
    }
    facts = {
        "licence": "CC-BY-SA-4.0",
        "data": data.name,
        "epochs": state["epoch"],
        "held_out": {
            "of_oxford": int(validation.sum()),
            "top1": round(accuracy(logits, labels)[0], 4),
        },
        "temperature": round(temperature, 4),
        "threshold": round(threshold.item(), 4),
        "parameters": sum(value.numel() for value in parameters.values()),
    }
    if recipe.start_from:
        facts["held_out"]["of"] = "the network before the second stage"
    save(name, parameters | calibration, facts | ({"command": command} if command else {}))


@torch.no_grad()
def interpolated(network: PetNetwork, state: dict, share: float) -> PetNetwork:
    """The network with weights between a run's start (`share` 0) and its average (1)."""
    network.load_state_dict(state["start"], strict=False)
    for key, value in trainable(network.state_dict()).items():
        value.lerp_(state["average"][key], share)
    return network.eval()


@torch.no_grad()
def evaluate(
    network: PetNetwork, pictures: Sequence[Image.Image], side: int, mirrored: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (N, 37) of the fine-tuned stages alone, and the backbone's pooled features (N, d);
    averages with those of the mirror image if `mirrored`."""
    logits, base_features = [], []
    for picture in pictures:
        x = images.to_tensor(images.square(picture, side))
        shared = network.shared(torch.cat([x, x.flip(3)]) if mirrored else x)
        features = network.tail(shared).mean((2, 3))
        logits.append(network.classifier(features).mean(0, True))
        base_features.append(network.base_tail(shared).mean((2, 3)).mean(0, True))
    return torch.cat(logits), torch.cat(base_features)


def fit_probe(
    features: list[torch.Tensor], labels: torch.Tensor, chosen: torch.Tensor
) -> nn.Linear:
    """A linear probe on the backbone's features of some photographs and of their mirror images."""
    both = torch.cat([part.float()[chosen] for part in features])
    return probe.fit(both, labels[chosen].repeat(len(features)), CLASSES, PROBE_PENALTY)


def centroids(
    network: PetNetwork, pictures: Sequence[Image.Image], labels: torch.Tensor, side: int
) -> torch.Tensor:
    """The breeds' mean features (37, d)."""
    classifier, network.classifier = network.classifier, nn.Identity()
    features = pet_data.outputs(network, pictures, side)
    network.classifier = classifier
    return torch.stack([features[labels == b].mean(0) for b in range(CLASSES)])


def best_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The temperature with the least cross-entropy (Guo et al. 2017), on a grid from 0.2 to 3."""
    grid = torch.logspace(math.log10(0.2), math.log10(3), 200)
    losses = [nn.functional.cross_entropy(logits / t, labels) for t in grid]
    return grid[torch.stack(losses).argmin()].item()


def accuracy(logits: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Top-1 accuracy, and its mean over the breeds."""
    correct = (logits.argmax(1) == labels).float()
    by_breed = [correct[labels == b].mean() for b in labels.unique()]
    return correct.mean().item(), torch.stack(by_breed).mean().item()
