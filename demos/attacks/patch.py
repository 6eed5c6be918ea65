"""The adversarial patch by itself: to be printed, or laid over other photos."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demos.attacks.runs import AttackRequest, Subject, attack, prepare
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Progress, Result
from models.attacks.settings import AttackSettings

if TYPE_CHECKING:
    from PIL import Image

    from models.attacks.evaluation import AttackStep
    from models.attacks.report import AttackReport

# It must work wherever it is held: in steps of this size, all over the picture.
SETTINGS = {"method": "patch", "step_size": 8.0, "patch_spread": 1.0}
STEPS, SIZE = 60, AttackSettings.described()["patch_size"].default


@dataclass(frozen=True)
class PatchStep:
    """A patch under way.

    Attributes:
        image: by itself, RGBA; None before the first step.
        report, elsewhere: at the end, what it achieves in the middle of the photo, and the share of
            other places and angles where it works.
    """

    subject: Subject
    step: AttackStep
    image: Image.Image | None
    report: AttackReport | None = None
    elsewhere: float | None = None


def make(engine: Engine, request: AttackRequest, run: StoppableRun) -> Generator[Event[PatchStep]]:
    """Makes a patch for the request's photo, network and target; raises as `prepare`."""
    subject = yield from prepare(engine, request)
    from models.attacks.attack import measure
    from models.attacks.patch import cutout, works_elsewhere

    for event in attack(engine, subject, run):
        if not isinstance(event, Progress | Result):
            yield event
            continue
        step = event.value
        image = None if step.patch is None else cutout(step.patch)
        if isinstance(event, Progress):
            yield Progress(PatchStep(subject, step, image), event.seconds)
            continue
        if step.patch is None:  # stopped before the first step
            yield Result(PatchStep(subject, step, None), event.seconds)
            continue
        network, clean, settings = subject.network, subject.clean, subject.settings
        report = measure(network, clean, step.adversarial, settings, step.step, spec=subject.spec)
        share = works_elsewhere(network, clean, step.patch, settings, subject.target)
        yield Result(PatchStep(subject, step, image, report, share), event.seconds)
