"""An engine whose runs compute as in another process, for tests of what goes there and back."""

import pickle

from demos.runtime import remote
from demos.runtime.engine import Engine


def stream(networks, function, *args):
    """As `zerogpu.stream`, without the other process but for what it does to values.

    Args:
        networks: gives a network by its name there.
    """
    given = pickle.loads(pickle.dumps((function, remote.packed(args))))
    there = remote.run_there(*given, networks)
    yield from remote.arriving(pickle.loads(pickle.dumps(step)) for step in there)


def engine(store):
    """(the engine, the functions that it sent, as they are sent)."""
    sent = []

    def send(function, *args):
        sent.append(function)
        yield from stream(store.get, function, *args)

    found = Engine("cpu", send)
    found.__dict__["_store"] = store
    return found, sent
