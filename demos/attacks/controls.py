"""The controls of the attack: each method shows the settings it reads and its formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from demos.attacks.runs import NAME, AttackRequest
from demos.runtime.i18n import class_choice, say
from demos.ui import deep_links, model_picker
from demos.ui.card import Card
from demos.ui.components import Choice
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry
from models.attacks.settings import AttackSettings

_GRADIENT_STEP = r"x\leftarrow\Pi_\varepsilon\left(x+a\,d(\nabla_xL)\right)"
STEP_FORMULAS = {
    "fgsm": r"x'=x+\varepsilon\,d(\nabla_xL),\;d=\mathrm{sign}\;(L_\infty)",
    "pgd": _GRADIENT_STEP + r",\;d=\mathrm{sign}\;(L_\infty)",
    "mi_fgsm": r"v\leftarrow\mu v+\tfrac{g}{\lVert g\rVert_1},\;"
    r"x\leftarrow\Pi_\varepsilon\left(x+a\,d(v)\right)",
    "deepfool": r"r\leftarrow r+\tfrac{|f_k|}{\lVert w_k\rVert_2^2}\,w_k,\;x'=x+(1+\eta)\,r",
    "carlini_wagner": r"\min_{x'}\;\lVert x'-x\rVert_2^2+c\cdot\max(m,-\kappa)",
    "patch": r"p\leftarrow p+a\,\mathrm{sign}\;\nabla_p\,\mathbb{E}_T\log P(t\mid T(p,x))",
}
# The settings that each method reads; the others are hidden.
READS = {
    "fgsm": {"target", "norm", "epsilon"},
    "pgd": {"target", "norm", "epsilon", "steps", "step_size", "restarts", "seed"},
    "mi_fgsm": {"target", "norm", "epsilon", "steps", "step_size", "momentum"},
    "deepfool": {"norm", "steps", "overshoot"},
    "carlini_wagner": {"target", "steps", "step_size", "constant", "kappa", "searches"},
    "patch": {
        "target", "steps", "step_size", "seed", "patch_size", "patch_x", "patch_y", "patch_angle",
        "patch_spread",
    },
}  # fmt: skip
# Steps and step size that come with a method, where they are not the defaults.
RECOMMENDED = {"carlini_wagner": (30, 1.0), "patch": (60, 8.0)}
# How large the change may be; a method reads one of them at most.
SIZES = ("epsilon", "patch_size")
MORE = (
    "norm", "steps", "step_size", "restarts", "momentum", "overshoot", "constant", "kappa",
    "searches", "patch_angle", "patch_x", "patch_y", "patch_spread", "seed",
)  # fmt: skip
NAMES = (
    "method", "target", "norm", "epsilon", "steps", "patch_size", "patch_angle", "patch_x",
    "patch_y", "patch_spread", "step_size", "restarts", "momentum", "overshoot", "constant",
    "kappa", "searches", "seed",
)  # fmt: skip
DEFAULTS = {name: AttackSettings.page_defaults()[name] for name in NAMES}
# The photo with which the page opens, and what turns it into a cat.
DOG = "german_shepherd"
DOG_TO_CAT = DEFAULTS | {"target": "Siamese cat"}


def request(image: str | None, model: str, values: tuple) -> AttackRequest:
    """What the components ask for; `values` are those of `NAMES`, in order."""
    return AttackRequest(image, model, dict(zip(NAMES, values, strict=True)))


def link(image: str | None, model: str, settings: Mapping[str, Any]) -> str:
    """The address that sets photo, network and settings again."""
    usual = DEFAULTS | {"model": registry.DEFAULT_BACKBONE}
    given = {**settings, "model": model, "target": settings["target"] or ""}
    return deep_links.address(NAME, given, usual, {"photo": (image, "photos")})


def check(chosen: dict[str, Any]) -> None:
    """Raises a ValidationError unless the components' values can be run."""
    settings = {name: chosen[name] for name in NAMES}
    AttackSettings(**settings | {"target": chosen["target"] or None})


def build(page: Page, columns: Card, buttons: Callable[[], None]) -> dict[str, Any]:
    """Lays out the components and connects what depends on the method, the norm and the network.

    Args:
        buttons: lays out what stands above the knobs.

    Returns:
        "model", and then `NAMES` in their order.
    """
    found: dict[str, Any] = {}
    shown: dict[str, gr.Column] = {}

    def put(*names: str) -> None:
        for name in names:
            with _column(shown, name):
                found[name] = page.setting(AttackSettings, name)

    with columns.knobs:
        buttons()
        with _column(shown, "target"):
            page.keys.add("attack.untargeted")
            found["target"] = page.put(
                Choice, "name.target", choices=_target_choices, value=DEFAULTS["target"]
            )
        put(*SIZES)
        found["method"] = page.setting(AttackSettings, "method")
        formula = page.formula(STEP_FORMULAS[DEFAULTS["method"]])
        with page.put(gr.Accordion, "more", open=False):
            put(*MORE)
            found["model"] = model_picker.build(page, model_picker.classifier_choices)
    _connect(page, found, [formula, found["target"], *(shown[name] for name in NAMES[1:])])
    return {name: found[name] for name in ("model", *NAMES)}


def _column(shown: dict[str, gr.Column], name: str) -> gr.Column:
    shown[name] = gr.Column(min_width=140, visible=name in READS[DEFAULTS["method"]])
    return shown[name]


def _connect(page: Page, found: dict[str, Any], shown: list) -> None:
    method, norm, target, model = (found[name] for name in ("method", "norm", "target", "model"))
    options = PRIVATE | LIGHT
    method.change(_shown, method, shown, **options)
    method.input(_recommended, method, [found["steps"], found["step_size"]], **options)
    norm.change(_epsilon_step, norm, found["epsilon"], **options)
    page.follow(target, model)
    model.change(_targets, [page.language, model, target], target, **options)


def _shown(method: str) -> list:
    """The formula, and the settings that the method reads; a target it can't have is removed."""
    target = gr.skip() if "target" in READS[method] else ""
    columns = [gr.update(visible=name in READS[method]) for name in NAMES[1:]]
    return [f"${STEP_FORMULAS[method]}$", target, *columns]


def _recommended(method: str) -> list[float]:
    """Steps and step size that suit a method."""
    return list(RECOMMENDED.get(method, (DEFAULTS["steps"], DEFAULTS["step_size"])))


def _epsilon_step(norm: str):
    """Whole grey levels, or lengths."""
    return gr.update(step=1 if norm == "linf" else 0.25)


def _targets(language: str, model: str, target: str):
    """The classes of the chosen network; what was chosen stays if it is among them."""
    names = _target_choices(language, model)
    return gr.update(choices=names, value=target if target in dict(names).values() else "")


def _target_choices(language: str, model: str = registry.DEFAULT_BACKBONE) -> list[tuple[str, str]]:
    names = registry.classifier(model).classes
    return [(say(language, "attack.untargeted"), ""), *(class_choice(language, n) for n in names)]
