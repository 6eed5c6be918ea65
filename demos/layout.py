"""The whole page: header, language switch, one tab a demo."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from demos import TABS
from demos.attacks import sections
from demos.gan_explorer import layers as gan_inside
from demos.gan_explorer import tab as gan_explorer
from demos.gan_lab import tab as gan_lab
from demos.linear_probe import tab as linear_probe
from demos.pets import tab as pets
from demos.runtime import cache, i18n, sessions
from demos.runtime.engine import Engine
from demos.ui import panel, plots, send_to
from demos.ui.page import PRIVATE, Page

# System fonts only: the page must not wait for the internet.
FONTS = [
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Noto Sans",
    "Noto Sans Devanagari",
    "sans-serif",
]
MONO = ["ui-monospace", "Consolas", "monospace"]

CSS = """
.gradio-container {max-width: 1320px !important; padding: 6px 14px !important;
  overflow: clip !important}
#top {align-items: center; gap: 12px}
#top h1 {margin: 0; font-size: 1.35rem} #top p {margin: 0; opacity: .75; font-size: .9rem}
#language {border: none !important; padding: 0; background: none}
#language .wrap {flex-wrap: nowrap; justify-content: flex-end}
.block .head {flex-wrap: wrap; row-gap: 2px} .block .head > label {flex: 1 1 100%}
.idea p {margin: 0; font-size: .95rem; line-height: 1.4}
.examples {border: none !important; padding: 0 !important}
.examples .gallery {display: flex; flex-wrap: nowrap; overflow-x: auto; gap: 4px}
.examples .gallery-item {flex: 0 0 auto; width: auto; padding: 0}
.examples .gallery-item > div, .examples .container, .examples img {
  width: 46px !important; height: 46px !important}
.examples img {object-fit: cover; border-radius: 4px}
.status {font-size: .9rem; min-height: 2.2em}
.status progress {accent-color: #6366f1; width: 100%; height: 8px; display: block}
.bars {margin: 2px 0} .bar {position: relative; display: flex; justify-content: space-between;
  padding: 2px 8px; margin: 2px 0; font-size: .9rem; border-radius: 4px; overflow: hidden;
  background: var(--background-fill-secondary)}
.bar .fill {position: absolute; inset: 0 auto 0 0; background: #2f7ed8; opacity: .28}
.bar span, .bar b {position: relative}
.formula {padding: 0 8px} .formula .katex {font-size: .9em}
.note p {font-size: .85rem; margin: 2px 0}
.questions summary {cursor: pointer; font-weight: 600; padding: 5px 0}
.questions p {margin: 0 0 8px 16px}
.experiment {align-items: center} .experiment button {flex-grow: 0}
@media (prefers-reduced-motion: reduce) {*, ::before, ::after {
  animation-duration: 1ms !important; animation-iteration-count: 1 !important;
  transition-duration: 1ms !important; scroll-behavior: auto !important}}
@media (max-width: 640px) {#top p {display: none} .gradio-container {padding: 0 !important}
  .gradio-container main {padding: 6px !important}
  .experiment {flex-direction: column; align-items: stretch; gap: 2px}}
"""


# What the demos bring along: styles, and a script for the head of the page.
CSS += plots.CSS + gan_explorer.CSS + gan_inside.CSS + pets.CSS + linear_probe.CSS + sections.CSS
CSS += gan_lab.CSS
ACCESS = (Path(__file__).parent / "ui" / "static" / "access.js").read_text(encoding="utf-8")
HEAD = (
    f"<script>{ACCESS}</script>" + panel.HEAD + gan_explorer.HEAD + linear_probe.HEAD + gan_lab.HEAD
)


def theme() -> gr.themes.Base:
    """Gradio's Soft theme in system fonts, a little tighter, with the contrast of WCAG AA."""
    return gr.themes.Soft(
        font=FONTS, font_mono=MONO, spacing_size="sm", text_size="md", radius_size="sm"
    ).set(
        background_fill_primary="*neutral_50",  # Soft's own, which `set` would forget
        block_title_text_color="*primary_700",
        block_label_text_color="*primary_700",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        checkbox_label_background_fill_selected="*primary_600",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        link_text_color_dark="*primary_300",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )


def build(engine: Engine) -> gr.Blocks:
    """The page, ready to launch."""
    cache.keep_whole()
    sessions.keep_light()
    with gr.Blocks(title="Netglass", analytics_enabled=False, delete_cache=(3600, 7200)) as blocks:
        page = Page(engine)
        saved = gr.BrowserState("", storage_key="netglass-language", secret="netglass")
        with gr.Row(elem_id="top"):
            page.put(gr.Markdown, "title")
            page.language = gr.Radio(
                [(name, code) for code, name in i18n.LANGUAGES.items()],
                value=i18n.DEFAULT,
                show_label=False,
                container=False,
                elem_id="language",
                min_width=400,
                scale=0,
                # Until the page has found its language: an earlier click would be overruled.
                interactive=False,
            )
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            for demo in TABS:
                with page.put(gr.Tab, f"{demo.NAME}.tab", id=demo.NAME) as tab:
                    demo.build(page, tab)
                    if f"{demo.NAME}.q1" in i18n.texts(i18n.DEFAULT):
                        page.questions(demo.NAME)
        send_to.connect(page, tabs)
        components, said = page.speak()

        def arrive(chosen: str, request: gr.Request):
            wished = request.query_params.get("lang") or chosen
            if wished not in i18n.LANGUAGES:
                wished = i18n.detect(request.headers.get("accept-language"))
            # The page is built in the default language: nothing to say anew, and it opens sooner.
            texts = said(wished) if wished != i18n.DEFAULT else [gr.skip()] * len(components)
            return [gr.update(value=wished, interactive=True), *texts]

        def switch(code: str):
            return [code, *said(code)]

        mark = "(code, ...rest) => {document.documentElement.lang = code; return [code, ...rest]}"
        blocks.load(arrive, saved, [page.language, *components], **PRIVATE, queue=False)
        page.language.input(switch, page.language, [saved, *components], **PRIVATE, queue=False)
        wanted = [part for _, parts in page.greetings for part in parts]

        def greet(request: gr.Request):
            query = request.query_params
            return [_tab(query.get("tab")), *(v for read, _ in page.greetings for v in read(query))]

        blocks.load(greet, None, [tabs, *wanted], **PRIVATE, queue=False)
        for inputs, options in page.arrivals:
            blocks.load(None, inputs, None, **options)
        page.language.change(None, page.language, None, js=mark, api_visibility="private")
    blocks.page = page
    return blocks


def _tab(name: str | None):
    """Selects the tab called `name`, if there is one."""
    return gr.Tabs(selected=name) if name in [demo.NAME for demo in TABS] else gr.skip()
