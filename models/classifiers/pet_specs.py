"""The fine-tuned pet classifiers that Netglass ships, as data. Importing this costs no PyTorch."""

from dataclasses import dataclass

from models.validation import choice


@dataclass(frozen=True)
class PetSpec:
    """One classifier.

    Attributes:
        name: what endpoints call it, and its entry in weights/manifest.json.
        title: what people call it.
        backbone: the ImageNet network it was fine-tuned from.
        stage: the first of that network's seven stages which was; -1: the stem too.
        side: of the square picture it is shown, in pixels.
        mirrored: it looks at the picture's mirror image too, which costs as much again.
    """

    name: str
    title: str
    backbone: str
    stage: int
    side: int
    mirrored: bool = False


SPECS = (
    PetSpec("pets_lite0", "EfficientNet-Lite0: pets", "efficientnet_lite0", 3, 256),
    PetSpec("pets_lite2", "EfficientNet-Lite2: pets", "efficientnet_lite2", 3, 256, True),
    PetSpec("pets_lite0_robust", "EfficientNet-Lite0: pets, robust", "efficientnet_lite0", -1, 128),
)
NAMES = tuple(spec.name for spec in SPECS)
DEFAULT = NAMES[0]


def spec(name: str) -> PetSpec:
    """The classifier called `name`.

    Raises:
        ValidationError: there is none; the message lists the names.
    """
    return SPECS[NAMES.index(choice("model", name, NAMES))]
