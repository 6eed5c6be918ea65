"""The code of an attack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demos.attacks import patch
from demos.attacks.costs import ROBUST, STANDARD
from demos.attacks.runs import NAME, available, same_classes
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe, taken, told
from models import registry
from models.attacks.settings import (
    MORE_PHOTOS,
    AttackSettings,
    CurveSettings,
    JpegSettings,
    SmoothingSettings,
    UniversalSettings,
)
from models.validation import Settings, ValidationError, setting, typed


@dataclass(frozen=True)
class AttackCode(AttackSettings):
    """An attack and the network that it fools."""

    model: str = setting(
        registry.DEFAULT_BACKBONE, "the network to fool", choices=registry.CLASSIFIERS
    )

    def check(self) -> None:
        super().check()
        if self.target is not None:
            registry.classifier(self.model).class_index(self.target)


def _attack(given: Given) -> str:
    made = call(
        "models.adversarial", literal(given.settings.model), "image", **given.without("model")
    )
    return f"""\
{given.assignments}found = {made}
for name, before in found.report.before:
    print(f"before {{before:6.1%}}  {{name}}")
for name, after in found.report.after:
    print(f"after  {{after:6.1%}}  {{name}}")
print(f"largest change: {{found.report.linf:g}}/255, success: {{found.report.success}}")
picture = found.image  # 8 bits; PNG keeps it exactly, JPEG would not
picture.save("attacked.png")
"""


@dataclass(frozen=True)
class CurveCode(CurveSettings):
    """Robustness curves of a network, and the class that is wanted."""

    target: str | None = taken(AttackSettings, "target")
    model: str = taken(AttackCode, "model")

    def check(self) -> None:
        super().check()
        AttackCode(target=self.target, model=self.model)


@dataclass(frozen=True)
class JpegCode(AttackCode):
    """An attack and a JPEG file before the network."""

    quality: int = taken(JpegSettings, "quality")
    adaptive: bool = taken(JpegSettings, "adaptive")


@dataclass(frozen=True)
class SmoothingCode(AttackCode):
    """An attack and a vote under noise."""

    sigma: float = taken(SmoothingSettings, "sigma")
    samples: int = taken(SmoothingSettings, "samples")
    confidence: float = taken(SmoothingSettings, "confidence")

    def check(self) -> None:
        super().check()
        SmoothingSettings(confidence=self.confidence, samples=self.samples)


def _found(given: Given, *others: str) -> str:
    """The attack itself, with `network`, its `classes`, `clean` and `attacked` pictures."""
    made = call(
        "models.adversarial", "network", "image", **given.without("model", *others)
    )  # fmt: skip
    return f"""\
from models import images

{given.assignments}network = models.load({literal(given.settings.model)})
found = {made}
clean = images.classifier_input(image, network.spec.input_size)
attacked = images.to_tensor(found.image)
"""


def _target(given: Given) -> str:
    """The class that is wanted, by its number."""
    wanted = given.settings.target
    return "None" if wanted is None else f"network.spec.class_index({literal(wanted)})"


def _curves(given: Given) -> str:
    settings = call("CurveSettings", **given.without("model", "target"))
    return f"""\
from models import images
from models.attacks.robustness_curve import curves
from models.attacks.settings import CurveSettings

{given.assignments}network = models.load({literal(given.settings.model)})
clean = images.classifier_input(image, network.spec.input_size)
target = {_target(given)}
*_, last = curves(network, clean, {settings}, target)
for method, curve in last.curves.items():
    print(method, "fools from", curve.smallest, "/ 255 on")
    for epsilon, p in zip(last.epsilons, curve.target or curve.true):
        print(f"  {{epsilon:5.2f}} / 255: {{p:.1%}}")
"""


def _transforms(given: Given) -> str:
    return f"""\
from models.attacks.transforms import evaluate_transforms
{_found(given)}target = {_target(given)}
for verdict in evaluate_transforms(network, clean, attacked, target):
    number, p = verdict.adversarial
    name = network.spec.classes[number]
    print(f"{{verdict.transform:8}} {{verdict.outcome:8}} {{p:6.1%}}  {{name}}")
