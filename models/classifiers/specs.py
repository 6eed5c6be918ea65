"""Everything that names what a picture shows, behind one face: ImageNet's networks, the pets'.

A classifier is called with pictures (N, 3, H, W) in [0, 1] and gives logits (N, K), differentiable
with respect to the pictures; its `placement` says where it computes. `backbones.Backbone` and
`pet_classifier.PetClassifier` both are. What else there is to know is data. Importing this costs no
PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

from models import registry
from models.classifiers import breeds, pet_specs
from models.validation import choice


@dataclass(frozen=True)
class Namer:
    """One classifier, as data.

    Attributes:
        name: what endpoints call it.
        title: what people call it.
        side: of the square picture it is shown, in pixels.
        classes: names of its K classes, in the order of its logits.
    """

    name: str
    title: str
    side: int
    classes: tuple[str, ...]

    def index(self, class_name: str) -> int:
        """The class called `class_name` (capitals don't matter).

        Raises:
            ValidationError: there is none; the message names the nearest ones.
        """
        if self.classes == breeds.NAMES:
            return breeds.index(class_name)
        return registry.class_index(class_name)


NAMES = (*registry.NAMES, *pet_specs.NAMES)
DEFAULT = registry.DEFAULT


def spec(name: str) -> Namer:
    """The classifier called `name`.

    Raises:
        ValidationError: there is none; the message lists the names.
    """
    choice("model", name, NAMES)
    if name in pet_specs.NAMES:
        known = pet_specs.spec(name)
        return Namer(name, known.title, known.side, breeds.NAMES)
    known = registry.spec(name)
    return Namer(name, known.title, known.size, registry.class_names())
