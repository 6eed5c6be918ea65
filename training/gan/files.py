"""What a run writes besides its checkpoint: weights in half precision, and sheets of samples.

    NAME.average_D.safetensors    running average and discriminator: what an export needs
    NAME.G_heads.safetensors      generator and the second discriminator's heads: together with the
                                  first file what a run starts from
    NAME.NN.safetensors           the average when NN percent of the run were done
    NAME.png                      64 samples at truncation 0.7, and beside them without

Tensors are called PART.KEY. Every file is replaced at once, so that a run which is cut off leaves
whole ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from models.gan.networks import stylegan
from training.gan.recipe import Recipe

SHEET = 64
TRUNCATION = 0.7
# Pictures that batch norm's statistics are measured on.
NORM_BATCHES, NORM_BATCH = 16, 128
MOST_BYTES = 16 << 20
Parts = dict[str, dict[str, torch.Tensor]]


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Writes a file beside `path`, then puts it in its place."""
    new = path.with_name(path.name + ".part")
    write(new)
    os.replace(new, path)


def save_parts(path: Path, parts: Parts, seen: int) -> None:
    """Writes parts in half precision, at most 16 MiB.

    Raises:
        ValueError: a weight is not finite, or is too large for half precision.
    """
    tensors = {
        f"{part}.{key}": (value.half() if value.is_floating_point() else value).contiguous().cpu()
        for part, state in parts.items()
        for key, value in state.items()
    }
    broken = [k for k, v in tensors.items() if v.is_floating_point() and not v.isfinite().all()]
    if broken:
        raise ValueError(f"{path.name}: {broken[0]} is not finite in half precision")
    replace_file(path, lambda new: save_file(tensors, new, metadata={"seen": str(seen)}))
    if path.stat().st_size > MOST_BYTES:
        print(f"{path.name}: over 16 MiB", flush=True)


def _read_tensors(path: Path) -> tuple[Parts, int]:
    parts: Parts = {}
    with safe_open(path, "pt") as file:
        for name in file.keys():  # noqa: SIM118 (no dictionary)
            part, key = name.split(".", 1)
            value = file.get_tensor(name)
            parts.setdefault(part, {})[key] = value.float() if value.is_floating_point() else value
        return parts, int((file.metadata() or {}).get("seen", 0))


def read_parts(path: Path) -> tuple[Parts, int]:
    """State dicts by part, and pictures seen, from what a run wrote.

    Args:
        path: a checkpoint (.pt), a .safetensors file, or a folder with `last.pt` or with one
            network's .safetensors files.
    """
    if path.is_dir() and not (path / "last.pt").exists():
        parts: Parts = {}
        seen = 0
        for file in sorted(path.glob("*_*.safetensors")):
            found, seen = _read_tensors(file)
            parts |= found
        return parts, seen
    if path.suffix == ".safetensors":
        return _read_tensors(path)
    path = path / "last.pt" if path.is_dir() else path
    state = torch.load(path, map_location="cpu", weights_only=True)
    return {k: v for k, v in state.items() if isinstance(v, dict)}, state.get("seen", 0)


@torch.no_grad()
def sample(
    network: nn.Module, recipe: Recipe, count: int, seed: int = 0, truncation: float = 1.0
) -> torch.Tensor:
    """`count` pictures of a generator, uint8 (count, 3, 64, 64), on the CPU."""
    generator = torch.Generator().manual_seed(seed)
    device = next(network.parameters()).device
    out = []
    for start in range(0, count, 64):
        n = min(64, count - start)
        z = torch.randn(n, recipe.latent, generator=generator).to(device)
        if isinstance(network, stylegan.StyleGenerator):
            w = torch.lerp(network.mean, network.mapping(z), truncation)
            styles = w[:, None].expand(-1, network.LAYERS, -1)
            pictures = network(styles, network.noise(n, generator))
        else:
            pictures = network(z * truncation)
        out.append(((pictures.float().clamp(-1, 1) + 1) * 127.5).round().byte().cpu())
    return torch.cat(out)


def save_sheet(pictures: torch.Tensor, path: Path, columns: int = 8) -> None:
    """Pictures (N, 3, H, W) in uint8 as one PNG, `columns` wide."""
    n, _, h, w = pictures.shape
    grid = pictures.permute(0, 2, 3, 1).reshape(n // columns, columns, h, w, 3)
    Image.fromarray(grid.transpose(1, 2).reshape(n // columns * h, columns * w, 3).numpy()).save(
        path, "PNG"
    )


def save_samples(network: nn.Module, recipe: Recipe, path: Path) -> None:
    """The sheet: eight columns at truncation 0.7, then eight without."""
    halves = [sample(network, recipe, SHEET, truncation=t) for t in (TRUNCATION, 1.0)]
    rows = torch.cat([half.unflatten(0, (-1, 8)) for half in halves], 1).flatten(0, 1)
    replace_file(path, lambda new: save_sheet(rows.contiguous(), new, 16))


@torch.no_grad()
def settle_norms(network: nn.Module, recipe: Recipe) -> None:
    """Measures batch norm's statistics anew, in place: those of averaged weights are not the
    average of statistics."""
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not norms:
        return
    momentum = norms[0].momentum
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # every batch counts the same
    network.train()
    for _ in range(NORM_BATCHES):
        network(torch.randn(NORM_BATCH, recipe.latent, device=norms[0].weight.device))
    network.eval()
    for norm in norms:
        norm.momentum = momentum
