"""Files that come back: the visitor's run, with the file's choices, and the older run if not."""

import base64
import io
import json
import threading
from pathlib import Path

import pytest
import torch
from PIL import Image

from demos.gan_lab import explore, export, links, run_config
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.run_config import SETTINGS, checked
from demos.runtime.engine import Engine
from demos.runtime.i18n import LANGUAGES, error_message
from models.gan.training import presets
from models.gan.training.settings import ExploreSettings, TrainingSettings
from models.messages import MESSAGES
from models.validation import ValidationError
from tests.demos.gan_lab.opened import open_file, open_run

SMALL = TrainingSettings(width=8, batch=16)
DENSE = presets.settings_for("digits", "dense").replace(width=4, batch=8, latent=3)


def config_of(settings, data="ring"):
    named = {name: getattr(settings, name) for name in SETTINGS}
    return checked(data, settings.architecture, named)


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


@pytest.fixture
def exported(engine, tmp_path):
    """(path of a file, the run that it was made of)."""

    def made(settings=SMALL, data="ring", rounds=3):
        run = open_run(engine, "exporter", config_of(settings, data))
        engine.training_slice(run.advance, 60.0, rounds, "both", True)
        path = tmp_path / "run.zip"
        path.write_bytes(engine.training_slice(export.archive, run))
        return str(path), run

    yield made
    for session in ("exporter", "visitor"):
        engine.shared(LiveTrainings).close(session)


def test_run_goes_on_with_what_came_back(engine, exported):
    path, run = exported()
    live, config = open_file(engine, "visitor", path)
    assert engine.shared(LiveTrainings).get("visitor") is live
    assert live.snapshot.rounds == 3
    assert torch.equal(live.snapshot.samples, run.snapshot.samples)
    assert live.metrics is not None
    again = open_run(engine, "visitor", config)
    assert again is live
    # And so it does with the choices that the page then has.
    data, architecture, side, pretrained, *given = links.values(config)
    chosen = run_config.settings_of(given)
    sent = checked(data, architecture, chosen, "", side, pretrained)
    assert open_run(engine, "visitor", sent) is live
    engine.training_slice(live.advance, 60.0, 2)
    engine.training_slice(run.advance, 60.0, 2)
    assert torch.equal(live.snapshot.samples, run.snapshot.samples)


def payload_of(count):
    """What the page sends of so many pictures and of a drawing."""
    urls = []
    for n in range(count):
        stream = io.BytesIO()
        Image.new("RGB", (40, 40), (20 * n, 100, 200 - 20 * n)).save(stream, "PNG")
        urls.append("data:image/png;base64," + base64.b64encode(stream.getvalue()).decode())
    return json.dumps({"points": [[n / 40, n / 40] for n in range(3 * count)], "pictures": urls})


@pytest.mark.parametrize(("data", "settings"), [("own", DENSE), ("drawn", SMALL)])
def test_what_a_visitor_gave_has_to_be_there_again(engine, tmp_path, data, settings):
    payload, path = payload_of(9), tmp_path / "run.zip"
    named = {name: getattr(settings, name) for name in SETTINGS}
    run = open_run(engine, "me", checked(data, settings.architecture, named, payload))
    engine.training_slice(run.advance, 60.0, 2, "both", True)
    path.write_bytes(engine.training_slice(export.archive, run))
    for missing in ("", payload_of(2)):
        with pytest.raises(ValidationError, match="its file does not hold"):
            open_file(engine, "visitor", str(path), missing)
    live, config = open_file(engine, "visitor", str(path), payload)
    assert torch.equal(live.snapshot.samples, run.snapshot.samples)
    assert open_run(engine, "visitor", config) is live
    for session in ("me", "visitor"):
        engine.shared(LiveTrainings).close(session)


