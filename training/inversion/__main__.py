"""Makes what inversion needs for a style-based generator; goes on where it stopped when run again.

    python -m training.inversion --model stylegan_cats64 --out ../runs/inversion

Whitening, face finder, alignment scorer and encoder end in weights/inversion_NAME.safetensors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from models import registry, weights
from models.backbones import backbone
from models.device import Placement
from models.gan import pretrained
from models.gan.inversion.objective import FeatureDistance
from models.gan.inversion.settings import STYLE_BASED, WEIGHTS
from models.gan.inversion.whitening import Whitening, mapped
from training import data
from training.export import save
from training.gan.recipe import RECIPES
from training.gan.run import HELD_OUT
from training.inversion import encoder as encoders
from training.inversion import face_finder

STEPS = 4000
LICENCE = "CC-BY-SA-4.0"  # as that of pets.zip, from which the finder is
CPU = torch.device("cpu")
FLOAT32 = Placement(CPU, torch.float32, torch.channels_last, "gradients")


def seen_faces(faces: torch.Tensor) -> torch.Tensor:
    """Those that generators were trained on."""
    return faces[torch.arange(len(faces)) % HELD_OUT != HELD_OUT - 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=STYLE_BASED, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--steps", type=int, default=STEPS, help="of the encoder's training")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    network = pretrained.load(registry.gan(chosen.model), CPU, FLOAT32)
    lite0 = backbone.load(registry.backbone("efficientnet_lite0"), CPU)
    source = RECIPES[chosen.model].data
    faces = seen_faces(data.pictures(data.SHARED / source))
    w = mapped(network.generator.mapping, network.latent)
    setting = encoders.Setting(network.generator, Whitening.of(w), FeatureDistance(lite0))
    found = found_templates(chosen.out / f"{chosen.model}.finder.safetensors", lite0, faces)
    checkpoint = chosen.out / f"{chosen.model}.encoder.pt"
    encoder = encoders.train(setting, faces, w, chosen.steps, checkpoint)
    tensors = setting.whitening.tensors() | found
    tensors |= {f"encoder.{key}": value for key, value in encoder.state_dict().items()}
    facts = {
        "licence": LICENCE,
        "data": f"{source} and pets.zip",
        "generator": weights.entry(chosen.model)["sha256"],
        "parameters": {"encoder": sum(p.numel() for p in encoder.parameters())},
        "command": f"python -m training.inversion --model {chosen.model} "
        f"--steps {chosen.steps} --out ../runs/inversion",
    }
    save(WEIGHTS.format(chosen.model), tensors, facts)


def found_templates(
    path: Path, lite0: backbone.Backbone, faces: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The tensors of finder and scorer: from `path`, or fitted, and written there."""
    if path.exists():
        return load_file(path)
    finder, scorer = face_finder.templates(lite0, faces)
    found = {
        "finder.weight": finder.weight, "finder.bias": finder.bias,
        "scorer.weight": scorer.weight, "scorer.bias": scorer.bias,
    }  # fmt: skip
    save_file({key: value.contiguous() for key, value in found.items()}, path)
    return found


if __name__ == "__main__":
    main()
