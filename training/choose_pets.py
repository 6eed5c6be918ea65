"""Compares the pet classifiers on training photographs that they never saw.

    mkdir ../first_stage
    for name in pets_lite0 pets_lite2; do
        git show 9da309c:weights/$name.safetensors > ../first_stage/$name.safetensors
    done
    python -m training.choose_pets ../first_stage

The networks that ship were trained on all training photographs in their second stage
(`training/pets.py`). Those of the first stage, in this repository's history, were not shown the
held-out ones; by these the page's default is chosen. Prints accuracy and its mean over the breeds
for each network and for the mean of their probabilities.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import safetensors.torch
import torch

from models import registry
from models.classifiers import pet_classifier
from models.store import Store
from training import pet_data
from training.evaluate_pets import mean_per_class, wilson

FIRST_STAGE = "pets_lite0", "pets_lite2"


def network(path: Path, store: Store) -> pet_classifier.PetNetwork:
    """The network of a weight file of the first stage; it has no linear probe."""
    spec = registry.pet_classifier(path.stem)
    state = safetensors.torch.load_file(path)
    found = pet_classifier.PetNetwork(store.get(spec.backbone), spec.stage)
    for part in ("tail", "classifier"):
        prefix = f"{part}."
        weights = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
        found.get_submodule(part).load_state_dict(weights)
    return found.eval().requires_grad_(False)


def probabilities(name: str, folder: Path, shown: list, store: Store) -> torch.Tensor:
    """(N, 37), with the mirror image where the classifier uses it, calibrated."""
    spec, path = registry.pet_classifier(name), folder / f"{name}.safetensors"
    classifier = network(path, store)
    logits = pet_data.outputs(classifier, shown, spec.input_size)
    if spec.mirrored:
        mirrored = pet_data.outputs(classifier, shown, spec.input_size, mirrored=True)
        logits = (logits + mirrored) / 2
    temperature = safetensors.torch.load_file(path)["temperature"]
    return (logits / temperature).softmax(1)


def measure(found: torch.Tensor, labels: torch.Tensor) -> dict:
    """Accuracy and its mean over the breeds, each with a 95% interval."""
    correct = (found.argmax(1) == labels).float()
    mean, interval = mean_per_class(correct, labels)
    top = correct.mean().item()
    return {
        "top1": round(top, 4),
        "top1_interval": wilson(top, len(labels)),
        "mean_per_class": round(mean, 4),
        "mean_per_class_interval": interval,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="weight files of the first stage")
    parser.add_argument("--data", type=Path, default=pet_data.PETS)
    chosen = parser.parse_args()
    examples = pet_data.training_set(chosen.data)
    held_out = examples.held_out
    shown = pet_data.selected(pet_data.pictures(examples.photos, chosen.data), held_out)
    store, labels, oxford = Store("cpu"), examples.labels[held_out], examples.oxford[held_out]
    found = {name: probabilities(name, chosen.folder, shown, store) for name in FIRST_STAGE}
    found["mean of both"] = torch.stack([*found.values()]).mean(0)
    for name, each in found.items():
        figures = {
            "all": {"photos": len(labels)} | measure(each, labels),
            "oxford": {"photos": int(oxford.sum())} | measure(each[oxford], labels[oxford]),
        }
        print(name, json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
