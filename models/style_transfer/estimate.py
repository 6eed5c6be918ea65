"""Estimates of the time and memory that a style transfer takes on this machine."""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict, deque
from functools import partial
from pathlib import Path

import psutil
import torch

from models.backbones.backbone import Backbone
from models.style_transfer.large import LARGE
from models.style_transfer.objective import Objective
from models.style_transfer.optimize import LBFGS_HISTORY, Descent, schedule
from models.style_transfer.settings import MIN_SIZE, StyleSettings
from models.validation import ValidationError

PROBES = (128, 256)
# Steps of a probe, of which the fastest counts: two at least, more while they take so few seconds
# in all. Other work at the same moment makes single steps ten times as long.
PROBE_STEPS, PROBE_SECONDS = 12, 0.3
# A run takes more than what a step saves for its backward pass: gradients in flight and the
# workspace of convolutions grow with that; the picture's own gradients, moments and copies with its
# pixels. Fitted from above to what benchmarks/style_memory.py measures (Lite0, ResNet-50, VGG-19).
SPARE, PER_PIXEL = 1.4, 600
# L-BFGS remembers pairs of float32 steps and gradients, three colours each.
LBFGS_PER_PIXEL = LBFGS_HISTORY * 2 * 3 * 4
# Above 1,024 pixels: tiles take so many times what a step of that size saves (those at the edges
# have shapes, and so workspaces, of their own); the whole picture takes itself, its gradient,
# Adam's two, the average, the photo and its content maps. Fitted from above to what
# benchmarks/style_memory.py measures at 2,048, 3,072 and 4,096 pixels.
IN_TILES, PER_LARGE_PIXEL = 5.2, 110
# How many times the seconds of one pass tiles take, with their overlaps, the second pass and the
# reading of the photo. From the same at 2,048 pixels.
TILED = 3.0
# Of a network's last runs, each at most this factor off the probes; shorter runs tell little.
RUNS, FACTOR, SHORTEST = 5, 20.0, 10
Line = tuple[float, float]  # constant, per pixel


