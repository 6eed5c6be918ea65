"""The adversarial patch by itself: to be printed, and tried on other photos."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from demos.attacks.runs import AttackRequest, Subject, attack, prepare
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Progress, Result
from demos.runtime.scheduler import Step
from models import images
from models.attacks.settings import AttackSettings

if TYPE_CHECKING:
    from PIL import Image

    from models.attacks.patch_trials import PatchTrial
    from models.attacks.report import AttackReport

# It must work wherever it is held: in steps of this size, all over the picture.
SETTINGS = {"method": "patch", "step_size": 8.0, "patch_spread": 1.0}
STEPS, SIZE = 60, AttackSettings.described()["patch_size"].default


@dataclass(frozen=True)
class PatchStep:
    """A patch that is made, and then tried.

    Attributes:
        step: of the attack, or of the trials.
        image: the patch by itself, RGBA; None before the first step.
        report: what it achieves where the attack shows it; None while it is made.
        trials: elsewhere, with the photos' paths: on the request's, then on the others.
    """

    subject: Subject
    step: Step
    image: Image.Image | None
    report: AttackReport | None = None
    trials: tuple[tuple[str | None, PatchTrial], ...] = ()


def make(
    engine: Engine, request: AttackRequest, run: StoppableRun, others: Sequence[str] = ()
) -> Generator[Event[PatchStep]]:
    """Makes a patch for the request's photo, network and target, and tries it there and on the
    photos `others` (paths); raises as `prepare`."""
    subject = yield from prepare(engine, request)
    from models.attacks.attack import measure
    from models.attacks.patch import cutout
    from models.attacks.patch_trials import trials

    last = None
    for event in attack(engine, subject, run):
        if isinstance(event, Progress | Result):
            now = event.value
            found = PatchStep(subject, now, None if now.patch is None else cutout(now.patch))
            last = event if isinstance(event, Result) else None
            yield Progress(found, event.seconds)
        else:
            yield event
    if last is None:  # something newer writes in its place
        return
    step = last.value
    if step.patch is None:  # stopped before the first step
        yield Result(found, last.seconds)
        return
    network, settings = subject.network, subject.settings
    report = measure(
        network, subject.clean, step.adversarial, settings, step.step, spec=subject.spec
    )
    side, paths = subject.spec.input_size, [request.image, *others]
    photos = [images.classifier_input(path, side).to(subject.clean) for path in paths]
    job = (network, photos, step.patch, settings, subject.target)
    for trial in engine.schedule(engine.steps(trials, *job), run):
        if isinstance(trial, Progress | Result):
            tried = tuple(zip(paths, trial.value.trials, strict=False))
            value = replace(found, step=trial.value, report=report, trials=tried)
            seconds = last.seconds + trial.seconds
            yield (Result if isinstance(trial, Result) else Progress)(value, seconds)
        else:
            yield trial
