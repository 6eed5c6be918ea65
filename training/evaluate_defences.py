"""Measures what defenses cost a pet classifier in accuracy on clean photographs.

    python -m training.evaluate_defences pets_lite0

Top-1 on the test photographs with every picture saved as a JPEG first, and, on every eighth of
them, with a vote of noisy copies (Cohen et al. 2019), where abstaining counts as wrong. Writes
"defences" into the manifest's entry.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from models import images, registry
from models.attacks.evaluation import Network
from models.attacks.settings import SmoothingSettings
from models.attacks.smoothing import certify
from models.attacks.transforms import compress
from models.classifiers import pet_classifier
from models.store import Store
from training import pet_data
from training.evaluate_pets import wilson
from training.export import record

QUALITIES = (95, 75, 50, 30)
SIGMAS = (8, 16, 32)
SAMPLES, CONFIDENCE = 32, 0.95
EVERY = 8


def accuracy(right: Sequence[bool]) -> dict:
    """Top-1 accuracy and its 95% interval."""
    top1 = sum(right) / len(right)
    return {"top1": round(top1, 4), "interval": wilson(top1, len(right))}


@torch.no_grad()
def correct(network: Network, shown: Sequence[torch.Tensor], labels: Sequence[int]) -> list[bool]:
    """Whether each picture (1, 3, H, W) is classified correctly."""
    return [
        int(network(picture).argmax(1)) == label
        for picture, label in zip(shown, labels, strict=True)
    ]


def with_jpeg(network: Network, shown, labels, quality: int) -> dict:
    """The accuracy when every picture is saved as a JPEG first."""
    return accuracy(correct(network, [compress(x, "JPEG", quality) for x in shown], labels))


def with_smoothing(network: Network, shown, labels, sigma: float, samples: int = SAMPLES) -> dict:
    """The accuracy of a vote under noise of `sigma`/255, and the share of abstentions."""
    settings = SmoothingSettings(sigma, samples, CONFIDENCE)
    right, abstained = [], 0
    for picture, label in zip(shown, labels, strict=True):
        *_, vote = certify(network, picture, settings)
        abstained += vote.abstains
        right.append(not vote.abstains and vote.nominee == label)
    return accuracy(right) | {"abstained": round(abstained / len(right), 4)}


def measure(network: Network, pictures: Sequence[Image.Image], labels, side: int) -> dict:
    """All figures, as the manifest keeps them."""
    shown = [images.to_tensor(images.square(image, side)) for image in pictures]
    few, their = shown[::EVERY], labels[::EVERY]
    undefended = correct(network, shown, labels)
    facts = {
        "photos": len(shown),
        "none": accuracy(undefended),
        "jpeg": {str(q): with_jpeg(network, shown, labels, q) for q in QUALITIES},
    }
    print(json.dumps(facts), flush=True)
    sigmas = {}
    for sigma in SIGMAS:
        sigmas[str(sigma)] = with_smoothing(network, few, their, sigma)
        print(sigma, sigmas[str(sigma)], flush=True)
    smooth = {"photos": len(few), "samples": SAMPLES, "confidence": CONFIDENCE}
    return facts | {"smoothing": smooth | {"none": accuracy(undefended[::EVERY]), "sigma": sigmas}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=registry.PET_CLASSIFIERS)
    parser.add_argument(
        "--data",
        type=Path,
        default=pet_data.PETS,
        help="the zip, or a folder for the Oxford set",
    )
    chosen = parser.parse_args()
    spec = registry.pet_classifier(chosen.name)
    classifier = pet_classifier.load(spec, Store("cpu").get(spec.backbone))
    test = [photo for photo in pet_data.photos(chosen.data) if photo.use == "test"]
    shown = pet_data.pictures(test, chosen.data)
    facts = measure(classifier, shown, [photo.breed for photo in test], spec.input_size)
    facts["command"] = f"python -m training.evaluate_defences {chosen.name}"
    record(chosen.name, {"defences": facts})
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
