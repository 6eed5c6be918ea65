"""The registry of live trainings: bounded, fair, and freed when nobody watches."""

import threading
import time

import pytest

from demos.gan_lab.run_config import opened, wish
from demos.gan_lab.runs import LiveRun, LiveRuns
from demos.runtime.engine import Engine
from models.gan.training import data as gan_data
from models.gan.training import presets
from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError

SMALL = TrainingSettings(width=8, batch=16)


def live(settings: TrainingSettings = SMALL, name: str = "ring") -> LiveRun:
    return LiveRun(gan_data.plane(name), settings, (name,), "cpu")


def knobs(settings: TrainingSettings = SMALL) -> dict:
    return {name: value for name, value in vars(settings).items() if name != "architecture"}


def test_a_run_is_kept_under_its_visitor_until_it_is_closed():
    registry = LiveRuns()
    run = registry.open("a", live)
    assert registry.get("a") is run
    assert registry.get("b") is None
    assert registry.held() == (1, run.bytes)
    registry.close("a")
    assert registry.get("a") is None
    assert run.paused.is_set()
    registry.close("a")


def test_a_second_run_of_a_visitor_ends_the_first():
    registry = LiveRuns()
    first = registry.open("a", live)
    second = registry.open("a", live)
    assert first.paused.is_set()
    assert registry.get("a") is second
    assert registry.held()[0] == 1


def test_a_run_nobody_watches_is_freed_by_itself():
    registry = LiveRuns(seconds=0.2)
    run = registry.open("a", live)
    watched = registry.open("b", live)
    deadline = time.monotonic() + 20
    while registry.get("a") is not None and time.monotonic() < deadline:
        watched.touch()
        time.sleep(0.01)
    assert registry.get("a") is None
    assert run.paused.is_set()
    assert registry.get("b") is watched


def test_when_all_places_are_watched_a_newcomer_is_told_so():
    registry = LiveRuns(places=2)
    registry.open("a", live)
    registry.open("b", live)
    with pytest.raises(ValidationError, match="All 2 places"):
        registry.open("c", live)
    assert registry.get("a") is not None
    assert registry.get("c") is None


def test_the_longest_alone_gives_its_place():
    registry = LiveRuns(places=2)
    old, older = registry.open("a", live), registry.open("b", live)
    old.seen -= 30
    older.seen -= 40
    registry.open("c", live)
    assert registry.get("b") is None
    assert registry.get("a") is old


def test_memory_is_bounded_for_one_and_for_all():
    size = live().bytes
    with pytest.raises(ValidationError, match="a run may take 0 MB"):
        LiveRuns(run_bytes=size - 1).open("a", live)
    registry = LiveRuns(all_bytes=2 * size)
    registry.open("a", live)
    registry.open("b", live)
    with pytest.raises(ValidationError):
        registry.open("c", live)


def test_ten_visitors_advance_alike():
    engine = Engine("cpu")
    runs = [live(SMALL.replace(seed=seed)) for seed in range(10)]
    until = time.monotonic() + 3

    def watch(run: LiveRun) -> None:
        while time.monotonic() < until:
            engine.training_slice(run.slice, 0.01)

    threads = [threading.Thread(target=watch, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slices = [len(run.history.curves["loss_d"]) for run in runs]
    assert min(slices) > 0
    assert max(slices) - min(slices) <= 2


def test_knobs_turned_in_mid_run_are_taken_over_before_the_next_slice():
    run = live()
    run.slice(0.0, 1)
    run.wanted = SMALL.replace(lr_d=0.0, lr_g=0.0)
    before = run.trainer.state()["G"]
    run.slice(0.0, 1)
    after = run.trainer.state()["G"]
    assert all(bool((before[key] == after[key]).all()) for key in before)


def test_the_same_wish_goes_on_and_another_one_starts_anew():
    engine = Engine("cpu")
    first = wish("ring", "", 32, False, "mlp", knobs())
    run = opened(engine, "me", first)
    engine.training_slice(run.slice, 9.0, 3)
    same = opened(engine, "me", wish("ring", "", 32, False, "mlp", knobs() | {"lr_d": 0.5}))
    assert same is run
    assert same.wanted.lr_d == 0.5
    wider = opened(engine, "me", wish("ring", "", 32, False, "mlp", knobs() | {"width": 12}))
    assert wider is not run
    assert run.paused.is_set()
    anew = opened(engine, "me", wish("ring", "", 32, False, "mlp", knobs()), anew=True)
    assert anew.trainer.rounds == 0


def test_two_tabs_of_one_visitor_have_runs_of_their_own():
    engine = Engine("cpu")
    asked = wish("ring", "", 32, False, "mlp", knobs())
    one, two = opened(engine, "tab 1", asked), opened(engine, "tab 2", asked)
    engine.training_slice(one.slice, 9.0, 2)
    assert (one.trainer.rounds, two.trainer.rounds) == (2, 0)


@pytest.mark.parametrize(
    ("data", "architecture", "text"),
    [
        ("ring", "dcgan", "can't make this kind of data"),
        ("digits", "mlp", "can't make this kind of data"),
        ("cube", "mlp", "Choose one of: ring"),
        ("ring", "gpt", "Choose one of: mlp"),
    ],
)
def test_what_does_not_go_together_is_refused(data, architecture, text):
    with pytest.raises(ValidationError, match=text):
        wish(data, "", 32, False, architecture, knobs())


def test_the_shipped_dcgan_goes_on_with_own_pictures():
    import base64
    import io
    import json

    from PIL import Image

    addresses = []
    for n in range(9):
        stream = io.BytesIO()
        Image.new("RGB", (64, 64), (20 * n, 100, 200 - 20 * n)).save(stream, "PNG")
        addresses.append("data:image/png;base64," + base64.b64encode(stream.getvalue()).decode())
    engine = Engine("cpu")
    own = presets.settings_for("own")
    asked = wish("own", json.dumps({"pictures": addresses}), 32, True, "dense", knobs(own))
    assert (asked.side, asked.settings.width, asked.settings.latent) == (64, 64, 100)
    run = opened(engine, "me", asked)
    cats = run.trainer.sample(run.trainer.latents)
    assert cats.shape == (16, 3, 64, 64)
    assert cats.std() > 0.3  # a fresh generator makes flat grey
    engine.training_slice(run.slice, 0.0, 1)
    assert run.snapshot.rounds == 1
