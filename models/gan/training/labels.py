"""Digits with their labels, for a GAN that draws the class it is asked for.

Some of the labels may be wrong: `Labels` shuffles a share of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from models.gan.training.data import Data, Pictures, scaled
from models.validation import ValidationError


@dataclass(frozen=True, kw_only=True)
class LabelledPictures(Pictures):
    """Pictures of some classes.

    Attributes:
        classes: the digits, ascending.
        labels, held_out_labels: for each picture the index of its digit in `classes`, (N,), (M,).
    """

    classes: tuple[int, ...]
    labels: torch.Tensor
    held_out_labels: torch.Tensor


def labelled(data: Data, classes: Sequence[int]) -> LabelledPictures:
    """The pictures of `data` that show one of the digits `classes`, with their labels.

    Raises:
        ValidationError: data that nobody has labelled.
    """
    if not isinstance(data, Pictures) or data.digits is None or data.held_out_digits is None:
        raise ValidationError("classes_need_digits", name="classes", data=data.name)
    known = torch.full((10,), -1)
    known[list(classes)] = torch.arange(len(classes))
    train, held_out = known[data.digits], known[data.held_out_digits]
    return LabelledPictures(
        data.name, data.train[train >= 0], data.held_out[held_out >= 0], data.are_digits,
        data.digits[train >= 0], data.held_out_digits[held_out >= 0], classes=tuple(classes),
        labels=train[train >= 0], held_out_labels=held_out[held_out >= 0],
    )  # fmt: skip


class Labels:
    """What the training examples are said to be.

    Of the labels a share may be shuffled: their pictures then have those of other pictures, drawn
    without replacement, so that each class is named as often as before. With K classes of one size
    a shuffled label is right once in K times. A larger share shuffles further ones; those that are
    wrong stay wrong in the same way, as they would in a badly labelled data set.

    Args:
        data: the pictures and their true labels.
        seed: which labels are shuffled first, and into what.
    """

    def __init__(self, data: LabelledPictures, seed: int):
        rng = torch.Generator().manual_seed(seed)
        self.data = data
        self.shuffled = data.labels[torch.randperm(len(data.labels), generator=rng)]
        # A label is shuffled from this share on.
        self.threshold = torch.rand(len(data.labels), generator=rng)

    def given(self, share: float) -> torch.Tensor:
        """The label of every training example, (N,), a `share` in [0, 1] of them shuffled."""
        return torch.where(self.threshold < share, self.shuffled, self.data.labels)

    def draw(
        self, count: int, share: float, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(pictures (count, C, side, side) in [-1, 1], their labels (count,)), with replacement.

        The pictures are those that `Pictures.draw` gives for the same random numbers.
        """
        chosen = torch.randint(len(self.data.train), (count,), generator=generator)
        return scaled(self.data.train[chosen]), self.given(share)[chosen]
