"""Does it transfer? Every network's picture before every other network: a matrix of verdicts."""

from __future__ import annotations

from html import escape

import gradio as gr

from demos.attacks import runs as attack_once
from demos.attacks.runs import NAME
from demos.attacks.transforms import named, outcome, reported
from demos.runtime.i18n import say
from demos.ui import model_picker
from demos.ui import progress as status
from demos.ui.endpoints import Picture, expose
from demos.ui.page import HEAVY, PRIVATE, Page, localize_errors
from models import registry, weights
from models.validation import ValidationError


def build(page: Page, photo, knobs: dict) -> None:
    """The part."""
    with page.put(gr.Accordion, "deeper.transfer", open=False):
        page.put(gr.Markdown, "deeper.transfer.idea")
        with gr.Row():
            run = page.put(gr.Button, "deeper.transfer.run", variant="primary", min_width=120)
            stop = page.put(gr.Button, "deeper.stop", variant="stop", min_width=70)
        line = gr.HTML()
        table = gr.HTML(elem_id="deeper-transfer")

    @localize_errors
    def see(request: gr.Request, code, path, model, *values):
        options = dict(zip(list(knobs)[1:], values, strict=True))
        yield {table: ""}
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in _matrix(page, code, path, model, options, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                subject, judges, step, last, seconds = moment
                done, total = len(step.rows), step.steps
                share = step.step / step.steps
                said = status.finished if last else status.running
                words = said(code, done, total, *(() if last else (share,)), seconds)
                yield {line: words, table: _table(code, subject, judges, step)}

    inputs = [page.language, photo, *knobs.values()]
    run.click(see, inputs, [line, table], **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)
    _expose(page)


def peers(model: str) -> tuple[str, ...]:
    """The classifiers that name the same classes as `model`, itself among them."""
    return registry.PET_CLASSIFIERS if model in registry.PET_CLASSIFIERS else registry.BACKBONES


def here(name: str) -> bool:
    """Whether the weights of a classifier are on this machine."""
    if name not in registry.PET_CLASSIFIERS:
        return registry.weights_path(registry.backbone(name)).exists()
    try:
        return (weights.FOLDER / weights.entry(name)["file"]).exists()
    except ValidationError:
        return False


def _matrix(page, code, path, model, options: dict, stopped):
    """Status lines, then (subject, judges, step, last, seconds)."""
    from models.attacks import transferability

    found = yield from attack_once.subject(page, code, path, model, options)
    judges = []
    for name in peers(model):
        if here(name):
            network = yield from model_picker.loaded(page, code, name)
            side = registry.classifier(name).input_size
            judges.append(transferability.Classifier(name, network, side))

    settings = [found.settings] * len(judges)
    going = transferability.matrix(judges, found.picture, settings, found.spec)
    for moment in status.in_turn(code, going, stopped):
        if isinstance(moment, str):
            yield moment
            continue
        step, last, seconds = moment
        yield found, judges, step, last, seconds


def _table(code: str, subject, judges, step) -> str:
    titles = [escape(registry.classifier(judge.name).title) for judge in judges]
    head = "".join(f"<th>{title}</th>" for title in titles)
    clean = "".join(f"<td>{named(*subject.said(step.clean[judge.name]))}</td>" for judge in judges)
    rows = [f"<tr><th>{escape(say(code, 'deeper.clean'))}</th>{clean}</tr>"]
    for judge, title in zip(judges, titles, strict=True):
        cells = "".join(
            f'<td class="deeper-{cell.outcome}-cell">{named(*subject.said((cell.seen, cell.p)))}'
            f"<br>{outcome(code, cell.outcome)}</td>"
            for cell in step.rows.get(judge.name, ())
        )
        name = escape(say(code, "deeper.transfer.made_for"))
        rows.append(f"<tr><th><small>{name}</small><br>{title}</th>{cells}</tr>")
    away = [registry.classifier(name).title for name in peers(subject.spec.name) if not here(name)]
    words = escape(say(code, "deeper.transfer.away", titles=", ".join(away))) if away else ""
    corner = escape(say(code, "deeper.transfer.judge"))
    return (
        f'<div class="deeper-scroll"><table><thead><tr><th>{corner}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div><small>{words}</small>"
    )


def _expose(page: Page) -> None:
    def attack_transfer(
        language: str,
        image: Picture,
        model: str = "efficientnet_lite0",
        method: str = "pgd",
        norm: str = "linf",
        target: str | None = None,
        epsilon: float = 8.0,
        steps: int = 20,
        step_size: float = 1.0,
        seed: int = 0,
    ):
        """Attacks each network whose weights are here, and shows the picture to all the others.

        Args:
            image: the picture to attack; each network sees its centre square.
            model: decides which networks: ImageNet's, or the pet classifiers.
            method: as for /attack.
            norm: as for /attack.
            target: as for /attack.
            epsilon: as for /attack.
            steps: as for /attack.
            step_size: as for /attack.
            seed: as for /attack.

        Returns:
            A report: "clean", what each network sees in the photo; "rows", by the network
            attacked, what each network sees in its picture, and the "outcome"; "away", networks
            whose weights are not on this machine.
        """
        options = {
            "method": method, "norm": norm, "target": target, "epsilon": epsilon,
            "steps": steps, "step_size": step_size, "seed": seed,
        }  # fmt: skip
        with page.engine.run(None, NAME) as stopped:
            *_, moment = _matrix(page, language, image, model, options, stopped)
        subject, judges, step, _, _ = moment
        rows = {
            name: {
                judge.name: reported(subject.said((cell.seen, cell.p))) | {"outcome": cell.outcome}
                for judge, cell in zip(judges, cells, strict=True)
            }
            for name, cells in step.rows.items()
        }
        return {
            "clean": {name: reported(subject.said(seen)) for name, seen in step.clean.items()},
            "rows": rows,
            "away": [name for name in peers(model) if not here(name)],
        }

    expose(attack_transfer, {"report": gr.JSON}, "attack_transfer")
