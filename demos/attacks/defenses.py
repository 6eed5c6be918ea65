"""Three defences, each with what it costs: JPEG, randomised smoothing, adversarial training."""

from __future__ import annotations

from html import escape

import gradio as gr

from demos.attacks import runs as attack_once
from demos.attacks.runs import NAME
from demos.attacks.transforms import outcome
from demos.runtime.i18n import say
from demos.ui import model_picker
from demos.ui import progress as status
from demos.ui.components import Knob
from demos.ui.endpoints import Picture, expose
from demos.ui.page import HEAVY, PRIVATE, Page, localize_errors
from demos.ui.plots import bars
from models import images, registry, weights
from models.attacks.settings import SmoothingSettings
from models.validation import ValidationError

SHOWN = 256
STANDARD, ROBUST = "pets_lite0", "pets_lite0_robust"
DEFAULTS = {"quality": 75, "knows": False, "sigma": 16.0, "samples": 96, "confidence": 0.99}


def build(page: Page, photo, knobs: dict) -> dict[str, gr.components.Component]:
    """The cards; returns their own knobs."""
    with page.put(gr.Accordion, "deeper.defences", open=False):
        page.put(gr.Markdown, "deeper.defences.idea")
        with gr.Row(equal_height=False):
            with gr.Column(min_width=300):
                own = _jpeg(page, photo, knobs)
            with gr.Column(min_width=300):
                own |= _smoothing(page, photo, knobs)
        if ROBUST in registry.PET_CLASSIFIERS:
            _robust(page, photo, knobs, (STANDARD, ROBUST))
    return own


