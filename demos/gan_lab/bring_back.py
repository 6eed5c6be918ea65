"""An exported run brought back, with its choices and networks, to go on where it had stopped."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from demos.gan_lab import inputs, run_config
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.run_config import SETTINGS, RunConfig
from demos.gan_lab.runs import LiveTraining
from demos.runtime.engine import Engine
from demos.runtime.events import Waiting
from models.validation import ValidationError

if TYPE_CHECKING:
    from models.gan.training.data import Data
    from models.gan.training.saved_run import SavedRun


def open_file(
    engine: Engine,
    session: str | None,
    path: str | None,
    payload: str = "",
    wanted: Callable[[], bool] = lambda: True,
) -> Generator[Waiting, None, tuple[LiveTraining, RunConfig]]:
    """The run in a file as the visitor's own, paused; the one before it ends. Waits for a place as
    `LiveTrainings.enter`.

    Args:
        path: of the upload; None if there is none.
        payload: what is drawn or added in the page; where the run learnt from such, it is needed,
            for files don't hold it. A later Run with the same goes on with this.

    Raises:
        ValidationError: no file that can be brought back, and the reason: the run before goes on.
            Or one that is too large.
        InterruptedError: as `LiveTrainings.enter`.
    """
    from models.gan.training import saved_run

    saved = saved_run.read(_content(path, saved_run.MAX_BYTES))
    settings = {name: getattr(saved.settings, name) for name in SETTINGS}
    side = saved.shape[-1] if saved.data == "own" else 32
    config = run_config.checked(saved.data, saved.settings.architecture, settings, payload, side)
    data = _examples(config)
    live = engine.training_slice(_restored, engine, saved, data, config)
    return (yield from engine.shared(LiveTrainings).enter(session, lambda: live, wanted)), config


def _examples(config: RunConfig) -> Data:
    """What the run learns from.

    Raises:
        ValidationError: the visitor's own pictures or drawing are not in the page.
    """
    try:
        return inputs.load(config.data, config.payload, config.side).data
    except ValidationError as error:
        count, least = error.values.get("count"), error.values.get("low")
        few = isinstance(count, int) and isinstance(least, int) and count < least
        if few and error.key in ("own_pictures", "drawn_points"):
            raise ValidationError("run_file_own") from None
        raise


def _content(path: str | None, limit: int) -> bytes:
    """The bytes of an upload; of one that is too large only its size is looked at."""
    if path is None:
        raise ValidationError("run_file_empty")
    try:
        if Path(path).stat().st_size > limit:
            raise ValidationError("file_too_large", limit=limit >> 20)
        return Path(path).read_bytes()
    except OSError:
        raise ValidationError("file_gone") from None


def _restored(engine: Engine, saved: SavedRun, data: Data, config: RunConfig) -> LiveTraining:
    from models import device

    live = LiveTraining(data, saved.build, config.identity, device.pick(engine.device_name))
    saved.restore(live.trainer)
    live.settings = config.settings
    live.trainer.configure(config.settings)
    live.uniform = False  # a file does not say what its run has been through
    live.record(measure=True)
    return live
