"""The settings of feature visualization. Importing this does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models import registry
from models.registry import ClassifierSpec
from models.validation import Settings, ValidationError, choice, setting

METHODS = ("plain", "variation", "fourier", "maco", "accentuate")
FROM_NOISE = METHODS[:4]  # those that need no photo
TAKE_TURNS = METHODS[2:]  # those in which for a class a second network takes part
STARTS = ("noise", "photo")
MAX_CHANNEL = 4095
# The second network of `TAKE_TURNS`, by the first one; see `VisualizationSettings.networks`.
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
        "smoothness term (fur and stripes), on a Fourier spectrum with a second network (fur with "
        "a face), first on the phases alone of waves as strong as in photographs (a picture that "
        "people recognise), or from a photo and near it (what in it looks like the class)",
        choices=METHODS, page_default="maco", key="name.method_ideal", choice_key="ideal.method",
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
        "noise",
        'where to start: noise, or the image, which "accentuate" always starts from',
        choices=STARTS, choice_key="ideal.start",
    )  # fmt: skip
    octaves: int = setting(
        1,
        'at how many sizes, small to large, "plain" and "variation" show the picture to the '
        "network",
        low=1, high=4, step=1, formula=r"x_0=\text{photo},\qquad x_{t+1}=x_t+\eta\,g_t",
    )  # fmt: skip
    decorrelated: bool = setting(
        True,
        'in all but "plain" and "variation", the color axes of natural pictures; false for red, '
        "green, blue",
        formula=r"x=\sigma\big(C\,\mathcal{F}^{-1}(z/f)\big)",
    )
    count: int = setting(
        1, "how many pictures at once, with the seeds that follow each other", low=1, high=6
    )
    photo_weight: float = setting(
        1.0,
        'in "accentuate", how much leaving the photo costs; 0 lets the picture go',
        low=0, high=10, step=0.1,
        formula=r"\max_x\;z_c(x)-\lambda\,\frac{\lVert A(x)-A(x_0)\rVert^2}{\lVert A(x_0)\rVert^2}",
    )  # fmt: skip

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
    def from_photo(self) -> bool:
        """Whether the picture begins as a photo."""
        return self.start == "photo" or self.method == "accentuate"

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks that take part: the model, and for a class a partner where the
        method lets two take turns.

        What two networks agree on is less of an artefact of either.
        """
        if self.method not in TAKE_TURNS or self.layer:
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
