"""What a visitor can keep of a run: its film strip, its files, and a link to its settings."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from urllib.parse import urlencode

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image
from safetensors.torch import save as tensors_as_bytes

from demos.gan_lab import links, names, run_config
from demos.gan_lab.runs import LiveTraining, LiveTrainings
from demos.runtime.gradio_patches import write_once
from demos.ui.page import LIGHT, LIVE_TRAINING, PRIVATE, Page, localize_errors

FRAME_MS = 150
MAX_ROWS = 12


class ExportSection:
    """The accordion of film strip, files and link.

    Args:
        choices: the components of data, architecture, side, pretrained and settings.
    """

    def __init__(self, page: Page, choices: list[gr.components.Component]):
        self.page = page
        with page.put(gr.Accordion, "gan_lab.export", open=False):
            page.put(gr.Markdown, "gan_lab.export.note")
            with gr.Row():
                show = page.put(gr.Button, "gan_lab.export.strip", size="sm", min_width=140)
                export = page.put(gr.Button, "gan_lab.export.files", size="sm", min_width=140)
                share = page.put(gr.Button, "gan_lab.export.link", size="sm", min_width=140)
            film = page.picture(
                "gan_lab.export.film", visible=False, show_label=False,
                buttons=["download", "fullscreen"], elem_id="gan-lab-strip",
            )  # fmt: skip
            files = page.put(
                gr.DownloadButton,
                "gan_lab.export.download",
                visible=False,
                elem_id="gan-lab-download",
            )
            link = page.put(
                gr.Textbox, "gan_lab.export.address", visible=False, interactive=False,
                buttons=["copy"], elem_id="gan-lab-link",
            )  # fmt: skip
        watching = PRIVATE | LIVE_TRAINING
        show.click(localize_errors(self.film), page.language, film, **watching)
        export.click(localize_errors(self.files), page.language, files, **watching)
        inputs = [page.language, *choices]
        share.click(localize_errors(self.link), inputs, link, **PRIVATE, **LIGHT).then(
            None, link, link, js="(q) => location.origin + location.pathname + q",
            api_visibility="private",
        )  # fmt: skip

    def _run(self, request: gr.Request) -> LiveTraining:
        return self.page.engine.shared(LiveTrainings).started(request.session_hash)

    def film(self, request: gr.Request, _language: str):
        """The film strip as a picture."""
        return gr.update(
            value=self.page.engine.training_slice(film_sheet, self._run(request)), visible=True
        )

    def files(self, request: gr.Request, _language: str):
        """The zip of the run."""
        content = self.page.engine.training_slice(archive, self._run(request))
        path = write_once(content, "netglass-gan.zip", get_upload_folder())
        return gr.update(value=path, visible=True)

    def link(self, _language: str, data, architecture, side, pretrained, *given):
        """The address's query; the browser puts the page's own address before it."""
        settings = run_config.settings_of(given)
        config = run_config.checked(data, architecture, settings, "", side, pretrained)
        return gr.update(value="?" + urlencode(links.query(config)), visible=True)


def film_sheet(run: LiveTraining) -> Image.Image:
    """The film strip as one picture of at most `MAX_ROWS` rows, first and last included."""
    from models.gan.training import film_strip

    frames = run.history.film.frames
    rows = min(len(frames), MAX_ROWS)
    chosen = [round(row * (len(frames) - 1) / max(rows - 1, 1)) for row in range(rows)]
    return film_strip.sheet([frames[at] for at in chosen], run.trainer.settings.classes or ())


def archive(run: LiveTraining) -> bytes:
    """A zip: both networks as safetensors, settings and figures as JSON, the film strip as GIF."""
    from models.gan.training import film_strip

    trainer, stream = run.trainer, io.BytesIO()
    generator = trainer.ema.module if trainer.settings.ema else trainer.G
    networks = {"generator": generator, "discriminator": trainer.D}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as out:
        for name, network in networks.items():
            state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
            out.writestr(f"{name}.safetensors", tensors_as_bytes(state))
        out.writestr("settings.json", json.dumps(_facts(run), indent=1))
        frames = run.history.film.frames
        if frames:
            film = io.BytesIO()
            drawn = [
                film_strip.draw(samples, trainer.settings.classes or ()) for _, samples in frames
            ]
            film_strip.save_gif(drawn, film, FRAME_MS)
            out.writestr("strip.gif", film.getvalue())
    return stream.getvalue()


def _facts(run: LiveTraining) -> dict:
    trainer, snapshot, metrics = run.trainer, run.snapshot, run.metrics
    assert snapshot is not None
    return {
        "data": trainer.data.name,
        "shape": list(trainer.data.shape),
        "settings": asdict(trainer.settings),
        "rounds": snapshot.rounds,
        "examples": snapshot.examples,
        "figures": names.figures(vars(metrics).items()) if metrics else None,
        "verdict": names.diagnosis(run.diagnose().name),
    }
