"""Which networks an attack fools besides the one it was made for (Szegedy et al. 2014, "Intriguing
properties of neural networks"; Papernot et al. 2016, "Transferability in machine learning")."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from models import images
from models.attacks import attack as attacks
from models.attacks.evaluation import AttackStep, Network
from models.attacks.settings import AttackSettings
from models.attacks.transforms import outcome
from models.registry import ClassifierSpec

# (network, pictures (1, 3, H, W), settings, None, spec) -> steps, the last with the result.
Attack = Callable[
    [Network, torch.Tensor, AttackSettings, torch.Tensor | None, ClassifierSpec],
    Iterator[AttackStep],
]


@dataclass(frozen=True)
class Classifier:
    """A network that is shown pictures of side `side`; all of a matrix have the same classes."""

    name: str
    network: Network
    side: int


@dataclass(frozen=True)
class TransferVerdict:
    """What one network says of the picture made for another.

    Attributes:
        predicted: the class.
        p: its probability.
        outcome: as `transforms.outcome`, the label being this network's own prediction for the
            clean picture.
    """

    predicted: int
    p: float
    outcome: str


@dataclass(frozen=True)
class TransferStep:
    """What is known so far.

    Attributes:
        step, steps: networks attacked, and how many there are; fractions while one is.
        clean: (class, probability) of the clean picture, by network.
        rows: by the network attacked, one `TransferVerdict` a network, in order.
        adversarial: by the network attacked, its picture (1, 3, H, W).
    """

    step: float
    steps: int
    clean: dict[str, tuple[int, float]]
    rows: dict[str, tuple[TransferVerdict, ...]]
    adversarial: dict[str, torch.Tensor]


def matrix(
    classifiers: Sequence[Classifier],
    picture: Image.Image,
    settings: AttackSettings,
    spec: ClassifierSpec = attacks.IMAGENET,
    attack: Attack = attacks.attack,
) -> Generator[TransferStep]:
    """Attacks every network in turn and shows the result to all.

    A network of another side gets the picture as anyone would send it: rounded to 8 bits and
    resized.

    Args:
        classifiers: the networks.
        picture: RGB, any size; each network is shown its centre square.
        settings: of the attack on each network.
        spec: one of the networks: whose classes the target is one of.
        attack: what attacks, called as `attack.attack`.

    Yields:
        A `TransferStep` at once, one after every step of an attack, and one after each row.
        Closable at any of them.

    Raises:
        ValidationError: as `attack.attack`.
    """
    wanted = None if settings.target is None else spec.class_index(settings.target)
    clean = {each.name: _prediction(each, picture) for each in classifiers}
    rows: dict[str, tuple[TransferVerdict, ...]] = {}
    made: dict[str, torch.Tensor] = {}

    def step(part: float = 0.0) -> TransferStep:
        return TransferStep(len(rows) + part, len(classifiers), clean, dict(rows), dict(made))

    yield step()
    for attacked in classifiers:
        shown = images.to_tensor(images.square(picture, attacked.side))
        for now in attack(attacked.network, shown, settings, None, spec):
            if now.step < now.steps:
                yield step(now.step / now.steps)
        sent = images.to_image(now.adversarial)
        verdicts = []
        for each in classifiers:
            predicted, p = _prediction(each, sent)
            verdicts.append(
                TransferVerdict(predicted, p, outcome(predicted, clean[each.name][0], wanted))
            )
        made[attacked.name] = now.adversarial
        rows[attacked.name] = tuple(verdicts)
        yield step()


@torch.no_grad()
def _prediction(classifier: Classifier, picture: Image.Image) -> tuple[int, float]:
    """(class, probability)."""
    shown = images.to_tensor(images.square(picture, classifier.side))
    p = classifier.network(shown).softmax(1)[0]
    best = int(p.argmax())
    return best, p[best].item()
