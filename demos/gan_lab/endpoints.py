"""The public endpoint /gan_train."""

from __future__ import annotations

import json
import time
from typing import Any

import gradio as gr

from demos.gan_lab import names, run_config, runs, views
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.runs import MAX_STEPS, LiveTraining
from demos.ui.endpoints import expose
from demos.ui.page import LIVE_TRAINING, Page
from models.gan.training import presets
from models.gan.training.settings import TrainingSettings
from models.validation import whole_number

DEFAULT_PRESET = "ring"


def expose_all(page: Page) -> None:
    """Makes /gan_train."""
    engine = page.engine

    def gan_train(
        language: str,
        data: str = "",
        preset: str = DEFAULT_PRESET,
        steps: int = 2000,
        seed: int = 0,
        side: int = 32,
        points: list | None = None,
        pictures: list | None = None,
        repaired: bool = False,
        **settings,
    ):
        """Trains a GAN from scratch and streams its samples; the last ones are the result.

        What is left out has the preset's value, or, where `data` is given, what is healthy for
        that data. The same inputs and seed give the same samples.

        Args:
            data: "ring", "grid", "moons", "line", "drawn", "digits", "mnist" (all of it, where the
                internet is), "few" (20 digits) or "own"; empty for the preset's.
            preset: "ring", "digits", "dense", "modern" (pairs, R1 and R2), "classes" (all ten
                digits), or one that breaks: "collapse", "strong", "hot", "few", "skipped" or
                "labels"; read only if `data` is empty.
            steps: rounds of both networks, 1 to 100000.
            seed: fixes weights and every draw.
            side: of own pictures, 32 or 64 pixels.
            points: for "drawn": a list of [x, y] in -1 to 1, 20 to 4000 of them.
            pictures: for "own": 8 to 500 pictures as data URLs (JPEG, PNG or WebP, base64).
            repaired: begin with the preset's repair.

        Returns:
            The samples (PNG), with classes a column for each; and a report: rounds, seconds,
            "losses" of both networks over the run, "figures" (diversity, modes covered and more),
            the diagnosis ("verdict") and the figures it rests on ("because"), and the settings.
        """
        rounds = whole_number("steps", steps, 1, MAX_STEPS)
        chosen = presets.preset(preset or DEFAULT_PRESET)
        if data:
            base = presets.settings_for(data, settings.get("architecture"))
        else:
            data, base = chosen.data, chosen.repaired if repaired else chosen.settings
        wanted = vars(base) | settings | {"seed": seed}
        architecture = wanted.pop("architecture")
        payload = json.dumps({"points": points or [], "pictures": pictures or []})
        config = run_config.checked(data, architecture, wanted, payload, side)
        # A run of the caller's own, in the registry like all others while it lasts.
        key = f"api-{time.time_ns()}"
        live = engine.shared(LiveTrainings).open(key, lambda: run_config.make(engine, config))
        try:
            for event in runs.train(engine, live, rounds):
                picture = engine.training_slice(views.picture, live, ("heatmap",))
                yield picture, _report(live, event.seconds)
        finally:
            engine.shared(LiveTrainings).close(key)

    expose(
        gan_train,
        {"picture": gr.Image, "report": gr.JSON},
        "gan_train",
        LIVE_TRAINING,
        settings=TrainingSettings,
        before={"seed": "architecture"}
        | dict.fromkeys(("side", "points", "pictures", "repaired"), "r2"),
        fields=[name for name in TrainingSettings.described() if name != "seed"],
        optional=True,
    )


def _report(live: LiveTraining, seconds: float) -> dict[str, Any]:
    snapshot, metrics = live.snapshot, live.metrics
    assert snapshot is not None
    assert metrics is not None
    diagnosis, curves = live.diagnose(), live.history.curves
    return {
        "rounds": snapshot.rounds,
        "seconds": round(seconds, 2),
        "losses": {
            side: [[at, _rounded(value)] for at, value in curves[f"loss_{side}"]] for side in "dg"
        },
        "figures": _rounded_figures(vars(metrics).items()),
        "diversity": _rounded(metrics.diversity),
        "verdict": names.diagnosis(diagnosis.name),
        "because": _rounded_figures(diagnosis.evidence),
        "diverged": snapshot.diverged,
        "settings": vars(live.trainer.settings),
    }


def _rounded_figures(figures) -> dict[str, Any]:
    return {name: _rounded(value) for name, value in names.figures(figures).items()}


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
