"""Steps captured as CUDA graphs: thousands of small kernels are started by one call."""

from __future__ import annotations

import gc
from collections.abc import Callable

import torch

Report = dict[str, torch.Tensor]
# Eager calls before the capture: they choose convolutions' algorithms and make Adam's averages.
WARM_UPS = 3


def prepare(device: torch.device) -> None:
    """Fast arithmetic on CUDA, and a stream that can be captured for all that follows."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32
        torch.backends.cudnn.benchmark = True
        torch.cuda.set_stream(torch.cuda.Stream(device))


def wait(device: torch.device) -> None:
    """Waits until the device has done all it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class CaptureError(RuntimeError):
    """A step can't be captured; the process must go on eagerly in a new one, since PyTorch's
    generator and allocator stay in capture mode."""


class Graphed:
    """Calls `step(*phase)`, from the fourth call of a phase on as a replayed graph.

    Everything has to run on the current stream, which must not be CUDA's default one: capturing it
    is forbidden, and gradients wait for the stream that a parameter was first used on.

    Args:
        step: what to call; the same kernels on the same memory for the same phase.
        graphs: False always calls it eagerly.
    """

    def __init__(self, step: Callable[..., Report], graphs: bool):
        self.step, self.graphs = step, graphs
        self._calls: dict[tuple[bool, ...], int] = {}
        self._captured: dict[tuple[bool, ...], tuple[torch.cuda.CUDAGraph, Report]] = {}

    def __call__(self, *phase: bool) -> Report:
        if not self.graphs:
            return self.step(*phase)
        calls = self._calls[phase] = self._calls.get(phase, 0) + 1
        if calls <= WARM_UPS:
            return self.step(*phase)
        if phase not in self._captured:
            self._captured[phase] = self._capture(phase)
        graph, report = self._captured[phase]
        graph.replay()
        return report

    def _capture(self, phase: tuple[bool, ...]) -> tuple[torch.cuda.CUDAGraph, Report]:
        graph = torch.cuda.CUDAGraph()
        gc.collect()  # nothing old is freed while it captures
        try:
            with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
                report = self.step(*phase)
        except Exception as error:  # PyTorch, CUDA and cuDNN raise many kinds
            # The end of the capture raises too; what went wrong first says why.
            raise CaptureError(repr(error.__context__ or error)) from error
        return graph, report
