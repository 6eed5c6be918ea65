"""Loaded networks: one load per network, shared by all visitors, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from models import device, registry
from models.backbones import backbone
from models.classifiers import pet_classifier
from models.gan import pretrained
from models.registry import BackboneSpec, GanSpec, ModelSpec, PetSpec

DEFAULT_BUDGET_BYTES = 4 << 30
Progress = Callable[[int, int], None]


class Store:
    """Networks by name, loaded on first use; safe under many threads.

    Two threads that ask for the same network at once cause one load; different networks load side
    by side. Above the budget the least recently used are let go (whoever still computes with one
    keeps it until done).

    Args:
        device_name: one of `device.DEVICES`.
        budget_bytes: what the weights may take together; one network is always kept.
        load: (spec, store, progress) -> network with a `bytes` attribute.
    """

    def __init__(
        self,
        device_name: str = "auto",
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        load: Callable[[ModelSpec, Store, Progress | None], Any] | None = None,
    ):
        self.device: torch.device = device.pick(device_name)
        self.budget_bytes = budget_bytes
        self._load = load or load_from_spec
        self._loaded: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def get(self, name: str, progress: Progress | None = None) -> Any:
        """The network called `name`.

        Args:
            progress: told (bytes so far, bytes in all) while weights are downloaded.

        Raises:
            ValidationError: unknown name, or weights that can't be had.
        """
        spec = registry.spec(name, ModelSpec)
        with self._lock:
            one_load = self._loading.setdefault(name, threading.Lock())
        with one_load:
            with self._lock:
                if name in self._loaded:
                    self._loaded.move_to_end(name)
                    return self._loaded[name]
            network = self._load(spec, self, progress)
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


def load_from_spec(spec: ModelSpec, store: Store, progress: Progress | None) -> Any:
    """The network of `spec`; a pet classifier shares its backbone with all who use it.

    Raises:
        ValidationError: weights that can't be had.
    """
    if isinstance(spec, BackboneSpec):
        return backbone.load(spec, store.device, progress)
    if isinstance(spec, PetSpec):
        return pet_classifier.load(spec, store.get(spec.backbone, progress))
    assert isinstance(spec, GanSpec)
    return pretrained.load(spec, store.device)


@cache
def shared(device_name: str = "auto") -> Store:
    """The store of this process for a device."""
    return Store(device_name)


def load(name: str, device: str = "auto") -> Any:
    """The network called `name`, frozen and in eval mode; a second call gives the same object.

    Args:
        name: see `models.list_models`.
        device: "auto" (CUDA, then MPS, then the CPU), "cpu", "cuda" or "mps".

    Raises:
        ValidationError: unknown name, or weights that can't be had.
    """
    return shared(device).get(name)
