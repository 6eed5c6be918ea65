"""Live trainings: fair slices, and one loop that watches."""

import threading
import time

import pytest

from demos.gan_lab import runs
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.run_config import checked
from demos.gan_lab.runs import LiveTraining
from demos.runtime.engine import Engine
from demos.runtime.events import Progress, Result
from models.gan.training import data as gan_data
from models.gan.training import presets
from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError
from tests.demos.gan_lab.opened import open_run

SMALL = TrainingSettings(width=8, batch=16)


def live(settings: TrainingSettings = SMALL, name: str = "ring") -> LiveTraining:
    return LiveTraining(gan_data.plane(name), settings, (name,), "cpu")


def settings_of(settings: TrainingSettings = SMALL) -> dict:
    return {name: value for name, value in vars(settings).items() if name != "architecture"}


def test_a_touch_is_now():
    run = live()
    run.last_seen -= 100
    before = time.monotonic()
    run.touch()
    assert before <= run.last_seen <= time.monotonic()


def test_ten_visitors_advance_alike():
    engine = Engine("cpu")
    runs = [live(SMALL.replace(seed=seed)) for seed in range(10)]
    until = time.monotonic() + 3

    def watch(run: LiveTraining) -> None:
        while time.monotonic() < until:
            engine.training_slice(run.advance, 0.01)

    threads = [threading.Thread(target=watch, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slices = [len(run.history.curves["loss_d"]) for run in runs]
    assert min(slices) > 0
    assert max(slices) - min(slices) <= 2


def test_settings_changed_in_mid_run_are_applied_before_the_next_slice():
    run = live()
    run.advance(0.0, 1)
    run.settings = SMALL.replace(lr_d=0.0, lr_g=0.0)
    before = run.trainer.state()["G"]
    run.advance(0.0, 1)
    after = run.trainer.state()["G"]
    assert all(bool((before[key] == after[key]).all()) for key in before)


def test_a_run_knows_whether_its_settings_alone_make_it():
    run, stepped = live(), live()
    run.settings = SMALL.replace(lr_d=0.01)  # before the first round nothing has happened yet
    run.train(9.0, 2)
    run.settings = SMALL.replace(lr_d=0.01)
    run.train(9.0, 1)
    assert run.uniform
    run.settings = SMALL.replace(lr_d=0.02)
    run.train(9.0, 1)
    assert not run.uniform
    stepped.train(9.0, 1, "generator")
    assert not stepped.uniform


def test_the_same_configuration_goes_on_and_another_one_starts_anew():
    engine = Engine("cpu")
    first = checked("ring", "mlp", settings_of())
    run = open_run(engine, "me", first)
    engine.training_slice(run.advance, 9.0, 3)
    same = open_run(engine, "me", checked("ring", "mlp", settings_of() | {"lr_d": 0.5}))
    assert same is run
    assert same.settings.lr_d == 0.5
    wider = open_run(engine, "me", checked("ring", "mlp", settings_of() | {"width": 12}))
    assert wider is not run
    assert run.paused.is_set()
    restarted = open_run(engine, "me", checked("ring", "mlp", settings_of()), restart=True)
    assert restarted.trainer.rounds == 0


def test_two_tabs_of_one_visitor_have_runs_of_their_own():
    engine = Engine("cpu")
    asked = checked("ring", "mlp", settings_of())
    one, two = open_run(engine, "tab 1", asked), open_run(engine, "tab 2", asked)
    engine.training_slice(one.advance, 9.0, 2)
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
        checked(data, architecture, settings_of())


def test_the_pretrained_dcgan_goes_on_with_own_pictures():
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
    own, payload = presets.settings_for("own"), json.dumps({"pictures": addresses})
    asked = checked("own", "dense", settings_of(own), payload, 32, pretrained=True)
    assert (asked.side, asked.settings.width, asked.settings.latent) == (64, 64, 100)
    run = open_run(engine, "me", asked)
    cats = run.trainer.sample(run.trainer.latents)
    assert cats.shape == (16, 3, 64, 64)
    assert cats.std() > 0.3  # a fresh generator makes flat grey
    engine.training_slice(run.advance, 0.0, 1)
    assert run.snapshot.rounds == 1


def test_a_run_is_watched_until_it_is_paused():
    engine, run = Engine("cpu"), live()
    watched = runs.watch(engine, run)
    first = next(watched)
    assert isinstance(first, Progress)
    assert first.value is run
    assert run.snapshot.rounds > 0
    run.paused.set()
    rounds = run.trainer.rounds
    last = next(watched)
    assert isinstance(last, Result)
    assert list(watched) == []
    assert run.trainer.rounds == rounds  # a stop costs no further slice
    # And it goes on from there.
    again = runs.watch(engine, run)
    next(again)
    assert run.trainer.rounds > rounds
    again.close()


def test_a_run_that_diverges_is_watched_no_longer():
    engine, run = Engine("cpu"), live(SMALL.replace(loss="least_squares"))
    for weight in run.trainer.D.parameters():
        weight.data.mul_(1e20)
    events = list(runs.watch(engine, run))
    assert [type(event) for event in events] == [Progress, Result]
    assert run.snapshot.diverged


@pytest.mark.parametrize("pace", ["normal", "slow"])
def test_a_step_waits_for_the_loop_that_showed_the_run(pace):
    """Nothing of that loop may be shown after the step."""
    engine, run, order = Engine("cpu"), live(), []
    run.pace = pace
    began = threading.Event()

    def watch() -> None:
        for event in runs.watch(engine, run):
            began.set()
            time.sleep(0.2)  # the picture of it is drawn and sent
            order.append(type(event))
        order.append("ended")

    thread = threading.Thread(target=watch)
    thread.start()
    assert began.wait(60)
    runs.step(engine, run, "discriminator")
    order.append("step")
    thread.join(60)
    assert order[-2:] == ["ended", "step"]
    assert Result not in order
    assert run.snapshot.phase == "discriminator"
    steps = run.trainer.steps_d
    runs.step(engine, run, "discriminator")  # nobody to wait for
    assert run.trainer.steps_d == steps + 1


def test_a_second_loop_and_a_reset_take_over_as_well():
    engine, registry = Engine("cpu"), LiveTrainings()
    run = registry.open("me", live)
    events: dict[str, list] = {"first": [], "second": []}
    began = {name: threading.Event() for name in events}

    def watch(name: str) -> None:
        for event in runs.watch(engine, run):
            events[name].append(event)
            began[name].set()

    threads = [threading.Thread(target=watch, args=(name,)) for name in events]
    for thread, name in zip(threads, events, strict=True):
        thread.start()
        assert began[name].wait(60)
    threads[0].join(60)
    assert not threads[0].is_alive()
    registry.close("me")
    threads[1].join(60)
    assert not threads[1].is_alive()
    for name in events:
        assert all(isinstance(event, Progress) for event in events[name])


def test_training_to_a_number_of_rounds_gives_snapshots_at_fixed_rounds(monkeypatch):
    monkeypatch.setattr(runs, "SECONDS_BETWEEN", 0.0)
    engine, run = Engine("cpu"), live()
    events = list(runs.train(engine, run, 120))
    assert [isinstance(event, Result) for event in events] == [False] * 59 + [True]
    assert [at for at, _ in run.history.curves["loss_d"]] == list(range(4, 241, 4))
    assert run.snapshot.rounds == 120
    stopped = live()
    watched = runs.train(engine, stopped, 120)
    next(watched)
    stopped.paused.set()
    assert list(watched) == []


@pytest.mark.parametrize(
    ("seconds", "cycle", "expected"),
    [
        (0.15, 0.2, 0.16),  # nobody else: grows, and the pace bounds it
        (0.1, 4.0, 0.11),
        (0.1, 5.0, 0.08),
        (0.1, 40.0, 0.05),  # halves at most
        (0.03, 40.0, 0.02),  # and is never less than the least
    ],
)
def test_slices_are_shorter_where_a_picture_takes_long(seconds, cycle, expected):
    assert runs.next_slice(seconds, cycle) == pytest.approx(expected)


def test_unequal_slices_of_many_come_to_the_same():
    """Forty take turns: each cycle takes all slices, and as much again to show them."""
    slices = [0.15] * 20 + [0.02] * 20
    for _ in range(100):
        cycle = sum(slices) + 40 * 0.05
        slices = [min(0.15, runs.next_slice(each, cycle)) for each in slices]
    assert max(slices) < 1.1 * min(slices)
    assert sum(slices) + 40 * 0.05 == pytest.approx(runs.CYCLE_SECONDS, rel=0.2)


def test_a_turn_ends_when_others_wait_and_only_then(monkeypatch):
    monkeypatch.setattr(runs, "TURN_SECONDS", 0.0)
    engine, run = Engine("cpu"), live()
    events = list(runs.watch(engine, run, lambda live: live is run))
    assert [type(event) for event in events] == [Progress, Result]
    assert run.gave_way
    alone = runs.watch(engine, run)
    assert [type(next(alone)) for _ in range(3)] == [Progress] * 3
    assert not run.gave_way
    alone.close()


def test_a_page_that_was_loaded_anew_goes_on_with_what_it_had_drawn():
    import json

    engine = Engine("cpu")
    drawn = [[n / 50 - 0.5, 0.25] for n in range(50)]

    def asked(points, **more):
        payload = json.dumps({"points": points, "pictures": [], **more})
        return checked("drawn", "mlp", settings_of(), payload)

    run = open_run(engine, "me", asked(drawn))
    assert open_run(engine, "me", asked([], untouched=True)) is run
    # With other networks it would begin anew, and a drawing that was cleared is none.
    for other in (
        asked([]),
        checked("drawn", "mlp", settings_of() | {"width": 12}, '{"untouched": true}'),
    ):
        with pytest.raises(ValidationError, match="points"):
            open_run(engine, "me", other)
