"""Which class a conditional run is seen to draw: all of them in a strip, or one by itself."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from demos.gan_lab import views
from demos.gan_lab.live_trainings import LiveTrainings
from demos.runtime.places import visitor
from demos.ui.page import LIGHT, LIVE_TRAINING, PRIVATE, Page, localize_errors
from models.validation import choice

ALL = "all"


def digit_of(chosen: str) -> int | None:
    """The class that is to be drawn, None for all."""
    return None if chosen == ALL else int(chosen)


class ClassChooser:
    """The row of classes below the picture; there as soon as some are chosen.

    Attributes:
        chosen: the component; its value is `ALL`, or a digit as a text.
    """

    def __init__(self, page: Page):
        self.page = page
        self.chosen = page.put(
            gr.Radio, "gan_lab.draw", choices=self._choices, value=ALL, visible=False,
            elem_classes="chips", elem_id="gan-lab-draw",
        )  # fmt: skip

    def _choices(self, language: str, classes: Sequence[int] = ()) -> list[tuple[str, str]]:
        digits = [(str(digit), str(digit)) for digit in sorted(classes)]
        return [(self.page.text("gan_lab.draw.all", language), ALL), *digits]

    def connect(self, classes: gr.CheckboxGroup, picture: gr.Image) -> None:
        """Follows the chosen `classes`; draws into `picture` at once, whether it trains or not."""
        page = self.page
        page.follow(self.chosen, classes)
        classes.change(
            self.offer, [page.language, classes], self.chosen, trigger_mode="always_last",
            **PRIVATE, **LIGHT,
        )  # fmt: skip
        self.chosen.input(
            localize_errors(self.draw), [page.language, self.chosen], picture,
            trigger_mode="always_last", **PRIVATE, **LIVE_TRAINING,
        )  # fmt: skip

    def offer(self, language: str, classes: Sequence[int]):
        """The row for these classes."""
        choices = self._choices(language, classes)
        return gr.update(choices=choices, value=ALL, visible=bool(classes))

    def draw(self, request: gr.Request, _language: str, chosen: str):
        """The pictures of the visitor's run as it stands.

        Raises:
            ValidationError: no run, or one that was not told of this class.
        """
        live = self.page.engine.shared(LiveTrainings).started(visitor(request))
        digit = digit_of(chosen)
        if digit is not None:
            choice("classes", digit, live.trainer.settings.classes or ())
        live.digit = digit
        return self.page.engine.training_slice(views.picture, live, live.views)
