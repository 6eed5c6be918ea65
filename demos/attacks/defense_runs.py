"""What the defense cards and /smoothed compute: a network before and behind a defense."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from demos.attacks.runs import (
    AttackRequest,
    Subject,
    TransformProgress,
    attack,
    prepare,
    transformed_attack,
)
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Progress, Result, map_values
from models.attacks.settings import JpegSettings, SmoothingSettings

if TYPE_CHECKING:
    import torch

    from models.attacks.evaluation import AttackStep
    from models.attacks.smoothing import SmoothingStep


def jpeg_defense(
    engine: Engine, request: AttackRequest, jpeg: JpegSettings, run: StoppableRun
) -> Generator[Event[TransformProgress]]:
    """Attacks, then compares the network without and with the defense."""
    from models.attacks import transforms

    compared: dict[str, transforms.Transform] = {
        "none": transforms.TRANSFORMS["none"],
        "jpeg": partial(transforms.compress, kind="JPEG", quality=jpeg.quality),
    }
    return transformed_attack(engine, request, run, compared, jpeg if jpeg.adaptive else None)


@dataclass(frozen=True)
class SideBySide(TransformProgress):
    """An attack on one of several networks, and that network's verdict on the picture as it is.

    Attributes:
        place: of the network.
    """

    place: int = 0


def side_by_side(
    engine: Engine, request: AttackRequest, run: StoppableRun, models: tuple[str, ...]
) -> Generator[Event[SideBySide]]:
    """The request's attack, without a target, on each of `models`; a stopped one is the last."""
    from models.attacks.transforms import TRANSFORMS

    as_it_is = {"none": TRANSFORMS["none"]}
    settings = request.settings | {"target": None}
    for place, model in enumerate(models):
        each = AttackRequest(request.image, model, settings)
        events = transformed_attack(engine, each, run, as_it_is)
        for event in map_values(events, partial(_placed, place)):
            more = place + 1 < len(models) and not run.is_set()
            if isinstance(event, Result) and more:
                yield Progress(event.value, event.seconds)
            else:
                yield event
        if run.is_set():
            return


def _placed(place: int, found: TransformProgress) -> SideBySide:
    return SideBySide(**vars(found), place=place)


@dataclass(frozen=True)
class Smoothing:
    """An attack, and votes about the clean and the attacked picture.

    Attributes:
        step: of the attack, or of the vote under way.
        votes: so far, by "clean" and "attacked".
        length: of the attack's change (Euclidean, colours from 0 to 1).
    """

    subject: Subject
    settings: SmoothingSettings
    step: AttackStep | SmoothingStep
    votes: dict[str, SmoothingStep] = field(default_factory=dict)
    length: float = 0.0


def vote(
    engine: Engine,
    subject: Subject,
    picture: torch.Tensor,
    settings: SmoothingSettings,
    run: StoppableRun,
) -> Generator[Event[SmoothingStep]]:
    """The vote of noisy copies of one picture (1, 3, side, side)."""
    from models.attacks.smoothing import certify

    return engine.schedule(engine.steps(certify, subject.network, picture, settings), run)


def smoothing_defense(
    engine: Engine, request: AttackRequest, settings: SmoothingSettings, run: StoppableRun
) -> Generator[Event[Smoothing]]:
    """Attacks, then votes about both pictures; nothing follows what is stopped."""
    subject = yield from prepare(engine, request)
    for event in attack(engine, subject, run):
        if isinstance(event, Progress | Result):
            adversarial = event.value.adversarial
            yield Progress(Smoothing(subject, settings, event.value), event.seconds)
        else:
            yield event
    pictures = {"clean": subject.clean, "attacked": adversarial.to(subject.clean.device)}
    length = (pictures["attacked"] - subject.clean).norm().item()
    votes: dict[str, SmoothingStep] = {}
    for which, picture in pictures.items():
        for cast in vote(engine, subject, picture, settings, run):
            if isinstance(cast, Progress | Result):
                votes[which] = cast.value
                found = Smoothing(subject, settings, cast.value, dict(votes), length)
                ended = isinstance(cast, Result) and (which == "attacked" or run.is_set())
                yield (Result if ended else Progress)(found, cast.seconds)
            else:
                yield cast
        if run.is_set():
            return


def certificate(
    engine: Engine, request: AttackRequest, settings: SmoothingSettings, run: StoppableRun
) -> Generator[Event[Smoothing]]:
    """The vote about the clean picture alone."""
    subject = yield from prepare(engine, request)
    yield from map_values(
        vote(engine, subject, subject.clean, settings, run),
        lambda step: Smoothing(subject, settings, step, {"clean": step}),
    )
