"""The public endpoints /attack, /attack_*, /adversarial_patch, /universal_perturbation, /smoothed
and /network_input."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr
from PIL import Image

from demos.attacks import defense_runs, patch, runs, universal
from demos.attacks.runs import AttackRequest, MeasuredStep
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Progress, Result
from demos.ui.endpoints import END, Picture, Pictures, expose
from demos.ui.page import LIGHT, Page
from models import images, registry
from models.attacks.settings import (
    AttackSettings,
    CurveSettings,
    SmoothingSettings,
    UniversalSettings,
)

if TYPE_CHECKING:
    from models.attacks.robustness_curve import Curve

DEFAULT = registry.DEFAULT_BACKBONE
# The settings of an attack that is the means to another end.
BASIC = ("method", "norm", "target", "epsilon", "steps", "step_size", "seed")
T = TypeVar("T")


def expose_all(page: Page) -> None:
    """Makes the endpoints."""
    outputs = {"adversarial": gr.Image, "perturbation": gr.Image, "report": gr.JSON}
    report = {"report": gr.JSON}
    every = [name for name in AttackSettings.described() if name != "random_start"]
    expose(_attack(page.engine), outputs, "attack", settings=AttackSettings, fields=every)
    expose(
        _attack_curve(page.engine), report, "attack_curve",
        settings=CurveSettings, fields=("epsilon_end", "points", "steps"),
    )  # fmt: skip
    expose(
        _attack_survival(page.engine), report, "attack_survival",
        settings=AttackSettings, fields=BASIC,
    )  # fmt: skip
    expose(
        _attack_transfer(page.engine), report, "attack_transfer", settings=AttackSettings,
        fields=[name for name in BASIC if name != "epsilon"], before={"epsilon": "steps"},
    )  # fmt: skip
    expose(_smoothed(page.engine), report, "smoothed", settings=SmoothingSettings)
    expose(
        _adversarial_patch(page.engine), {"patch": gr.Image, "report": gr.JSON},
        "adversarial_patch", names={"patch_size": "size"},
    )  # fmt: skip
    expose(
        _universal(page.engine), {"perturbation": gr.Image, "report": gr.JSON},
        "universal_perturbation", settings=UniversalSettings, before={"more": END},
    )  # fmt: skip
    expose(_network_input, {"picture": gr.Image}, "network_input", LIGHT)


def _result(engine: Engine, events: Callable[[StoppableRun], Iterator[Event[T]]]) -> T:
    """The value of a run's last event."""
    with engine.run(None, runs.SECTIONS) as run:
        *_, last = events(run)
    assert isinstance(last, Result)
    return last.value


def _attack(engine: Engine) -> Callable:
    def attack(language: str, image: Picture, model: str = DEFAULT, **settings):
        """Changes a picture so slightly that nobody sees it, and so that a network errs.

        Streams the attack; the last pictures and report are the result. The adversarial picture is
        an exact PNG at the size the network sees; everything in the report is measured on it.

        Args:
            image: the picture to attack; its centre square is what the network sees.
            model: the network to fool: efficientnet_lite0, efficientnet_lite1, efficientnet_lite2,
                vgg16, vgg19, resnet50, mobilenet_v3_large, or one that knows 37 breeds of pets:
                pets_lite0, pets_lite2, pets_lite0_robust.

        Returns:
            The adversarial picture (PNG), the change magnified (PNG), and a report: top five
            classes before and after, success, the distances linf (in 1/255) and l2, steps, seconds.
        """
        start = time.perf_counter()
        with engine.run(None, runs.NAME) as run:
            for event in runs.measured_attack(engine, AttackRequest(image, model, settings), run):
                if isinstance(event, Progress | Result):
                    yield _attacked(event.value, round(time.perf_counter() - start, 2))

    return attack


def _attacked(found: MeasuredStep, seconds: float) -> tuple:
    image = images.to_image(found.step.adversarial)
    facts: dict[str, Any] = {"steps": found.step.step, "seconds": seconds}
    if found.result is None:
        return image, None, facts
    report = found.result.report
    measured = {
        "before": [_prediction(top) for top in report.before],
        "after": [_prediction(top) for top in report.after],
        "success": report.success,
        "linf": report.linf,
        "l2": report.l2,
    }
    return image, images.to_image(found.result.perturbation), measured | facts


def _prediction(found: tuple[str, float]) -> dict[str, Any]:
    return {"class": found[0], "probability": round(found[1], 6)}


