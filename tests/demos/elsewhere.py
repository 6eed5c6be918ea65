"""An engine whose runs compute as in another process, for tests of what goes there and back."""

import pickle

from demos.runtime import remote
from demos.runtime.engine import Engine


def engine(store):
    """(the engine, the functions that it sent, as they are sent).

    As `zerogpu.stream`, without the other process but for what it does to values.
    """
    sent = []

    def stream(function, *args):
        sent.append(function)
        given = pickle.loads(pickle.dumps((function, remote.packed(args))))
        there = remote.run_there(*given, store.get)
        yield from remote.arriving(pickle.loads(pickle.dumps(step)) for step in there)

    found = Engine("cpu", stream)
    found.__dict__["_store"] = store
    return found, sent
