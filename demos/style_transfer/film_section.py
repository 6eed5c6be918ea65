"""The accordion in which a clip is painted."""

from __future__ import annotations

from functools import partial

import gradio as gr
from markupsafe import Markup

from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import EVERY, say
from demos.style_transfer import clips, recipes
from demos.style_transfer.clips import PLACE, Film
from demos.style_transfer.runs import NAME
from demos.ui import card, deep_links, examples, films, progress, streams
from demos.ui.code import panel
from demos.ui.components import Clip, Knob, Photo
from demos.ui.page import Page


class FilmSection:
    """The accordion.

    Args:
        style: the style picture of the tab.
        strength: of the one-pass network.
    """

    def __init__(self, page: Page, style: Photo, strength: Knob):
        self.page = page
        section = page.section(gr.Accordion, PLACE, open=False, elem_classes="run-scope")
        with section, gr.Row(equal_height=False):
            with gr.Column(min_width=240):
                self.clip = page.put(Clip, "style.film.clip", height=120, elem_id="film-clip")
                with gr.Row(elem_classes="run-bar"):
                    run, stop = page.run_and_stop("style.film.run", scale=0, min_width=160)
                self.line = gr.HTML(elem_id="film-status")
            with gr.Column(min_width=240):
                self.result = page.picture(
                    "style.film.result", format="gif", height=300, visible=False,
                    elem_id="film-result",
                )  # fmt: skip
                with gr.Row(elem_classes="quiet"):
                    self.downloads = films.buttons(page, "film", size="sm")
                self.code = gr.HTML(elem_id="film-code")
        emptied = {self.line: ""} | self._nothing()
        about = streams.empty_on_change(page, [self.clip, style], emptied, PLACE)
        inputs = [self.clip, style, strength]
        streams.start(page, run, self.paint_clip, inputs, [*emptied], PLACE, self.line, **about)
        page.connect_stop(stop, PLACE)

    def paint_clip(self, run: StoppableRun, language: str, clip, style, strength):
        """Streams the clip's pictures as they are painted, and then the film."""
        yield self._nothing()
        events = partial(clips.paint, self.page.engine, clip, style, strength)
        code = recipes.FILM.address({"strength": strength}, content=clip, style=style)
        link = deep_links.address(NAME, {}, {}, {"style": (style, "styles")})
        what = Markup("{} · {}").format(say(EVERY, PLACE), examples.title(EVERY, str(style)))
        below = card.show(what, "#film-result img", link) + panel.shown(code)
        show = partial(self._shown, below)
        yield from progress.updates(run, language, self.line, events, show)

    def _shown(self, below: str, language: str, event: Progress[Film] | Result[Film]) -> dict:
        film = event.value
        line = progress.status(language, event, film.step)
        if isinstance(event, Progress):
            return {
                self.line: line,
                self.result: gr.update(value=film.frames[-1], visible=True),
            }
        milliseconds = film.clip.milliseconds
        paths = films.save(film.frames, milliseconds, "netglass-film", films.kinds())
        shown = zip(self.downloads, films.downloads(paths), strict=True)
        return {
            self.line: line, self.code: below,
            self.result: gr.update(value=paths[0], visible=True), **dict(shown),
        }  # fmt: skip

    def _nothing(self) -> dict:
        hidden = gr.update(value=None, visible=False)
        return {self.result: hidden, self.code: ""} | dict.fromkeys(self.downloads, hidden)
