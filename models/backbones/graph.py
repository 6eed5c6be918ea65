"""The operations of a network as a torch.fx graph: traced once, simplified, cut where needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

# Why not torchvision's `create_feature_extractor`: its maps are the same bit for bit, but it traces
# the network twice for each choice of layers, without `Tracer`'s guard, and once with the shared
# network in training mode. Measured with torch 2.11 on EfficientNet-Lite0, one thread, medians of
# 40 interleaved rounds on a busy machine: 205 ms against 32 ms for a `cut`; forward and backward
# 230 against 204 ms, quartiles overlapping. While it traced, 94% of another thread's calls of a
# module of its own raised NameError, and the network was in training mode for 38% of the time.


OUTPUT = ""  # as a layer of `cut`: what the whole network gives


class Tracer(fx.Tracer):
    """Traces a network; layers of timm with arithmetic of their own stay one node each.

    While torch.fx traces, it patches `nn.Module.__call__` for the whole process. Calls by other
    threads, which compute for other visitors, are passed on untouched; traces take turns.
    """

    _lock = threading.Lock()

    def trace(
        self, root: nn.Module | Callable[..., Any], concrete_args: dict[str, Any] | None = None
    ) -> fx.Graph:
        with self._lock:
            self._thread = threading.get_ident()
            return super().trace(root, concrete_args)

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        # Their padding depends on the picture's size.
        own = isinstance(m, InplaceReLU6) or m.__module__.startswith("timm.layers")
        return own or super().is_leaf_module(m, module_qualified_name)


def cut(network: nn.Module, graph: fx.Graph, layers: tuple[str, ...]) -> fx.GraphModule:
    """The part of a network that its `layers` need, as a module that gives their activations.

    Args:
        graph: of `network`, by `Tracer`; the module shares the network's weights.
        layers: module paths, or `OUTPUT`; a layer's activation is that of the last operation
            inside it.

    Raises:
        KeyError: the network has no such layer.
    """
    last = {}
    for node in graph.nodes:
        inside = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
        for path in {str(node.target), *inside} if node.op != "output" else ():
            last[path] = node
        if node.op == "output":
            last[OUTPUT] = node.args[0]
    part = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    part.graph_copy(graph, copies)
    part.output(tuple(copies[last[layer]] for layer in layers))
    module = fx.GraphModule(network, part)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()
    return module


def fold_batch_norm(network: nn.Module, graph: fx.Graph) -> int:
    """Folds each batch norm into the convolution before it, in place; returns how many.

    For frozen statistics this is exact: with s = gamma / sqrt(var + eps), the convolution gets the
    weight s * W and the bias s * (b - mean) + beta. Only where that convolution feeds nothing else.
    """
    count = 0
    for node in graph.nodes:
        norm = _module(network, node)
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        before = node.args[0]
        conv = _module(network, before)
        if not isinstance(conv, nn.Conv2d) or len(before.users) != 1:
            continue
        network.set_submodule(before.target, fuse_conv_bn_eval(conv, norm))
        # timm's batch norms carry the activation that follows them.
        activation = getattr(norm, "act", nn.Identity())
        network.set_submodule(
            node.target, InplaceReLU6() if isinstance(activation, nn.ReLU6) else activation
        )
        count += 1
    return count


def _module(network: nn.Module, node: fx.Node) -> nn.Module | None:
    """The module that a node calls."""
    return network.get_submodule(str(node.target)) if node.op == "call_module" else None


class _InplaceReLU6(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        x.clamp_(0, 6)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (y,) = ctx.saved_tensors
        # Clamped values lie on the borders 0 and 6, where the gradient is 0: the output will do.
        return torch.ops.aten.hardtanh_backward(gradients[0], y, 0.0, 6.0)


class InplaceReLU6(nn.Module):
    """min(max(x, 0), 6) in place. `nn.ReLU6(inplace=True)` keeps a copy of x for its gradient; this
    one does not."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _InplaceReLU6.apply(x) if x.requires_grad else x.clamp_(0, 6)
