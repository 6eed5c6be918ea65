"""What all tests of a training share."""

import pytest

from models.gan.training import trainer


@pytest.fixture(autouse=True)
def checkpoint_every_time(monkeypatch):
    """After each slice, as small networks do: on a busy machine it must not depend on time."""
    monkeypatch.setattr(trainer, "CHEAP_CHECKPOINT", float("inf"))
