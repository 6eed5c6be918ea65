"""The cached features: complete, and worth what the page says of them."""

import pytest

from models import weights
from models.linear_probe import features
from models.linear_probe.settings import CLASSES, FEATURES, ProbeSettings
from models.linear_probe.train import train
from models.validation import ValidationError

ALL = [(task, kind) for task, kinds in FEATURES.items() for kind in kinds]


@pytest.mark.parametrize(("task", "kind"), ALL)
def test_every_task_has_every_class(task, kind):
    examples, test = features.load(task, kind)
    for part in (examples, test):
        assert part.classes == len(CLASSES[task])
        assert part.labels.unique().tolist() == list(range(part.classes))
        assert len(part.features) == len(part.labels)
        assert part.features.isfinite().all()
    assert examples.features.shape[1] == test.features.shape[1]


def test_pretraining_is_what_makes_the_difference():
    reached = {}
    for kind in ("imagenet", "untrained"):
        *_, last = train(*features.load("breeds", kind), ProbeSettings(epochs=5))
        reached[kind] = last.accuracy
    assert reached["imagenet"] > 0.85
    assert reached["untrained"] < 0.2


def test_far_from_imagenet_raw_pixels_come_close():
    reached = {}
    for kind in ("imagenet", "pixels"):
        *_, last = train(*features.load("digits", kind), ProbeSettings())
        reached[kind] = last.accuracy
    assert 0 < reached["imagenet"] - reached["pixels"] < 0.1


@pytest.mark.parametrize(("task", "kind"), [("horses", "imagenet"), ("breeds", "pixels")])
def test_unknown_tasks_and_kinds_are_refused(task, kind):
    with pytest.raises(ValidationError, match="Choose one of"):
        features.load(task, kind)


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / "manifest.json").write_bytes((weights.FOLDER / "manifest.json").read_bytes())
    (tmp_path / "pets_features.safetensors").write_bytes(b"not features")
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    features._file.cache_clear()
    with pytest.raises(ValidationError, match="damaged"):
        features.load("breeds")
    features._file.cache_clear()
