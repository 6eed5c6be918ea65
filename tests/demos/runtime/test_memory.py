from demos.runtime import engine, memory


def test_memory_is_released_when_the_last_run_ends(monkeypatch):
    released = []
    monkeypatch.setattr(memory, "release", lambda: released.append(True))
    one = engine.Engine("cpu")
    with one.run("anna", "style"):
        with one.run("ben", "attack"):
            pass
        assert released == []
    assert released == [True]


def test_what_is_in_use_stays_whole():
    kept = [bytes([n]) * 100_000 for n in range(100)]
    memory.release()
    assert all(part == bytes([n]) * 100_000 for n, part in enumerate(kept))
