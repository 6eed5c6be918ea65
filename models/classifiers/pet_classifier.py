"""A classifier of 37 pet breeds: which breed, why, and whether the picture shows a pet at all.

The first stages are those of the frozen ImageNet backbone, shared with everything else that uses
it; copies of the later ones were fine-tuned (`training/pets.py`). The backbone's own later stages
run beside the copies: their features go into the ImageNet classifier, whose 1,000 classes tell pets
from other things, and into a linear probe, which adds breed logits that fine-tuning can't spoil.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from models import images, onnx_runtime, weights
from models.backbones.backbone import Backbone
from models.device import Placement
from models.labels import breeds
from models.labels.prediction import Prediction
from models.registry import PetSpec

DOG_CLASSES = range(151, 269)  # ImageNet: Chihuahua to Mexican hairless
CAT_CLASSES = range(281, 286)  # tabby to Egyptian cat


class PetNetwork(nn.Module):
    """A backbone whose stages from `stage` on were copied and fine-tuned.

    Args:
        base: the ImageNet network; its first stages are shared, not copied.
        stage: the first of its seven stages that is copied; -1 copies the stem too.
        has_probe: whether a linear probe on the backbone's own features adds to the logits.

    Attributes:
        trunk: the stages shared with the backbone.
        tail: the fine-tuned copy of the stages after them.
        base_tail: those stages of the backbone itself.
        base_classifier: the backbone's ImageNet classifier.
        classifier: breeds from the features of `tail`.
        probe: breeds from the features of `base_tail`, or None.
    """

    def __init__(self, base: Backbone, stage: int, has_probe: bool = False) -> None:
        super().__init__()
        self.base, self._stage = base, stage
        part = base.network.get_submodule
        stem = [part("conv_stem"), part("bn1")]
        layers = [*stem, *part("blocks").children(), part("conv_head"), part("bn2")]
        first = len(stem) + stage if stage >= 0 else 0
        self.trunk = nn.Sequential(*layers[:first])
        self.base_tail = nn.Sequential(*layers[first:])
        self.tail = copy.deepcopy(self.base_tail)
        self.base_classifier = part("classifier")
        assert isinstance(self.base_classifier, nn.Linear)
        size = self.base_classifier.in_features
        self.classifier = nn.Linear(size, len(breeds.NAMES))
        self.probe = nn.Linear(size, len(breeds.NAMES)) if has_probe else None

    def shared(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> activations of the trunk."""
        return self.trunk(self.base.normalize(pictures))

    def feature_maps(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] -> the last feature maps (N, d, h, w) of `tail` and of
        `base_tail`."""
        shared = self.shared(pictures)
        return self.tail(shared), self.base_tail(shared)

    def stages(self) -> dict[str, torch.Tensor]:
        """The weights that `feature_maps` needs."""
        names = ("trunk", "tail", "base_tail")
        return {
            f"{name}.{key}": value
            for name in names
            for key, value in self.get_submodule(name).state_dict().items()
        }

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> logits (N, 37)."""
        shared = self.shared(pictures)
        features = self.tail(shared).mean((2, 3))
        return self.logits(features, self.base_tail(shared).mean((2, 3)) if self.probe else None)

    def maps_and_logits(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] -> the last feature maps of `tail` and behind them, with
        a probe, those of `base_tail`, (N, d or 2d, h, w), and the logits (N, 37)."""
        shared = self.shared(pictures)
        maps = self.tail(shared)
        if self.probe:
            maps = torch.cat([maps, self.base_tail(shared)], 1)
        parts = maps.mean((2, 3)).split(self.classifier.in_features, 1)
        return maps, self.logits(parts[0], parts[-1])

    def copy(self) -> PetNetwork:
        """The same network with weights of its own, its backbone's too."""
        found = PetNetwork(self.base.copy(), self._stage, self.probe is not None)
        found.load_state_dict(self.state_dict())
        return found.eval().requires_grad_(False)

    def logits(self, features: torch.Tensor, base_features: torch.Tensor | None) -> torch.Tensor:
        """Pooled features (N, d) of `tail` and of `base_tail` -> logits (N, 37).

        W a + b, and with a probe W a + b + W' a' + b'.
        """
        logits = self.classifier(features)
        return logits + self.probe(base_features) if self.probe else logits


