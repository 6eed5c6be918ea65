"""Measures a generator of 64 x 64 pictures against its training pictures.

    python -m training.evaluate_gan stylegan_cats64 --into ../runs/measured
    python -m training.evaluate_gan stylegan_cats64 --into ../runs/measured --run SNAPSHOT

The second form measures the average of a training run (a folder, a checkpoint or a .safetensors
file) by 2,048 samples, and writes nothing into the manifest.

All distances are between pooled EfficientNet-Lite0 features (1,280 numbers, pictures shown at
128 px): they are not Inception's, so this is not FID, and figures from elsewhere can't be compared.

- Frechet distance (Heusel et al. 2017): |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)).
- KID (Binkowski et al. 2018): squared maximum mean discrepancy, kernel (x.y / d + 1)^3, unbiased,
  mean over 50 subsets of 1,000.
- Precision and recall (Kynkaanniemi et al. 2019): the share of generated features inside the
  manifold of real ones, and the other way round; a manifold is the union of balls around 10,000
  features, each reaching its third neighbour.
- Memorization: the nearest training face of each of 64 samples, as a sheet for a person to look at,
  and its distance compared with that between training faces. The sheet holds training faces and
  stays outside the project.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from models import registry
from models.backbones import backbone
from models.gan import pretrained
from training import data
from training.export import record
from training.gan import files
from training.gan.files import save_sheet
from training.gan.recipe import RECIPES

COUNT = 10_000
NEAREST = 3
SHOWN = 64
SHARED_MEASURE = data.SHARED.parent / "tools" / "frechet.py"


@torch.inference_mode()
def features(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (N, 3, 64, 64) in uint8 -> (N, 1280), float64."""
    network = backbone.load(registry.backbone("efficientnet_lite0"), torch.device("cpu"))
    out = []
    for part in pictures.split(64):
        shown = F.interpolate(part.float() / 255, size=(128, 128), mode="bilinear")
        (last,) = network.features(shown, ["bn2"])
        out.append(last.mean((2, 3)))
    return torch.cat(out).double()


def frechet(a: torch.Tensor, b: torch.Tensor) -> float:
    """Frechet distance between Gaussians fitted to two sets of features (N, d)."""
    covariance_a, covariance_b = a.T.cov(), b.T.cov()
    values, vectors = torch.linalg.eigh(covariance_a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ covariance_b @ root).clamp_min(0).sqrt().sum()
    trace = covariance_a.trace() + covariance_b.trace() - 2 * cross
    return float((a.mean(0) - b.mean(0)).square().sum() + trace)


def kernel_distance(a: torch.Tensor, b: torch.Tensor, subsets: int = 50, size: int = 1000) -> float:
    """Kernel distance between two sets of features (N, d)."""
    generator = torch.Generator().manual_seed(0)
    size = min(size, len(a), len(b))
    found = []
    for _ in range(subsets):
        x, y = (f[torch.randperm(len(f), generator=generator)[:size]].float() for f in (a, b))
        xx, yy, xy = ((p @ q.T / p.shape[1] + 1) ** 3 for p, q in ((x, x), (y, y), (x, y)))
        pairs = size * (size - 1)
        same = (xx.sum() - xx.trace() + yy.sum() - yy.trace()) / pairs
        found.append(float(same - 2 * xy.mean()))
    return float(np.mean(found))


def radii(points: torch.Tensor) -> torch.Tensor:
    """Distance of each point (N, d) to its third neighbour, (N,)."""
    parts = [torch.cdist(part, points) for part in points.split(1000)]
    return torch.cat([part.kthvalue(NEAREST + 1, dim=1).values for part in parts])


def share_inside(points: torch.Tensor, centres: torch.Tensor) -> float:
    """The share of points (N, d) within reach of at least one of the centres (M, d)."""
    reach = radii(centres)
    inside = [(torch.cdist(part, centres) <= reach).any(1) for part in points.split(1000)]
    return float(torch.cat(inside).float().mean())


def sample(network: pretrained.PretrainedGan, count: int, truncation: float = 1.0) -> torch.Tensor:
    """Pictures number 0 to count - 1, uint8 (count, 3, 64, 64); each batch has its own noise."""
    out = []
    for start in range(0, count, pretrained.BATCH):
        numbers = range(start, min(start + pretrained.BATCH, count))
        w = network.style_codes(network.latents(numbers), truncation)
        out.append((network.synthesize(w, noise=start) * 255).round().byte())
    return torch.cat(out)