def test_a_file_that_is_refused_leaves_the_run_alone(engine, exported, tmp_path):
    path, _ = exported()
    before = open_run(engine, "visitor", config_of(SMALL))
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(Path(path).read_bytes()[:300])
    with pytest.raises(ValidationError, match="does not come from the GAN gym"):
        open_file(engine, "visitor", str(wrong))
    wrong.write_bytes(b"")
    for given, text in ((str(wrong), "empty"), (None, "empty"), (str(tmp_path / "no"), "no such")):
        with pytest.raises(ValidationError, match=text):
            open_file(engine, "visitor", given)
    with open(wrong, "wb") as large:
        large.truncate(100 << 20)
    with pytest.raises(ValidationError, match="30 MB"):
        open_file(engine, "visitor", str(wrong))
    assert engine.shared(LiveTrainings).get("visitor") is before
    assert not before.paused.is_set()


def test_a_file_that_comes_too_late_is_not_opened(engine, exported):
    path, _ = exported()
    with pytest.raises(InterruptedError):
        open_file(engine, "visitor", path, wanted=lambda: False)


def test_every_refusal_is_said_in_the_visitors_language():
    blanks = {"part": "p", "tensor": "t", "given": "1", "wanted": "2", "limit": 30}
    keys = [key for key in MESSAGES if key.startswith("run_file_")]
    assert len(keys) == 6
    for key in (*keys, "file_too_large", "lab_no_pictures", "lab_no_sliders", "lab_alike"):
        said = {error_message(lang, ValidationError(key, **blanks)) for lang in LANGUAGES}
        assert len(said) == len(LANGUAGES), key


def found(engine, live):
    shares = list(explore.find(engine, live))
    assert shares[-1] == 1.0
    return live.directions


def test_sliders_are_found_for_what_came_back(engine, exported):
    path, _ = exported(DENSE, "digits")
    live, _ = open_file(engine, "visitor", path)
    with pytest.raises(ValidationError, match="Find sliders"):
        explore.drawn(engine, live, ExploreSettings())
    directions = found(engine, live)
    assert live.directions is directions
    assert directions.vectors.shape == (3, 3)
    assert directions.rounds == 3
    still, strips = explore.drawn(engine, live, ExploreSettings(seed=4))
    assert still.size == (280, 280)
    assert strips.size == (7 * 58 - 2, 3 * 58 - 2)
    moved, _ = explore.drawn(engine, live, ExploreSettings(seed=4, d1=3.0))
    other, _ = explore.drawn(engine, live, ExploreSettings(seed=5))
    assert len({picture.tobytes() for picture in (still, moved, other)}) == 3
    # There is no fourth direction: its slider moves nothing.
    fourth, _ = explore.drawn(engine, live, ExploreSettings(seed=4, d4=3.0))
    assert fourth.tobytes() == still.tobytes()


def test_sliders_are_of_the_digit_that_is_looked_at(engine, exported):
    path, run = exported(DENSE.replace(classes=(1, 7)), "digits")
    live, config = open_file(engine, "visitor", path)
    assert config.settings.classes == (1, 7)
    assert torch.equal(live.snapshot.samples, run.snapshot.samples)
    found(engine, live)
    shown = {}
    for digit in (None, 1, 7):
        live.digit = digit
        still, strips = explore.drawn(engine, live, ExploreSettings(seed=4))
        assert strips.size == (7 * 58 - 2, 3 * 58 - 2)
        shown[digit] = still.tobytes()
    assert shown[None] == shown[1] != shown[7]


def test_others_train_while_sliders_are_looked_for(engine, exported):
    path, _ = exported(DENSE, "digits")
    live, _ = open_file(engine, "visitor", path)
    turns, done = explore.find(engine, live), threading.Event()
    next(turns)
    threading.Thread(target=lambda: (engine.training_slice(int), done.set())).start()
    assert done.wait(60)
    turns.close()
    assert live.directions is None


def test_points_and_pictures_that_are_all_alike_have_no_sliders(engine, exported):
    path, _ = exported()
    live, _ = open_file(engine, "visitor", path)
    with pytest.raises(ValidationError, match="points in the plane"):
        found(engine, live)
    path, _ = exported(DENSE, "digits")
    live, _ = open_file(engine, "visitor", path)
    for network in (live.trainer.G, live.trainer.ema.module):
        for weight in network.parameters():
            weight.data.zero_()
    with pytest.raises(ValidationError, match="same picture"):
        found(engine, live)


def test_nobody_explores_before_a_run(engine):
    with pytest.raises(ValidationError, match="no run yet"):
        engine.shared(LiveTrainings).started("nobody")
