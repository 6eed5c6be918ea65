"""What the attack tab, its sections and its endpoints compute; see `defense_runs` for the defenses.

Every attack, curve, matrix and vote goes through `engine.schedule(engine.steps(...), run)`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Loading, Progress, Result, Waiting, map_values
from models import images, registry, weights
from models.attacks.settings import AttackSettings, CurveSettings, JpegSettings
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from models.attacks.evaluation import AttackStep
    from models.attacks.report import AttackReport
    from models.attacks.robustness_curve import CurveStep
    from models.attacks.transferability import Classifier, TransferStep
    from models.attacks.transforms import Transform, TransformVerdict
    from models.backbones.backbone import Backbone
    from models.classifiers.pet_classifier import PetClassifier

NAME = "attack"
SECTIONS = "robustness"


@dataclass(frozen=True)
class AttackRequest:
    """What a visitor or a client asks for.

    Attributes:
        image: path of an upload.
        model: name of the network to fool.
        settings: fields of `AttackSettings`, not checked yet; a target of "" is none.
        more: paths of further photos, of what takes several.
    """

    image: str | None
    model: str = registry.DEFAULT_BACKBONE
    settings: dict[str, Any] = field(default_factory=dict)
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A checked request: a photo, the network that is shown it, and the attack.

    Attributes:
        photo: RGB, any size.
        shown: its centre square, as the network is shown it.
        clean: the same, (1, 3, side, side) in [0, 1].
    """

    spec: registry.ClassifierSpec
    network: Backbone | PetClassifier
    photo: Image.Image
    shown: Image.Image
    clean: torch.Tensor
    settings: AttackSettings

    @property
    def target(self) -> int | None:
        """The class that is wanted."""
        name = self.settings.target
        return None if name is None else self.spec.class_index(name)

    def named(self, prediction: tuple[int, float]) -> tuple[str, float]:
        """(class number, probability) with the class's name."""
        return self.spec.classes[prediction[0]], prediction[1]

    @cached_property
    def prediction(self) -> list[tuple[str, float]]:
        """The likeliest classes of the clean picture, as (name, probability)."""
        from models.attacks.attack import top_classes

        return top_classes(self.network, self.clean, spec=self.spec)


def prepare(engine: Engine, request: AttackRequest) -> Generator[Loading, None, Subject]:
    """Checks a request, then loads its network.

    Raises:
        ValidationError: a picture or a setting that can't be worked with, or weights that can't be
            had.
    """
    photo = images.open_image(request.image)
    spec = registry.classifier(request.model)
    target = request.settings.get("target")
    settings = AttackSettings(**request.settings | {"target": None if target == "" else target})
    if settings.target is not None:
        spec.class_index(settings.target)
    network = yield from engine.load_classifier(request.model)
    shown = images.square(photo, spec.input_size)
    clean = images.to_tensor(shown, network.placement.device)
    return Subject(spec, network, photo, shown, clean, settings)


def attack(
    engine: Engine,
    subject: Subject,
    run: StoppableRun,
    jpeg: JpegSettings | None = None,
    record: Callable[[AttackStep], None] = lambda step: None,
) -> Generator[Event[AttackStep]]:
    """The attack on a subject.

    Args:
        jpeg: attacks the network behind this defense.
        record: is given every step, those that are not shown too.
    """
    from models.attacks import attack as attacks
    from models.attacks import bpda

    job = (subject.network, subject.clean, subject.settings, None, subject.spec)

    def recorded() -> Generator[AttackStep, None, None]:
        if jpeg is None:
            steps = engine.steps(attacks.attack, *job)
        else:
            steps = engine.steps(bpda.attack_through_jpeg, *job, jpeg.quality)
        for step in steps:
            record(step)
            yield step

    return engine.schedule(recorded(), run)


