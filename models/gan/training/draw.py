"""How a training stands, as a picture: for scripts, notebooks and the page."""

from __future__ import annotations

from PIL import Image

from models.gan.training import film_strip, landscape
from models.gan.training.snapshot import Snapshot
from models.gan.training.trainer import Trainer


def draw_gan(
    trainer: Trainer,
    snapshot: Snapshot | None = None,
    *,
    digit: int | None = None,
    heatmap: bool = True,
    arrows: bool = False,
    warp: bool = False,
) -> Image.Image:
    """Points in the plane with what D says of it, or the run's pictures: sixteen, or a column for
    each class where it has classes.

    Args:
        trainer: a run, as `models.train_gan` gives it.
        snapshot: of it; None takes one now.
        digit: a class of the run: sixteen pictures of it.
        heatmap, arrows, warp: of points in the plane, see `landscape.draw`.
    """
    now = snapshot or trainer.snapshot()
    if len(trainer.data.shape) > 1:
        classes = trainer.settings.classes or ()
        if digit in classes:
            return film_strip.draw(trainer.sample_class(trainer.latents, digit))
        return film_strip.draw(now.samples, classes)
    return landscape.draw(trainer, now, heatmap=heatmap, arrows=arrows, warp=warp)
