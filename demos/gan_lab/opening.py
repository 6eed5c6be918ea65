"""What the tab shows before its first run: a run of the ring at step 0, made before."""

from __future__ import annotations

from dataclasses import dataclass

from demos.gan_lab import recipes, views
from demos.gan_lab.links import TAB_ID
from demos.runtime.i18n import EVERY
from demos.ui import card, example_results

DATA, ARCHITECTURE = "ring", "mlp"
STEPS = 1000  # of the empty plot's axis


@dataclass(frozen=True)
class Opening:
    """Values of the tab's components, in the order of its result."""

    phase: str
    picture: str | None
    plot: str
    diagnosis: str = ""
    figures: str = ""
    origin: str = ""


def values(data: str = DATA, architecture: str = ARCHITECTURE) -> Opening:
    """The example where it is of what is chosen; else nothing but the frame of a run."""
    example = example_results.load().lab
    phase = views.phase(EVERY, None)
    plot = views.loss_plot(EVERY, {}, STEPS, example.figures["equilibrium_loss"])
    if (data, architecture) != (DATA, ARCHITECTURE):
        return Opening(phase, None, plot)
    shown = views.figures(example.figures, plane=True)
    return Opening(
        phase,
        example.pictures["plane"],
        plot,
        views.diagnosis_card(EVERY, example.diagnosis, shown),
        views.figure_list(EVERY, example.diagnosis, shown),
        card.origin(
            views.origin(DATA, ARCHITECTURE, 0),
            [DATA, ARCHITECTURE],
            example=True,
            code=recipes.TRAINING.address({"steps": 0}),
            link=f"tab={TAB_ID}&data={DATA}",
        ),
    )
