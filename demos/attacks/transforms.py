"""Does it survive? Both pictures after a file format, a resize, a blur: a table of verdicts."""

from __future__ import annotations

import base64
import io
from html import escape

import gradio as gr
from PIL import Image

from demos.attacks import runs as attack_once
from demos.attacks.runs import NAME
from demos.runtime.i18n import say
from demos.ui.endpoints import Picture, expose
from demos.ui.page import HEAVY, PRIVATE, Page, localize_errors
from models import images

TREATMENTS = (
    "none", "bits8", "bits4", "jpeg95", "jpeg75", "jpeg50", "jpeg30", "webp75", "half", "blur",
    "noise", "flip",
)  # fmt: skip
OUTCOMES = ("fools", "cured", "neither")
THUMB = 72


def build(page: Page, photo, knobs: dict) -> None:
    """The part."""
    page.keys |= {f"deeper.treatment.{name}" for name in TREATMENTS}
    page.keys |= {f"deeper.outcome.{name}" for name in OUTCOMES}
    with page.put(gr.Accordion, "deeper.survival", open=False):
        page.put(gr.Markdown, "deeper.survival.idea")
        with gr.Row():
            run = page.put(gr.Button, "deeper.survival.run", variant="primary", min_width=120)
            stop = page.put(gr.Button, "deeper.stop", variant="stop", min_width=70)
        line = gr.HTML()
        table = gr.HTML(elem_id="deeper-survival")

    @localize_errors
    def see(request: gr.Request, code, path, model, *values):
        options = dict(zip(list(knobs)[1:], values, strict=True))
        yield {table: ""}
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in _survival(page, code, path, model, options, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                else:
                    yield {table: _table(code, *moment)}

    inputs = [page.language, photo, *knobs.values()]
    run.click(see, inputs, [line, table], **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)
    _expose(page)


def _survival(page, code, path, model, options: dict, stopped):
    """Status lines, then (subject, verdicts)."""
    from models.attacks import transforms as attack_survival

    found = yield from attack_once.subject(page, code, path, model, options)
    adversarial = yield from attack_once.attacked(code, found, stopped)
    yield (
        found,
        attack_survival.survival(found.network, found.clean, adversarial, found.target),
    )


def _table(code: str, subject, verdicts) -> str:
    head = "".join(
        f"<th>{escape(say(code, key))}</th>"
        for key in ("deeper.after", "deeper.clean", "deeper.attacked", "deeper.outcome")
    )
    rows = []
    for verdict in verdicts:
        name = escape(say(code, f"deeper.treatment.{verdict.transform}"))
        pair = zip(verdict.pictures, (verdict.clean, verdict.adversarial), strict=True)
        seen = [
            f'<div class="deeper-seen">{thumbnail(picture, name)}'
            f"<span>{named(*subject.said(found))}</span></div>"
            for picture, found in pair
        ]
        cells = f'<td>{seen[0]}</td><td class="deeper-{verdict.outcome}-cell">{seen[1]}</td>'
        badge = outcome(code, verdict.outcome)
        rows.append(f"<tr><th>{name}</th>{cells}<td>{badge}</td></tr>")
    return (
        f'<div class="deeper-scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def named(name: str, p: float) -> str:
    """A class with its probability, as HTML."""
    return f"{escape(name)}<br><b>{p:.1%}</b>"


def outcome(code: str, kind: str) -> str:
    """A coloured word: fooled, not fooled, or something else."""
    return f'<span class="deeper-{kind}">{escape(say(code, f"deeper.outcome.{kind}"))}</span>'


def thumbnail(picture, alt: str) -> str:
    """A picture (3, H, W) as a small <img>; to look at, not to attack with."""
    small = images.to_image(picture).resize((THUMB, THUMB), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "WEBP", quality=80)
    data = base64.b64encode(stream.getvalue()).decode()
    return f'<img src="data:image/webp;base64,{data}" width="{THUMB}" height="{THUMB}" alt="{alt}">'


def _expose(page: Page) -> None:
    def attack_survival(
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
        """Attacks a picture, then asks what is left of that after JPEG, WebP, resizing or blur.

        Args:
            image: the picture to attack; its centre square is what the network sees.
            model: the network to fool, as for /attack.
            method: as for /attack.
            norm: as for /attack.
            target: as for /attack.
            epsilon: as for /attack.
            steps: as for /attack.
            step_size: as for /attack.
            seed: as for /attack.

        Returns:
            A report: by treatment what the network sees in the "clean" and in the "adversarial"
            picture after it, and the "outcome" of the attack: "fools", "cured" or "neither" (a
            target was wanted, and something else but the truth is seen).
        """
        options = {
            "method": method, "norm": norm, "target": target, "epsilon": epsilon,
            "steps": steps, "step_size": step_size, "seed": seed,
        }  # fmt: skip
        with page.engine.run(None, NAME) as stopped:
            *_, moment = _survival(page, language, image, model, options, stopped)
        subject, verdicts = moment
        return {
            verdict.transform: {
                "clean": reported(subject.said(verdict.clean)),
                "adversarial": reported(subject.said(verdict.adversarial)),
                "outcome": verdict.outcome,
            }
            for verdict in verdicts
        }

    expose(attack_survival, {"report": gr.JSON}, "attack_survival")


def reported(verdict: tuple[str, float]) -> dict:
    """(class, probability) as endpoints give it."""
    return {"class": verdict[0], "probability": round(verdict[1], 6)}
