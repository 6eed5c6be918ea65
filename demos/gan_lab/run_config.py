"""What a visitor asks for, checked, and the live run that is made from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demos.gan_lab import inputs
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.runs import LiveTraining
from demos.runtime.engine import Engine
from demos.runtime.events import Waiting
from models.gan.training import presets
from models.gan.training.settings import ARCHITECTURES, NETWORK_SETTINGS, SIDES, TrainingSettings
from models.validation import choice

# All training settings but the architecture, which is chosen with the data.
SETTINGS = tuple(name for name in TrainingSettings.described() if name != "architecture")


def settings_of(values: Sequence[Any]) -> dict[str, Any]:
    """The settings by name, of the components' values in the order of `SETTINGS`."""
    settings = dict(zip(SETTINGS, values, strict=True))
    return settings | {"classes": settings["classes"] or None}  # none is ticked


def values_of(settings: TrainingSettings) -> list[Any]:
    """The components' values, as `settings_of` takes them."""
    values = {name: getattr(settings, name) for name in SETTINGS}
    return list((values | {"classes": list(settings.classes or ())}).values())


@dataclass(frozen=True)
class RunConfig:
    """Data, networks and settings of a run.

    Attributes:
        data: one of `presets.DATA`.
        settings: of the training.
        payload: what the browser sent for "drawn" and "own", see `demos.gan_lab.inputs`.
        side: of own pictures.
        pretrained: go on from the DCGAN of cats.
    """

    data: str
    settings: TrainingSettings
    payload: str = ""
    side: int = 32
    pretrained: bool = False

    @property
    def networks(self) -> tuple:
        """Equal for configurations that can go on with each other's networks."""
        fixed = tuple(getattr(self.settings, name) for name in NETWORK_SETTINGS)
        return self.data, self.side, self.pretrained, fixed

    @property
    def identity(self) -> tuple[tuple, str]:
        """Equal for configurations of one run: the same networks and the same payload."""
        return self.networks, hashlib.sha256((self.payload or "").encode()).hexdigest()

    def goes_on_with(self, run: LiveTraining) -> bool:
        """Whether it is a configuration of that run: of its networks, and of what it learns from or
        of a page that has nothing yet, since it was loaded anew."""
        if inputs.is_untouched(self.payload):
            return run.identity[0] == self.networks
        return run.identity == self.identity


def checked(
    data: str,
    architecture: str,
    settings: Mapping[str, Any],
    payload: str = "",
    side: int = 32,
    pretrained: bool = False,
) -> RunConfig:
    """A configuration from what the components, or an endpoint's caller, say.

    Raises:
        ValidationError: something that does not exist, is out of range, or does not go together.
    """
    choice("data", data, presets.DATA)
    choice("architecture", architecture, ARCHITECTURES)
    chosen_side = choice("side", side, SIDES)
    pretrained = bool(pretrained) and data == "own"
    if pretrained:
        from models.gan.training.train import PRETRAINED_SETTINGS

        architecture, settings = "dcgan", {**settings, **PRETRAINED_SETTINGS}
    checked_settings = TrainingSettings(architecture=architecture, **settings)
    presets.check(data, checked_settings)
    side = presets.PRETRAINED_SIDE if pretrained else chosen_side if data == "own" else 32
    payload = payload if data in ("drawn", "own") else ""
    return RunConfig(data, checked_settings, payload, side, pretrained)


def make(engine: Engine, config: RunConfig) -> LiveTraining:
    """A run from scratch, or from the pretrained networks.

    Raises:
        ValidationError: data that can't be learnt from, or a weight file that can't be read.
    """
    # Not in the trainings' thread: pictures take a while to decode, or to download.
    loaded = inputs.load(config.data, config.payload, config.side)
    return engine.training_slice(_make, engine, config, loaded)


def _make(engine: Engine, config: RunConfig, loaded: inputs.Loaded) -> LiveTraining:
    from models import device
    from models.gan.training import train

    start, settings = None, config.settings
    if config.pretrained:
        start, settings = train.pretrained_networks(), train.fitting(settings)
    run = LiveTraining(
        loaded.data, settings, config.identity, device.pick(engine.device_name), start
    )
    run.settings = config.settings
    return run


def enter_run(
    engine: Engine,
    session: str | None,
    config: RunConfig,
    restart: bool = False,
    wanted: Callable[[], bool] = lambda: True,
) -> Generator[Waiting, None, LiveTraining]:
    """The visitor's run if it is of this configuration, with its settings now; else a new one.

    Waits for a place as `LiveTrainings.enter`; so does a run whose turn is over while others wait.

    Raises:
        ValidationError: data that can't be learnt from, or a run that is too large.
        InterruptedError: as `LiveTrainings.enter`.
    """
    lives = engine.shared(LiveTrainings)
    run = lives.get(session)
    if restart or run is None or not config.goes_on_with(run):
        return (yield from lives.enter(session, lambda: make(engine, config), wanted))
    if run.gave_way and lives.others_wait():
        run = yield from lives.enter(session, lambda: make(engine, config), wanted, own=run)
    run.settings = config.settings
    return run
