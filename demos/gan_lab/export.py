"""What a visitor can keep of a run: its film strip, its files, and a link to its settings."""

from __future__ import annotations

import io
from urllib.parse import urlencode

import gradio as gr
from gradio.utils import get_upload_folder
from markupsafe import escape
from PIL import Image

from demos.gan_lab import links, names, run_config
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.runs import LiveTraining
from demos.runtime import i18n
from demos.runtime.gradio_patches import write_once
from demos.runtime.places import visitor
from demos.ui.components import Upload
from demos.ui.page import LIGHT, LIVE_TRAINING, PRIVATE, Page, localize_errors
from models.gan.training.settings import MAX_FILE_BYTES
from models.validation import ValidationError

FRAME_MS, LAST_FRAME_MS = 150, 1500
MAX_ROWS = 12


class ExportSection:
    """The accordion of film strip, files and link; and where files come back.

    Args:
        choices: the components of data, architecture, side, pretrained and settings.

    Attributes:
        upload: the button that takes a file.
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
            self.upload = page.put(
                Upload, "gan_lab.bring_back", size="sm", elem_id="gan-lab-bring-back"
            )
            page.put(gr.Markdown, "gan_lab.bring_back.note", elem_classes="note")
            page.put(gr.HTML, "gan_lab.bring_back.note", written=_too_large)
        watching = PRIVATE | LIVE_TRAINING
        show.click(localize_errors(self.film), page.language, film, **watching)
        export.click(localize_errors(self.files), page.language, files, **watching)
        inputs = [page.language, *choices]
        share.click(localize_errors(self.link), inputs, link, **PRIVATE, **LIGHT).then(
            None, link, link, js="(q) => location.origin + location.pathname + q",
            api_visibility="private",
        )  # fmt: skip

    def _run(self, request: gr.Request) -> LiveTraining:
        return self.page.engine.shared(LiveTrainings).started(visitor(request))

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
    """A zip: networks and what training goes on from as safetensors, settings and figures as JSON,
    the film strip as GIF; `models.gan.training.saved_run` reads it again."""
    from models.films import writer
    from models.gan.training import film_strip, saved_run

    film, frames = io.BytesIO(), run.history.film.frames
    if frames:
        classes = run.trainer.settings.classes or ()
        drawn = [film_strip.draw(samples, classes) for _, samples in frames]
        writer.save_gif(drawn, film, FRAME_MS, LAST_FRAME_MS)
    return saved_run.write(run.trainer, _facts(run), film.getvalue())


def _facts(run: LiveTraining) -> dict:
    metrics = run.metrics
    return {
        "figures": names.figures(vars(metrics).items()) if metrics else None,
        "verdict": names.diagnosis(run.diagnose().name),
    }


def _too_large(language: str) -> str:
    """What bring_back.js shows of a file that the server would not take."""
    error = ValidationError("file_too_large", limit=MAX_FILE_BYTES >> 20)
    text = escape(i18n.error_message(language, error))
    facts = f'data-bytes="{MAX_FILE_BYTES}" data-text="{text}"'
    return f'<p class="gan-lab-too-large" role="alert" {facts}></p>'
