"""Which of 37 breeds, how sure, why, and whether it is a cat or a dog at all.

The first stages are those of the frozen ImageNet backbone, shared with everything else that uses
it; the later ones were fine-tuned (`training/pets.py`). The backbone's own later stages are kept
beside them: they know a thousand other things by name, so they are asked whether this is a pet; and
a second linear layer reads breeds off their features, which the fine-tuning could not spoil.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from models import images, weights
from models.backbones.backbone import Backbone
from models.device import has_bf16_units
from models.labels import breeds
from models.labels.prediction import Prediction
from models.registry import PetSpec

DOG_CLASSES = range(151, 269)  # ImageNet: Chihuahua to Mexican hairless
CAT_CLASSES = range(281, 286)  # tabby to Egyptian cat


class PetNetwork(nn.Module):
    """A backbone whose stages from `stage` on were copied to learn breeds.

    Args:
        base: the ImageNet network; its first stages are shared, not copied.
        stage: the first of its seven stages that is copied; -1 copies the stem too.
        reads_base: whether the backbone's own last features count too.
    """

    def __init__(self, base: Backbone, stage: int, reads_base: bool = False):
        super().__init__()
        network = base.network
        self.base = base
        stem = [network.conv_stem, network.bn1]
        layers = [*stem, *network.blocks, network.conv_head, network.bn2]
        first = len(stem) + stage if stage >= 0 else 0
        self.trunk, self.rest = nn.Sequential(*layers[:first]), nn.Sequential(*layers[first:])
        self.tail = copy.deepcopy(self.rest)
        features = network.classifier.in_features
        self.classifier = nn.Linear(features, len(breeds.NAMES))
        self.second = nn.Linear(features, len(breeds.NAMES)) if reads_base else None

    def shared(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> activations of the last shared stage."""
        at = self.base.placement
        x = (pictures.to(at.device) - self.base.mean) / self.base.std
        return self.trunk(x.contiguous(memory_format=at.memory_format))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> logits (N, 37)."""
        shared = self.shared(pictures)
        pooled = self.tail(shared).mean((2, 3))
        return self.logits(pooled, self.rest(shared).mean((2, 3)) if self.second else None)

    def logits(self, pooled: torch.Tensor, known: torch.Tensor | None) -> torch.Tensor:
        """Pooled features (N, d), fine-tuned and of the backbone -> logits (N, 37).

        W a + b, and W' a' + b' if the backbone's features count.
        """
        found = self.classifier(pooled)
        return found + self.second(known) if self.second else found


@dataclass(frozen=True)
class PetPrediction(Prediction):
    """What a pet classifier makes of one picture; `probabilities` are calibrated.

    Attributes:
        maps: (d, h, w), the last feature maps.
        base_maps: (d, h, w), those of the backbone as it came.
        features: (d,), the means of `maps`.
        cat: probability that it is a cat rather than a dog.
        score: log-odds that it is a cat or a dog at all, less the threshold.
    """

    maps: torch.Tensor
    base_maps: torch.Tensor
    features: torch.Tensor
    cat: float
    score: float

    @property
    def is_pet(self) -> bool:
        """Whether it is taken for a cat or a dog."""
        return self.score > 0


class PetClassifier:
    """A trained `PetNetwork` with what was measured on held-out photographs: frozen.

    The rejection score is log P(pet) - log P(not) under the ImageNet head, P(pet) being what its
    118 dogs and 5 cats get together, less a threshold.

    Args:
        spec: which one it is.
        network: in eval mode.
        facts: "temperature" (Guo et al. 2017) divides the logits; "threshold" belongs to the
            rejection score; "centroids" (37, d) are the breeds' mean features.
    """

    def __init__(self, spec: PetSpec, network: PetNetwork, facts: dict[str, torch.Tensor]):
        self.spec = spec
        self.network = network.eval().requires_grad_(False)
        self.temperature = float(facts["temperature"])
        self.threshold = float(facts["threshold"])
        at = network.base.placement
        self.centroids = F.normalize(facts["centroids"].to(at.device), dim=1)
        network.to(at.device, memory_format=at.memory_format)

    @property
    def bytes(self) -> int:
        """Memory held by its own weights; the backbone's are counted there."""
        parts = (self.network.tail, self.network.classifier)
        return sum(p.numel() * p.element_size() for part in parts for p in part.parameters())

    @property
    def placement(self):
        """Where and how it computes."""
        return self.network.base.placement

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> calibrated logits (N, 37), float32, differentiable."""
        return self.network(pictures) / self.temperature

    @torch.no_grad()
    def predict_batch(self, pictures: torch.Tensor) -> list[PetPrediction]:
        """Pictures (N, 3, input_size, input_size) in [0, 1] -> one `PetPrediction` each.

        The maps of a mirror image are turned back and averaged with the picture's own: as what
        follows is linear, that is the average of both logits, and the maps stay exact.
        """
        network, at = self.network, self.network.base.placement
        # Without gradients bfloat16 is faster even for depthwise convolutions, by 1.6 here.
        faster = at.device.type == "cpu" and has_bf16_units()
        both = torch.cat([pictures, pictures.flip(3)]) if self.spec.mirrored else pictures
        with torch.autocast("cpu", torch.bfloat16, enabled=faster):
            shared = network.shared(both)
            maps = _ends(network.tail, shared).float()
            base_maps = _ends(network.rest, shared).float()
        if self.spec.mirrored:
            maps, base_maps = _average_mirrored(maps), _average_mirrored(base_maps)
        pooled, by_base = maps.mean((2, 3)), base_maps.mean((2, 3))
        logits = network.logits(pooled, by_base)
        scores = pet_odds(network.base.network.classifier(by_base)) - self.threshold
        probabilities = (logits / self.temperature).softmax(1).cpu()
        cats = probabilities[:, : len(breeds.CATS)].sum(1)
        return [
            PetPrediction(
                classes=breeds.NAMES,
                probabilities=probabilities[n],
                maps=maps[n],
                base_maps=base_maps[n],
                features=pooled[n],
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
        """Class activation map (h, w): where the picture speaks for `breed`, in logits.

        CAM (Zhou et al. 2016) is M(x, y) = sum_k w_k A_k(x, y); with global average pooling and a
        linear head it is exact: its mean is the logit less the bias. Against another breed it is
        Finer-CAM (Zhang et al. 2025): sum_k (w_k - contrast * w'_k) A_k(x, y).

        Args:
            contrast: 0 (plain CAM) to 1 (the whole difference of the two logits).
        """
        heat = 0.0
        for layer, maps in (
            (self.network.classifier, prediction.maps),
            (self.network.second, prediction.base_maps),
        ):
            if layer is not None:
                other = 0 if against is None else contrast * layer.weight[against]
                heat = heat + torch.einsum("k,khw->hw", layer.weight[breed] - other, maps.float())
        return heat.cpu()

    def similar(self, prediction: PetPrediction, count: int = 5) -> list[tuple[str, float]]:
        """The breeds whose mean training photograph is nearest by the cosine of the features."""
        near, numbers = (self.centroids @ F.normalize(prediction.features, dim=0)).topk(count)
        return [(breeds.NAMES[n], v) for n, v in zip(numbers.tolist(), near.tolist(), strict=True)]


def pet_odds(logits: torch.Tensor) -> torch.Tensor:
    """ImageNet logits (N, 1000) -> log P(a dog or a cat) - log P(anything else), (N,)."""
    pets = torch.zeros(logits.shape[1], dtype=torch.bool)
    pets[list(DOG_CLASSES) + list(CAT_CLASSES)] = True
    return logits[:, pets].logsumexp(1) - logits[:, ~pets].logsumexp(1)


def _ends(stages: nn.Sequential, shared: torch.Tensor) -> torch.Tensor:
    # oneDNN picks another kernel for the last 1x1 convolution when a picture comes alone; one at a
    # time gives every picture the same answer in any company.
    *body, conv, act = stages
    x = nn.Sequential(*body)(shared)
    return torch.cat([act(conv(one)) for one in x.split(1)])


def _average_mirrored(maps: torch.Tensor) -> torch.Tensor:
    """Maps (2N, d, h, w) of pictures and of their mirror images -> their averages (N, d, h, w)."""
    straight, mirrored = maps.chunk(2)
    return (straight + mirrored.flip(3)) / 2


def load(spec: PetSpec, base: Backbone) -> PetClassifier:
    """The classifier of `spec` on its backbone, weights checked.

    Raises:
        ValidationError: the weight file is missing or damaged.
    """
    state = weights.load(spec.name)
    network = PetNetwork(base, spec.stage, reads_base="second.weight" in state)
    for part in ("tail", "classifier", *(("second",) if network.second else ())):
        getattr(network, part).load_state_dict(weights.part(state, part))
    return PetClassifier(spec, network, state)
