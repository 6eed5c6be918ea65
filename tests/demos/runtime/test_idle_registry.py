"""What is left alone is freed, by hand and by the thread; the others stay."""

import time
from dataclasses import dataclass, field

from demos.runtime.idle_registry import IdleRegistry


@dataclass
class Item:
    last_seen: float = field(default_factory=time.monotonic)
    is_ended: bool = False


class Registry(IdleRegistry[str, Item]):
    def ended(self, item):
        item.is_ended = True

    def keep(self, key, item):
        with self._lock:
            self._keep(key, item)
        return item


def wait_for(true) -> None:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert true()


def test_what_was_left_alone_is_freed():
    registry = Registry(idle_seconds=60.0, sweep_seconds=60.0)
    old = registry.keep("old", Item(time.monotonic() - 61))
    new = registry.keep("new", Item())
    registry.free_idle()
    assert (len(registry), old.is_ended, new.is_ended) == (1, True, False)


def test_without_room_the_longest_idle_is_freed_and_no_more_than_must_be():
    registry = Registry(idle_seconds=60.0, sweep_seconds=60.0)
    now = time.monotonic()
    items = [registry.keep(str(age), Item(now - age)) for age in (10, 30, 20)]
    registry._make_room(lambda: len(registry) >= 3)
    assert [item.is_ended for item in items] == [False, True, False]
    registry._make_room(lambda: True, since=now - 15)
    assert [item.is_ended for item in items] == [False, True, True]


def test_the_thread_frees_what_is_idle_and_is_there_again_for_the_next():
    registry = Registry(idle_seconds=0.1, sweep_seconds=60.0)
    for _ in range(2):
        item = registry.keep("key", Item())
        wait_for(lambda item=item: item.is_ended)
        wait_for(lambda: registry._sweeper is None)
    assert len(registry) == 0
