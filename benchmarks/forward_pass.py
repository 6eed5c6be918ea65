"""Processor time of forward passes on one thread: a pet classifier by onnxruntime and by PyTorch,
and a style-based generator in bfloat16 and in float32, with how far its pictures differ.

python -m benchmarks.forward_pass --rounds 25

Processor time, not the clock's: what a server with two busy cores pays for a picture.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from benchmarks.common import machine, options
from models import onnx_runtime, registry
from models.device import place
from models.gan import pretrained
from models.store import Store

EIGHT, SHEET, SETTINGS = 8, 16, 64
CPU = torch.device("cpu")


def cpu_ms(variants: dict[str, Callable[[], object]], count: int) -> str:
    """Median processor time of every variant in `count` rounds by turns, after one to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(count + 1):
        for name, run in variants.items():
            start = time.process_time()
            run()
            if number:
                taken[name].append(1000 * (time.process_time() - start))
    return ", ".join(f"{name} {statistics.median(times):.1f} ms" for name, times in taken.items())


def pets(rounds: int) -> None:
    """The last feature maps of one photograph, and of eight."""
    classifier = Store("cpu").get(registry.DEFAULT_PET_CLASSIFIER)
    network, side = classifier.network, classifier.spec.input_size
    forward = onnx_runtime.forward(classifier.spec.name, network.stages(), threads=1)
    assert forward is not None

    def in_bfloat16(pictures: torch.Tensor) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            network.feature_maps(pictures)

    functions = {
        "onnxruntime": forward,
        "PyTorch in float32": network.feature_maps,
        "PyTorch in bfloat16": in_bfloat16,
    }
    for count in (1, EIGHT):
        x = torch.rand(count, 3, side, side)
        variants = {name: lambda f=f, x=x: f(x) for name, f in functions.items()}
        print(f"{classifier.spec.name}, {count} at once: {cpu_ms(variants, rounds)}")


def generator(rounds: int) -> None:
    """One picture and a sheet, and the difference over settings of seed, sliders and truncation."""
    spec, at = registry.gan(registry.DEFAULT_GAN), place(False, CPU)
    gans = {
        str(dtype).removeprefix("torch."): pretrained.load(spec, CPU, replace(at, dtype=dtype))
        for dtype in (torch.bfloat16, torch.float32)
    }
    half, single = gans.values()
    differences = []
    for seed in range(SETTINGS):
        sliders = [(seed % 7 - 3) * 0.8] * 8 if seed % 3 == 0 else ()
        w = half.style_codes(half.latents([seed]), (0.3, 0.7, 1.0, 1.2)[seed % 4], sliders)
        pictures = [gan.synthesize(w, seed % 5) for gan in (half, single)]
        differences.append((pictures[0] - pictures[1]).abs() * 255)
    apart = torch.stack(differences)
    print(
        f"{spec.name}: grey levels apart: {apart.max():.2f} at most, {apart.mean():.2f} on average"
    )
    for count in (1, SHEET):
        w = half.style_codes(half.latents(range(count)), 0.7)
        variants = {name: lambda g=g, w=w: g.synthesize(w) for name, g in gans.items()}
        print(f"{spec.name}, {count} at once: {cpu_ms(variants, rounds)}")


@torch.no_grad()
def main() -> None:
    rounds = options(__doc__, rounds=25).rounds
    torch.set_num_threads(1)
    pets(rounds)
    generator(rounds)
    print(machine())


if __name__ == "__main__":
    main()
