"""The attack's knobs: each method shows those it reads, and the formula of its step."""

from __future__ import annotations

import gradio as gr

from demos.runtime.i18n import say
from demos.ui import model_picker
from demos.ui.components import Choice, Knob
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry
from models.attacks.settings import NORMS, AttackSettings

SHOWN = ("pgd", "fgsm", "mi_fgsm", "deepfool", "carlini_wagner", "patch")
FOLLOWS = r"x\leftarrow\Pi_\varepsilon\left(x+a\,d(\nabla_xL)\right)"
STEP = {
    "fgsm": r"x'=x+\varepsilon\,d(\nabla_xL),\;d=\mathrm{sign}\;(L_\infty)",
    "pgd": FOLLOWS + r",\;d=\mathrm{sign}\;(L_\infty)",
    "mi_fgsm": r"v\leftarrow\mu v+\tfrac{g}{\lVert g\rVert_1},\;"
    r"x\leftarrow\Pi_\varepsilon\left(x+a\,d(v)\right)",
    "deepfool": r"r\leftarrow r+\tfrac{|f_k|}{\lVert w_k\rVert_2^2}\,w_k,\;x'=x+(1+\eta)\,r",
    "carlini_wagner": r"\min_{x'}\;\lVert x'-x\rVert_2^2+c\cdot\max(m,-\kappa)",
    "patch": r"p\leftarrow p+a\,\mathrm{sign}\;\nabla_p\,\mathbb{E}_T\log P(t\mid T(p,x))",
}
# What each method reads; the rest is hidden. Steps that suit it come with it.
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
PACE = {"carlini_wagner": (30, 1.0), "patch": (60, 8.0)}
# (lowest, highest, step, formula); the ranges that are refused are `attack_settings`'s, and wider.
SLIDERS = {
    "epsilon": (0, 64, 1, r"\lVert x'-x\rVert_p\le\varepsilon"),
    "steps": (1, 100, 1, r"k=1,\dots,\mathrm{steps}"),
    "step_size": (0.05, 16, 0.05, r"a=\mathrm{step\ size}/255\;\;(L_2:\ \mathrm{step\ size})"),
    "restarts": (1, 10, 1, r"x_0=x+u,\;u\sim U(\lVert u\rVert_p\le\varepsilon)"),
    "momentum": (0, 2, 0.1, r"v\leftarrow\mu v+g/\lVert g\rVert_1"),
    "overshoot": (0, 1, 0.01, r"x'=x+(1+\eta)\,r"),
    "constant": (0.01, 100, 0.01, r"\lVert x'-x\rVert_2^2+c\cdot\max(m,-\kappa)"),
    "kappa": (0, 20, 0.5, r"m=\max_{i\ne t}Z_i-Z_t\le-\kappa"),
    "searches": (1, 10, 1, r"c\leftarrow10\,c,\;\;c\leftarrow(c_-+c_+)/2"),
    "patch_size": (0.05, 1, 0.05, r"d=s\cdot\min(H,W)"),
    "patch_x": (0, 1, 0.05, r"c_x=\tfrac d2+x\,(W-d)"),
    "patch_y": (0, 1, 0.05, r"c_y=\tfrac d2+y\,(H-d)"),
    "patch_angle": (-180, 180, 5, r"T(p)=R_\theta\,p"),
    "patch_spread": (0, 1, 0.1, r"T\sim\mathrm{place}+s\,U,\;\theta\pm45^\circ s"),
}
PATCH = ("patch_size", "patch_angle", "patch_x", "patch_y")
MORE = ("step_size", "restarts", "momentum", "overshoot", "constant", "kappa", "searches")
NAMES = (
    "method", "target", "norm", "epsilon", "steps", *PATCH, "patch_spread", *MORE, "seed",
)  # fmt: skip
DEFAULTS = {name: getattr(AttackSettings(), name) for name in NAMES} | {"target": ""}


def build(page: Page) -> dict[str, gr.components.Component]:
    """Lays out the knobs and wires what they do to each other.

    Returns:
        "model", and then `NAMES` in their order.
    """
    found, columns = {}, {}

    def methods(code: str):
        return [(page.text(f"attack.method.{name}", code), name) for name in SHOWN]

    def norms(code: str):
        return [(page.text(f"attack.norm.{name}", code), name) for name in NORMS]

    def slider(name: str) -> None:
        low, high, step, latex = SLIDERS[name]
        value = DEFAULTS[name]
        with _column(columns, name):
            found[name] = page.put(Knob, f"name.{name}", low, high, value, step=step)
            page.formula(latex)

    found["method"] = page.put(Choice, "name.method", choices=methods, value=DEFAULTS["method"])
    rule = page.formula(STEP[DEFAULTS["method"]])
    with gr.Row():
        with _column(columns, "target"):
            # Not `choices=`: they follow the network besides the language, see `_targets`.
            names = _targets_of(page.text("attack.untargeted"), registry.DEFAULT_BACKBONE)
            found["target"] = page.put(Choice, "name.target", names, value="")
        with _column(columns, "norm"):
            found["norm"] = page.put(Choice, "name.norm", choices=norms, value=DEFAULTS["norm"])
    with gr.Row():
        slider("epsilon")
        slider("steps")
    for pair in zip(PATCH[::2], PATCH[1::2], strict=True):
        with gr.Row():
            for name in pair:
                slider(name)
    slider("patch_spread")
    with page.put(gr.Accordion, "attack.more", open=False):
        with gr.Row():
            for name in MORE:
                slider(name)
            with _column(columns, "seed"):
                found["seed"] = page.put(gr.Number, "name.seed", 0, precision=0, min_width=80)
        found["model"] = model_picker.build(page, model_picker.classifier_choices)

    method, target, model = (found[name] for name in ("method", "target", "model"))
    on = PRIVATE | LIGHT
    shown = [rule, target, *(columns[name] for name in NAMES[1:])]
    method.change(_shown, method, shown, **on)
    method.input(_paced, method, [found["steps"], found["step_size"]], **on)
    found["norm"].change(_stepped, found["norm"], found["epsilon"], **on)
    for changes in (model.change, page.language.change):
        changes(_targets, [page.language, model, target], target, **on)
    return {name: found[name] for name in ("model", *NAMES)}


def _column(columns: dict[str, gr.Column], name: str) -> gr.Column:
    columns[name] = gr.Column(min_width=140, visible=name in READS[DEFAULTS["method"]])
    return columns[name]


def _shown(method: str) -> list:
    """The formula, and the knobs that the method reads; a target it can't have is taken back."""
    target = gr.skip() if "target" in READS[method] else ""
    columns = [gr.update(visible=name in READS[method]) for name in NAMES[1:]]
    return [f"${STEP[method]}$", target, *columns]


def _paced(method: str) -> list[float]:
    """Steps and step size that suit a method."""
    return list(PACE.get(method, (DEFAULTS["steps"], DEFAULTS["step_size"])))


def _stepped(norm: str):
    """Whole grey levels, or lengths."""
    return gr.update(step=1 if norm == "linf" else 0.25)


def _targets(code: str, model: str, target: str):
    """The classes of the chosen network; what was chosen stays if it is among them."""
    names = _targets_of(say(code, "attack.untargeted"), model)
    return gr.update(choices=names, value=target if target in dict(names).values() else "")


def _targets_of(untargeted: str, model: str) -> list[tuple[str, str]]:
    return [(untargeted, ""), *((name, name) for name in registry.classifier(model).classes)]