@dataclass(frozen=True)
class AttackResult:
    """What an attack achieved.

    Attributes:
        perturbation: magnified, (1, 3, side, side) in [0, 1].
        blends: what the network says on the way from the photo to the attacked picture, as
            `models.attacks.blend.classify_blends` gives it.
    """

    report: AttackReport
    perturbation: torch.Tensor
    blends: list[tuple[str, float]]


@dataclass(frozen=True)
class MeasuredStep:
    """A step of an attack, as the page shows it.

    Attributes:
        step: what the attack yielded.
        probabilities: of the label ("true") and of the target, as (step, probability) so far.
        result: None before the end.
    """

    subject: Subject
    step: AttackStep
    probabilities: dict[str, list[tuple[float, float]]]
    result: AttackResult | None = None


def measured_attack(
    engine: Engine, request: AttackRequest, run: StoppableRun
) -> Generator[Event[MeasuredStep]]:
    """Attacks, and measures the result; what is stopped is measured too."""
    subject = yield from prepare(engine, request)
    from models.attacks.attack import magnify, measure
    from models.attacks.blend import blend_steps

    probabilities: dict[str, list[tuple[float, float]]] = {"true": [], "target": []}

    def record(step: AttackStep) -> None:
        probabilities["true"].append((step.step, step.true[0]))
        if step.target:
            probabilities["target"].append((step.step, step.target[0]))

    last: Result[AttackStep] | None = None
    for event in attack(engine, subject, run, record=record):
        if isinstance(event, Progress | Result):
            last = event if isinstance(event, Result) else None
            yield Progress(MeasuredStep(subject, event.value, probabilities), event.seconds)
        else:
            yield event
    if last is None:  # something newer writes in its place
        return
    step = last.value
    found = (subject.network, subject.clean, step.adversarial)
    report = measure(*found, subject.settings, step.step, spec=subject.spec)
    perturbation, _ = magnify(subject.clean, step.adversarial)
    for blended in engine.schedule(engine.steps(blend_steps, *found, subject.spec), run):
        if isinstance(blended, Result):
            result = AttackResult(report, perturbation, blended.value.verdicts)
            measured = MeasuredStep(subject, step, probabilities, result)
            yield Result(measured, last.seconds + blended.seconds)
        elif isinstance(blended, Waiting):
            yield blended


def predict(
    engine: Engine, image: str, model: str
) -> tuple[Image.Image, list[tuple[str, float]] | None]:
    """What a network is shown of an upload, and its likeliest classes; None while its weights are
    not on this machine."""
    shown = network_input(image, model)
    if not available(model):
        return shown, None
    from models.attacks.attack import top_classes

    spec = registry.classifier(model)
    return shown, top_classes(engine.classifier(model), images.to_tensor(shown), spec=spec)


def network_input(image: str | None, model: str) -> Image.Image:
    """What a network is shown of an upload: its centre square, at the network's size.

    Raises:
        ValidationError: a picture that can't be read, or an unknown network.
    """
    return images.square(images.open_image(image), registry.classifier(model).input_size)


@dataclass(frozen=True)
class TransformProgress:
    """An attack, and what the network says of its picture after each transform.

    Attributes:
        verdicts: empty before the end.
    """

    subject: Subject
    step: AttackStep
    verdicts: tuple[TransformVerdict, ...] = ()


def transformed_attack(
    engine: Engine,
    request: AttackRequest,
    run: StoppableRun,
    chosen: Mapping[str, Transform] | None = None,
    jpeg: JpegSettings | None = None,
) -> Generator[Event[TransformProgress]]:
    """Attacks, then applies transforms.

    Args:
        chosen: the transforms by name; None applies all.
        jpeg: as of `attack`.
    """
    subject = yield from prepare(engine, request)
    from models.attacks import transforms
    from models.attacks.quantization import to_8bit

    def judged(step: AttackStep) -> TransformProgress:
        found = (subject.network, subject.clean, to_8bit(step.adversarial), subject.target)
        verdicts = transforms.evaluate_transforms(*found, chosen or transforms.TRANSFORMS)
        return TransformProgress(subject, step, tuple(verdicts))

    events = attack(engine, subject, run, jpeg)
    yield from map_values(events, lambda step: TransformProgress(subject, step), last=judged)


