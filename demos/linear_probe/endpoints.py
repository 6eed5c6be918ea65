"""The public endpoint /train_head."""

from __future__ import annotations

import gradio as gr

from demos.linear_probe import runs
from demos.runtime.events import Result
from demos.ui.endpoints import expose
from demos.ui.page import LIGHT, Page
from models.linear_probe.settings import CLASSES, ProbeSettings


def expose_all(page: Page) -> None:
    """Makes the endpoint."""

    def train_head(language: str, **settings):
        """Trains a linear classifier on features of a frozen network, and measures it.

        Args:

        Returns:
            A report: "accuracy" on test pictures, "learnt" on the training examples, "curve" (test
            accuracy after each epoch), "examples", "seconds"; and the confusion matrix (PNG).
        """
        checked = ProbeSettings(**settings)
        with page.engine.run(None, runs.NAME) as run:
            *_, result = runs.train(checked, [checked.features], run)
        assert isinstance(result, Result)
        from models.linear_probe import confusion

        training = result.value
        report = {
            "accuracy": round(training.first.accuracy, 4),
            "learnt": round(training.first.train_accuracy, 4),
            "curve": [round(accuracy, 4) for _, accuracy in training.curves[checked.features]],
            "examples": training.examples,
            "seconds": round(result.seconds, 3),
        }
        return report, confusion.draw(training.confusion_matrix(), CLASSES[checked.task])

    outputs = {"report": gr.JSON, "picture": gr.Image}
    expose(train_head, outputs, "train_head", LIGHT, settings=ProbeSettings)