@dataclass(frozen=True)
class PetPrediction(Prediction):
    """What a pet classifier says of one picture; `probabilities` are calibrated.

    Attributes:
        maps: (d, h, w), the last feature maps of the fine-tuned stages.
        base_maps: (d, h, w), those of the backbone's own stages.
        features: (d,), the means of `maps`.
        cat: probability that it is a cat rather than a dog.
        score: log-odds that it is a cat or a dog at all, less the threshold.
    """

    maps: torch.Tensor = field(repr=False)
    base_maps: torch.Tensor = field(repr=False)
    features: torch.Tensor = field(repr=False)
    cat: float
    score: float

    @property
    def is_pet(self) -> bool:
        """Whether the picture is taken for a cat or a dog."""
        return self.score > 0


class PetClassifier:
    """A trained `PetNetwork`, frozen, with its calibration.

    The rejection score is log P(pet) - log P(not) under the ImageNet classifier, where P(pet) is
    the sum over its 118 dogs and 5 cats, less a threshold.

    Args:
        spec: which one it is.
        network: is set to eval mode, frozen and moved to the backbone's device.
        facts: measured on held-out photos: "temperature" (Guo et al. 2017) divides the logits;
            "threshold" is that of the rejection score; "centroids" (37, d) are the breeds' mean
            features.
    """

    def __init__(self, spec: PetSpec, network: PetNetwork, facts: dict[str, torch.Tensor]) -> None:
        self.spec = spec
        self._network = network.eval().requires_grad_(False)
        self._lock = threading.Lock()
        self.temperature = float(facts["temperature"])
        self.threshold = float(facts["threshold"])
        at = self.placement
        self.centroids = F.normalize(facts["centroids"].to(at.device), dim=1)
        self._to_placement(network)
        self._forward: onnx_runtime.Forward = network.feature_maps
        self._copied_bytes = 0
        compute = onnx_runtime.forward(spec.name, network.stages(), at.device)
        if compute:
            self._forward = compute
            self._copied_bytes = _bytes(network.stages().values())
            network.tail.to("meta")  # onnxruntime has its weights

    def _to_placement(self, module: nn.Module) -> None:
        at = self.placement
        module.to(at.device, memory_format=at.memory_format)  # type: ignore[call-overload]

    @property
    def network(self) -> PetNetwork:
        """The PyTorch network. Where onnxruntime computes the forward passes, the weights of its
        `tail` are read when it is first asked for, by whoever wants gradients.

        Raises:
            ValidationError: the weight file is missing or damaged.
        """
        tail = self._network.tail
        with self._lock:
            if next(tail.parameters()).is_meta:
                state = weights.part(weights.load(self.spec.name), "tail")
                tail.load_state_dict(state, assign=True)
                self._to_placement(tail)
        return self._network

    @property
    def bytes(self) -> int:
        """Memory held by its own weights; the backbone's are counted there."""
        network = self._network
        parts = (network.tail, network.classifier, network.probe)
        owned = [p for part in parts if part is not None for p in part.parameters()]
        return self._copied_bytes + _bytes(p for p in owned if not p.is_meta)

    @property
    def placement(self) -> Placement:
        """Where and how it computes."""
        return self._network.base.placement

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> calibrated logits (N, 37), float32, differentiable."""
        return self.network(pictures) / self.temperature

    def maps_and_logits(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As `PetNetwork.maps_and_logits`, with calibrated logits."""
        maps, logits = self.network.maps_and_logits(pictures)
        return maps, logits / self.temperature

    def copy(self) -> PetNetwork:
        """The network, not calibrated, with weights of its own."""
        return self.network.copy().to(self.placement.device)

    @torch.no_grad()
    def predict_batch(self, pictures: torch.Tensor) -> list[PetPrediction]:
        """Pictures (N, 3, input_size, input_size) in [0, 1] -> one `PetPrediction` each.

        With `spec.mirrored`, the maps of the mirror image are mirrored back and averaged with the
        picture's own: as what follows them is linear, that averages both logits, and the class
        activation map stays exact.
        """
        network = self._network
        both = torch.cat([pictures, pictures.flip(3)]) if self.spec.mirrored else pictures
        maps, base_maps = self._forward(both)
        if self.spec.mirrored:
            maps, base_maps = _average_mirrored(maps), _average_mirrored(base_maps)
        features, base_features = maps.mean((2, 3)), base_maps.mean((2, 3))
        # One by one: matrix products of other heights are summed in another order on some CPUs.
        pairs = list(zip(features.split(1), base_features.split(1), strict=True))
        logits = torch.cat([network.logits(*pair) for pair in pairs])
        scores = torch.cat([pet_odds(network.base_classifier(base)) for _, base in pairs])
        scores = scores - self.threshold
        probabilities = (logits / self.temperature).softmax(1).cpu()
        cats = probabilities[:, : len(breeds.CATS)].sum(1)
        return [
            PetPrediction(
                classes=breeds.NAMES,
                probabilities=probabilities[n],
                maps=maps[n],
                base_maps=base_maps[n],
                features=features[n],
                cat=cats[n].item(),
                score=scores[n].item(),
            )
            for n in range(len(pictures))
        ]

    def predict(self, image: str | Path | Image.Image) -> PetPrediction:
        """What a photograph shows, by its centre square.

        Args:
            image: a path or a PIL image.

        Raises:
            ValidationError: it can't be read, or is too small, too large or too long.
        """
        return self.predict_batch(images.classifier_input(image, self.spec.input_size))[0]

    def class_activation_map(
        self,
        prediction: PetPrediction,
        breed: int,
        against: int | None = None,
        contrast: float = 1.0,
    ) -> torch.Tensor:
        """Class activation map (h, w), in logits: which places speak for `breed`.

        CAM (Zhou et al. 2016) is M(x, y) = sum_k w_k A_k(x, y); with global average pooling and a
        linear classifier it is exact: its mean is the logit less the bias. Against another breed it
        is Finer-CAM (Zhang et al. 2025): sum_k (w_k - contrast * w'_k) A_k(x, y).

        Args:
            breed, against: class numbers, see `breeds.NAMES`.
            contrast: 0 (plain CAM) to 1 (the whole difference of the two logits).
        """

        def cam(layer: nn.Linear, maps: torch.Tensor) -> torch.Tensor:
            weight = layer.weight[breed]
            if against is not None:
                weight = weight - contrast * layer.weight[against]
            return torch.einsum("k,khw->hw", weight, maps.float())

        found = cam(self._network.classifier, prediction.maps)
        if self._network.probe:
            found = found + cam(self._network.probe, prediction.base_maps)
        return found.cpu()

    def similar(self, prediction: PetPrediction, count: int = 5) -> list[tuple[str, float]]:
        """The breeds whose mean training photo is nearest, by cosine similarity of features."""
        nearest = (self.centroids @ F.normalize(prediction.features, dim=0)).topk(count)
        pairs = zip(nearest.indices.tolist(), nearest.values.tolist(), strict=True)
        return [(breeds.NAMES[n], v) for n, v in pairs]


