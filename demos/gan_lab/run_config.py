"""What a visitor of the gym asks for, checked, and the run that is made from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from demos.gan_lab import inputs as gym_inputs
from demos.gan_lab.runs import LiveRun, LiveRuns
from demos.runtime.engine import Engine
from models.gan.training import presets
from models.gan.training.settings import ARCHITECTURES, NETWORK_SETTINGS, TrainingSettings
from models.validation import ValidationError, choice

# All settings but the architecture, which is chosen with the data.
KNOBS = tuple(name for name in TrainingSettings.described() if name != "architecture")
SHIPPED = "dcgan_cats64"
SHIPPED_SIDE = 64


@dataclass(frozen=True)
class Wish:
    """Data, networks and knobs of a run.

    Attributes:
        data: one of `presets.DATA`.
        settings: the knobs, architecture included.
        payload: what the browser brought for "drawn" and "own".
        side: of own pictures.
        shipped: go on from the shipped DCGAN of cats.
    """

    data: str
    settings: TrainingSettings
    payload: str = ""
    side: int = 32
    shipped: bool = False

    @property
    def networks(self) -> tuple:
        """What other networks would be needed for."""
        fixed = tuple(getattr(self.settings, name) for name in NETWORK_SETTINGS)
        return self.data, self.side, self.shipped, fixed

    @property
    def identity(self) -> tuple[tuple, str]:
        """What another run would be needed for: other networks, or other things brought."""
        return self.networks, hashlib.sha256((self.payload or "").encode()).hexdigest()


def wish(data: str, payload: str, side: int, shipped: bool, architecture: str, knobs: dict) -> Wish:
    """A wish from what the components say.

    Raises:
        ValidationError: something that does not exist, is out of range, or does not go together.
    """
    choice("data", data, presets.DATA)
    choice("architecture", architecture, ARCHITECTURES)
    if (architecture == "mlp") != (data in presets.PLANE):
        raise ValidationError("lab_wrong_data", architecture=architecture)
    brings = data in ("drawn", "own")
    shipped = bool(shipped) and data == "own"
    if shipped:
        # The shipped networks are as they are.
        from models.gan.networks import dcgan

        architecture = "dcgan"
        knobs = knobs | {"latent": dcgan.LATENT, "width": dcgan.WIDTH, "spectral": False}
    settings = TrainingSettings(architecture=architecture, **knobs)
    side = SHIPPED_SIDE if shipped else int(side) if data == "own" else 32
    return Wish(data, settings, payload if brings else "", side, shipped)


def make(engine: Engine, wished: Wish) -> LiveRun:
    """A run from scratch, or from the shipped networks.

    Raises:
        ValidationError: data that can't be learnt from, or a weight file that can't be read.
    """
    # Not in the trainings' thread: pictures take a while to decode, or to download.
    brought = gym_inputs.data_of(wished.data, wished.payload, wished.side)
    return engine.training_slice(_make, engine, wished, brought)


def _make(engine: Engine, wished: Wish, brought: gym_inputs.Brought) -> LiveRun:
    from models import device, weights

    start, settings = None, wished.settings
    if wished.shipped:
        tensors = weights.load(SHIPPED)
        start = {part: weights.part(tensors, part) for part in ("generator", "discriminator")}
        # Knobs that leave out the discriminator's batch norm come in afterwards.
        settings = settings.replace(r1=0.0, loss="non_saturating")
    run = LiveRun(brought.data, settings, wished.identity, device.pick(engine.device_name), start)
    run.wanted = wished.settings
    return run


def opened(engine: Engine, session: str, wished: Wish, anew: bool = False) -> LiveRun:
    """The visitor's run if it is what is wished for, with its knobs turned; else a new one.

    Raises:
        ValidationError: no room, or data that can't be learnt from.
    """
    run = engine.shared(LiveRuns).get(session)
    if anew or run is None or run.identity != wished.identity:
        return engine.shared(LiveRuns).open(session, lambda: make(engine, wished))
    run.wanted = wished.settings
    return run
