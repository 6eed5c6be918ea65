"""What a visitor can keep of a run: its film strip, its files, and a link to its settings."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import urlencode

import gradio as gr
from gradio.utils import get_upload_folder
from safetensors.torch import save as tensors_as_bytes

from demos.gan_lab import names, run_config
from demos.gan_lab.run_config import KNOBS
from demos.gan_lab.runs import LiveRun, LiveRuns
from demos.runtime.gradio_patches import write_once
from demos.ui.page import LIVE_TRAINING, PRIVATE, Page, localize_errors
from models.gan.training import presets
from models.validation import ValidationError

FRAME_MS = 150
ROWS = 12


def build(page: Page, inputs: list[gr.blocks.Block]) -> None:
    """The panel: film strip, export, link.

    Args:
        inputs: the language, the data, the architecture, the side, the shipped start, the knobs.
    """
    with page.put(gr.Accordion, "gym.keep", open=False):
        page.put(gr.Markdown, "gym.keep.note")
        with gr.Row():
            show = page.put(gr.Button, "gym.keep.strip", size="sm", min_width=140)
            export = page.put(gr.Button, "gym.keep.export", size="sm", min_width=140)
            share = page.put(gr.Button, "gym.keep.link", size="sm", min_width=140)
        strip = page.put(
            gr.Image, "gym.keep.film", format="png", visible=False, interactive=False,
            show_label=False, buttons=["download", "fullscreen"], elem_id="gym-strip",
        )  # fmt: skip
        files = page.put(
            gr.DownloadButton, "gym.keep.download", visible=False, elem_id="gym-download"
        )
        link = page.put(gr.Textbox, "gym.keep.address", visible=False, interactive=False,
                        buttons=["copy"], elem_id="gym-link")  # fmt: skip

    def live(request: gr.Request) -> LiveRun:
        run = page.engine.shared(LiveRuns).get(request.session_hash)
        if run is None or run.snapshot is None:
            raise ValidationError("lab_no_run")
        run.touch()
        return run

    @localize_errors
    def filmed(request: gr.Request, _code):
        from models.gan.training import film_strip

        run = live(request)
        film = page.engine.training_slice(
            lambda: film_strip.sheet(thinned(run.history.film.frames))
        )
        return gr.update(value=film, visible=True)

    @localize_errors
    def exported(request: gr.Request, _code):
        run = live(request)
        content = page.engine.training_slice(packed, run)
        path = write_once(content, "netglass-gan.zip", get_upload_folder())
        return gr.update(value=path, visible=True)

    @localize_errors
    def linked(_code, kind, architecture, side, shipped, *values):
        chosen = dict(zip(KNOBS, values, strict=True))
        asked = run_config.wish(kind, "", side, shipped, architecture, chosen)
        return gr.update(value="?" + urlencode(query(asked)), visible=True)

    show.click(filmed, inputs[0], strip, **PRIVATE, **LIVE_TRAINING)
    export.click(exported, inputs[0], files, **PRIVATE, **LIVE_TRAINING)
    share.click(linked, inputs, link, **PRIVATE, queue=False).then(
        None, link, link, js="(q) => location.origin + location.pathname + q",
        api_visibility="private",
    )  # fmt: skip


def thinned(frames: list) -> list:
    """At most `ROWS` of them, first and last included."""
    if len(frames) <= ROWS:
        return frames
    return [frames[round(n * (len(frames) - 1) / (ROWS - 1))] for n in range(ROWS)]


def packed(run: LiveRun) -> bytes:
    """A zip: both networks as safetensors, settings and figures as JSON, the strip as GIF."""
    from models.gan.training import film_strip

    trainer, stream = run.trainer, io.BytesIO()
    shown = trainer.ema.module if trainer.settings.ema else trainer.G
    networks = {"generator": shown, "discriminator": trainer.D}
    snapshot, metrics = run.snapshot, run.metrics
    facts = {
        "data": trainer.data.name,
        "shape": list(trainer.data.shape),
        "settings": asdict(trainer.settings),
        "rounds": snapshot.rounds,
        "examples": snapshot.examples,
        "figures": names.figures(vars(metrics).items()) if metrics else None,
        "verdict": names.diagnosis(run.diagnose().name),
    }
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as out:
        for name, network in networks.items():
            state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
            out.writestr(f"{name}.safetensors", tensors_as_bytes(state))
        out.writestr("settings.json", json.dumps(facts, indent=1))
        frames = run.history.film.frames
        if frames:
            film = io.BytesIO()
            drawn = [film_strip.draw(samples) for _, samples in frames]
            film_strip.save_gif(drawn, film, FRAME_MS)
            out.writestr("strip.gif", film.getvalue())
    return stream.getvalue()


def query(asked: run_config.Wish) -> dict[str, str]:
    """The address's parameters for a run: the data, and what differs from its usual settings."""
    settings = asked.settings
    usual = presets.settings_for(asked.data, settings.architecture)
    turned = {
        name: value if name == "loss" else json.dumps(value)
        for name in KNOBS
        if (value := getattr(settings, name)) != getattr(usual, name)
    }
    found = {"tab": "gym", "data": asked.data, "architecture": settings.architecture}
    if asked.data == "own":
        found |= {"side": str(asked.side)} | ({"shipped": "1"} if asked.shipped else {})
    return found | turned


def read(address: Mapping[str, str]) -> list:
    """Values of data, architecture, side, shipped start and knobs that an address asks for; what it
    gets wrong is ignored.
    """
    untouched = [gr.skip()] * (4 + len(KNOBS))
    data = address.get("data")
    if address.get("tab") != "gym" or data not in presets.DATA:
        return untouched
    try:
        settings = presets.settings_for(data, address.get("architecture"))
        turned = {
            # A loss stands there by its name, all else as JSON.
            name: address[name] if name == "loss" else json.loads(address[name])
            for name in KNOBS
            if name in address
        }
        settings = settings.replace(**turned)
    except (ValueError, TypeError):
        return untouched
    own = data == "own"
    side = 64 if address.get("side") == "64" else 32
    return [
        data,
        settings.architecture,
        gr.update(value=side, visible=own),
        gr.update(value=address.get("shipped") == "1", visible=own),
        *(getattr(settings, name) for name in KNOBS),
    ]
