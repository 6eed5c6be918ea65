"""One attack, set as the knobs above say, for everything that looks at its result."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demos.runtime.engine import Run
from demos.ui import model_picker
from demos.ui import progress as status
from demos.ui.page import Page
from models import images, registry
from models.attacks.settings import AttackSettings

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from models.attacks.evaluation import Network

NAME = "deeper"


@dataclass(frozen=True)
class Subject:
    """A photo before a network, and what is to be done to it.

    Attributes:
        spec: the network, as data.
        network: itself.
        picture: the photo, RGB, any size.
        clean: (1, 3, side, side) in [0, 1], what the network sees of it.
        settings: of the attack.
    """

    spec: registry.ClassifierSpec
    network: Network
    picture: Image.Image
    clean: torch.Tensor
    settings: AttackSettings

    @property
    def target(self) -> int | None:
        """The class that is wanted."""
        name = self.settings.target
        return None if name is None else self.spec.class_index(name)

    def top(self, picture: torch.Tensor, count: int = 5) -> list[tuple[str, float]]:
        """The likeliest classes of a picture (1, 3, H, W) with their probabilities."""
        best = self.network(picture).detach().softmax(1)[0].topk(count)
        found = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [self.said(verdict) for verdict in found]

    def said(self, verdict: tuple[int, float]) -> tuple[str, float]:
        """(class, probability) with the class by its name."""
        return self.spec.classes[verdict[0]], verdict[1]


def subject(
    page: Page, code: str, path: str | None, model: str, options: dict
) -> Generator[str, None, Subject]:
    """Everything checked and loaded; yields status lines meanwhile.

    Args:
        options: of `AttackSettings`; a target of "" is none.
    """
    picture = images.open_image(path)
    spec = registry.classifier(model)
    settings = AttackSettings(**options | {"target": options.get("target") or None})
    if settings.target is not None:
        spec.class_index(settings.target)
    network = yield from model_picker.loaded(page, code, model)
    clean = images.to_tensor(images.square(picture, spec.input_size), network.placement.device)
    return Subject(spec, network, picture, clean, settings)


def attacked(
    code: str, subject: Subject, run: Run, network: Network | None = None
) -> Generator[str, None, torch.Tensor]:
    """The attacked picture, (1, 3, side, side); yields status lines meanwhile.

    Args:
        run: its flag stops the attack where it is.
        network: attacked instead of the subject's own.
    """
    from models.attacks import run as attacks

    seen = network or subject.network
    going = attacks.attack(seen, subject.clean, subject.settings, spec=subject.spec)
    for moment in status.in_turn(code, going, run):
        if isinstance(moment, str):
            yield moment
            continue
        step, last, seconds = moment
        share = step.step / step.steps
        said = status.finished if last else status.running
        yield said(code, step.step, step.steps, *(() if last else (share,)), seconds)
    return step.adversarial
