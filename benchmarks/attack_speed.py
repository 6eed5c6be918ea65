"""PGD on EfficientNet-Lite0: image-steps per second, Netglass against torchattacks.

    python -m benchmarks.attack_speed --rounds 7 --steps 20

Both sides attack the same 8 photos with the same weights, bound and step size, in one process, by
turns. torchattacks gets what its user would give it: timm's network behind a `Normalize`, and the
labels; Netglass finds the labels itself, inside its time. Success is counted on the rounded,
8-bit pictures, by torchattacks' network.
"""

import argparse
import platform
import statistics
import time
from pathlib import Path

import torch
from torch import nn

from models import backbones, device, images, registry
from models.attacks import Settings, attack, to_grid

PHOTOS = Path(__file__).parents[1] / "demos" / "examples" / "photos"
BATCH = 8
EPSILON, STEP_SIZE = 4, 1


def photos(side: int, at: torch.device) -> torch.Tensor:
    paths = sorted(PHOTOS.glob("*.jpg"))[:BATCH]
    squares = [images.square(images.open_image(path), side) for path in paths]
    return torch.cat([images.to_tensor(square, at) for square in squares])


def plain_network(spec: registry.Spec, at: torch.device) -> nn.Module:
    from torchvision.transforms import Normalize

    # The private loader, because the public one folds and freezes.
    network = backbones._from_wheel(spec, None)
    return nn.Sequential(Normalize(spec.mean, spec.std), network).eval().to(at)


def timed(function, at: torch.device) -> tuple[float, torch.Tensor]:
    start = time.perf_counter()
    result = function()
    if at.type != "cpu":
        getattr(torch, at.type).synchronize()
    return time.perf_counter() - start, result


def cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


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

    def ours() -> torch.Tensor:
        for step in attack(network, clean, settings):
            last = step
        return last.adversarial

    sides = {"torchattacks": lambda: theirs(clean, labels), "Netglass": ours}
    seconds, results = {name: [] for name in sides}, {}
    for number in range(options.rounds + 1):  # the first warms up
        for name, side in sides.items():
            torch.manual_seed(number)  # torchattacks draws its start from the global generator
            taken, results[name] = timed(side, at)
            if number:
                seconds[name].append(taken)

    print(f"PGD, {spec.title}, {len(clean)} pictures of {spec.size} px, {options.steps} steps of")
    print(f"{STEP_SIZE}/255 within {EPSILON}/255, random start; {options.rounds} rounds\n")
    print(f"{'':14}{'image-steps/s':>15}{'best':>8}{'fooled':>9}{'largest change':>17}")
    for name in sides:
        work = len(clean) * options.steps
        result = to_grid(results[name])
        with torch.no_grad():
            fooled = (plain(result).argmax(1) != labels).float().mean()
        change = ((result - clean).abs().max() * 255).item()
        rates = work / statistics.median(seconds[name]), work / min(seconds[name])
        print(f"{name:14}{rates[0]:15.1f}{rates[1]:8.1f}{fooled:9.0%}{change:13.2f}/255")

    pairs = zip(seconds["torchattacks"], seconds["Netglass"], strict=True)
    ratios = sorted(a / b for a, b in pairs)
    middle = statistics.median(seconds["torchattacks"]) / statistics.median(seconds["Netglass"])
    print(f"\nratio of medians {middle:.2f}; per round {ratios[0]:.2f} to {ratios[-1]:.2f}")
    where = torch.cuda.get_device_name() if at.type == "cuda" else at.type
    units = "yes" if device.has_bf16_units() else "no"
    print(f"{cpu_name()}, {torch.get_num_threads()} threads, bf16 units: {units}; device: {where}")


if __name__ == "__main__":
    main()
