"""The gym's public endpoint, /gan_train."""

from __future__ import annotations

import json
import math
import time

import gradio as gr

from demos.gan_lab import names, run_config
from demos.gan_lab import views as gym_views
from demos.gan_lab.runs import LiveRun, LiveRuns
from demos.ui.endpoints import expose
from demos.ui.page import LIVE_TRAINING, Page
from models.gan.training import presets
from models.validation import whole_number

MOST_STEPS = 100_000
MOMENTS = 60
SLICE = 0.15
SHOWN_SECONDS = 0.5


def expose_all(page: Page) -> None:
    """Makes /gan_train."""

    def gan_train(
        language: str,
        data: str = "",
        preset: str = "ring",
        steps: int = 2000,
        lr_d: float | None = None,
        lr_g: float | None = None,
        seed: int = 0,
        architecture: str = "",
        loss: str = "",
        batch: int | None = None,
        d_steps: int | None = None,
        g_steps: int | None = None,
        beta1: float | None = None,
        r1: float | None = None,
        penalty: float | None = None,
        spectral: bool | None = None,
        augment: bool | None = None,
        smoothing: float | None = None,
        ema: float | None = None,
        skip_below: float | None = None,
        latent: int | None = None,
        width: int | None = None,
        side: int = 32,
        points: list | None = None,
        pictures: list | None = None,
        repaired: bool = False,
    ):
        """Trains a GAN from scratch and streams its samples; the last ones are the result.

        What is left out has the preset's value, or, where `data` is given, what is healthy for
        that data. The same inputs and seed give the same samples.

        Args:
            data: "ring", "grid", "moons", "line", "drawn", "digits", "mnist" (all of it, where the
                internet is), "few" (20 digits) or "own";
                empty for the preset's.
            preset: "ring", "digits", "dense", or one that breaks: "collapse", "strong", "hot",
                "few" or "skipped"; read only if `data` is empty.
            steps: rounds of both networks, 1 to 100000.
            lr_d: the discriminator's learning rate, 0 to 10.
            lr_g: the generator's learning rate, 0 to 10.
            seed: fixes weights and every draw.
            architecture: "mlp" (points), "dense" or "dcgan" (pictures).
            loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein".
            batch: real and generated examples in a step, each, 4 to 256.
            d_steps: steps of the discriminator in a round, 1 to 20.
            g_steps: steps of the generator in a round, 1 to 20.
            beta1: Adam's momentum, 0 to 0.99.
            r1: gamma of the R1 penalty, 0 to 100; 0 is off.
            penalty: weight of the gradient penalty ("wasserstein" only), 0 to 100.
            spectral: spectral normalisation of the discriminator.
            augment: DiffAugment (pictures only).
            smoothing: real examples have label 1 - smoothing, 0 to 0.5.
            ema: share that the generator's running average keeps, 0 to 0.9999.
            skip_below: the discriminator skips its step while its loss is below this.
            latent: numbers in z, 1 to 512.
            width: how wide the networks are, 4 to 512.
            side: of own pictures, 32 or 64 pixels.
            points: for "drawn": a list of [x, y] in -1 to 1, 20 to 4000 of them.
            pictures: for "own": 8 to 500 pictures as data URLs (JPEG, PNG or WebP, base64).
            repaired: begin with the preset's repair.

        Returns:
            The samples (PNG); and a report: rounds, seconds, "losses" of both networks over the
            run, "figures" (diversity, modes covered and more), the doctor's "verdict" and the
            figures it rests on ("because"), and the settings.
        """
        given = dict(locals())
        rounds = whole_number("steps", steps, 1, MOST_STEPS)
        if data:
            base = presets.settings_for(data, architecture or None)
        else:
            chosen = presets.preset(preset)
            data, base = chosen.data, chosen.repaired if repaired else chosen.settings
        left_out = (None, "")
        knobs = {
            name: getattr(base, name) if given[name] in left_out else given[name]
            for name in run_config.KNOBS
        }
        payload = json.dumps({"points": points or [], "pictures": pictures or []})
        wished = run_config.wish(
            data, payload, side, False, architecture or base.architecture, knobs
        )
        # Of the caller's own, in the registry like all others while it lasts.
        key = f"api-{time.time_ns()}"
        engine = page.engine
        live = engine.shared(LiveRuns).open(key, lambda: run_config.make(engine, wished))
        try:
            yield from _course(page, live, rounds)
        finally:
            engine.shared(LiveRuns).close(key)

    outputs = {"picture": gr.Image, "report": gr.JSON}
    expose(gan_train, outputs, "gan_train", LIVE_TRAINING)


def _course(page: Page, live: LiveRun, rounds: int):
    """(picture, report), about twice a second and at the end; moments lie at fixed rounds."""
    engine, trainer, began = page.engine, live.trainer, time.perf_counter()
    every = math.ceil(rounds / MOMENTS)
    due, last = 0.0, False
    while not last and not live.paused.is_set():
        until = min(trainer.rounds + every, rounds)
        while trainer.rounds < until and not trainer.diverged:
            engine.training_slice(live.chunk, SLICE, until - trainer.rounds)
        last = trainer.rounds >= rounds or trainer.diverged
        engine.training_slice(live.note, True)
        if last or time.perf_counter() >= due:
            due = time.perf_counter() + SHOWN_SECONDS
            picture = engine.training_slice(gym_views.picture, live, True, False, False)
            yield picture, _report(live, time.perf_counter() - began)


def _report(live: LiveRun, seconds: float) -> dict:
    diagnosis, curves = live.diagnose(), live.history.curves

    def rounded(figures):
        return {name: _rounded(value) for name, value in names.figures(figures).items()}

    return {
        "rounds": live.snapshot.rounds,
        "seconds": round(seconds, 2),
        "losses": {
            side: [[at, _rounded(value)] for at, value in curves[f"loss_{side}"]] for side in "dg"
        },
        "figures": rounded(vars(live.metrics).items()),
        "diversity": _rounded(live.metrics.diversity),
        "verdict": names.diagnosis(diagnosis.name),
        "because": rounded(diagnosis.evidence),
        "diverged": live.snapshot.diverged,
        "settings": vars(live.trainer.settings),
    }


def _rounded(value):
    return round(value, 4) if isinstance(value, float) else value
