"""Adversarial attack: an invisible change turns a dog into a pizza (Goodfellow et al. 2015)."""

from __future__ import annotations

import time

import gradio as gr

from demos import networks, pictures, status
from demos.endpoints import Picture, expose
from demos.language import say
from demos.pacing import paced
from demos.page import HEAVY, LIGHT, PRIVATE, Page, speaks
from demos.plots import bars, curves
from demos.widgets import Choice, Knob, Photo
from models import images, registry

NAME = "attack"
DEFAULTS = {
    "method": "pgd",
    "target": "",
    "epsilon": 4.0,
    "steps": 20,
    "step_size": 1.0,
    "seed": 0,
}
EXPERIMENTS = (
    {"epsilon": 1.0},
    {"method": "fgsm", "epsilon": 16.0},
    {"target": "pizza", "epsilon": 8.0, "steps": 40},
    {"target": "Siamese cat", "epsilon": 64.0, "step_size": 8.0},
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
            knobs = _knobs(page)
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
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order[1:])
    outputs = [line, clean, fooled, change, before, after, plot, keep]

    @speaks
    def run_attack(request: gr.Request, code, path, model, *values):
        settings = dict(zip(DEFAULTS, values, strict=True))
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in _attack(page, code, path, model, settings, stopped):
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
            registry.DEFAULT,
            *(DEFAULTS | {"target": "Siamese cat"}).values(),
        ],
        None,
        [photo, *order],
        **PRIVATE,
        **LIGHT,
    ).then(run_attack, inputs, outputs, **PRIVATE, **HEAVY)
    page.stops(stop, NAME)

    @speaks
    def look(code, path, model):
        if path is None:
            return None, page.text("attack.before_none", code)
        picture = images.open_image(path)
        spec = registry.spec(model)
        seen = images.square(picture, spec.size)
        if not registry.weights_path(spec).exists():
            return seen, page.text("attack.before_none", code)
        from models import attacks

        top = attacks.top_classes(page.engine.store.get(model), images.to_tensor(seen))
        return seen, _verdict(code, "attack.verdict_before", top)

    for arrives in (photo.change, tab.select):
        arrives(look, [page.language, photo, knobs["model"]], [clean, before], **PRIVATE, **LIGHT)
    reset.click(
        lambda: [
            *(None, registry.DEFAULT, *DEFAULTS.values()),
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


def _knobs(page: Page) -> dict[str, gr.components.Component]:
    def methods(code: str):
        return [(page.text(f"attack.method.{name}", code), name) for name in ("pgd", "fgsm")]

    def targets(code: str):
        return [
            (page.text("attack.untargeted", code), ""),
            *((n, n) for n in registry.class_names()),
        ]

    knobs = {}
    with gr.Row():
        knobs["method"] = page.put(
            Choice, "name.method", choices=methods, value="pgd", min_width=130
        )
        knobs["target"] = page.put(Choice, "name.target", choices=targets, value="", min_width=130)
    with gr.Row():
        with gr.Column(min_width=140):
            knobs["epsilon"] = page.put(Knob, "name.epsilon", 0, 32, 4, step=1)
            page.formula(r"\lVert x'-x\rVert_\infty\le\varepsilon")
        with gr.Column(min_width=140):
            knobs["steps"] = page.put(Knob, "name.steps", 1, 100, 20, step=1)
            page.formula(r"x\leftarrow\Pi_\varepsilon\left(x+a\,\mathrm{sign}\,\nabla_xL\right)")
    with page.put(gr.Accordion, "attack.more", open=False):
        with gr.Row():
            with gr.Column(min_width=140):
                knobs["step_size"] = page.put(Knob, "name.step_size", 0.25, 16, 1, step=0.25)
                page.formula(r"a=\mathrm{step\ size}/255")
            knobs["seed"] = page.put(gr.Number, "name.seed", 0, precision=0, min_width=80)
        model = networks.chooser(page)
    return {"model": model} | knobs


def _attack(page, code, path, model, settings, stopped):
    """Status lines, then (step, last, seconds, picture seen, curve, report, magnified, factor)."""
    picture = images.open_image(path)
    spec = registry.spec(model)
    from models import attacks

    settings = attacks.Settings(**settings | {"target": settings["target"] or None})
    network = yield from networks.loaded(page, code, model)
    seen = images.square(picture, spec.size)
    clean = images.to_tensor(seen, network.placement.device)
    curve = {"true": [], "target": []}

    def recorded():
        for step in attacks.attack(network, clean, settings):
            curve["true"].append((step.step, step.true[0]))
            if step.target:
                curve["target"].append((step.step, step.target[0]))
            yield step

    for step, last, seconds in paced(recorded(), stopped):
        report = attacks.evaluate(network, clean, step.adversarial, settings) if last else None
        magnified, factor = attacks.magnify(clean, step.adversarial) if last else (None, 1)
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
    ):
        """Changes a picture so slightly that nobody sees it, and so that an ImageNet network errs.

        Streams the attack; the last pictures and report are the result. The adversarial picture is
        an exact PNG at the size the network sees; everything in the report is measured on it.

        Args:
            image: the picture to attack; its centre square is what the network sees.
            model: the network to fool: efficientnet_lite0, efficientnet_lite1, efficientnet_lite2,
                vgg16, vgg19, resnet50 or mobilenet_v3_large.
            method: "pgd" (many small steps, Madry et al. 2018) or "fgsm" (one step, Goodfellow et
                al. 2015).
            norm: "linf": no colour value changes by more than epsilon.
            target: an ImageNet class the picture should be taken for, such as "Siamese cat"; leave
                it out for "anything but the truth".
            epsilon: largest change of a colour value, in whole grey levels (1/255), 0 to 64.
            steps: gradient steps, 1 to 1000 (pgd).
            step_size: change per step in grey levels (1/255), up to 64 (pgd).
            seed: whole number that fixes the random start.

        Returns:
            The adversarial picture (PNG), the change magnified (PNG), and a report: top five
            classes before and after, success, the distances linf (in 1/255) and l2, steps, seconds.
        """
        settings = {
            "method": method, "norm": norm, "target": target, "epsilon": epsilon,
            "steps": steps, "step_size": step_size, "seed": seed,
        }  # fmt: skip
        start = time.perf_counter()
        with page.engine.run(None, NAME) as stopped:
            for moment in _attack(page, language, image, model, settings, stopped):
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
