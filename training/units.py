"""Sheets of the strongest units of a style-based generator, to look at and to name.

python -m training.units --model stylegan_cats64 --into ../runs/units

For each layer a PNG with a row for each of the strongest units: where it is active in the first
face, six faces as they are (first row), without the unit, and with it three times as strong. The
ranking is averaged over many faces, printed as it stands in the registry (`GanSpec.units`), and
written beside the sheets as JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from PIL import ImageDraw

from models import registry
from models.device import Placement
from models.gan import pretrained, units
from models.gan.networks.structure import STYLE_LAYERS, style_shape
from models.images import enlarge, grid, overlay, to_image

TRUNCATION = 0.7
FACES = 6
STRONGER = 3.0
SIDE = 96


def load(name: str) -> pretrained.PretrainedGan:
    """The generator in float32 on the CPU, so that every machine ranks alike."""
    cpu = torch.device("cpu")
    at = Placement(cpu, torch.float32, torch.channels_last, "float32")
    return pretrained.load(registry.gan(name), cpu, at)


def sheet(
    gan: pretrained.PretrainedGan, codes: torch.Tensor, layer: int, chosen: list[int]
) -> torch.Tensor:
    """The rows of units, one below the other: (3, height, width)."""
    faces = gan.synthesize(codes)
    rows = [torch.cat([torch.ones_like(faces[:1]), faces, faces])]
    for unit in chosen:
        heat = overlay(faces[:1], units.heat_map(gan, codes[:1], layer, unit))
        changed = [units.changed(gan, codes, {layer: {unit: s}}) for s in (0.0, STRONGER)]
        rows.append(torch.cat([heat, *changed]))
    return grid(enlarge(torch.cat(rows), SIDE), len(rows[0]), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    styled = [spec.name for spec in registry.GAN_SPECS if spec.kind == "style"]
    parser.add_argument("--model", choices=styled, default=registry.DEFAULT_GAN)
    parser.add_argument("--into", type=Path, required=True, help="folder of the sheets")
    parser.add_argument("--layers", type=int, nargs="*", default=range(STYLE_LAYERS))
    parser.add_argument("--seeds", type=int, default=16, help="faces that are averaged over")
    parser.add_argument("--top", type=int, default=8, help="units shown of a layer")
    chosen = parser.parse_args()
    chosen.into.mkdir(parents=True, exist_ok=True)
    gan = load(chosen.model)
    codes = gan.style_codes(gan.latents(range(chosen.seeds)), TRUNCATION)
    found = {}
    for layer in chosen.layers:
        ranked = units.rank(gan, codes, layer)
        found[layer] = [{"unit": unit, "change": round(change, 5)} for unit, change in ranked]
        strongest = [unit for unit, _ in ranked[: chosen.top]]
        picture = to_image(sheet(gan, codes[:FACES], layer, strongest))
        draw = ImageDraw.Draw(picture)
        for row, unit in enumerate(strongest, 1):
            draw.text((3, row * (SIDE + 2) + 3), str(unit), fill="white", stroke_width=2,
                      stroke_fill="black")  # fmt: skip
        picture.save(chosen.into / f"{chosen.model}-layer{layer}.png")
        size = style_shape(layer)[1]
        print(f"({layer}, {tuple(strongest)}),  # {size} px, {ranked[0][1]:.4f}", flush=True)
    path = chosen.into / f"{chosen.model}-units.json"
    path.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
