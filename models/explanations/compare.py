"""One photo and one class explained by several methods, each with its deletion and insertion."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

import torch

from models.explanations import curves
from models.explanations.curves import Points
from models.explanations.gradients import Network, logits_of
from models.explanations.methods import STEPS
from models.explanations.settings import METHODS, ExplanationSettings


@dataclass(frozen=True)
class Explanation:
    """What one method says.

    Attributes:
        map: (h, w) on the CPU, of the picture's size or coarser: above 0 speaks for the class,
            below 0 against it.
        deletion, insertion: the curves, see `curves`; empty before they are measured.
    """

    map: torch.Tensor
    deletion: Points = field(default_factory=list)
    insertion: Points = field(default_factory=list)

    @property
    def areas(self) -> tuple[float, float] | None:
        """Those under the deletion and the insertion curve; None before both are whole."""
        if len(self.insertion) <= curves.INTERVALS:
            return None
        return curves.area(self.deletion), curves.area(self.insertion)


@dataclass(frozen=True)
class ExplanationStep:
    """Several methods' explanations so far.

    Attributes:
        step, steps: methods done (a method under way counts with its share), and all of them.
        target: the class that is explained.
        probability: of that class for the whole picture.
        found: by method; the last may be under way.
    """

    step: float
    steps: int
    target: int
    probability: float
    found: dict[str, Explanation]


def compare(
    network: Network,
    picture: torch.Tensor,
    target: int | None,
    settings: ExplanationSettings,
    methods: Sequence[str] = METHODS,
) -> Generator[ExplanationStep]:
    """Explains a picture by each of `methods` in turn.

    Args:
        network: a `Backbone` or a `PetClassifier`, or what gives maps and logits as they do.
        picture: (1, 3, H, W) in [0, 1], on the network's device.
        target: class number; None takes the network's own verdict.
        settings: their `class_name`, `model` and `method` are not looked at.

    Yields:
        A step for each batch that went through the network. Closable at any of them.
    """
    p = logits_of(network, picture)[0].softmax(0)
    target = int(p.argmax()) if target is None else target
    found: dict[str, Explanation] = {}

    def step(share: float) -> ExplanationStep:
        done = min(len(found) - 1 + share, len(methods))
        return ExplanationStep(done, len(methods), target, p[target].item(), dict(found))

    for method in methods:
        for part in STEPS[method](network, picture, target, settings):
            found[method] = Explanation(part.map)
            yield step(part.step / part.steps / 2)
        for each in curves.steps(network, picture, found[method].map, target, settings):
            found[method] = replace(
                found[method], deletion=[*each.deletion], insertion=[*each.insertion]
            )
            yield step((1 + each.step / each.steps) / 2)
