"""Measures a pet classifier on the test photographs, and on pictures that are no pets.

    python -m training.evaluate_pets pets_lite0 --others gcompris/usr/share/gcompris-qt/rcc

Writes the figures into the manifest; of the default classifier it also draws
docs/pets_reliability.png and docs/pets_confusion.png. Nothing here may choose anything: models,
temperature and threshold come from photographs held out of the training part.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from models import images, registry
from models.classifiers import pet_classifier
from models.labels import breeds
from models.linear_probe import confusion
from models.linear_probe.train import confusion_matrix
from models.store import Store
from training import others, pet_data
from training.export import record

BINS = 15
DOCS = Path(__file__).resolve().parents[1] / "docs"


def wilson(right: float, count: int, z: float = 1.96) -> list[float]:
    """The 95% interval of a share (Wilson 1927)."""
    middle = (right + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(right * (1 - right) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return [round(middle - half, 4), round(middle + half, 4)]


def bins(confidence: torch.Tensor, right: torch.Tensor) -> list[tuple[int, float, float]]:
    """(how many, mean confidence, share right) of each of 15 equal steps of confidence."""
    place = (confidence * BINS).long().clamp_max(BINS - 1)
    out = []
    for b in range(BINS):
        inside = place == b
        n = int(inside.sum())
        mean = (confidence[inside].mean().item(), right[inside].mean().item()) if n else (0.0, 0.0)
        out.append((n, *mean))
    return out


def calibration_error(steps: list[tuple[int, float, float]]) -> float:
    """Expected calibration error (Naeini et al. 2015): mean |confidence - share right|."""
    total = sum(n for n, _, _ in steps)
    return sum(n * abs(sure - right) for n, sure, right in steps) / total


def mean_per_class(right: torch.Tensor, labels: torch.Tensor) -> tuple[float, list[float]]:
    """Mean over the breeds of the share right, and its 95% interval by resampling the photographs
    within each breed."""
    generator = torch.Generator().manual_seed(0)
    groups = [right[labels == b] for b in labels.unique()]
    draws = []
    for _ in range(2000):
        means = [g[torch.randint(len(g), (len(g),), generator=generator)].mean() for g in groups]
        draws.append(torch.stack(means).mean())
    low, high = torch.stack(draws).quantile(torch.tensor([0.025, 0.975])).tolist()
    return torch.stack([g.mean() for g in groups]).mean().item(), [round(low, 4), round(high, 4)]


def looked(classifier, shown: list[Image.Image]) -> list:
    """What the classifier sees in each picture."""
    out, side = [], classifier.spec.input_size
    for start in range(0, len(shown), 8):
        part = [images.to_tensor(images.square(i, side)) for i in shown[start:][:8]]
        out += classifier.predict_batch(torch.cat(part))
    return out


def reliability(steps: list[tuple[int, float, float]], error: float) -> Image.Image:
    """The reliability diagram: share right against confidence, with counts below."""
    side, margin, low = 420, 60, 90
    picture = Image.new("RGB", (side + margin + 20, side + margin + low), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    left, bottom = margin, 20 + side
    pen.rectangle((left, 20, left + side, bottom), outline="#999999")
    pen.line((left, bottom, left + side, 20), "#999999", 2)
    most = max(n for n, _, _ in steps)
    for b, (n, sure, right) in enumerate(steps):
        x0, x1 = left + side * b / BINS, left + side * (b + 1) / BINS
        if n:
            pen.rectangle((x0 + 2, bottom - side * right, x1 - 2, bottom), "#9cc3ee", "#2f7ed8")
            x, y = left + side * sure, bottom - side * right
            pen.ellipse((x - 4, y - 4, x + 4, y + 4), "#e4572e")
            pen.rectangle((x0 + 2, bottom + 85 - 50 * n / most, x1 - 2, bottom + 85), "#cccccc")
            pen.text(((x0 + x1) / 2, bottom + 97), str(n), "black", ImageFont.load_default(11),
                     anchor="mm")  # fmt: skip
    for share in (0, 0.5, 1):
        pen.text((left + side * share, bottom + 14), f"{share:g}", "black", font, anchor="mm")
        pen.text((left - 8, bottom - side * share), f"{share:g}", "black", font, anchor="rm")
    pen.text((left + 12, 34), f"expected calibration error {error:.2%}", "black", font)
    pen.text((left + side / 2, bottom + 30), "confidence", "black", font, anchor="mm")
    pen.text((left + 12, 56), "bars: share right; below: photos", "#555555", font)
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
    seen = looked(classifier, pet_data.pictures(test, chosen.data))
    chances = torch.stack([s.probabilities for s in seen])
    confidence, found = chances.max(1)
    right = (found == labels).float()
    dogs = labels >= len(breeds.CATS)
    species = ((torch.tensor([s.cat for s in seen]) < 0.5) == dogs).float().mean().item()
    mean, mean_interval = mean_per_class(right, labels)
    top = right.mean().item()
    passed = sum(s.is_pet for s in seen) / len(seen)
    steps = bins(confidence, right)
    facts = {
        "photos": len(test),
        "top1": round(top, 4),
        "top1_interval": wilson(top, len(test)),
        "mean_per_class": round(mean, 4),
        "mean_per_class_interval": mean_interval,
        "species": round(species, 4),
        "species_interval": wilson(species, len(test)),
        "ece_15_bins": round(calibration_error(steps), 4),
        "passed": round(passed, 4),
        "passed_interval": wilson(passed, len(test)),
    }
    if chosen.others:
        refused, counts = {}, {}
        for kind, shown in others.kinds(chosen.others).items():
            kept = sum(s.is_pet for s in looked(classifier, shown))
            refused[kind] = round(1 - kept / len(shown), 4)
            counts[kind] = len(shown)
        facts |= {"refused": refused, "refused_of": counts}
        facts["refused_mean"] = round(sum(refused.values()) / len(refused), 4)
    facts["command"] = f"python -m training.evaluate_pets {chosen.name} --others RCC_FOLDER"
    record(chosen.name, {"measured": facts})
    if spec.name == registry.DEFAULT_PET_CLASSIFIER:
        reliability(steps, facts["ece_15_bins"]).save(DOCS / "pets_reliability.png")
        matrix = confusion_matrix(found, labels, len(breeds.NAMES))
        drawn = confusion.draw(matrix, breeds.NAMES)
        drawn.save(DOCS / "pets_confusion.png", optimize=True)
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
