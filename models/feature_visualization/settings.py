"""The settings of feature visualization. Importing this does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models import registry
from models.registry import ClassifierSpec
from models.validation import Settings, ValidationError, choice, setting

METHODS = ("plain", "variation", "fourier")
STARTS = ("noise", "photo")
MAX_CHANNEL = 4095
# The second network of "fourier", by the first one; see `VisualizationSettings.networks`.
PARTNERS = {
    "efficientnet_lite0": "efficientnet_lite2",
    "efficientnet_lite1": "efficientnet_lite2",
    "pets_lite0": "pets_lite2",
}


@dataclass(frozen=True)
class VisualizationSettings(Settings):
    """What is visualized, and how; see each setting's sentence.

    Raises:
        ValidationError: a value of the wrong type or out of range, or the network has no such class
            or layer.
    """

    class_name: str = setting(
        "Siamese cat",
        'a class of the network: one of the 1,000 ImageNet names, such as "zebra", or for a pet '
        'classifier one of the 37 breeds, such as "Siamese"',
    )
    model: str = setting(
        registry.DEFAULT_BACKBONE, "the network that is visualized", choices=registry.CLASSIFIERS
    )
    method: str = setting(
        "fourier",
        "gradient ascent on the pixels (noise to us, certainty to the network), the same with a "
        "smoothness term (fur and stripes), or on a Fourier spectrum with a second network (a "
        "picture that people recognise)",
        choices=METHODS, key="name.method_ideal", choice_key="ideal.method",
        formula=r"\max_x\;\log p(c\mid x)-w\,\mathrm{TV}(x)",
    )  # fmt: skip
    size: int = setting(224, "side of the picture in pixels", low=64, high=512, step=32)
    steps: int = setting(
        256, "optimizer steps; more add detail and contrast", low=1, high=2000,
        slider_low=16, slider_high=1024, step=16,
    )  # fmt: skip
    tv_weight: float = setting(
        1.0,
        "how much smoothness matters (total variation); 1 is the method's own default, and "
        '"plain" has no such term',
        low=0, high=10, step=0.1, key="name.tv_weight_ideal",
    )  # fmt: skip
    seed: int = setting(
        0, "fixes the noise at the start and the random transforms", low=0, high=2**31 - 1
    )
    layer: str = setting(
        "",
        'a layer of an ImageNet network to maximize instead of the class, such as "blocks.3"; '
        "empty for the class",
    )
    channel: int | None = setting(
        None,
        "which channel of that layer, from 0 on; none for the whole layer, as DeepDream does",
        low=0, high=MAX_CHANNEL, page_default=0,
    )  # fmt: skip
    start: str = setting(
        "noise", "where to start: noise, or the image", choices=STARTS, choice_key="ideal.start"
    )
    octaves: int = setting(
        1,
        'at how many sizes, small to large, "plain" and "variation" show the picture to the '
        "network",
        low=1, high=4, step=1, formula=r"x_0=\text{photo},\qquad x_{t+1}=x_t+\eta\,g_t",
    )  # fmt: skip
    decorrelated: bool = setting(
        True,
        'in "fourier", the color axes of natural pictures; false for red, green, blue',
        formula=r"x=\sigma\big(C\,\mathcal{F}^{-1}(z/f)\big)",
    )
    count: int = setting(
        1, "how many pictures at once, with the seeds that follow each other", low=1, high=6
    )

    def check(self) -> None:
        if self.layer:
            check_layer(self.spec, self.layer)
        else:
            self.spec.class_index(self.class_name)

    @property
    def spec(self) -> ClassifierSpec:
        """The network that is visualized."""
        return registry.classifier(self.model)

    @property
    def class_index(self) -> int:
        """The class's place among the network's logits."""
        return self.spec.class_index(self.class_name)

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks that take part: the model, and for a class in "fourier" a partner.

        What two networks agree on is less of an artefact of either.
        """
        if self.method != "fourier" or self.layer:
            return (self.model,)
        other = "pets_lite0" if self.model in registry.PET_CLASSIFIERS else "efficientnet_lite0"
        return (self.model, PARTNERS.get(self.model, other))


def check_layer(spec: ClassifierSpec, layer: str) -> None:
    """Whether the network of `spec` shows a layer called `layer`.

    Raises:
        ValidationError: it shows no layers at all (pet classifiers), or others.
    """
    layers = getattr(spec, "map_layers", ())
    if not layers:
        raise ValidationError("no_layers", title=spec.title)
    choice("layer", layer, layers)