"""


def _transfer(given: Given) -> str:
    names = same_classes(given.settings.model)
    settings = call("AttackSettings", **given.without("model"))
    return f"""\
from models import images
from models.attacks.settings import AttackSettings
from models.attacks.transferability import Classifier, matrix

{given.assignments}names = {literal([name for name in names if available(name)])}
networks = [models.load(name) for name in names]
classifiers = [Classifier(n.spec.name, n, n.spec.input_size) for n in networks]
photo = images.open_image(image)
settings = {settings}
*_, last = matrix(classifiers, photo, settings, networks[0].spec)
for attacked, verdicts in last.rows.items():
    for name, verdict in zip(names, verdicts):
        seen = networks[0].spec.classes[verdict.predicted]
        print(f"made for {{attacked:20}} shown to {{name:20}} {{verdict.p:6.1%}}  {{seen}}")
"""


def _jpeg(given: Given) -> str:
    settings = given.settings
    made = _found(given, "quality", "adaptive")
    if settings.adaptive:
        chosen = call("AttackSettings", **given.without("model", "quality", "adaptive"))
        made = f"""\
from models import images
from models.attacks.bpda import attack_through_jpeg
from models.attacks.quantization import to_8bit
from models.attacks.settings import AttackSettings

{given.assignments}network = models.load({literal(settings.model)})
clean = images.classifier_input(image, network.spec.input_size)
chosen = {chosen}
*_, last = attack_through_jpeg(network, clean, chosen, None, network.spec, {settings.quality})
attacked = to_8bit(last.adversarial)
"""
    return f"""\
from models.attacks.attack import top_classes
from models.attacks.transforms import compress
{made}for name, x in {{"clean": clean, "attacked": attacked}}.items():
    print(name, "without JPEG:", top_classes(network, x, 1, network.spec))
    x = compress(x, "JPEG", {settings.quality})
    print(name, "with JPEG:   ", top_classes(network, x, 1, network.spec))
"""


def _smoothing(given: Given) -> str:
    own = ("sigma", "samples", "confidence")
    settings = call("SmoothingSettings", **given.only(*own))
    return f"""\
from models.attacks.settings import SmoothingSettings
from models.attacks.smoothing import certify
{_found(given, *own)}settings = {settings}
for name, x in {{"clean": clean, "attacked": attacked}}.items():
    *_, last = certify(network, x, settings)
    votes = [(network.spec.classes[number], count) for number, count in last.votes[:3]]
    print(name, votes, "certified radius:", last.radius)
"""


def _robust(given: Given) -> str:
    made = call("models.adversarial", "model", "image", **given.without("model", "target"))
    return f"""\
{given.assignments}for model in {literal((STANDARD, ROBUST))}:
    found = {made.replace(chr(10), chr(10) + "    ")}
    print(model, "before:", found.report.before[0], "after:", found.report.after[0])
    picture = found.image
    picture.save(f"{{model}}.png")
"""


@dataclass(frozen=True)
class PatchCode(Settings):
    """A patch that is made to work anywhere, and the network that it fools."""

    model: str = taken(AttackCode, "model")
    target: str | None = taken(AttackSettings, "target")
    patch_size: float = taken(AttackSettings, "patch_size")
    seed: int = taken(AttackSettings, "seed")

    def check(self) -> None:
        AttackCode(target=self.target, model=self.model)


def _patch(given: Given) -> str:
    chosen = patch.SETTINGS | {"steps": patch.STEPS} | given.without("model")
    return f"""\
from pathlib import Path
from models import images
from models.attacks.attack import attack
from models.attacks.patch import cutout
from models.attacks.patch_trials import trials
from models.attacks.settings import AttackSettings

{given.assignments}network = models.load({literal(given.settings.model)})
settings = {call("AttackSettings", **chosen)}
paths = [image, *sorted(Path("demos/examples/photos").glob("*.jpg"))]
photos = [images.classifier_input(path, network.spec.input_size) for path in paths]
*_, last = attack(network, photos[0], settings, spec=network.spec)
picture = cutout(last.patch)  # to be printed
picture.save("patch.png")
for tried in trials(network, photos, last.patch, settings, {_target(given)}):
    print(f"{{paths[tried.step - 1]}}: fooled at {{tried.trials[-1].share:.0%}} of 24 places")