def cached(path: Path, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
    """What `compute` returns, cached in a file: real pictures have the same features every time."""
    if not path.exists():
        torch.save(compute(), path)
    return torch.load(path, weights_only=True)


def measure(
    generated: torch.Tensor, real: torch.Tensor, into: Path, name: str, source: str
) -> dict:
    """All figures for generated against real pictures, both uint8 (N, 3, 64, 64)."""
    a, b = cached(into / f"{source}.features.pt", lambda: features(real)), features(generated)
    generator = torch.Generator().manual_seed(0)
    some = a[torch.randperm(len(a), generator=generator)[:COUNT]].float()
    distances = torch.cdist(b[:SHOWN].float(), a.float())
    nearest = distances.min(1)
    between = torch.cat([torch.cdist(p, a.float()).kthvalue(2, 1).values for p in some.split(1000)])
    pairs = torch.stack([generated[:SHOWN], real[nearest.indices]], 1).flatten(0, 1)
    save_sheet(pairs.contiguous(), into / f"{name}_nearest.png", 16)
    return {
        "features": "EfficientNet-Lite0 at 128 px (not Inception's FID)",
        "samples": len(generated),
        "frechet_distance": round(frechet(a, b), 2),
        "kernel_distance": round(kernel_distance(a, b), 4),
        "precision": round(share_inside(b.float(), some), 3),
        "recall": round(share_inside(some, b.float()), 3),
        "nearest_training_face": {
            "of_64_samples_median": round(float(nearest.values.median()), 2),
            "of_64_samples_least": round(float(nearest.values.min()), 2),
            "of_training_faces_median": round(float(between.median()), 2),
        },
    }


def shared_measure(samples: np.ndarray, zipped: Path, into: Path) -> dict:
    """The measure that all projects share: uint8 (2048, 64, 64, 3) against 8,000 of the zip."""
    spec = importlib.util.spec_from_file_location("frechet", SHARED_MEASURE)
    frechet_tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(frechet_tool)
    real = cached(
        into / f"{zipped.name}.yardstick.pt",
        lambda: torch.from_numpy(frechet_tool.real_features(zipped)),
    ).numpy()
    floor = cached(
        into / f"{zipped.name}.floor.pt",
        lambda: torch.tensor(_floor(frechet_tool, zipped, len(samples))),
    )
    generated = frechet_tool.features(samples)
    precision, recall = frechet_tool.precision_recall(real[:2048], generated)
    return {
        "frechet_distance": round(frechet_tool.distance(real, generated), 1),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "samples": len(samples),
        # The least that can be reached: that of as many other real pictures.
        "floor": round(float(floor), 1),
    }


def _floor(frechet_tool, zipped: Path, count: int) -> float:
    pictures = data.pictures(zipped).permute(0, 2, 3, 1).numpy()
    order = np.random.RandomState(1).permutation(len(pictures))
    a, b = order[:-count][:8000], order[-count:]
    return frechet_tool.distance(*(frechet_tool.features(pictures[part]) for part in (a, b)))


@torch.inference_mode()
def code_distance(generated: torch.Tensor, real: torch.Tensor) -> float:
    """Frechet distance between our VAE's codes of generated and of real pictures.

    The other distances use ImageNet features, and so did the training (see `training.aid`); this
    network has never seen ImageNet.
    """
    network = pretrained.load(registry.gan(registry.VAE), torch.device("cpu"))
    codes = [
        torch.cat([network.encode(part.float() / 255) for part in pictures.split(64)]).double()
        for pictures in (generated, real)
    ]
    return round(frechet(*codes), 2)


def measure_run(name: str, run: Path, into: Path) -> dict:
    """The shared measure, and the code distance, of the average in a run's files."""
    recipe = RECIPES[name]
    parts, seen = files.read_parts(run)
    network = recipe.generator().eval()
    network.load_state_dict(parts["average"])
    generated = files.sample(network, recipe, 2048)
    files.save_samples(network, recipe, into / f"{run.stem}_sheet.png")
    zipped = data.SHARED / recipe.data
    shown = generated.permute(0, 2, 3, 1).contiguous().numpy()
    found = {"run": str(run), "seen": seen} | shared_measure(shown, zipped, into)
    if recipe.data == "catfaces64.zip":
        found["code_distance"] = code_distance(generated, data.pictures(zipped))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=registry.GANS)
    parser.add_argument("--into", type=Path, required=True, help="folder for figures and sheets")
    parser.add_argument("--run", type=Path, help="files of a training run to measure instead")
    chosen = parser.parse_args()
    chosen.into.mkdir(parents=True, exist_ok=True)
    if chosen.run:
        print(json.dumps(measure_run(chosen.model, chosen.run, chosen.into), indent=1))
        return
    network = pretrained.load(registry.gan(chosen.model), torch.device("cpu"))
    recipe = RECIPES.get(chosen.model, RECIPES["dcgan_cats64"])
    generated = sample(network, COUNT)
    save_sheet(sample(network, 64, 0.7).contiguous(), chosen.into / f"{chosen.model}_sheet.png")
    real = data.pictures(data.SHARED / recipe.data)
    found = measure(generated, real, chosen.into, chosen.model, recipe.data)
    samples = generated[:2048].permute(0, 2, 3, 1).numpy()
    found["yardstick"] = shared_measure(samples, data.SHARED / recipe.data, chosen.into)
    if recipe.data == "catfaces64.zip":
        found["code_distance"] = code_distance(generated, real)
    record(chosen.model, {"measured": found})
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