def _attack_curve(engine: Engine) -> Callable:
    def attack_curve(
        language: str, image: Picture, model: str = DEFAULT, target: str | None = None, **settings
    ):
        """Attacks a picture within many radii by three methods, and finds the smallest that fools.

        Args:
            image: the picture to attack; its centre square is what the network sees.
            model: the network to fool, as for /attack.
            target: a class of that network which it should see; leave it out for "anything but
                the truth".

        Returns:
            A report: "epsilons" (1/255), and by method the probability of the first verdict
            ("true") and of the target at each, whether the network was "fooled", and the
            "smallest" radius found that fools (null if none); "whole": the next whole grey level
            at which an 8-bit picture was checked to fool, with what the network sees in it.
        """
        start = time.perf_counter()
        asked = AttackRequest(image, model, {"target": target})
        chosen = CurveSettings(**settings)
        found = _result(engine, lambda run: runs.curves(engine, asked, chosen, run))
        whole = found.quantized
        return {
            "epsilons": [round(value, 4) for value in found.step.epsilons],
            "methods": {name: _curve(curve) for name, curve in found.step.curves.items()},
            "whole": whole and {"epsilon": whole.level} | _prediction(whole.top[0]),
            "seconds": round(time.perf_counter() - start, 2),
        }

    return attack_curve


def _curve(curve: Curve) -> dict[str, Any]:
    found = {
        "true": [round(value, 6) for value in curve.true],
        "fooled": list(curve.fooled),
        "smallest": curve.smallest,
    }
    if curve.target:
        found["target"] = [round(value, 6) for value in curve.target]
    return found


def _attack_survival(engine: Engine) -> Callable:
    def attack_survival(language: str, image: Picture, model: str = DEFAULT, **settings):
        """Attacks a picture, then asks what is left of that after JPEG, WebP, resizing or blur.

        Args:
            image: the picture to attack; its centre square is what the network sees.
            model: the network to fool, as for /attack.

        Returns:
            A report: by transform what the network sees in the "clean" and in the "adversarial"
            picture after it, and the "outcome" of the attack: "fools", "cured" or "neither" (a
            target was wanted, and something else but the truth is seen).
        """
        asked = AttackRequest(image, model, settings)
        found = _result(engine, lambda run: runs.transformed_attack(engine, asked, run))
        named = found.subject.named
        return {
            verdict.transform: {
                "clean": _prediction(named(verdict.clean)),
                "adversarial": _prediction(named(verdict.adversarial)),
                "outcome": verdict.outcome,
            }
            for verdict in found.verdicts
        }

    return attack_survival


def _attack_transfer(engine: Engine) -> Callable:
    def attack_transfer(
        language: str, image: Picture, model: str = DEFAULT, epsilon: float = 8.0, **settings
    ):
        """Attacks each network whose weights are here, and shows the picture to all the others.

        Args:
            image: the picture to attack; each network sees its centre square.
            model: decides which networks: ImageNet's, or the pet classifiers.
            epsilon: as for /attack.

        Returns:
            A report: "clean", what each network sees in the photo; "rows", by the network
            attacked, what each network sees in its picture, and the "outcome"; "away", networks
            whose weights are not on this machine.
        """
        asked = AttackRequest(image, model, settings | {"epsilon": epsilon})
        found = _result(engine, lambda run: runs.transferability(engine, asked, run))
        named, step = found.subject.named, found.step
        names = [each.name for each in found.classifiers]
        rows = {
            attacked: {
                name: _prediction(named((verdict.predicted, verdict.p)))
                | {"outcome": verdict.outcome}
                for name, verdict in zip(names, verdicts, strict=True)
            }
            for attacked, verdicts in step.rows.items()
        }
        clean = {name: _prediction(named(seen)) for name, seen in step.clean.items()}
        return {"clean": clean, "rows": rows, "away": found.missing}

    return attack_transfer


def _smoothed(engine: Engine) -> Callable:
    def smoothed(language: str, image: Picture, model: str = DEFAULT, **settings):
        """Asks a network about many noisy copies of a picture, and certifies the majority.

        Args:
            image: any picture; its centre square is what the network sees.
            model: the network, as for /attack.

        Returns:
            A report: "class" (null where it abstains), "votes" by class, "lower" (the bound of
            the winner's probability) and "radius": no change shorter than this (Euclidean,
            colours from 0 to 1) alters the vote.
        """
        asked = AttackRequest(image, model)
        chosen = SmoothingSettings(**settings)
        found = _result(engine, lambda run: defense_runs.certificate(engine, asked, chosen, run))
        classes, step = found.subject.spec.classes, found.votes["clean"]
        assert step.nominee is not None
        assert step.lower is not None
        return {
            "class": None if step.abstains else classes[step.nominee],
            "votes": {classes[name]: count for name, count in step.votes},
            "lower": round(step.lower, 6),
            "radius": step.radius,
            "abstains": step.abstains,
        }

    return smoothed