def pet_odds(logits: torch.Tensor) -> torch.Tensor:
    """ImageNet logits (N, 1000) -> log P(a dog or a cat) - log P(anything else), (N,)."""
    pets = torch.zeros(logits.shape[1], dtype=torch.bool)
    pets[list(DOG_CLASSES) + list(CAT_CLASSES)] = True
    return logits[:, pets].logsumexp(1) - logits[:, ~pets].logsumexp(1)


def _bytes(tensors: Iterable[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _average_mirrored(maps: torch.Tensor) -> torch.Tensor:
    """Maps (2N, d, h, w) of pictures and of their mirror images -> their averages (N, d, h, w)."""
    plain, mirrored = maps.chunk(2)
    return (plain + mirrored.flip(3)) / 2


def load(spec: PetSpec, base: Backbone) -> PetClassifier:
    """The classifier of `spec` on its backbone, weights checked.

    Raises:
        ValidationError: the weight file is missing or damaged.
    """
    state = weights.load(spec.name)
    network = PetNetwork(base, spec.stage, has_probe="second.weight" in state)
    network.tail.load_state_dict(weights.part(state, "tail"))
    network.classifier.load_state_dict(weights.part(state, "classifier"))
    if network.probe:
        network.probe.load_state_dict(weights.part(state, "second"))
    return PetClassifier(spec, network, state)
