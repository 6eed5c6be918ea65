"""The cache of loaded networks: one load per network, shared by all visitors, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import torch

from models import device, registry
from models.backbones import backbone

DEFAULT_BUDGET_BYTES = 2 << 30


class Store:
    """Networks by name, loaded on first use; safe under many threads.

    Two threads that ask for the same network at once cause one load; different networks load side
    by side. Above the budget the least recently used are let go (whoever still computes with one
    keeps it until done).

    Args:
        device_name: one of `device.DEVICES`.
        budget_bytes: what the weights may take together; one network is always kept.
        load: (spec, device, progress) -> network with a `bytes` attribute.
        spec: name -> what `load` is told; refuses unknown names.
    """

    def __init__(
        self,
        device_name: str = "auto",
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        load: Callable = backbone.load,
        spec: Callable = registry.spec,
    ):
        self.device: torch.device = device.pick(device_name)
        self.budget_bytes = budget_bytes
        self._load, self._spec = load, spec
        self._loaded: OrderedDict = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def get(self, name: str, progress: Callable[[int, int], None] | None = None):
        """The network called `name`.

        Args:
            progress: told (bytes so far, bytes in all) while weights are downloaded.

        Raises:
            ValidationError: unknown name, or weights that can't be had.
        """
        spec = self._spec(name)
        with self._lock:
            gate = self._loading.setdefault(name, threading.Lock())
        with gate:
            with self._lock:
                if name in self._loaded:
                    self._loaded.move_to_end(name)
                    return self._loaded[name]
            network = self._load(spec, self.device, progress)
            with self._lock:
                self._loaded[name] = network
                self._evict()
            return network

    def _evict(self) -> None:
        while len(self._loaded) > 1 and self._bytes() > self.budget_bytes:
            self._loaded.popitem(last=False)

    def _bytes(self) -> int:
        return sum(network.bytes for network in self._loaded.values())

    def loaded(self) -> list[str]:
        """Names of the networks in memory, least recently used first."""
        with self._lock:
            return list(self._loaded)
