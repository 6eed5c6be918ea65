"""What the linear probe tab and its endpoint compute: training, and accuracy by training size."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from threading import Event as Stop
from typing import TYPE_CHECKING

from demos.runtime.events import Event
from demos.runtime.scheduler import HEAD_RUNS, schedule
from models.linear_probe.settings import ProbeSettings

if TYPE_CHECKING:
    import torch

    from models.linear_probe.train import ProbeStep, Samples

NAME = "train"
SECONDS_BETWEEN = 0.1  # between steps shown: training takes about a second
Curves = dict[str, list[tuple[int, float]]]


@dataclass(frozen=True)
class Training:
    """An epoch of the probes of a run, which are trained one after the other.

    Attributes:
        step, steps: epochs done of all probes together, and all of them.
        features: those of the probe that is being trained.
        probes: the last step of each probe so far, by features.
        curves: (epoch, test accuracy) of each probe so far, by features.
        examples: how many examples the first probe is trained on.
        test: the first probe's test examples.
    """

    step: int
    steps: int
    features: str
    probes: dict[str, ProbeStep]
    curves: Curves
    examples: int
    test: Samples

    @property
    def first(self) -> ProbeStep:
        """The last step of the first probe."""
        return next(iter(self.probes.values()))

    def confusion_matrix(self) -> torch.Tensor:
        """(K, K) counts of the first probe: row = true class, column = predicted class."""
        from models.linear_probe.train import confusion_matrix

        return confusion_matrix(self.first.predicted, self.test.labels, self.test.classes)


@dataclass(frozen=True)
class SizePoint:
    """A point of the curves of accuracy by number of examples.

    Attributes:
        step, steps: points measured, and all of them.
        curves: (examples per class, test accuracy) so far, by features.
        largest: number of examples of the largest class.
    """

    step: int
    steps: int
    curves: Curves
    largest: int


def train(
    settings: ProbeSettings, features: Sequence[str], stop: Stop
) -> Generator[Event[Training]]:
    """Trains a probe on each of `features` in turn, all with the same settings.

    Raises:
        ValidationError: features that the task does not have, or whose file is missing or damaged.
    """
    yield from schedule(_train(settings, features), stop, HEAD_RUNS, SECONDS_BETWEEN)


def _train(settings: ProbeSettings, features: Sequence[str]) -> Generator[Training]:
    from models.linear_probe import features as cached
    from models.linear_probe import train as probe

    probes: dict[str, ProbeStep] = {}
    curves: Curves = {}
    steps = len(features) * settings.epochs
    count, first_test = 0, None
    for number, name in enumerate(features):
        examples, test = cached.load(settings.task, name)
        if first_test is None:
            first_test = test
            count = len(probe.subset(examples.labels, settings.per_class, settings.seed))
        for step in probe.train(examples, test, settings):
            probes[name] = step
            curves.setdefault(name, []).append((step.step, step.accuracy))
            done = number * settings.epochs + step.step
            yield Training(done, steps, name, probes, curves, count, first_test)


def accuracy_by_size(
    settings: ProbeSettings, features: Sequence[str], stop: Stop
) -> Generator[Event[SizePoint]]:
    """Test accuracy for growing numbers of examples, for each of `features` in turn.

    Raises:
        ValidationError: as `train`.
    """
    yield from schedule(_accuracy_by_size(settings, features), stop, HEAD_RUNS, SECONDS_BETWEEN)


def _accuracy_by_size(settings: ProbeSettings, features: Sequence[str]) -> Generator[SizePoint]:
    from models.linear_probe import features as cached
    from models.linear_probe.train import SIZES, largest_class, learning_curve

    curves: Curves = {}
    done, steps = 0, len(features) * (len(SIZES) + 1)
    for name in features:
        examples, test = cached.load(settings.task, name)
        largest = largest_class(examples)
        points = curves.setdefault(name, [])
        for size, accuracy in learning_curve(examples, test, settings):
            points.append((size or largest, accuracy))
            done += 1
            yield SizePoint(done, steps, curves, largest)
