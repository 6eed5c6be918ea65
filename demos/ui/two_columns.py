"""What the tabs that run something have in common: settings on the left, the result beside them."""

from __future__ import annotations

from typing import Any, ClassVar

import gradio as gr

from demos.ui.page import Page


class TwoColumnTab:
    """A tab with its settings on the left and the result on the right, or below on a narrow screen.

    Subclasses make the components in `build_settings` and `build_result`, and what stands below
    both columns after `super().__init__`.
    """

    SETTINGS_COLUMN: ClassVar[dict[str, Any]] = {"scale": 4, "min_width": 300}
    RESULT_COLUMN: ClassVar[dict[str, Any]] = {"scale": 6, "min_width": 320}

    def __init__(self, page: Page):
        self.page = page
        with gr.Row(equal_height=False):
            with gr.Column(**self.SETTINGS_COLUMN):
                self.build_settings()
            with gr.Column(**self.RESULT_COLUMN):
                self.build_result()

    def build_settings(self) -> None:
        """Makes the components of the left column."""
        raise NotImplementedError

    def build_result(self) -> None:
        """Makes the components of the right column."""
        raise NotImplementedError
