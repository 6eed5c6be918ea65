"""PGD on EfficientNet-Lite0: image-steps per second, Netglass against torchattacks.

    python -m benchmarks.attack_speed --rounds 7 --steps 20

Both sides attack the same 8 photos with the same weights, bound and step size, in one process, by
turns. torchattacks gets what its user would give it: timm's network behind a `Normalize`, and the
labels; Netglass finds the labels itself, inside its time. Success is counted on the rounded,
8-bit pictures, by torchattacks' network.
"""

import argparse
import statistics

import torch
from torch import nn

from benchmarks.common import EXAMPLES, machine, ratio, rounds
from models import backbones, device, images, registry
from models.attacks import Settings, attack, to_grid

BATCH = 8
EPSILON, STEP_SIZE = 4, 1


def photos(side: int, at: torch.device) -> torch.Tensor:
    paths = sorted((EXAMPLES / "photos").glob("*.jpg"))[:BATCH]
    squares = [images.square(images.open_image(path), side) for path in paths]
    return torch.cat([images.to_tensor(square, at) for square in squares])


def plain_network(spec: registry.Spec, at: torch.device) -> nn.Module:
    from torchvision.transforms import Normalize

    # The private loader, because the public one folds and freezes.
    network = backbones._from_wheel(spec, None)
    return nn.Sequential(Normalize(spec.mean, spec.std), network).eval().to(at)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--device", default="cpu", choices=device.DEVICES)
    options = parser.parse_args()

    import torchattacks

    at = device.pick(options.device)
    spec = registry.spec("efficientnet_lite0")
    plain, network = plain_network(spec, at), backbones.load(spec, at)
    clean = photos(spec.size, at)
    with torch.no_grad():
        labels = plain(clean).argmax(1)
    theirs = torchattacks.PGD(plain, EPSILON / 255, STEP_SIZE / 255, options.steps)
    settings = Settings(epsilon=EPSILON, steps=options.steps, step_size=STEP_SIZE)

    def baseline(number: int) -> torch.Tensor:
        torch.manual_seed(number)  # torchattacks draws its start from the global generator
        return theirs(clean, labels)

    def ours(_number: int) -> torch.Tensor:
        for step in attack(network, clean, settings):
            last = step
        return last.adversarial

    seconds, results = rounds({"torchattacks": baseline, "Netglass": ours}, options.rounds)
    print(f"PGD, {spec.title}, {len(clean)} pictures of {spec.size} px, {options.steps} steps of")
    print(f"{STEP_SIZE}/255 within {EPSILON}/255, random start; {options.rounds} rounds\n")
    print(f"{'':14}{'image-steps/s':>15}{'best':>8}{'fooled':>9}{'largest change':>17}")
    for name in seconds:
        work = len(clean) * options.steps
        result = to_grid(results[name])
        with torch.no_grad():
            fooled = (plain(result).argmax(1) != labels).float().mean()
        change = ((result - clean).abs().max() * 255).item()
        rates = work / statistics.median(seconds[name]), work / min(seconds[name])
        print(f"{name:14}{rates[0]:15.1f}{rates[1]:8.1f}{fooled:9.0%}{change:13.2f}/255")

    print("\n" + ratio(seconds, "torchattacks", "Netglass"))
    print(machine(at))


if __name__ == "__main__":
    main()