def _adversarial_patch(engine: Engine) -> Callable:
    def adversarial_patch(
        language: str,
        image: Picture,
        model: str = DEFAULT,
        target: str | None = "toaster",
        size: float = patch.SIZE,
        steps: int = patch.STEPS,
        seed: int = 0,
    ):
        """Makes a sticker that turns whatever it lies on into another class, to be printed.

        Streams the patch; the last one is the result. It is made to work all over the picture, and
        turned by up to 45 degrees.

        Args:
            image: a photo to try it on; its centre square is what the network sees.
            model: the network to fool, as for /attack.
            target: a class of that network which it should see; "" for anything but the truth.
            size: the sticker's diameter as a share of the picture's side, 0.05 to 1.
            steps: gradient steps, 1 to 1000.
            seed: fixes where the patch is tried.

        Returns:
            The patch alone (PNG, transparent outside the circle), and a report: the top five
            classes "before" and "after" with the patch in the middle, "success", the share of
            other places and angles where it works ("elsewhere"), its "side" in pixels, "steps",
            "seconds".
        """
        start = time.perf_counter()
        settings = {"target": target, "patch_size": size, "steps": steps, "seed": seed}
        asked = AttackRequest(image, model, patch.SETTINGS | settings)
        with engine.run(None, runs.NAME) as run:
            for event in patch.make(engine, asked, run):
                if isinstance(event, Progress | Result) and event.value.image:
                    seconds = round(time.perf_counter() - start, 2)
                    yield event.value.image, _patch_report(event.value, seconds)

    return adversarial_patch


def _patch_report(found: patch.PatchStep, seconds: float) -> dict[str, Any]:
    assert found.image
    facts = {"steps": found.step.step, "seconds": seconds, "side": found.image.width}
    if found.report is None:
        return facts
    return facts | {
        "steps": found.report.steps,
        "before": [_prediction(top) for top in found.report.before],
        "after": [_prediction(top) for top in found.report.after],
        "success": found.report.success,
        "elsewhere": found.trials[0][1].share,
    }


def _universal(engine: Engine) -> Callable:
    def universal_perturbation(
        language: str,
        image: Picture,
        model: str = DEFAULT,
        more: Pictures | None = None,
        **settings,
    ):
        """Makes one change that fools a network on many photos, and tries it on photos it never
        saw.

        Streams the rates; the last picture and report are the result. The photos are the picture,
        those added and fourteen examples, in this order, each once; the change is made from the
        first of them and tried on all others.

        Args:
            image: a photo; its centre square is what the network sees.
            model: the network to fool, as for /attack.
            more: further photos, at most 8.

        Returns:
            The perturbation alone (PNG; grey where nothing changes, white and black at epsilon),
            and a report: for the photos that it is "made" from and for the "others" the fooling
            "rate", and of each photo its "photo" (the file's name), and what the network sees
            "before" and "after"; "steps", "seconds".
        """
        start = time.perf_counter()
        asked = AttackRequest(image, model, more=tuple(more or ()))
        chosen = UniversalSettings(**settings)
        with engine.run(None, runs.NAME) as run:
            for event in universal.make(engine, asked, chosen, run):
                if isinstance(event, Progress | Result):
                    found = event.value
                    report = {name: _group(found, name) for name in universal.GROUPS}
                    seconds = round(time.perf_counter() - start, 2)
                    yield found.image, report | {"steps": found.step.step, "seconds": seconds}

    return universal_perturbation


def _group(found: universal.UniversalProgress, name: str) -> dict[str, Any]:
    """What the report says of a group of photos."""
    group, named = getattr(found.step, name), found.subject.named
    seen = zip(found.photos(name), group.before, group.after, strict=True)
    photos = [
        {"photo": Path(path).name}
        | {"before": _prediction(named(before)), "after": _prediction(named(after))}
        for path, before, after in seen
    ]
    return {"rate": round(group.rate, 6), "photos": photos}


def _network_input(language: str, image: Picture, model: str = DEFAULT) -> Image.Image:
    """Gives exactly what a network is shown of a picture, to compare an adversarial picture with.

    Args:
        image: any picture.
        model: the network, as for /attack.

    Returns:
        Its centre square at the network's size (PNG).
    """
    return runs.network_input(image, model)