"""


@dataclass(frozen=True)
class UniversalCode(UniversalSettings):
    """A universal perturbation, the network that it fools, and further photos."""

    model: str = taken(AttackCode, "model")
    more: tuple[str, ...] = setting((), "further photos", key="name.more_photos")

    def check(self) -> None:
        super().check()
        if len(self.more) > MORE_PHOTOS:
            raise ValidationError("too_many_photos", count=len(self.more), limit=MORE_PHOTOS)
        files = tuple(told(typed("more", file, str)) for file in self.more)
        object.__setattr__(self, "more", files)


def _universal(given: Given) -> str:
    added = "".join(f"    {literal(path)},\n" for path in given.settings.more)
    paths = f"[\n    image,\n{added}]" if added else "[image]"
    return f"""\
from pathlib import Path
from models import images
from models.attacks.settings import UniversalSettings
from models.attacks.universal import universal

{given.assignments}network = models.load({literal(given.settings.model)})
settings = {call("UniversalSettings", **given.without("model", "more"))}
own = {paths}
examples = sorted(Path("demos/examples/photos").glob("*.jpg"))
paths = images.different([*own, *examples])
photos = images.classifier_inputs(paths, network.spec.input_size)
for step in universal(network, photos[: settings.photos], photos[settings.photos :], settings):
    print(f"step {{step.step:3}}: fools {{step.made.rate:.0%}} of its photos", end=", ")
    print(f"{{step.others.rate:.0%}} of the others")
picture = images.to_image(0.5 + step.perturbation / settings.epsilon / 2)
picture.save("perturbation.png")
"""


COMMON: dict[str, Any] = {"pictures": ("image",), "outputs": ("report",)}
# The endpoints of these know fewer settings than the page.
BASIC = ("model", "method", "norm", "target", "epsilon", "steps", "step_size", "seed")


def _basic(settings: AttackCode) -> bool:
    usual = AttackCode()
    return all(v == vars(usual)[name] for name, v in vars(settings).items() if name not in BASIC)


ATTACK = Recipe(
    NAME, NAME, AttackCode, _attack, ("image",), endpoint="attack",
    outputs=("adversarial", "perturbation", "report"),
)  # fmt: skip
CURVES = Recipe(f"{NAME}_curve", NAME, CurveCode, _curves, endpoint="attack_curve", **COMMON)
TRANSFORMS = Recipe(
    f"{NAME}_survival", NAME, AttackCode, _transforms, endpoint="attack_survival", askable=_basic,
    **COMMON,
)  # fmt: skip
TRANSFER = Recipe(
    f"{NAME}_transfer", NAME, AttackCode, _transfer, endpoint="attack_transfer", askable=_basic,
    always=("epsilon",), **COMMON,
)  # fmt: skip
JPEG = Recipe(f"{NAME}_jpeg", NAME, JpegCode, _jpeg, **COMMON)
SMOOTHING = Recipe(f"{NAME}_smoothing", NAME, SmoothingCode, _smoothing, **COMMON)
TRAINING = Recipe(f"{NAME}_training", NAME, AttackCode, _robust, **COMMON)
PATCH = Recipe(
    f"{NAME}_patch", NAME, PatchCode, _patch, ("image",), endpoint="adversarial_patch",
    outputs=("patch", "report"), names={"patch_size": "size"}, always=("target",),
)  # fmt: skip
UNIVERSAL = Recipe(
    f"{NAME}_universal", NAME, UniversalCode, _universal, ("image",), several="more",
    endpoint="universal_perturbation", outputs=("perturbation", "report"),
)  # fmt: skip
RECIPES = (ATTACK, UNIVERSAL, CURVES, TRANSFORMS, TRANSFER, PATCH, JPEG, SMOOTHING, TRAINING)
