"""The whole page: header, language switch, one tab a demo."""

from __future__ import annotations

from types import ModuleType

import gradio as gr

from demos import lessons
from demos.attacks import tab as attacks
from demos.feature_visualization import tab as feature_visualization
from demos.gan_explorer import tab as gan_explorer
from demos.gan_lab import tab as gan_lab
from demos.linear_probe import tab as linear_probe
from demos.pets import tab as pets
from demos.runtime import gradio_patches, i18n
from demos.runtime.engine import Engine
from demos.style_transfer import tab as style_transfer
from demos.tour import tab as tour
from demos.ui import send_to
from demos.ui.page import PRIVATE, Page

TABS = (
    gan_explorer,
    gan_lab,
    style_transfer,
    pets,
    linear_probe,
    attacks,
    feature_visualization,
    tour,
    lessons,
)


def build(engine: Engine) -> gr.Blocks:
    """The page, ready to launch."""
    gradio_patches.apply()
    with gr.Blocks(title="Netglass", analytics_enabled=False, delete_cache=(3600, 7200)) as blocks:
        page = Page(engine)
        _header(page)
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            for demo in TABS:
                with page.put(gr.Tab, f"{demo.NAME}.tab", id=tab_id(demo)) as tab:
                    page.intro(demo.NAME)
                    demo.build(page, tab)
                    if f"{demo.NAME}.q1" in i18n.texts(i18n.DEFAULT):
                        page.questions(demo.NAME)
        send_to.connect(page, tabs)
        _follow_language(page, blocks)
        _follow_address(page, blocks, tabs)
    blocks.page = page
    return blocks


def tab_id(demo: ModuleType) -> str:
    """What addresses call a tab: its name, or the `TAB_ID` that an older address has."""
    return getattr(demo, "TAB_ID", demo.NAME)


def _header(page: Page) -> None:
    """The title, and beside it the language switch."""
    with gr.Row(elem_id="top"):
        page.put(gr.Markdown, "title")
        page.language = gr.Radio(
            [(name, language) for language, name in i18n.LANGUAGES.items()],
            value=i18n.DEFAULT,
            show_label=False,
            container=False,
            elem_id="language",
            min_width=400,
            scale=0,
            # Until the page has found its language: an earlier click would be overruled.
            interactive=False,
        )


def _follow_language(page: Page, blocks: gr.Blocks) -> None:
    """Shows all texts in the language of the address, the last visit, or the browser."""
    saved = gr.BrowserState("", storage_key="netglass-language", secret="netglass")
    components, said = page.localized()

    def detect(last: str, request: gr.Request) -> list:
        language = request.query_params.get("lang") or last
        if language not in i18n.LANGUAGES:
            language = i18n.detect(request.headers.get("accept-language"))
        # The page is built in the default language: nothing to say anew, and it opens sooner.
        texts = said(language) if language != i18n.DEFAULT else [gr.skip()] * len(components)
        return [gr.update(value=language, interactive=True), *texts]

    def switch(language: str) -> list:
        return [language, *said(language)]

    mark = (
        "(language, ...rest) =>"
        " {document.documentElement.lang = language; return [language, ...rest]}"
    )
    blocks.load(detect, saved, [page.language, *components], **PRIVATE, queue=False)
    page.language.input(switch, page.language, [saved, *components], **PRIVATE, queue=False)
    page.language.change(None, page.language, None, js=mark, api_visibility="private")


def _follow_address(page: Page, blocks: gr.Blocks, tabs: gr.Tabs) -> None:
    """Opens the tab that the page's address names, and sets the knobs it gives values for."""
    components = [component for _, group in page.load_handlers for component in group]
    known = [tab_id(demo) for demo in TABS]

    def read_address(request: gr.Request) -> list:
        query = request.query_params
        name = query.get("tab")
        tab = gr.Tabs(selected=name) if name in known else gr.skip()
        return [tab, *(value for read, _ in page.load_handlers for value in read(query))]

    blocks.load(read_address, None, [tabs, *components], **PRIVATE, queue=False)
    for inputs, options in page.browser_load_events:
        blocks.load(None, inputs, None, **options)
