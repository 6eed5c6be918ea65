"""Measures the inversion of cats on photographs that nothing here has seen.

    python -m training.evaluate_inversion [--sheet FILE.png]

Finder: how many of 60 test photographs of cats in pets.zip it finds, the last of each breed and on
backwards; right is a box that overlaps with that of `training/inversion/test_faces.json` by half
(intersection over union). There a person judged the finder's own boxes, and drew those that were
wrong anew. Quality: PSNR and Lite2's feature distance of the first 20, and how far sliders move the
VAE's code of an inverted cat, beside a drawn one's. Written into the manifest as `measured`.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch

from models import images, store
from models.gan.inversion import inverter as inverters
from models.gan.inversion.face_finder import LEAST_SCORE, crop
from models.gan.inversion.settings import WEIGHTS, Box
from models.labels import breeds
from training.export import record
from training.pet_data import Photo, photos, pictures

COUNT, QUALITY = 60, 20
STEPS = 40
RIGHT = 0.5  # intersection over union
FACES = Path(__file__).parent / "inversion" / "test_faces.json"
SLIDE = 1.5
DRAWN = 32
USED = 4  # sliders


def test_cats() -> list[Photo]:
    """The last test photograph of each cat breed in the index's order, then those before them."""
    by_breed: dict[int, list[Photo]] = {}
    for photo in photos():
        if photo.use == "test" and breeds.SPECIES[photo.breed] == "cat":
            by_breed.setdefault(photo.breed, []).append(photo)
    back = [group[::-1] for _, group in sorted(by_breed.items())]
    rounds = zip(*back, strict=False)
    return [photo for chosen in rounds for photo in chosen][:COUNT]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(a.x + a.side, b.x + b.side) - max(a.x, b.x)
    height = min(a.y + a.side, b.y + b.side) - max(a.y, b.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (a.side**2 + b.side**2 - shared)


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927)."""
    share, part = hits / count, z * z / count
    middle = (share + part / 2) / (1 + part)
    half = z / (1 + part) * math.sqrt(share * (1 - share) / count + part / (4 * count))
    return middle - half, middle + half


Draw = Callable[[torch.Tensor | None], torch.Tensor]


def moved(vae: Any, draw: Draw, directions: torch.Tensor) -> float:
    """How far sliders at +-`SLIDE` move the VAE's code, root mean square."""
    base = vae.encode(draw(None))
    shifts = [value * one for one in directions[:USED] for value in (-SLIDE, SLIDE)]
    far = [(vae.encode(draw(shift)) - base).square().sum(1) for shift in shifts]
    return float(torch.stack(far).mean().sqrt())


def finder_figures(inverter: Any, faces: dict[str, Box]) -> tuple[dict, list[bool]]:
    """The finder's hits among the photographs, and what was measured."""
    chosen = [photo for photo in test_cats() if photo.path in faces]
    hits, seconds = [], []
    for photo, image in zip(chosen, pictures(chosen), strict=True):
        begin = time.perf_counter()
        best = inverter.finder.find(image)[0]
        seconds.append(time.perf_counter() - begin)
        right = best.score >= LEAST_SCORE and overlap(best.box, faces[photo.path]) >= RIGHT
        hits.append(right)
        print(f"{photo.path}: {'found' if right else 'missed'}, {best.score:.2f}", flush=True)
    interval = [round(end, 4) for end in wilson(sum(hits), len(hits))]
    rate = round(sum(hits) / len(hits), 4)
    figures = {"photos": len(hits), "found": sum(hits), "rate": rate, "interval": interval}
    return figures | {"seconds": round(median(seconds), 2)}, hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheet", type=Path, help="where a picture of all goes")
    chosen = parser.parse_args()
    model, device = "stylegan_cats64", "cpu"
    judge = store.load("efficientnet_lite2", device)
    vae = store.load("vae_cats64", device)
    inverter = inverters.load(model, store.load("efficientnet_lite0", device))
    faces = {path: Box(*box) for path, box in json.loads(FACES.read_text()).items()}
    finder, hits = finder_figures(inverter, faces)
    cats = test_cats()[:QUALITY]
    spaces = ("w+", "tuned", "w", "noise")
    quality: dict[str, list] = {space: [] for space in ("encoder", *spaces)}
    slides: dict[str, list[float]] = {space: [] for space in spaces}
    seconds: dict[str, list[float]] = {"first guess": [], "tuned": []}
    rows = []
    for photo, image in zip(cats, pictures(cats), strict=True):
        target = crop(image, faces[photo.path])
        begin, shown = time.perf_counter(), [target]
        for step in inverter.steps(target, spaces, STEPS):
            if step.step == 0:
                seconds["first guess"].append(time.perf_counter() - begin)
                quality["encoder"].append(inverters.judged(judge, target, step.picture))
                shown.append(step.picture)
            elif step.step == 2 * STEPS:
                seconds["tuned"].append(time.perf_counter() - begin)
        for space in spaces:
            inversion = step.found[space]
            shown.append(inversion.draw())
            quality[space].append(inverters.judged(judge, target, shown[-1]))
            slides[space].append(moved(vae, inversion.draw, inverter.directions))
        rows += shown
        print(photo.path, {space: found[-1] for space, found in quality.items()}, flush=True)
    codes = inverter.codes_of_drawn(DRAWN)
    directions = inverter.network.directions
    drawn = [moved(vae, inverter.inversion(one).draw, directions) for one in codes]
    figures = {
        "photos": QUALITY,
        "by_hand": QUALITY - sum(hits[:QUALITY]),
        "quality": {space: figure(found) for space, found in quality.items()},
        "of_found_tuned": figure(
            [q for q, hit in zip(quality["tuned"], hits, strict=False) if hit]
        ),
        "slides": {space: round(mean(found) / mean(drawn), 3) for space, found in slides.items()},
        "seconds": {stage: round(median(found), 2) for stage, found in seconds.items()},
        "finder": finder,
        "command": "python -m training.evaluate_inversion",
    }
    print(json.dumps(figures, indent=1))
    record(WEIGHTS.format(model), {"measured": figures})
    if chosen.sheet:
        columns = len(spaces) + 2
        images.to_image(images.grid(torch.cat(rows), columns, gap=2)).save(chosen.sheet)


def figure(found: list[tuple[float, float]]) -> dict[str, float]:
    """Means of PSNR and distance."""
    return {
        "psnr": round(mean(psnr for psnr, _ in found), 2),
        "distance": round(mean(distance for _, distance in found), 3),
    }


if __name__ == "__main__":
    main()
