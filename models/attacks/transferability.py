"""Whom an attack fools besides the network it was made for (Szegedy et al. 2014, "Intriguing
properties of neural networks"; Papernot et al. 2016, "Transferability in machine learning")."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from models import images
from models.attacks.evaluation import Network
from models.attacks.evaluation import Step as Attacked
from models.attacks.transforms import outcome

Attack = Callable[[Network, torch.Tensor], Iterator[Attacked]]


@dataclass(frozen=True)
class Judge:
    """A network that looks at pictures of side `side`; all judges name the same classes."""

    name: str
    network: Network
    side: int


@dataclass(frozen=True)
class Cell:
    """One judge's verdict on the picture made for one network.

    Attributes:
        seen: the class.
        p: its probability.
        outcome: as in `attack_survival.Verdict`, the label being this judge's own verdict on the
            clean picture.
    """

    seen: int
    p: float
    outcome: str


@dataclass(frozen=True)
class Step:
    """What is known so far.

    Attributes:
        step, steps: networks attacked, and how many there are; fractions while one is.
        clean: (class, probability) of the clean picture, by judge.
        rows: by the network attacked, one `Cell` a judge, in order.
        adversarial: by the network attacked, its picture (1, 3, H, W).
    """

    step: float
    steps: int
    clean: dict[str, tuple[int, float]]
    rows: dict[str, tuple[Cell, ...]]
    adversarial: dict[str, torch.Tensor]


def matrix(
    judges: Sequence[Judge], picture: Image.Image, attack: Attack, target: int | None = None
) -> Iterator[Step]:
    """Attacks every judge in turn and shows the result to all.

    A judge of another side gets the picture as anyone would send it: rounded to 8 bits and resized.

    Args:
        judges: the networks.
        picture: RGB, any size; each network is shown its centre square.
        attack: (network, pictures (1, 3, H, W)) -> steps, the last with the result.
        target: the class that the attack aims at, if it does.

    Yields:
        A `Step` at once, one after every step of an attack, and one after each row. Closable at any
        of them.
    """
    clean = {}
    for judge in judges:
        clean[judge.name] = _verdict(judge, picture)
    rows: dict[str, tuple[Cell, ...]] = {}
    made: dict[str, torch.Tensor] = {}

    def step(part: float = 0.0) -> Step:
        return Step(len(rows) + part, len(judges), clean, dict(rows), dict(made))

    yield step()
    for attacked in judges:
        shown = images.to_tensor(images.square(picture, attacked.side))
        for now in attack(attacked.network, shown):
            if now.step < now.steps:
                yield step(now.step / now.steps)
        sent = images.to_image(now.adversarial)
        cells = []
        for judge in judges:
            seen, p = _verdict(judge, sent)
            cells.append(Cell(seen, p, outcome(seen, clean[judge.name][0], target)))
        made[attacked.name] = now.adversarial
        rows[attacked.name] = tuple(cells)
        yield step()


@torch.no_grad()
def _verdict(judge: Judge, picture: Image.Image) -> tuple[int, float]:
    p = judge.network(images.to_tensor(images.square(picture, judge.side))).softmax(1)[0]
    best = int(p.argmax())
    return best, p[best].item()
