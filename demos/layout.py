"""The whole page: header, language switch, one tab a demo."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import gradio as gr

from demos import lessons
from demos.attacks import tab as attacks
from demos.board import tab as board
from demos.explanations import tab as explanations
from demos.feature_visualization import tab as feature_visualization
from demos.gan_explorer import tab as gan_explorer
from demos.gan_lab import tab as gan_lab
from demos.linear_probe import tab as linear_probe
from demos.pets import tab as pets
from demos.runtime import gradio_patches, i18n, middleware
from demos.runtime.engine import Engine
from demos.runtime.places import visitor
from demos.style_transfer import tab as style_transfer
from demos.tour import tab as tour
from demos.ui import found_runs, send_to
from demos.ui.code.recipe import table
from demos.ui.page import PRIVATE, Page

TABS = (
    tour,
    gan_explorer,
    gan_lab,
    style_transfer,
    pets,
    explanations,
    linear_probe,
    attacks,
    feature_visualization,
    board,
    lessons,
)
# How a browser opened a page that may have runs to find again (PerformanceNavigationTiming).
LOADED_ANEW = ("reload", "back_forward")
# How each tab's results are made in Python, by name.
RECIPES = table(*(getattr(tab, "RECIPES", ()) for tab in TABS))


class LocalizedBlocks(gr.Blocks):
    """Blocks that a request is given in its own language, with the tab open that it asks for.

    Attributes:
        built: the `Page` and its tabs, None until they are.
    """

    built: tuple[Page, gr.Tabs] | None = None

    @property
    def config(self) -> Any:  # type: ignore[override]
        """What Gradio sends to the browser that opens the page."""
        if self.built is None:
            return self._config
        language, (page, tabs) = i18n.requested.get(), self.built
        if language not in self._localized:
            self._localized[language] = self._in_language(language, page)
        return self._changed(self._localized[language], page.opened(tabs, middleware.query.get()))

    @config.setter
    def config(self, config: Any) -> None:
        self._config = config
        self._localized: dict[str, dict[str, Any]] = {}

    def _in_language(self, language: str, page: Page) -> dict[str, Any]:
        components, said = page.localized()
        changes = {
            c._id: dict(update) for c, update in zip(components, said(language), strict=True)
        }
        for change in changes.values():
            change.pop("__type__")
        changes[page.language._id] = {"value": language}
        return self._changed(self._config, changes) | {"i18n_translations": i18n.gradio_texts()}

    @staticmethod
    def _changed(config: dict[str, Any], changes: dict[int, dict]) -> dict[str, Any]:
        components = [
            one | {"props": one["props"] | changes[one["id"]]} if one["id"] in changes else one
            for one in config["components"]
        ]
        return config | {"components": components}


def build(engine: Engine) -> gr.Blocks:
    """The page, ready to launch."""
    gradio_patches.apply()
    options: dict[str, Any] = {"analytics_enabled": False, "delete_cache": (3600, 7200)}
    with LocalizedBlocks(title="Netglass", **options) as blocks:
        page = Page(engine)
        _header(page)
        board.bar(page)
        with gr.Tabs(overflow_behavior="wrap", elem_id="tabs") as tabs:
            for demo in TABS:
                with page.put(gr.Tab, f"{demo.NAME}.tab", id=tab_id(demo)) as tab:
                    page.question(demo.NAME)
                    demo.build(page, tab)
                    page.how_it_works(demo.NAME, page.background)
                    page.background = []
                    if f"{demo.NAME}.q1" in i18n.texts(i18n.DEFAULT):
                        page.questions(demo.NAME)
        send_to.connect(page, blocks, tabs)
        found_runs.connect(page)
        _follow_language(page, blocks)
        _follow_address(page, blocks)
    blocks.page = page
    blocks.built = (page, tabs)
    return blocks


def tab_id(demo: ModuleType) -> str:
    """What addresses call a tab: its name, or the `TAB_ID` that an older address has."""
    return getattr(demo, "TAB_ID", demo.NAME)


def _header(page: Page) -> None:
    """The title, the switch for a projector, and the language switch."""
    with gr.Row(elem_id="top"):
        page.put(gr.Markdown, "title")
        projector = page.put(gr.Button, "projector", size="sm", scale=0, elem_id="projector")
        page.language = gr.Radio(
            [(name, language) for language, name in i18n.LANGUAGES.items()],
            value=i18n.DEFAULT,
            label=i18n.title("gradio.common.language"),
            show_label=False,
            container=False,
            elem_id="language",
            min_width=0,
            scale=0,
        )
    projector.click(
        None, None, None, js="() => netglassProjector.toggle()", api_visibility="private"
    )


def _follow_language(page: Page, blocks: gr.Blocks) -> None:
    """Says everything anew when the visitor switches the language."""
    components, said = page.localized()
    page.language.input(
        said, [page.language, *page.followed], components, **PRIVATE, queue=False,
        trigger_mode="always_last",
    )  # fmt: skip
    blocks.load(
        None, None, None, js="() => netglassLanguage.tellGradio()", api_visibility="private"
    )
    page.language.change(
        None, page.language, None, js="netglassLanguage.choose", api_visibility="private"
    )


def _follow_address(page: Page, blocks: gr.Blocks) -> None:
    """Sets the knobs that the page's address gives values for; those of a run that a page finds
    again, when it is loaded anew, stay as the run has them."""
    components = [component for _, group in page.load_handlers for component in group]
    how_opened = gr.Textbox(visible=False)

    def read_address(request: gr.Request, how: str) -> list:
        query = request.query_params
        values = [value for read, _ in page.load_handlers for value in read(query)]
        chosen = page.engine.kept.chosen(visitor(request)) if how in LOADED_ANEW else ()
        return [
            gr.skip() if component in chosen else value
            for component, value in zip(components, values, strict=True)
        ]

    how = "() => [performance.getEntriesByType('navigation')[0]?.type ?? '']"
    blocks.load(read_address, how_opened, components, js=how, **PRIVATE, queue=False)
    for inputs, options in page.browser_load_events:
        blocks.load(None, inputs, None, **options)
