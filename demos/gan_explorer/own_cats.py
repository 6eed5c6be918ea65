"""Inverted photographs of visitors: a bounded registry, freed when nobody looks at them any more.

A picture that sliders move is drawn from it by address (own_views.py). Nothing of it is written to
the disk; its code can be kept by the visitor.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from demos.runtime.idle_registry import IdleRegistry
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

    from models.gan.inversion.inverter import Inversion

MOST = 24  # a tuned generator takes 11 MB
IDLE_SECONDS = 900.0
SWEEP_SECONDS = 30.0


@dataclass
class OwnCat:
    """An inverted picture.

    Attributes:
        session: the visitor's.
        model: name of the generator.
        target: the face in the photograph, (1, 3, 64, 64) in [0, 1]; None of a code brought back.
        found: the inversion by space, as far as it has come.
    """

    session: str | None
    model: str
    target: torch.Tensor | None
    found: dict[str, Inversion] = field(default_factory=dict)
    last_seen: float = field(default_factory=time.monotonic)


class OwnCats(IdleRegistry[str, OwnCat]):
    """All of them by key; a visitor has one.

    Args:
        most: how many; above that the one that was left alone longest is freed.
        idle_seconds: how long one may be left alone.
    """

    def __init__(self, most: int = MOST, idle_seconds: float = IDLE_SECONDS) -> None:
        super().__init__(idle_seconds, SWEEP_SECONDS)
        self.most = most

    def open(self, cat: OwnCat) -> str:
        """The key of a new one; an older one of the same visitor is freed."""
        key = uuid4().hex
        with self._lock:
            self._free(lambda other: other.session == cat.session and cat.session is not None)
            self._make_room(lambda: len(self) >= self.most)
            self._keep(key, cat)
        return key

    def get(self, key: str) -> OwnCat:
        """The one with that key.

        Raises:
            ValidationError: it is no longer there.
        """
        with self._lock:
            cat = self._items.get(key)
            if cat is None:
                raise ValidationError("inversion_gone")
            cat.last_seen = time.monotonic()
            return cat

    def close(self, session: str | None) -> None:
        """Frees what a visitor has."""
        with self._lock:
            self._free(lambda cat: cat.session == session)

    def gone(self, visitor: str) -> None:
        """Frees what `visitor` has."""
        self.close(visitor)
