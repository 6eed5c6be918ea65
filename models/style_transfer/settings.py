"""The settings of style transfer. Importing this does not import PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from models import registry
from models.registry import BackboneSpec
from models.validation import Settings, ValidationError, choice, number, setting

STYLE_LOSSES = ("moments", "gram", "wasserstein", "neighbours")
INITS = ("content", "noise")
OPTIMIZERS = ("adam", "lbfgs")
AREAS = ("all", "animal", "background")
COLOR_METHODS = ("luminance", "histogram")
MIN_SIZE, MAX_SIZE = 64, 4096
MAX_LAYER_WEIGHT = 10.0
DEFAULT_CONTENT_LAYER = registry.backbone(registry.DEFAULT_BACKBONE).content_layer
WEIGHT = {"low": 0, "high": 1000, "slider_high": 10, "step": 0.05}


@dataclass(frozen=True)
class StyleSettings(Settings):
    """What a style transfer is set to; see each setting's sentence.

    Raises:
        ValidationError: a value out of range, or nothing left to minimise.
    """

    # May be changed while a run goes on.
    LIVE: ClassVar[tuple[str, ...]] = ("content_weight", "style_weight", "tv_weight")

    size: int = setting(
        384, "longer side of the result in pixels", low=MIN_SIZE, high=MAX_SIZE, step=32,
    )  # fmt: skip
    steps: int = setting(
        120, "optimizer steps over all scales together", low=1, high=5000,
        slider_low=10, slider_high=600, step=10,
    )  # fmt: skip
    style_loss: str = setting(
        "moments",
        "what style is: means and centred covariances of the activations, Gram matrices as in "
        "Gatys et al. 2016, the moments as a distance of two Gaussians, or each place's nearest "
        "neighbour (Kolkin et al. 2022)",
        choices=STYLE_LOSSES,
        page_choices=STYLE_LOSSES[:-1],
        choice_key="style.loss",
    )
    content_weight: float = setting(
        1.0, "how much the photo's layout matters; 1 is balanced", **WEIGHT,
        formula=r"\alpha\,\mathrm{mean}\,\frac{(F-F_p)^2}{\sigma_p^2}",
    )  # fmt: skip
    style_weight: float = setting(
        1.0, "how much the style's texture matters; 1 is balanced", **WEIGHT,
        formula=r"\beta\,\left(\frac{\lVert\Sigma-\Sigma_s\rVert^2}{\lVert\Sigma_s\rVert^2}"
        r"+\lVert\mu-\mu_s\rVert^2\right)",
    )  # fmt: skip
    tv_weight: float = setting(
        1.0, "how much smoothness matters (total variation); 1 is balanced", **WEIGHT,
        formula=r"\gamma\,\mathrm{mean}\,(x_i-x_j)^2",
    )  # fmt: skip
    init: str = setting(
        "content",
        "where to start: the content picture, or noise",
        choices=INITS,
        choice_key="style.init",
    )
    # The page opens with L-BFGS: less speckle and larger strokes in the same time. The endpoint's
    # default may not change.
    optimizer: str = setting(
        "adam",
        "the optimizer",
        choices=OPTIMIZERS,
        page_default="lbfgs",
        choice_key="style.optimizer",
    )
    keep_colors: bool = setting(
        False, "keep the photo's own colours and take only brushwork from the style"
    )
    seed: int = setting(0, "fixes the noise", low=0, high=2**31 - 1)
    color_method: str = setting(
        "luminance",
        "how colours are kept: only brightness is painted, or the style picture first gets the "
        "photo's colours (both Gatys et al. 2016b)",
        choices=COLOR_METHODS,
    )
    style_scale: float = setting(
        1.0, "size of the style picture relative to the result's; smaller makes finer strokes",
        low=0.25, high=2, step=0.05,
    )  # fmt: skip
    blend: float = setting(
        0.0, "share of the second style", low=0, high=1, step=0.05,
        formula=r"\mu=(1-b)\,\mu_1+b\,\mu_2,\quad G=(1-b)\,G_1+b\,G_2",
    )  # fmt: skip
    content_layer: str = setting(
        "", "the layer at which content is compared, such as \"blocks.3.0.bn1\"; empty for the "
        "network's usual one", page_default=DEFAULT_CONTENT_LAYER,
    )  # fmt: skip
    layer_weights: Sequence[float] = setting(
        (), "one weight for each style layer, shallow to deep, 0 to 10; 0 turns a layer off, an "
        "empty list makes them all 1",
    )  # fmt: skip
    coarse_to_fine: bool = setting(
        True, "work from small to large; false is the paper's way, all at full size"
    )
    area: str = setting(
        "all",
        "what of the photo is painted, as the pet classifier sees it: all, or the rest stays",
        choices=AREAS,
        choice_key="style.area",
    )

    def check(self) -> None:
        given = self.layer_weights
        weights = tuple(number("layer_weights", w, 0, MAX_LAYER_WEIGHT) for w in given)
        object.__setattr__(self, "layer_weights", weights)
        if not any(getattr(self, name) for name in self.LIVE):
            raise ValidationError("nothing_to_minimise")
        if self.style_weight and weights and not any(weights):
            raise ValidationError("no_style_layer")

    @property
    def loss_weights(self) -> tuple[float, ...]:
        """The weights of content, style and variation, scaled down together to at most 10.

        The picture depends on their ratios alone; so losses stay where a plot can show them.
        """
        weights = [getattr(self, name) for name in self.LIVE]
        scale = min(1.0, WEIGHT["slider_high"] / max(weights))
        return tuple(scale * weight for weight in weights)

    @property
    def used_terms(self) -> tuple[bool, bool]:
        """Whether the content and the style count at all."""
        return self.content_weight > 0, self.style_weight > 0

    def weights_of(self, spec: BackboneSpec) -> tuple[float, ...]:
        """One weight for each of the network's style layers.

        Raises:
            ValidationError: there are more or fewer weights than layers.
        """
        layers = spec.style_layers
        if self.layer_weights and len(self.layer_weights) != len(layers):
            given = len(self.layer_weights)
            raise ValidationError("layer_weights", title=spec.title, count=len(layers), given=given)
        return tuple(self.layer_weights) or (1.0,) * len(layers)

    def content_layer_of(self, spec: BackboneSpec) -> str:
        """Where content is compared.

        Raises:
            ValidationError: the network has no such layer to choose; the message lists them.
        """
        if not self.content_layer:
            return spec.content_layer
        return choice("content_layer", self.content_layer, content_layers(spec))


def content_layers(spec: BackboneSpec) -> tuple[str, ...]:
    """The layers at which content may be compared, shallow to deep."""
    return tuple(dict.fromkeys((*spec.style_layers, spec.content_layer)))
