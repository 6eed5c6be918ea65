"""Adversarial attack: an invisible change turns a dog into a pizza (Goodfellow et al. 2015)."""

from __future__ import annotations

import time

import gradio as gr

from demos.attacks import knobs as attack_knobs
from demos.attacks import sections, transferability
from demos.attacks.knobs import DEFAULTS
from demos.runtime.i18n import say
from demos.ui import deep_links, model_picker
from demos.ui import examples as pictures
from demos.ui import progress as status
from demos.ui.components import Photo
from demos.ui.endpoints import Picture, expose
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import bars, curves
from models import images, registry
from models.attacks.settings import AttackSettings

NAME = "attack"
EXPERIMENTS = (
    {"epsilon": 1.0},
    {"method": "fgsm", "epsilon": 16.0},
    {"target": "pizza", "epsilon": 8.0, "steps": 40},
    {"target": "Siamese cat", "epsilon": 64.0, "step_size": 8.0},
    {"method": "deepfool", "norm": "l2"},
    {"method": "patch", "target": "toaster", "steps": 60, "step_size": 8.0},
)
DOG = "german_shepherd"


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            photo = page.put(
                Photo, "attack.photo", value=pictures.example("photos", DOG), height=210
            )
            pictures.examples(page, "photos", photo, DOG)
            knobs = attack_knobs.build(page)
        with gr.Column(scale=6, min_width=320):
            with gr.Row():
                run = page.put(gr.Button, "run.attack", variant="primary", min_width=90)
                dog = page.put(gr.Button, "attack.dog_to_cat", min_width=110)
                stop = page.put(gr.Button, "stop", variant="stop", min_width=70)
                reset = page.put(gr.Button, "reset", min_width=70)
            line = gr.HTML(elem_id="attack-status")
            with gr.Row():
                clean = _picture(page, "attack.before")
                fooled = _picture(page, "attack.after")
                change = _picture(page, "attack.change")
            with gr.Row():
                before = page.put(gr.Markdown, "attack.before_none", elem_id="attack-before")
                after = page.put(gr.Markdown, "attack.after_none", elem_id="attack-after")
            plot = gr.HTML(elem_id="attack-plot")
            keep = page.put(gr.DownloadButton, "download", visible=False, elem_id="attack-download")
    order = list(knobs.values())
    page.experiments(NAME, EXPERIMENTS, {"model": registry.DEFAULT_BACKBONE} | DEFAULTS, order)
    sections.build(page, photo, knobs)
    outputs = [line, clean, fooled, change, before, after, plot, keep]

    @localize_errors
    def run_attack(request: gr.Request, code, path, model, *values):
        settings = dict(zip(DEFAULTS, values, strict=True))
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in attacked(page, code, path, model, settings, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                step, last, seconds, seen, curve, report, magnified, factor = moment
                now = {
                    plot: _plot(code, curve, step.steps),
                    fooled: images.to_image(step.adversarial),
                }
                if step.step == 0:
                    now |= {clean: seen, change: None, after: "", keep: gr.update(visible=False)}
                if not last:
                    progress = step.step / step.steps
                    now[line] = status.running(code, step.step, step.steps, progress, seconds)
                    yield now
                    continue
                result = now[fooled]
                yield now | {
                    line: status.finished(code, step.step, step.steps, seconds),
                    fooled: result,
                    change: gr.update(
                        value=images.to_image(magnified),
                        label=say(code, "attack.change_factor", factor=factor),
                    ),
                    before: _verdict(code, "attack.verdict_before", report.before),
                    after: _verdict(code, "attack.verdict_after", report.after)
                    + _measured(code, report),
                    keep: gr.update(value=pictures.png(result, "netglass-attack"), visible=True),
                }

    inputs = [page.language, photo, *order]
    run.click(run_attack, inputs, outputs, **PRIVATE, **HEAVY)
    dog.click(
        lambda: [
            pictures.example("photos", DOG),
            registry.DEFAULT_BACKBONE,
            *(DEFAULTS | {"target": "Siamese cat"}).values(),
        ],
        None,
        [photo, *order],
        **PRIVATE,
        **LIGHT,
    ).then(run_attack, inputs, outputs, **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)
    deep_links.listen(page, NAME, knobs, {"photo": (photo, "photos")})

    @localize_errors
    def look(code, path, model):
        if path is None:
            return None, page.text("attack.before_none", code)
        picture = images.open_image(path)
        spec = registry.classifier(model)
        seen = images.square(picture, spec.input_size)
        if not transferability.here(model):
            return seen, page.text("attack.before_none", code)
        from models.attacks import run as attacks

        network = page.engine.classifier(model)
        top = attacks.top_classes(network, images.to_tensor(seen), spec=spec)
        return seen, _verdict(code, "attack.verdict_before", top)

    for arrives in (photo.change, tab.select, knobs["model"].change):
        looked = arrives(
            look, [page.language, photo, knobs["model"]], [clean, before], **PRIVATE, **LIGHT
        )
        # A file that is no picture must not stand beside the verdict on the one before.
        looked.failure(
            lambda code: (None, page.text("attack.before_none", code)),
            page.language,
            [clean, before],
            **PRIVATE,
            **LIGHT,
        )
    reset.click(
        lambda: [
            *(None, registry.DEFAULT_BACKBONE, *DEFAULTS.values()),
            *("", None, None, None, "", "", "", gr.update(visible=False)),
        ],
        None,
        [photo, *order, *outputs],
        **PRIVATE,
        **LIGHT,
    )
    expose(
        _endpoint(page),
        {"adversarial": gr.Image, "perturbation": gr.Image, "report": gr.JSON},
        "attack",
    )


def _picture(page: Page, key: str) -> gr.Image:
    return page.put(
        gr.Image, key, format="png", height=210, buttons=[], interactive=False, min_width=140
    )


def attacked(page, code, path, model, settings, stopped):
    """Status lines, then (step, last, seconds, picture seen, curve, report, magnified, factor).

    Args:
        settings: of `models.attacks.settings.Settings`, by name; without "target" it has none.
    """
    picture = images.open_image(path)
    spec = registry.classifier(model)
    settings = AttackSettings(**settings | {"target": settings.get("target") or None})
    if settings.target is not None:
        spec.class_index(settings.target)  # before a network is read
    from models.attacks import run as attacks

    network = yield from model_picker.loaded(page, code, model)
    seen = images.square(picture, spec.input_size)
    clean = images.to_tensor(seen, network.placement.device)
    curve = {"true": [], "target": []}

    def recorded():
        for step in page.engine.steps(attacks.attack, network, clean, settings, None, spec):
            curve["true"].append((step.step, step.true[0]))
            if step.target:
                curve["target"].append((step.step, step.target[0]))
            yield step

    for moment in status.in_turn(code, recorded(), stopped, page.engine.run_queue):
        if isinstance(moment, str):
            yield moment
            continue
        step, last, seconds = moment
        report, magnified, factor = None, None, 1
        if last:
            found = step.adversarial
            report = attacks.measure(network, clean, found, settings, step.step, seconds, spec)
            magnified, factor = attacks.magnify(clean, found)
        yield step, last, seconds, seen, curve, report, magnified, factor


def _plot(code: str, curve: dict[str, list], steps: int) -> str:
    series = {say(code, f"attack.curve.{name}"): points for name, points in curve.items() if points}
    return curves(series, say(code, "plot.step"), steps, y_range=(0, 1))


def _verdict(code: str, key: str, top: list[tuple[str, float]]) -> str:
    return f"**{say(code, key)}**\n{bars(top)}"


def _measured(code: str, report) -> str:
    key = "attack.success" if report.success else "attack.failure"
    distance = say(code, "attack.distance", linf=f"{report.linf:g}", l2=f"{report.l2:.2f}")
    return f"\n\n**{say(code, key)}** {distance}"


def _endpoint(page: Page):
    def attack(
        language: str,
        image: Picture,
        model: str = "efficientnet_lite0",
        method: str = "pgd",
        norm: str = "linf",
        target: str | None = None,
        epsilon: float = 4.0,
        steps: int = 20,
        step_size: float = 1.0,
        seed: int = 0,
        restarts: int = 1,
        momentum: float = 1.0,
        overshoot: float = 0.02,
        constant: float = 0.1,
        kappa: float = 0.0,
        searches: int = 4,
        patch_size: float = 0.35,
        patch_x: float = 0.5,
        patch_y: float = 0.5,
        patch_angle: float = 0.0,
        patch_spread: float = 0.0,
    ):
        """Changes a picture so slightly that nobody sees it, and so that a network errs.

        Streams the attack; the last pictures and report are the result. The adversarial picture is
        an exact PNG at the size the network sees; everything in the report is measured on it.

        Args:
            image: the picture to attack; its centre square is what the network sees.
            model: the network to fool: efficientnet_lite0, efficientnet_lite1, efficientnet_lite2,
                vgg16, vgg19, resnet50, mobilenet_v3_large, or one that knows 37 breeds of pets:
                pets_lite0, pets_lite2, pets_lite0_robust.
            method: "pgd" (many small steps, Madry et al. 2018), "fgsm" (one step, Goodfellow et
                al. 2015), "mi_fgsm" (small steps with momentum, Dong et al. 2018), "deepfool"
                (straight over the nearest border, without a target, Moosavi-Dezfooli et al. 2016),
                "carlini_wagner" (the shortest change an optimiser finds, 2017) or "patch" (a round
                sticker that anyone sees, Brown et al. 2017; 60 steps of 8 suit it).
            norm: "linf": no colour value changes by more than epsilon; "l2": the whole change is
                no longer than epsilon (carlini_wagner and patch ignore it).
            target: a class of the network that the picture should be taken for, such as "Siamese
                cat" (of the pets' networks "Siamese"); leave it out for "anything but the truth".
            epsilon: for linf the largest change of a colour value, in whole grey levels (1/255);
                for l2 the Euclidean length of the change with colours from 0 to 1; 0 to 64 (fgsm,
                pgd, mi_fgsm).
            steps: gradient steps, 1 to 1000; for deepfool at most so many, for carlini_wagner in
                each search.
            step_size: change per step, up to 64, in the unit of epsilon; for carlini_wagner and
                patch in grey levels (pgd, mi_fgsm, carlini_wagner, patch).
            seed: whole number that fixes the random start (pgd, patch).
            restarts: how many random starts are tried until one fools, 1 to 20 (pgd).
            momentum: share of the former steps' direction that is kept, 0 to 2 (mi_fgsm).
            overshoot: how far beyond the border it goes, as a share of the way, 0 to 1 (deepfool).
            constant: what success weighs against the length of the change, at first, 0.0001 to
                10000 (carlini_wagner).
            kappa: by how much the wanted class's logit must lead, 0 to 100 (carlini_wagner).
            searches: how many weights of success are tried, 1 to 10 (carlini_wagner).
            patch_size: the sticker's diameter as a share of the picture's side, 0.05 to 1 (patch).
            patch_x: where it is, 0 at the left edge to 1 at the right (patch).
            patch_y: where it is, 0 at the top to 1 at the bottom (patch).
            patch_angle: degrees it is turned clockwise, -180 to 180 (patch).
            patch_spread: over how much of the picture it must work, 0 for this one place to 1 for
                anywhere and turned by up to 45 degrees (patch).

        Returns:
            The adversarial picture (PNG), the change magnified (PNG), and a report: top five
            classes before and after, success, the distances linf (in 1/255) and l2, steps, seconds.
        """
        settings = {
            "method": method, "norm": norm, "target": target, "epsilon": epsilon,
            "steps": steps, "step_size": step_size, "seed": seed, "restarts": restarts,
            "momentum": momentum, "overshoot": overshoot, "constant": constant, "kappa": kappa,
            "searches": searches, "patch_size": patch_size, "patch_x": patch_x,
            "patch_y": patch_y, "patch_angle": patch_angle, "patch_spread": patch_spread,
        }  # fmt: skip
        start = time.perf_counter()
        with page.engine.run(None, NAME) as stopped:
            for moment in attacked(page, language, image, model, settings, stopped):
                if isinstance(moment, str):
                    continue
                step, last, _, _, _, report, magnified, _ = moment
                seconds = round(time.perf_counter() - start, 2)
                if not last:
                    yield (
                        images.to_image(step.adversarial),
                        None,
                        {"steps": step.step, "seconds": seconds},
                    )
                    continue
                yield (
                    images.to_image(step.adversarial),
                    images.to_image(magnified),
                    {
                        "before": _named(report.before), "after": _named(report.after),
                        "success": report.success, "linf": report.linf, "l2": report.l2,
                        "steps": step.step, "seconds": seconds,
                    },
                )  # fmt: skip

    return attack


def _named(top: list[tuple[str, float]]) -> list[dict]:
    return [{"class": name, "probability": round(value, 6)} for name, value in top]
