"""Measures a pet classifier on the test photographs, and on pictures that are no pets.

    python -m training.evaluate_pets pets_lite0 --others gcompris/usr/share/gcompris-qt/rcc

Writes the figures into the manifest; of the default classifier it also draws
docs/pets_reliability.png and docs/pets_confusion.png. Nothing is chosen by the test photographs:
models, temperature and threshold come from held-out training photographs.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image, ImageDraw, ImageFont

from models import images, registry
from models.classifiers import pet_classifier
from models.classifiers.pet_classifier import PetClassifier, PetPrediction
from models.labels import breeds
from models.linear_probe import confusion
from models.linear_probe.train import confusion_matrix
from models.store import Store
from training import others, pet_data
from training.export import record

BINS = 15
DOCS = Path(__file__).resolve().parents[1] / "docs"


class Bin(NamedTuple):
    """An interval of confidence: how many photographs, their mean confidence and accuracy."""

    count: int
    confidence: float
    accuracy: float


def wilson(share: float, count: int, z: float = 1.96) -> list[float]:
    """The 95% interval of a share of `count` (Wilson 1927)."""
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return [round(middle - half, 4), round(middle + half, 4)]


def bins(confidence: torch.Tensor, correct: torch.Tensor) -> list[Bin]:
    """The photographs in 15 equal intervals of confidence; `correct` (N,) is 1.0 or 0.0."""
    place = (confidence * BINS).long().clamp_max(BINS - 1)
    found = []
    for b in range(BINS):
        inside = place == b
        count = int(inside.sum())
        means = (part[inside].mean().item() if count else 0.0 for part in (confidence, correct))
        found.append(Bin(count, *means))
    return found


def calibration_error(found: list[Bin]) -> float:
    """Expected calibration error (Naeini et al. 2015): mean of |confidence - accuracy|."""
    total = sum(each.count for each in found)
    return sum(each.count * abs(each.confidence - each.accuracy) for each in found) / total


def mean_per_class(correct: torch.Tensor, labels: torch.Tensor) -> tuple[float, list[float]]:
    """Mean over the breeds of the accuracy, and its 95% interval by the bootstrap, stratified by
    breed."""
    generator = torch.Generator().manual_seed(0)
    groups = [correct[labels == b] for b in labels.unique()]
    draws = []
    for _ in range(2000):
        means = [g[torch.randint(len(g), (len(g),), generator=generator)].mean() for g in groups]
        draws.append(torch.stack(means).mean())
    low, high = torch.stack(draws).quantile(torch.tensor([0.025, 0.975])).tolist()
    return torch.stack([g.mean() for g in groups]).mean().item(), [round(low, 4), round(high, 4)]


def predict_all(classifier: PetClassifier, pictures: list[Image.Image]) -> list[PetPrediction]:
    """The classifier's prediction of each picture."""
    predictions, side = [], classifier.spec.input_size
    for start in range(0, len(pictures), 8):
        part = [images.to_tensor(images.square(i, side)) for i in pictures[start:][:8]]
        predictions += classifier.predict_batch(torch.cat(part))
    return predictions


def reliability_diagram(found: list[Bin]) -> Image.Image:
    """Accuracy against confidence, with counts below."""
    side, margin, low = 420, 60, 90
    picture = Image.new("RGB", (side + margin + 20, side + margin + low), "white")
    canvas, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    left, bottom = margin, 20 + side
    canvas.rectangle((left, 20, left + side, bottom), outline="#999999")
    canvas.line((left, bottom, left + side, 20), "#999999", 2)
    largest = max(each.count for each in found)
    for b, (count, confidence, accuracy) in enumerate(found):
        if not count:
            continue
        x0, x1 = left + side * b / BINS, left + side * (b + 1) / BINS
        x, y = left + side * confidence, bottom - side * accuracy
        canvas.rectangle((x0 + 2, y, x1 - 2, bottom), "#9cc3ee", "#2f7ed8")
        canvas.ellipse((x - 4, y - 4, x + 4, y + 4), "#e4572e")
        height = 50 * count / largest
        canvas.rectangle((x0 + 2, bottom + 85 - height, x1 - 2, bottom + 85), "#cccccc")
        small = ImageFont.load_default(11)
        canvas.text(((x0 + x1) / 2, bottom + 97), str(count), "black", small, anchor="mm")
    for share in (0, 0.5, 1):
        canvas.text((left + side * share, bottom + 14), f"{share:g}", "black", font, anchor="mm")
        canvas.text((left - 8, bottom - side * share), f"{share:g}", "black", font, anchor="rm")
    title = f"expected calibration error {calibration_error(found):.2%}"
    canvas.text((left + 12, 34), title, "black", font)
    canvas.text((left + side / 2, bottom + 30), "confidence", "black", font, anchor="mm")
    canvas.text((left + 12, 56), "bars: share right; below: photos", "#555555", font)
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=registry.PET_CLASSIFIERS)
    parser.add_argument("--others", type=Path, help="folder of .rcc files, see training/others.py")
    parser.add_argument(
        "--data", type=Path, default=pet_data.PETS, help="the zip, or a folder for the Oxford set"
    )
    chosen = parser.parse_args()
    spec = registry.pet_classifier(chosen.name)
    classifier = pet_classifier.load(spec, Store("cpu").get(spec.backbone))
    test = [photo for photo in pet_data.photos(chosen.data) if photo.use == "test"]
    labels = torch.tensor([photo.breed for photo in test])
    predictions = predict_all(classifier, pet_data.pictures(test, chosen.data))
    confidence, predicted = torch.stack([p.probabilities for p in predictions]).max(1)
    correct = (predicted == labels).float()
    dogs = labels >= len(breeds.CATS)
    species = ((torch.tensor([p.cat for p in predictions]) < 0.5) == dogs).float().mean().item()
    mean, mean_interval = mean_per_class(correct, labels)
    top = correct.mean().item()
    passed = sum(p.is_pet for p in predictions) / len(predictions)
    calibration = bins(confidence, correct)
    facts = {
        "photos": len(test),
        "top1": round(top, 4),
        "top1_interval": wilson(top, len(test)),
        "mean_per_class": round(mean, 4),
        "mean_per_class_interval": mean_interval,
        "species": round(species, 4),
        "species_interval": wilson(species, len(test)),
        "ece_15_bins": round(calibration_error(calibration), 4),
        "passed": round(passed, 4),
        "passed_interval": wilson(passed, len(test)),
    }
    if chosen.others:
        refused, counts = {}, {}
        for kind, pictures in others.kinds(chosen.others).items():
            taken = sum(p.is_pet for p in predict_all(classifier, pictures))
            refused[kind] = round(1 - taken / len(pictures), 4)
            counts[kind] = len(pictures)
        facts |= {"refused": refused, "refused_of": counts}
        facts["refused_mean"] = round(sum(refused.values()) / len(refused), 4)
    facts["command"] = f"python -m training.evaluate_pets {chosen.name} --others RCC_FOLDER"
    record(chosen.name, {"measured": facts})
    if spec.name == registry.DEFAULT_PET_CLASSIFIER:
        reliability_diagram(calibration).save(DOCS / "pets_reliability.png")
        matrix = confusion_matrix(predicted, labels, len(breeds.NAMES))
        confusion.draw(matrix, breeds.NAMES).save(DOCS / "pets_confusion.png", optimize=True)
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
