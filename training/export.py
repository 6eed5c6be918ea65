"""Makes a weight file of a training run, with the slider directions, and its entry in the manifest.

    python -m training.export stylegan_cats64 --run ../runs/stylegan_cats64

The directions need no labels: principal components (Haerkoenen et al. 2020, GANSpace).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from models import registry
from models.gan.networks import dcgan, stylegan, vae
from models.gan.settings import SLIDERS
from models.weights import FOLDER
from training import data
from training.gan.files import read_parts
from training.gan.recipe import RECIPES
from training.vae import VAE

SAMPLES = 4096
LICENCES = {
    "catfaces64.zip": "Apache-2.0",
    # The pictures are under this licence; what is derived from them follows it.
    "kaokore64.zip": "CC-BY-SA-4.0",
}


def principal(points: torch.Tensor, count: int = len(SLIDERS)) -> tuple[torch.Tensor, torch.Tensor]:
    """The first principal directions of points (N, d): (count, d) unit rows, and deviations.

    Signs are fixed: the entry of largest size in each row is positive.
    """
    centred = points - points.mean(0)
    _, values, rows = torch.svd_lowrank(centred, q=count + 8, niter=6)
    rows = rows.T[:count]
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    return rows * largest.sign(), values[:count] / len(points) ** 0.5


@torch.no_grad()
def directions(generator: nn.Module) -> torch.Tensor:
    """(8, latent): what one unit of each slider adds to w (style-based) or z (the others)."""
    torch.manual_seed(0)
    if isinstance(generator, stylegan.StyleGenerator):
        w = generator.mapping(torch.randn(8 * SAMPLES, stylegan.LATENT))
        rows, deviations = principal(w)
        return rows * deviations[:, None]
    latent = dcgan.LATENT if isinstance(generator, dcgan.DCGenerator) else vae.LATENT
    z = torch.randn(SAMPLES, latent)
    recorded: list[torch.Tensor] = []

    def record_second_layer(name: str, value: torch.Tensor) -> None:
        if name == "1.activate":
            recorded.append(value.flatten(1))

    for part in z.split(256):
        generator(part, record_second_layer)
    activations = torch.cat(recorded)
    rows, deviations = principal(activations)
    scores = (activations - activations.mean(0)) @ rows.T / deviations
    # Regression of z on the scores: the direction in z of each component, with length 1, which is
    # one standard deviation of z.
    regressed = scores.T @ z / SAMPLES
    return regressed / regressed.norm(dim=1, keepdim=True)


@torch.no_grad()
def store_usual_deviation(discriminator: stylegan.StyleDiscriminator, real: torch.Tensor) -> None:
    """Measures the minibatch deviation of real pictures, which `MinibatchStd` uses in eval mode."""
    measured: list[torch.Tensor] = []

    def measure(layer: stylegan.MinibatchStd, inputs: tuple[torch.Tensor]) -> None:
        measured.append(layer.measure(inputs[0]))

    hook = discriminator.spread.register_forward_pre_hook(measure)
    discriminator.train()
    torch.manual_seed(0)
    for _ in range(16):
        discriminator(data.batch(real, 32))
    hook.remove()
    discriminator.spread.usual.fill_(torch.cat(measured).mean())
    discriminator.eval()


def tensors(name: str, run: Path) -> tuple[dict[str, torch.Tensor], dict, int]:
    """All tensors of the weight file, parameters of each network, pictures seen in training."""
    state, seen = read_parts(run)
    if name == "vae_cats64":
        network = VAE()
        network.load_state_dict(state["network"])
        parts = {"generator": network.decoder, "encoder": network.encoder}
    else:
        recipe = RECIPES[name]
        parts = {"generator": recipe.generator(), "discriminator": recipe.discriminator()}
        parts["generator"].load_state_dict(state["average"])
        parts["discriminator"].load_state_dict(state["D"])
        if isinstance(parts["discriminator"], stylegan.StyleDiscriminator):
            store_usual_deviation(parts["discriminator"], data.pictures(data.SHARED / recipe.data))
    out = {"directions": directions(parts["generator"].eval())}
    for part, network in parts.items():
        out |= {f"{part}.{key}": value for key, value in network.state_dict().items()}
    counts = {part: sum(p.numel() for p in network.parameters()) for part, network in parts.items()}
    return out, counts, seen


def record(name: str, facts: dict, folder: Path = FOLDER) -> None:
    """Writes `facts` into the manifest's entry of `name`."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {}
    manifest[name] = manifest.get(name, {}) | facts
    text = json.dumps(dict(sorted(manifest.items())), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def save(name: str, parts: dict[str, torch.Tensor], facts: dict) -> None:
    """Writes a weight file in half precision, and its entry in the manifest."""
    half = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in parts.items()}
    path = FOLDER / f"{name}.safetensors"
    save_file(half, path)
    add_to_manifest(name, path, facts)


def add_to_manifest(name: str, path: Path, facts: dict) -> None:
    """Writes a finished file's name, sha256, size and `facts` into the manifest."""
    content = path.read_bytes()
    described = {"file": path.name, "sha256": hashlib.sha256(content).hexdigest()}
    record(name, described | {"bytes": len(content)} | facts)
    print(path, len(content), "bytes", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=registry.GANS)
    parser.add_argument("--run", type=Path, required=True, help="a run's folder or files")
    parser.add_argument("--command", default="", help="what made the run, for the manifest")
    chosen = parser.parse_args()
    parts, counts, seen = tensors(chosen.model, chosen.run)
    source = RECIPES[chosen.model].data if chosen.model in RECIPES else "catfaces64.zip"
    facts = {
        "licence": LICENCES[source],
        "data": source,
        "images": seen,
        "parameters": counts,
    }
    save(chosen.model, parts, facts | ({"command": chosen.command} if chosen.command else {}))


if __name__ == "__main__":
    main()
