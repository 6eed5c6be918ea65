"""What the defense cards and /smoothed compute: a network before and behind a defense."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from demos.attacks.runs import AttackRequest, Subject, Survival, attack, prepare
from demos.runtime.engine import Engine, Run
from demos.runtime.events import Event, Progress, Result, map_values, with_result
from models.attacks.settings import JpegSettings, SmoothingSettings

if TYPE_CHECKING:
    import torch

    from models.attacks.evaluation import AttackStep
    from models.attacks.smoothing import SmoothingStep
    from models.attacks.transforms import TransformVerdict


def jpeg_defense(
    engine: Engine, request: AttackRequest, settings: dict[str, Any], run: Run
) -> Generator[Event[Survival]]:
    """Attacks, then compares the network without and with the defense.

    Args:
        settings: fields of `JpegSettings`.
    """
    jpeg = JpegSettings(**settings)
    subject = yield from prepare(engine, request)
    from models.attacks import transforms
    from models.attacks.quantization import to_8bit

    compared: dict[str, transforms.Transform] = {
        "none": transforms.TRANSFORMS["none"],
        "jpeg": partial(transforms.compress, kind="JPEG", quality=jpeg.quality),
    }

    def judged(step: AttackStep, seconds: float | None) -> Survival:
        if seconds is None:
            return Survival(subject, step)
        found = (subject.network, subject.clean, to_8bit(step.adversarial), subject.target)
        return Survival(subject, step, tuple(transforms.survival(*found, compared)))

    events = attack(engine, subject, run, jpeg if jpeg.adaptive else None)
    yield from with_result(events, judged)


@dataclass(frozen=True)
class SideBySide:
    """The same attack on one network after the other.

    Attributes:
        place: of the network.
        perturbation: magnified; None before this attack's end.
        verdict: on the attacked picture; None before this attack's end.
    """

    place: int
    subject: Subject
    step: AttackStep
    perturbation: torch.Tensor | None = None
    verdict: TransformVerdict | None = None


def side_by_side(
    engine: Engine, request: AttackRequest, models: tuple[str, ...], run: Run
) -> Generator[Event[SideBySide]]:
    """The request's attack, without a target, on each of `models`; a stopped one is the last."""
    settings = request.settings | {"target": None}
    for place, model in enumerate(models):
        each = AttackRequest(request.image, model, settings)
        for event in _one_of_several(engine, each, place, run):
            more = place + 1 < len(models) and not run.is_set()
            if isinstance(event, Result) and more:
                yield Progress(event.value, event.seconds)
            else:
                yield event
        if run.is_set():
            return


def _one_of_several(
    engine: Engine, request: AttackRequest, place: int, run: Run
) -> Generator[Event[SideBySide]]:
    subject = yield from prepare(engine, request)
    from models.attacks import transforms
    from models.attacks.quantization import to_8bit
    from models.attacks.run import magnify

    untransformed = {"none": transforms.TRANSFORMS["none"]}

    def judged(step: AttackStep, seconds: float | None) -> SideBySide:
        if seconds is None:
            return SideBySide(place, subject, step)
        found = to_8bit(step.adversarial).to(subject.clean.device)
        (verdict,) = transforms.survival(
            subject.network, subject.clean, found, transforms=untransformed
        )
        perturbation, _ = magnify(subject.clean, found)
        return SideBySide(place, subject, replace(step, adversarial=found), perturbation, verdict)

    yield from with_result(attack(engine, subject, run), judged)


@dataclass(frozen=True)
class Vote:
    """A vote under noise about a picture that lies `length` from the clean one (Euclidean)."""

    step: SmoothingStep
    length: float


@dataclass(frozen=True)
class Smoothing:
    """An attack, and votes about the clean and the attacked picture.

    Attributes:
        step: of the attack, or of the vote under way.
        votes: so far, by "clean" and "attacked".
    """

    subject: Subject
    settings: SmoothingSettings
    step: AttackStep | SmoothingStep
    votes: dict[str, Vote]


def vote(
    engine: Engine, subject: Subject, picture: torch.Tensor, settings: SmoothingSettings, run: Run
) -> Generator[Event[SmoothingStep]]:
    """The vote of noisy copies of one picture (1, 3, side, side)."""
    from models.attacks.smoothing import certify

    return engine.schedule(engine.steps(certify, subject.network, picture, settings), run)


def smoothing_defense(
    engine: Engine, request: AttackRequest, settings: dict[str, Any], run: Run
) -> Generator[Event[Smoothing]]:
    """Attacks, then votes about both pictures; nothing follows what is stopped.

    Args:
        settings: fields of `SmoothingSettings`.
    """
    chosen = SmoothingSettings(**settings)
    subject = yield from prepare(engine, request)
    for event in attack(engine, subject, run):
        if isinstance(event, Progress | Result):
            adversarial = event.value.adversarial
            yield Progress(Smoothing(subject, chosen, event.value, {}), event.seconds)
        else:
            yield event
    pictures = {"clean": subject.clean, "attacked": adversarial.to(subject.clean.device)}
    votes: dict[str, Vote] = {}
    for which, picture in pictures.items():
        length = (picture - subject.clean).norm().item()
        for cast in vote(engine, subject, picture, chosen, run):
            if isinstance(cast, Progress | Result):
                votes[which] = Vote(cast.value, length)
                found = Smoothing(subject, chosen, cast.value, dict(votes))
                ended = isinstance(cast, Result) and (which == "attacked" or run.is_set())
                yield (Result if ended else Progress)(found, cast.seconds)
            else:
                yield cast
        if run.is_set():
            return


def certificate(
    engine: Engine, request: AttackRequest, settings: dict[str, Any], run: Run
) -> Generator[Event[Smoothing]]:
    """The vote about the clean picture alone; arguments as `smoothing_defense`."""
    chosen = SmoothingSettings(**settings)
    subject = yield from prepare(engine, request)
    yield from map_values(
        vote(engine, subject, subject.clean, chosen, run),
        lambda step: Smoothing(subject, chosen, step, {"clean": Vote(step, 0.0)}),
    )
