"""Memory of a style transfer: the most it takes at a size, beside what was foretold; and growth.

    python -m benchmarks.style_memory --backbone efficientnet_lite0 vgg19
    python -m benchmarks.style_memory --growth 20

Every size is painted by a process of its own, because a process never shows a smaller peak than
the largest it had. Where a network's weights are not at hand, random ones stand in: they take the
same memory.
"""

import argparse
import gc
import multiprocessing
import resource

import psutil
import torch
import torchvision

from benchmarks.common import EXAMPLES, machine
from models import device, images, registry
from models.backbones.backbone import Backbone
from models.store import Store
from models.style_transfer import optimize
from models.style_transfer.cost import CostEstimator
from models.style_transfer.settings import StyleSettings


def network(name: str, plain: bool = False) -> Backbone:
    if plain:
        device.has_bf16_units = lambda: False
    spec = registry.backbone(name)
    if registry.weights_path(spec).exists():
        return Store().get(name)
    bare = torchvision.models.get_model(name, weights=None)
    return Backbone(spec, bare, device.place(spec.depthwise, torch.device("cpu")))


def pictures():
    """A square content, the worst case, and a style."""
    names = ("photos", "astronaut"), ("styles", "starry_night")
    return (images.open_image(EXAMPLES / kind / f"{name}.jpg") for kind, name in names)


def peak(name: str, plain: bool, size: int, loss: str, steps: int, out) -> None:
    """Puts (foretold bytes, bytes beyond the network, bytes in all) into `out`."""
    backbone = network(name, plain)
    settings = StyleSettings(size=size, steps=steps, style_loss=loss, optimizer="lbfgs")
    foretold = CostEstimator().bytes(backbone, settings)
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in optimize.transfer_style(backbone, *pictures(), settings):
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    out.put((foretold, most - before, most))


def growth(name: str, runs: int) -> None:
    """Resident memory after the third run and after `runs` more."""
    backbone, process = network(name), psutil.Process()
    settings = StyleSettings(size=256, steps=12, optimizer="lbfgs")
    for number in range(3 + runs):
        content, style = pictures()
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
            growth(name, options.growth)
            continue
        for loss in options.loss:
            for size in options.sizes:
                what, out = (size, loss, options.steps), spawn.Queue()
                child = spawn.Process(target=peak, args=(name, options.plain, *what, out))
                child.start()
                foretold, taken, most = (value / 1e9 for value in out.get())
                child.join()
                print(f"{name}, {loss}, {size} px square: foretold {foretold:.2f} GB, "
                      f"taken {taken:.2f}, process {most:.2f} at most", flush=True)  # fmt: skip
    print(machine())


if __name__ == "__main__":
    main()