def _jpeg(page: Page, photo, knobs: dict) -> dict[str, gr.components.Component]:
    page.put(gr.Markdown, "deeper.jpeg")
    page.put(gr.Markdown, "deeper.jpeg.idea")
    own = {"quality": page.put(Knob, "name.quality", 1, 95, DEFAULTS["quality"], step=1)}
    page.formula(r"f(\mathrm{JPEG}_q(x)),\quad\nabla_x\approx\nabla f|_{\mathrm{JPEG}_q(x)}")
    own["knows"] = page.put(gr.Checkbox, "deeper.jpeg.knows", value=False)
    page.put(gr.Markdown, "deeper.jpeg.cost", written=jpeg_cost)
    with gr.Row():
        run = page.put(gr.Button, "deeper.jpeg.run", variant="primary", min_width=120)
        stop = page.put(gr.Button, "deeper.stop", variant="stop", min_width=70)
    line = gr.HTML()
    result = gr.HTML(elem_id="deeper-jpeg")

    @localize_errors
    def defend(request: gr.Request, code, path, quality, knows, model, *values):
        options = dict(zip(list(knobs)[1:], values, strict=True))
        yield {result: ""}
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in _behind_jpeg(page, code, path, model, options, quality, knows, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                else:
                    yield {result: _pairs(code, *moment)}

    inputs = [page.language, photo, *own.values(), *knobs.values()]
    run.click(defend, inputs, [line, result], **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)
    return own


def _behind_jpeg(page, code, path, model, options: dict, quality, knows: bool, stopped):
    """Status lines, then (subject, verdicts without the defence and with it)."""
    from functools import partial

    from models.attacks import transforms as attack_survival
    from models.attacks.bpda import BPDA
    from models.attacks.quantization import to_8bit

    jpeg = partial(attack_survival.compress, kind="JPEG", quality=quality)
    found = yield from attack_once.subject(page, code, path, model, options)
    jpeg(found.clean)
    fooled = BPDA(found.network, jpeg) if knows else found.network
    adversarial = to_8bit((yield from attack_once.attacked(code, found, stopped, fooled)))
    ways = {"none": attack_survival.TRANSFORMS["none"], "jpeg": jpeg}
    yield (
        found,
        attack_survival.survival(
            found.network, found.clean, adversarial, found.target, transforms=ways
        ),
    )


def _pairs(code: str, subject, verdicts) -> str:
    parts = []
    for verdict in verdicts:
        key = "deeper.jpeg.with" if verdict.transform == "jpeg" else "deeper.jpeg.without"
        parts.append(f"<b>{escape(say(code, key))}</b> {_pair(code, subject, verdict)}")
    return "".join(parts)


def _pair(code: str, subject, verdict) -> str:
    rows = [
        (f"{say(code, f'deeper.{which}')}: {name}", p)
        for which, (name, p) in (
            ("clean", subject.said(verdict.clean)),
            ("attacked", subject.said(verdict.adversarial)),
        )
    ]
    return outcome(code, verdict.outcome) + bars(rows)


def _smoothing(page: Page, photo, knobs: dict) -> dict[str, gr.components.Component]:
    page.put(gr.Markdown, "deeper.smoothing")
    page.put(gr.Markdown, "deeper.smoothing.idea")
    own = {"sigma": page.put(Knob, "name.sigma", 1, 64, DEFAULTS["sigma"], step=1)}
    page.formula(r"g(x)=\arg\max_c P\left(f(x+\mathcal N(0,\sigma^2I))=c\right)")
    with gr.Row():
        own["samples"] = page.put(
            Knob, "name.samples", 1, 1000, DEFAULTS["samples"], step=1, min_width=130
        )
        own["confidence"] = page.put(
            Knob, "name.confidence", 0.5, 0.999, DEFAULTS["confidence"], step=0.001, min_width=130
        )
    page.formula(r"R=\sigma\,\Phi^{-1}(\underline{p_A})")
    page.put(gr.Markdown, "deeper.smoothing.cost", written=smoothing_cost)
    with gr.Row():
        run = page.put(gr.Button, "deeper.smoothing.run", variant="primary", min_width=120)
        stop = page.put(gr.Button, "deeper.stop", variant="stop", min_width=70)
    line = gr.HTML()
    result = gr.HTML(elem_id="deeper-smoothing")

    @localize_errors
    def defend(request: gr.Request, code, path, sigma, samples, confidence, model, *values):
        settings = SmoothingSettings(sigma, samples, confidence)
        options = dict(zip(list(knobs)[1:], values, strict=True))
        yield {result: ""}
        with page.engine.run(request.session_hash, NAME) as stopped:
            votes = {}
            for moment in _vote_twice(page, code, path, model, options, settings, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                found, which, vote, last, seconds, length = moment
                votes[which] = vote, length
                share = vote.step / vote.steps
                said = status.finished if last else status.running
                words = said(code, vote.step, vote.steps, *(() if last else (share,)), seconds)
                text = "".join(
                    _votes(code, found, kind, settings, *seen) for kind, seen in votes.items()
                )
                yield {line: words, result: text}

    inputs = [page.language, photo, *own.values(), *knobs.values()]
    run.click(defend, inputs, [line, result], **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)
    _expose(page)
    return own


def _vote_twice(page, code, path, model, options: dict, settings, stopped):
    """Status lines, then (subject, "clean" or "attacked", vote, last, seconds, length of change).

    A stopped attack is voted on no more."""
    from models.attacks import smoothing

    found = yield from attack_once.subject(page, code, path, model, options)
    shown = {"clean": found.clean}
    adversarial = yield from attack_once.attacked(code, found, stopped)
    shown["attacked"] = adversarial.to(found.clean.device)
    for which, picture in shown.items():
        length = (picture - found.clean).norm().item()
        going = smoothing.certify(found.network, picture, settings)
        for moment in status.in_turn(code, going, stopped):
            if isinstance(moment, str):
                yield moment
                continue
            vote, last, seconds = moment
            yield found, which, vote, last, seconds, length
        if stopped.is_set():
            return


def _votes(code: str, subject, which: str, settings, vote, length: float) -> str:
    total = max(1, sum(count for _, count in vote.votes))
    rows = [(subject.spec.classes[name], count / total) for name, count in vote.votes[:3]]
    words = ""
    if vote.radius is not None:
        words = say(
            code, "deeper.smoothing.certified", confidence=f"{settings.confidence:.1%}",
            lower=f"{vote.lower:.1%}", radius=f"{vote.radius:.3f}",
        )  # fmt: skip
        if which == "attacked":
            words += " " + say(code, "deeper.smoothing.length", length=f"{length:.2f}")
    elif vote.abstains:
        words = say(code, "deeper.smoothing.abstains")
    title = escape(say(code, f"deeper.{which}"))
    return f"<b>{title}</b>{bars(rows)}<p>{escape(words)}</p>"


def _robust(page: Page, photo, knobs: dict, names: tuple[str, str]) -> None:
    """Both networks attacked side by side; `names` are the standard one and the robust one."""
    page.put(gr.Markdown, "deeper.robust")
    page.put(gr.Markdown, "deeper.robust.idea")
    page.formula(
        r"\min_\theta\;\mathbb E\,\max_{\lVert\delta\rVert_\infty\le\varepsilon}"
        r"L_\theta(x+\delta,y)"
    )
    page.put(gr.Markdown, "deeper.robust.cost", written=robust_cost)
    with gr.Row():
        run = page.put(gr.Button, "deeper.robust.run", variant="primary", min_width=120, scale=0)
        stop = page.put(gr.Button, "deeper.stop", variant="stop", min_width=120, scale=0)
    line = gr.HTML()
    slots = []
    shown = {"format": "png", "height": 190, "buttons": [], "interactive": False, "min_width": 110}
    with gr.Row(equal_height=False):
        for name in names:
            with gr.Column(min_width=280):
                gr.Markdown(f"**{registry.classifier(name).title}**")
                with gr.Row():
                    slots += [
                        page.put(gr.Image, key, **shown)
                        for key in ("attack.after", "attack.change")
                    ]
                slots.append(gr.HTML())

    @localize_errors
    def compare(request: gr.Request, code, path, _model, *values):
        options = dict(zip(list(knobs)[1:], values, strict=True))
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in side_by_side(page, code, path, names, options, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                place, subject, adversarial, magnified, verdict = moment
                result = (
                    images.to_image(images.enlarge(adversarial, SHOWN)),
                    images.to_image(images.enlarge(magnified, SHOWN)),
                    _pair(code, subject, verdict),
                )
                yield dict(zip(slots[3 * place :][:3], result, strict=True))

    inputs = [page.language, photo, *knobs.values()]
    run.click(compare, inputs, [line, *slots], **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)


def side_by_side(page, code, path, names: tuple[str, ...], options: dict, stopped):
    """The same attack, without a target, on each of `names`: status lines, then (place, subject,
    adversarial, magnified change, verdict) after each."""
    from models.attacks import run as attacks
    from models.attacks import transforms as attack_survival
    from models.attacks.quantization import to_8bit

    options = options | {"target": None}
    ways = {"none": attack_survival.TRANSFORMS["none"]}
    for place, name in enumerate(names):
        found = yield from attack_once.subject(page, code, path, name, options)
        adversarial = yield from attack_once.attacked(code, found, stopped)
        adversarial = to_8bit(adversarial).to(found.clean.device)
        (verdict,) = attack_survival.survival(
            found.network, found.clean, adversarial, transforms=ways
        )
        magnified, _ = attacks.magnify(found.clean, adversarial)
        yield place, found, adversarial, magnified, verdict
        if stopped.is_set():
            return


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"


def _measured(name: str, *path: str) -> dict | None:
    """What the manifest says under `path` of entry `name`; None where it says nothing."""
    try:
        found = weights.entry(name)
        for key in path:
            found = found[key]
    except (ValidationError, KeyError):
        return None
    return found


def jpeg_cost(code: str) -> str:
    """What JPEG costs in clean accuracy, as measured; "" where it wasn't."""
    found = _measured(STANDARD, "defences")
    if not found or "jpeg" not in found:
        return ""
    shares = ", ".join(f"q{q}: {_percent(one['top1'])}%" for q, one in found["jpeg"].items())
    return say(
        code, "deeper.jpeg.cost",
        count=found["photos"], plain=_percent(found["none"]["top1"]), shares=shares,
    )  # fmt: skip


def smoothing_cost(code: str) -> str:
    """What smoothing costs in clean accuracy, as measured; "" where it wasn't."""
    found = _measured(STANDARD, "defences", "smoothing")
    if not found:
        return ""
    shares = ", ".join(
        f"σ {sigma}: {_percent(one['top1'])}% ({_percent(one['abstained'])}%)"
        for sigma, one in found["sigma"].items()
    )
    return say(
        code, "deeper.smoothing.cost",
        count=found["photos"], samples=found["samples"],
        plain=_percent(found["none"]["top1"]), shares=shares,
    )  # fmt: skip


def robust_cost(code: str) -> str:
    """What adversarial training costs and buys, as measured; "" where it wasn't."""
    found = _measured(ROBUST, "robustness")
    if not found:
        return ""
    robust, standard = found["robust"], found["standard"]
    shares = ", ".join(
        f"ε {key.removeprefix('pgd20_')}: {_percent(share)}% ({_percent(standard[key])}%)"
        for key, share in robust.items()
        if key.startswith("pgd20_") and not key.endswith("_interval")
    )
    return say(
        code, "deeper.robust.cost",
        count=found["photos"], clean=_percent(robust["clean"]),
        standard=_percent(standard["clean"]), shares=shares,
    )  # fmt: skip


def _expose(page: Page) -> None:
    def smoothed(
        language: str,
        image: Picture,
        model: str = "efficientnet_lite0",
        sigma: float = 16.0,
        samples: int = 96,
        confidence: float = 0.99,
        seed: int = 0,
    ):
        """Asks a network about many noisy copies of a picture, and certifies the majority.

        Args:
            image: any picture; its centre square is what the network sees.
            model: the network, as for /attack.
            sigma: deviation of the noise in grey levels (1/255), 0.1 to 128.
            samples: noisy copies that vote, 1 to 10000; too few to prove a majority are refused.
            confidence: of the certificate, 0.5 to 0.9999.
            seed: whole number that fixes the noise.

        Returns:
            A report: "class" (null where it abstains), "votes" by class, "lower" (the bound of
            the winner's probability) and "radius": no change shorter than this (Euclidean,
            colours from 0 to 1) alters the vote.
        """
        picture = images.open_image(image)
        spec = registry.classifier(model)
        from models.attacks import smoothing

        settings = SmoothingSettings(sigma, samples, confidence, seed)
        loading = model_picker.loaded(page, language, model)
        while True:
            try:
                next(loading)
            except StopIteration as end:
                network = end.value
                break
        clean = images.to_tensor(images.square(picture, spec.input_size))
        *_, vote = smoothing.certify(network, clean, settings)
        return {
            "class": None if vote.abstains else spec.classes[vote.nominee],
            "votes": {spec.classes[name]: count for name, count in vote.votes},
            "lower": round(vote.lower, 6),
            "radius": vote.radius,
            "abstains": vote.abstains,
        }

    expose(smoothed, {"report": gr.JSON}, "smoothed")
