"""Which precision and memory format is fastest for each network on a device: the table behind
`models/device.py`.

    python -m benchmarks.precision --device cpu --networks efficientnet_lite0 vgg19 resnet50

Forward and backward to the deepest style layer at 256 px, random weights where none are at hand.
"""

import argparse
import statistics

import torch

from benchmarks.common import machine, rounds
from models import device, registry
from models.backbones.backbone import Backbone
from models.device import Placement

CHOICES = {
    "float32, contiguous": (torch.float32, torch.contiguous_format),
    "float32, channels-last": (torch.float32, torch.channels_last),
    "bfloat16, contiguous": (torch.bfloat16, torch.contiguous_format),
    "bfloat16, channels-last": (torch.bfloat16, torch.channels_last),
}


def bare(spec: registry.BackboneSpec) -> torch.nn.Module:
    import timm
    import torchvision

    if spec.source == "wheel":
        return timm.create_model(f"tf_{spec.name}")
    return torchvision.models.get_model(spec.name, weights=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", choices=device.DEVICES)
    parser.add_argument(
        "--networks", nargs="*", default=registry.BACKBONES, choices=registry.BACKBONES
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    at = device.pick(options.device)
    print(machine(at))
    for name in options.networks:
        spec, sides = registry.backbone(name), {}
        for title, (dtype, layout) in CHOICES.items():
            backbone = Backbone(spec, bare(spec), Placement(at, dtype, layout, ""))
            picture = torch.rand(1, 3, 256, 256, device=at)

            def side(_round, backbone=backbone, picture=picture, spec=spec):
                leaf = picture.clone().requires_grad_(True)
                maps = backbone.features(leaf, spec.style_layers)
                torch.autograd.grad(sum(layer.float().square().mean() for layer in maps), leaf)

            sides[title] = side
        seconds, _ = rounds(sides, options.rounds)
        chosen = device.place(spec.depthwise, at)
        print(f"\n{spec.title}")
        for title, taken in seconds.items():
            mark = " <- chosen" if CHOICES[title] == (chosen.dtype, chosen.memory_format) else ""
            print(f"  {title:26}{statistics.median(taken) * 1000:8.1f} ms{mark}")


if __name__ == "__main__":
    main()
