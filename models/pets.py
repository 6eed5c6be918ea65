"""The fine-tuned pet classifiers that Netglass ships, as data. Importing this costs no PyTorch."""

from dataclasses import dataclass

from models.refusals import choice


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


@dataclass(frozen=True)
class PairSpec:
    """Classifiers that are asked together.

    Attributes:
        name: what endpoints call them, and their entry in weights/manifest.json.
        title: what people call them.
        members: the classifiers' names; all are shown the same picture.
        side: of that square picture, in pixels.
    """

    name: str
    title: str
    members: tuple[str, ...]
    side: int


SPECS = (
    PetSpec("pets_lite0", "EfficientNet-Lite0: pets", "efficientnet_lite0", 3, 256),
    PetSpec("pets_lite2", "EfficientNet-Lite2: pets", "efficientnet_lite2", 3, 256, True),
    PetSpec("pets_lite0_robust", "EfficientNet-Lite0: pets, robust", "efficientnet_lite0", -1, 128),
)
NAMES = tuple(spec.name for spec in SPECS)
DEFAULT = NAMES[0]
BOTH = PairSpec("pets_both", "Lite0 and Lite2 together: pets", NAMES[:2], 256)
# What can name a breed; to be attacked or dreamt of it takes a single network.
ASKED = (*SPECS, BOTH)


def spec(name: str) -> PetSpec | PairSpec:
    """The classifier called `name`.

    Raises:
        Refusal: there is none; the message lists the names.
    """
    names = tuple(known.name for known in ASKED)
    return ASKED[names.index(choice("model", name, names))]
