"""Memory and seconds of a style transfer: the most it takes at a size, beside the estimates; and
growth.

    python -m benchmarks.style_memory --backbone efficientnet_lite0 vgg19
    python -m benchmarks.style_memory --growth 20

Every size runs in a process of its own, because a process never shows a smaller peak than
the largest it had. Where a network's weights are not at hand, random ones stand in: they take the
same memory.
"""

import argparse
import gc
import multiprocessing
import resource
import time

import psutil
import torch
import torchvision

from benchmarks.common import EXAMPLES, machine
from models import device, images, registry
from models.backbones.backbone import Backbone
from models.store import Store
from models.style_transfer import optimize
from models.style_transfer.estimate import RunEstimator
from models.style_transfer.settings import StyleSettings


def load_backbone(name: str, plain: bool = False) -> Backbone:
    """The network; `plain`: as on a processor without bfloat16 units."""
    if plain:
        device.has_bf16_units = lambda: False
    spec = registry.backbone(name)
    if registry.weights_path(spec).exists():
        return Store().get(name)
    bare = torchvision.models.get_model(name, weights=None)
    return Backbone(spec, bare, device.place(spec.depthwise, torch.device("cpu")))


def example_pair():
    """A square content, the worst case, and a style."""
    names = ("photos", "astronaut"), ("styles", "starry_night")
    return (images.open_image(EXAMPLES / kind / f"{name}.jpg") for kind, name in names)


def measure_peak(name: str, plain: bool, size: int, loss: str, steps: int, out) -> None:
    """Puts (bytes estimated, taken beyond the network, taken in all) and (seconds estimated, taken)
    into `out`."""
    backbone = load_backbone(name, plain)
    settings = StyleSettings(size=size, steps=steps, style_loss=loss, optimizer="lbfgs")
    estimator = RunEstimator()
    estimated = estimator.bytes(backbone, settings)
    forecast = estimator.seconds(backbone, settings)
    gc.collect()
    before, since = psutil.Process().memory_info().rss, time.perf_counter()
    for _ in optimize.transfer_style(backbone, *example_pair(), settings):
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    seconds = time.perf_counter() - since
    out.put(((estimated, most - before, most), (forecast, seconds)))


def print_growth(name: str, runs: int) -> None:
    """Prints resident memory after the third run and after `runs` more."""
    backbone, process = load_backbone(name), psutil.Process()
    settings = StyleSettings(size=256, steps=12, optimizer="lbfgs")
    for number in range(3 + runs):
        content, style = example_pair()
        for _ in optimize.transfer_style(backbone, content, style, settings):
            pass
        if number == 2:
            first = process.memory_info().rss
    last = process.memory_info().rss
    print(f"{name}: {first / 1e6:.0f} MB after 3 runs, {last / 1e6:.0f} after {runs} more: "
          f"{last / first - 1:+.1%}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", nargs="*", default=[registry.DEFAULT_BACKBONE])
    parser.add_argument("--sizes", nargs="*", type=int, default=[384, 1024])
    parser.add_argument("--loss", nargs="*", default=["moments"])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--plain", action="store_true", help="as without bfloat16 units")
    parser.add_argument("--growth", type=int, default=0, metavar="RUNS")
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    for name in options.backbone:
        if options.growth:
            print_growth(name, options.growth)
            continue
        for loss in options.loss:
            for size in options.sizes:
                out = spawn.Queue()
                given = (name, options.plain, size, loss, options.steps, out)
                child = spawn.Process(target=measure_peak, args=given)
                child.start()
                gigabytes, (forecast, seconds) = out.get()
                estimated, taken, most = (value / 1e9 for value in gigabytes)
                child.join()
                print(f"{name}, {loss}, {size} px square: estimated {estimated:.2f} GB, "
                      f"taken {taken:.2f}, process {most:.2f} at most; {options.steps} steps in "
                      f"{seconds:.0f} s, forecast {forecast:.0f}", flush=True)  # fmt: skip
    print(machine())


if __name__ == "__main__":
    main()
