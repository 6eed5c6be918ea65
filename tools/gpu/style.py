"""Style transfer by VGG-19 on a GPU: seconds, beside the textbook's loop, and where they go."""

from __future__ import annotations

import time

import torch
from PIL import Image
from torch import nn

from benchmarks.common import EXAMPLES
from benchmarks.style_speed import textbook
from models import images
from models.style_transfer.optimize import schedule, transfer_style
from models.style_transfer.settings import StyleSettings
from tests.models.gpu import backbone
from tools.gpu.timing import defaults, last, seconds, wait

TOP = 14  # kernels in the profile


def pair(size: int) -> tuple[Image.Image, Image.Image]:
    """A photo and a painting, square."""
    paths = EXAMPLES / "photos" / "astronaut.jpg", EXAMPLES / "styles" / "starry_night.jpg"
    photo, painting = (images.square(images.open_image(path), size) for path in paths)
    return photo, painting


def style(at: torch.device, short: bool) -> dict[str, object]:
    """VGG-19 at 512 px for 500 steps, coarse to fine; the textbook loop at 512 px throughout."""
    size, steps = (128, 6) if short else (512, 500)
    photo, painting = pair(size)
    ours, found = backbone("vgg19", at), {}
    settings = StyleSettings(size=size, steps=steps)

    def run(**changes) -> float:
        start = time.perf_counter()
        last(transfer_style(ours, photo, painting, settings.replace(**changes)))
        wait(at)
        return time.perf_counter() - start

    run(steps=6)
    found |= {"schedule": schedule(settings), "seconds": run()}
    part = steps // 10 or 1
    for side, _ in schedule(settings):
        once = {"size": side, "coarse_to_fine": False}
        run(steps=3, **once)
        found[f"ms_a_step_at_{side}"] = run(steps=part, **once) * 1000 / part
    found["ms_a_step_of_lbfgs"] = run(steps=part, optimizer="lbfgs") * 1000 / part
    lite = backbone("efficientnet_lite0", at)
    page = StyleSettings(size=size, steps=120 if not short else 4)
    last(transfer_style(lite, photo, painting, page.replace(steps=4)))
    start = time.perf_counter()
    last(transfer_style(lite, photo, painting, page))
    found["lite0_120_steps_seconds"] = time.perf_counter() - start

    network = ours.network.float().to(memory_format=torch.contiguous_format)
    content, target = (images.to_tensor(picture, at) for picture in (photo, painting))
    few = settings.replace(style_loss="gram", steps=part)
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    with defaults():
        taken = seconds(lambda: textbook(network, ours.spec, content, target, few), at, 1)
    found["textbook_seconds"] = taken * steps / part
    return found


def profile(at: torch.device, short: bool) -> dict[str, object]:
    """Where a step of style transfer goes: kernels, and how long the CPU takes to launch them."""
    from torch.profiler import ProfilerActivity, profile

    size, steps = (128, 2) if short else (512, 8)
    photo, painting = pair(size)
    ours, found = backbone("vgg19", at), {}
    kinds = [ProfilerActivity.CPU, *[ProfilerActivity.CUDA] * (at.type == "cuda")]
    for side in (size, size // 2):
        settings = StyleSettings(size=side, steps=steps, coarse_to_fine=False)
        last(transfer_style(ours, photo, painting, settings))
        with profile(activities=kinds) as seen:
            start = time.perf_counter()
            last(transfer_style(ours, photo, painting, settings))
            wait(at)
            taken = time.perf_counter() - start
        rows = seen.key_averages()
        column = "self_device_time_total" if at.type == "cuda" else "self_cpu_time_total"
        print(f"style transfer, {side} px, {steps} steps and their preparation")
        print(rows.table(sort_by=column, row_limit=TOP, max_name_column_width=60))
        on_chip = sum(getattr(row, column) for row in rows) / 1e6
        found[f"at_{side}"] = {
            "profiled_seconds": taken,
            "kernel_seconds": on_chip,
            "kernels": sum(row.count for row in rows if row.device_type.name == "CUDA"),
            "cpu_seconds_in_operators": sum(row.self_cpu_time_total for row in rows) / 1e6,
        }
    return found