class RunEstimator:
    """Seconds and bytes of a run, from two short probes of each network and loss, remembered.

    Probes are short, and cold or disturbed by other work; so seconds are corrected by the median of
    what finished runs of the network took over what the probes had said.

    Attributes:
        measured: by (network, loss): seconds and saved bytes of a step, as (constant, per pixel).
        corrections: by network: measured over predicted seconds of its last runs.
    """

    def __init__(self) -> None:
        self.measured: dict[tuple[object, ...], tuple[Line, Line]] = {}
        self.corrections: dict[str, deque[float]] = defaultdict(partial(deque, maxlen=RUNS))
        self._lock = threading.Lock()

    def _probe(self, backbone: Backbone, settings: StyleSettings) -> tuple[Line, Line]:
        used = tuple(weight > 0 for weight in settings.weights_of(backbone.spec))
        shape = settings.style_loss, settings.content_layer, settings.optimizer
        key = (backbone.spec.name, *shape, used, settings.used_terms)
        with self._lock:
            if key not in self.measured:
                small, large = (_measure_step(backbone, settings, side) for side in PROBES)
                pixels = [side**2 for side in PROBES]
                seconds, saved = zip(small, large, strict=True)
                self.measured[key] = _fit_line(pixels, seconds), _fit_line(pixels, saved)
            return self.measured[key]

    def seconds(self, backbone: Backbone, settings: StyleSettings, ratio: float = 1.0) -> float:
        """How long a run will take, if nothing else uses the machine.

        Args:
            ratio: shorter side over the longer one.
        """
        with self._lock:
            past = [*self.corrections[backbone.spec.name]]
        return self._probed_seconds(backbone, settings, ratio) * statistics.median(past or [1.0])

    def learn(
        self, backbone: Backbone, settings: StyleSettings, ratio: float, seconds: float
    ) -> None:
        """Takes into account that a finished run took so many seconds."""
        if settings.steps < SHORTEST:
            return
        correction = seconds / max(self._probed_seconds(backbone, settings, ratio), 1e-9)
        with self._lock:
            past = self.corrections[backbone.spec.name]
            past.append(min(max(correction, 1 / FACTOR), FACTOR))

    def _probed_seconds(self, backbone: Backbone, settings: StyleSettings, ratio: float) -> float:
        (start, each), _ = self._probe(backbone, settings)
        return sum(
            steps * (start + each * side * side * ratio) * (TILED if side > LARGE else 1)
            for side, steps in schedule(settings)
        )

    def bytes(self, backbone: Backbone, settings: StyleSettings, ratio: float = 1.0) -> float:
        """How much memory its largest scale will take beyond the network itself."""
        _, (start, each) = self._probe(backbone, settings)
        pixels = settings.size**2 * ratio
        if settings.size > LARGE:
            tiled = PER_LARGE_PIXEL * pixels + IN_TILES * (start + each * LARGE**2)
            return max(tiled, self.bytes(backbone, settings.replace(size=LARGE), ratio))
        own = PER_PIXEL + LBFGS_PER_PIXEL * (settings.optimizer == "lbfgs")
        return SPARE * (start + each * pixels) + own * pixels

    def check(self, backbone: Backbone, settings: StyleSettings, ratio: float = 1.0) -> None:
        """Refuses a size that does not fit into the memory that is free.

        Raises:
            ValidationError: it names the largest size that would fit.
        """
        free = available(backbone.placement.device)
        if self.bytes(backbone, settings, ratio) <= free:
            return
        sizes = range(MIN_SIZE, settings.size, 16)
        fits = [n for n in sizes if self.bytes(backbone, settings.replace(size=n), ratio) <= free]
        raise ValidationError(
            "size_too_large",
            size=settings.size,
            needed=f"{self.bytes(backbone, settings, ratio) / 1e9:.1f}",
            free=f"{free / 1e9:.1f}",
            largest=max(fits, default=MIN_SIZE),
        )


def available(device: torch.device) -> float:
    """Bytes of memory that a run may use on `device`."""
    if device.type == "cuda":
        # What PyTorch keeps for its next allocations counts as used, yet is free for them.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    free = psutil.virtual_memory().available
    folder = Path("/sys/fs/cgroup")  # a container's own limit, where there is one
    try:
        limit = int((folder / "memory.max").read_text())
        # Cached files count as used, yet give way.
        words = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        used = int((folder / "memory.current").read_text()) - int(words["inactive_file"])
    except (OSError, ValueError, KeyError):
        return free
    return min(free, limit - used)


def _measure_step(backbone: Backbone, settings: StyleSettings, side: int) -> tuple[float, float]:
    """(seconds, bytes saved for the backward pass) of one step on a square picture."""
    picture = torch.linspace(0, 1, 3 * side * side, device=backbone.placement.device)
    picture = picture.view(1, 3, side, side)
    small = settings.replace(size=side, steps=3, blend=0.0)
    objective = Objective(backbone, picture, picture.flip(3), small)
    saved = {}

    def record(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        objective(picture.clone().requires_grad_(True))
    taken, last = [], time.perf_counter()
    for _, values, _ in Descent(objective, picture, small, PROBE_STEPS).run():
        del values
        now = time.perf_counter()
        taken.append(now - last)
        last = now
        if len(taken) > 2 and sum(taken) > PROBE_SECONDS:
            break
    # The first step warms up and computes the loss breakdown.
    return min(taken[1:]), sum(saved.values())


def _fit_line(pixels: list[int], values: tuple[float, float]) -> Line:
    """(constant, per pixel) of the line through two points; neither below zero."""
    each = max(0.0, (values[1] - values[0]) / (pixels[1] - pixels[0]))
    return max(0.0, values[1] - each * pixels[1]), each