@dataclass(frozen=True)
class QuantizedPicture:
    """An 8-bit picture that fools.

    Attributes:
        picture: (1, 3, side, side) in [0, 1].
        level: its largest change, in 1/255.
        top: the likeliest classes in it, as (name, probability).
    """

    picture: torch.Tensor
    level: int
    top: list[tuple[str, float]]


@dataclass(frozen=True)
class CurveProgress:
    """Robustness curves so far.

    Attributes:
        quantized: at the end, an 8-bit picture at the next whole grey level above the smallest
            radius; None if there is none.
    """

    step: CurveStep
    quantized: QuantizedPicture | None = None


def curves(
    engine: Engine, request: AttackRequest, settings: CurveSettings, run: StoppableRun
) -> Generator[Event[CurveProgress]]:
    """Robustness curves of the request's photo, network and target."""
    target = {"target": request.settings.get("target")}
    subject = yield from prepare(engine, replace(request, settings=target))
    from models.attacks import robustness_curve

    job = (subject.network, subject.clean, settings, subject.target, subject.settings.target or "")
    yield from map_values(
        engine.schedule(engine.steps(robustness_curve.curves, *job), run),
        CurveProgress,
        last=lambda step: CurveProgress(step, _quantized(subject, step, settings.epsilon_end)),
    )


def _quantized(subject: Subject, step: CurveStep, epsilon_end: float) -> QuantizedPicture | None:
    from models.attacks import robustness_curve
    from models.attacks.attack import top_classes

    reached = [
        (curve.smallest, curve.nearest)
        for curve in step.curves.values()
        if curve.smallest is not None and curve.nearest is not None
    ]
    if not reached:
        return None
    epsilon, nearest = min(reached, key=itemgetter(0))
    found = robustness_curve.quantized(
        subject.network, subject.clean, nearest, epsilon, subject.target, epsilon_end
    )
    if found is None:
        return None
    picture, level = found
    return QuantizedPicture(picture, level, top_classes(subject.network, picture, 3, subject.spec))


def same_classes(model: str) -> tuple[str, ...]:
    """The classifiers that have the same classes as `model`, itself among them."""
    return registry.PET_CLASSIFIERS if model in registry.PET_CLASSIFIERS else registry.BACKBONES


def available(model: str) -> bool:
    """Whether the weights of a classifier are on this machine."""
    if model not in registry.PET_CLASSIFIERS:
        return registry.has_weights(registry.backbone(model))
    try:
        return (weights.FOLDER / weights.entry(model)["file"]).exists()
    except ValidationError:
        return False


@dataclass(frozen=True)
class TransferProgress:
    """The transferability matrix so far.

    Attributes:
        classifiers: the networks in it.
        missing: names of networks whose weights are not on this machine.
    """

    subject: Subject
    classifiers: list[Classifier]
    missing: list[str]
    step: TransferStep


def transferability(
    engine: Engine, request: AttackRequest, run: StoppableRun
) -> Generator[Event[TransferProgress]]:
    """Attacks each network with the request's classes, and shows the picture to all of them."""
    subject = yield from prepare(engine, request)
    from models.attacks.transferability import Classifier, matrix

    names = same_classes(request.model)
    missing = [name for name in names if not available(name)]
    classifiers = []
    for name in names:
        if name not in missing:
            network = yield from engine.load_classifier(name)
            classifiers.append(Classifier(name, network, registry.classifier(name).input_size))
    steps = engine.steps(matrix, classifiers, subject.photo, subject.settings, subject.spec)
    yield from map_values(
        engine.schedule(steps, run),
        lambda step: TransferProgress(subject, classifiers, missing, step),
    )
