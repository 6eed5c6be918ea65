from demos.runtime import engine, memory


def test_memory_is_given_back_when_the_last_run_ends(monkeypatch):
    given = []
    monkeypatch.setattr(memory, "give_back", lambda: given.append(True))
    one = engine.Engine("cpu")
    with one.run("anna", "style"):
        with one.run("ben", "attack"):
            pass
        assert given == []
    assert given == [True]


def test_what_is_in_use_stays_whole():
    kept = [bytes([n]) * 100_000 for n in range(100)]
    memory.give_back()
    assert all(part == bytes([n]) * 100_000 for n, part in enumerate(kept))
