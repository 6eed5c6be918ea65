"""A run as a file comes back bit for bit; what is no such file is refused, with the reason."""

import io
import json
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import load, save

from models.gan.training import data as gan_data
from models.gan.training import saved_run
from models.gan.training.data import Pictures
from models.gan.training.trainer import Trainer
from models.validation import ValidationError
from tests.models.gan.training.helpers import made, pictures, same
from tests.models.gan.training.test_trainer_classes import digits

GENERATOR, DISCRIMINATOR = saved_run.GENERATOR, saved_run.DISCRIMINATOR
COURSES = [
    ("mlp", {"r1": 0.1}),
    ("mlp", {"spectral": True, "ema": 0.9, "beta1": 0.5}),
    ("dense", {"ema": 0.9, "r1": 0.5}),
    ("dcgan", {}),
    ("dcgan", {"augment": True, "ema": 0.99, "beta1": 0.5}),
    ("dcgan", {"augment": True, "ema": 0.99, "r1": 1.0, "spectral": True}),
    ("dcgan", {"loss": "wasserstein", "ema": 0.5}),
]


def trained(architecture="mlp", rounds=3, **values):
    data = None if architecture == "mlp" else pictures(32, 3)
    trainer = made(architecture, data, **values)
    trainer.train(rounds=rounds)
    return trainer


def back(content, data):
    found = saved_run.read(content)
    trainer = Trainer(data, found.build)
    found.restore(trainer)
    trainer.configure(found.settings)
    return trainer


def changed(content, name=None, part=None, **facts):
    """A file with another part, or with other facts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for each in old.namelist():
            inside = old.read(each)
            if each == saved_run.SETTINGS:
                inside = json.dumps(json.loads(inside) | facts).encode()
            if each == name:
                inside = part
            if inside is not None:
                new.writestr(each, inside)
        if name not in old.namelist() and name:
            new.writestr(name, part)
    return stream.getvalue()


def tensors(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return load(packed.read(name))


@pytest.fixture(scope="module")
def ring():
    return saved_run.write(trained(), {"verdict": "healthy"})


def refused(content, key):
    with pytest.raises(ValidationError) as error:
        saved_run.read(content)
    assert error.value.key == key
    return error.value.values


@pytest.mark.parametrize(("architecture", "values"), COURSES)
def test_a_run_that_comes_back_goes_on_as_if_it_had_never_stopped(architecture, values):
    whole = trained(architecture, 7, **values)
    stopped = trained(architecture, 3, **values)
    again = back(saved_run.write(stopped, {}), stopped.data)
    assert same(again.state(), stopped.state())
    assert torch.equal(again.sample(again.latents), stopped.sample(stopped.latents))
    again.train(rounds=4)
    assert same(again.state(), whole.state())


@pytest.mark.parametrize("architecture", ["dense", "dcgan"])
def test_a_run_with_classes_goes_on_as_if_it_had_never_stopped(architecture):
    values = {"classes": (2, 7), "shuffled_labels": 0.5, "loss": "relativistic", "r2": 0.5}
    whole, stopped = (made(architecture, digits(28), **values) for _ in range(2))
    whole.train(rounds=5)
    stopped.train(rounds=3)
    content = saved_run.write(stopped, {})
    again = back(content, digits(28))
    again.train(rounds=2)
    assert same(again.state(), whole.state())
    assert torch.equal(again.shown(), whole.shown())
    told = dict(vars(whole.settings), classes=[2, 7, 8])
    refused(changed(content, settings=told), "run_file_shapes")
    refused(changed(content, settings=told | {"classes": [2, 2]}), "digit_classes")


def test_a_run_comes_back_before_its_first_step(ring):
    fresh = trained(rounds=0)
    assert same(back(saved_run.write(fresh, {}), fresh.data).state(), fresh.state())


def test_settings_that_were_changed_on_the_way_do_not_change_the_networks():
    """Batch norm stays in D when a penalty is turned on, and stays out when it is turned off."""
    for name, before, after in (("r1", 0, 5), ("r1", 5, 0), ("r2", 0, 5), ("r2", 5, 0)):
        stopped = trained("dcgan", **{name: before})
        stopped.configure(stopped.settings.replace(**{name: after}))
        again = back(saved_run.write(stopped, {}), stopped.data)
        assert getattr(again.settings, name) == after
        again.train(rounds=1)
        stopped.train(rounds=1)
        assert same(again.state(), stopped.state())


def test_a_run_that_diverges_after_it_came_back_is_where_it_came_back(ring):
    again = back(ring, gan_data.plane("ring"))
    before = again.state()
    again.configure(again.settings.replace(loss="least_squares"))
    for weight in again.D.parameters():
        weight.data.mul_(1e25)
    again.train(rounds=1)
    assert again.diverged
    assert same(again.state()["D"], before["D"])


def test_an_older_file_goes_on_from_its_weights(ring):
    older = changed(changed(ring, saved_run.TRAINING, None), steps_d=0, steps_g=0, skipped=0)
    assert saved_run.TRAINING not in zipfile.ZipFile(io.BytesIO(older)).namelist()
    again = back(older, gan_data.plane("ring"))
    assert again.rounds == 3
    assert same(again.G.state_dict(), trained().G.state_dict())
    again.train(rounds=2)
    assert again.rounds == 5


def test_what_it_learnt_from_is_not_in_the_file():
    stopped = trained("dense")
    content = saved_run.write(stopped, {})
    known = {saved_run.SETTINGS, *saved_run.PARTS}
    assert set(zipfile.ZipFile(io.BytesIO(content)).namelist()) == known
    shapes = {v.shape for part in saved_run.PARTS for v in tensors(content, part).values()}
    assert stopped.data.train.shape not in shapes
    more = Pictures("own", stopped.data.train.repeat(50, 1, 1, 1), stopped.data.held_out)
    few, many = (
        saved_run.write(Trainer(data, stopped.settings), {}) for data in (stopped.data, more)
    )
    assert len(few) == len(many)


def test_a_folder_that_was_packed_again_is_taken(ring):
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(ring)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        new.writestr("__MACOSX/netglass/._settings.json", b"x")
        for name in old.namelist():
            new.writestr(f"netglass/{name}", old.read(name))
    assert saved_run.read(stream.getvalue()).data == "ring"


def test_training_state_that_has_no_room_stays_out(monkeypatch, ring):
    monkeypatch.setattr(saved_run, "MAX_BYTES", len(ring) + saved_run.MAX_FACTS_BYTES - 5000)
    smaller = saved_run.write(trained(), {"verdict": "healthy"})
    assert saved_run.TRAINING not in zipfile.ZipFile(io.BytesIO(smaller)).namelist()


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"PK\x05\x06" + bytes(18),  # an empty zip
        pickle.dumps({"generator": [1.0]}),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
    ],
)
def test_a_file_of_something_else_is_refused(content):
    refused(content, "run_file_foreign")


def test_a_pickle_is_refused_whatever_it_is_called(ring):
    stream = io.BytesIO()
    torch.save({"generator": torch.zeros(2)}, stream)  # a zip with a pickle in it
    refused(stream.getvalue(), "run_file_foreign")
    hostile = b"cos\nsystem\n(S'touch /tmp/owned'\ntR."
    assert refused(changed(ring, GENERATOR, hostile), "run_file_part") == {"part": GENERATOR}
    refused(changed(ring, "code.pkl", hostile), "run_file_foreign")


def test_empty_and_cut_off_files_are_refused(ring):
    refused(b"", "run_file_empty")
    for length in (1, 100, len(ring) // 2, len(ring) - 1):
        refused(ring[:length], "run_file_foreign")


@pytest.mark.parametrize("place", [0.2, 0.4, 0.6, 0.8])
def test_a_damaged_part_is_refused(ring, place):
    at = int(len(ring) * place)
    damaged = ring[:at] + bytes(255 - byte for byte in ring[at : at + 8]) + ring[at + 8 :]
    refused(damaged, "run_file_part")


def test_a_file_of_100_megabytes_is_refused_before_it_is_read(ring):
    assert refused(bytes(100 << 20), "file_too_large") == {"limit": 30}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr(saved_run.SETTINGS, b"{}")
        new.writestr(GENERATOR, bytes(100 << 20))  # 100 KB when it is packed
        new.writestr(DISCRIMINATOR, b"")
    assert len(packed.getvalue()) < 1 << 20
    refused(packed.getvalue(), "file_too_large")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", [GENERATOR, DISCRIMINATOR, saved_run.TRAINING])
def test_numbers_that_are_not_finite_are_refused(ring, name, value):
    found = tensors(ring, name)
    next(v for v in found.values() if v.dim() == 2)[0, 0] = value
    assert refused(changed(ring, name, save(found)), "run_file_not_finite") == {"part": name}


def test_finite_weights_of_infinite_pictures_are_refused(ring):
    found = {k: torch.full_like(v, 3e38) for k, v in tensors(ring, GENERATOR).items()}
    older = changed(changed(ring, saved_run.TRAINING, None), GENERATOR, save(found))
    with pytest.raises(ValidationError, match="not finite"):
        back(older, gan_data.plane("ring"))


def test_tensors_of_other_shapes_names_or_types_are_refused(ring):
    found = tensors(ring, GENERATOR)
    name = "0.weight"
    wider = found | {name: torch.zeros(9, 3)}
    told = refused(changed(ring, GENERATOR, save(wider)), "run_file_shapes")
    assert told == {"part": GENERATOR, "tensor": name, "given": "9 x 3", "wanted": "4 x 3"}
    told = refused(
        changed(ring, GENERATOR, save(found | {"extra": torch.zeros(1)})), "run_file_shapes"
    )
    assert (told["tensor"], told["wanted"]) == ("extra", "-")
    left = {k: v for k, v in found.items() if k != name}
    assert refused(changed(ring, GENERATOR, save(left)), "run_file_shapes")["given"] == "-"
    half = {k: v.half() for k, v in found.items()}
    refused(changed(ring, GENERATOR, save(half)), "run_file_part")
    training = tensors(ring, saved_run.TRAINING)
    negative = {k: -v - 1 if "exp_avg_sq" in k else v for k, v in training.items()}
    refused(changed(ring, saved_run.TRAINING, save(negative)), "run_file_part")
    draws = training | {"rng": training["rng"] * 0}
    with pytest.raises(ValidationError, match=r"training\.safetensors"):
        back(changed(ring, saved_run.TRAINING, save(draws)), gan_data.plane("ring"))


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"data": "cube"}, "unknown_choice"),
        ({"data": None}, "unknown_choice"),
        ({"shape": [3, 32, 32]}, "run_file_part"),
        ({"shape": None}, "run_file_part"),
        ({"data": "digits"}, "run_file_part"),
        ({"data": "digits", "shape": [1, 28, 28]}, "lab_wrong_data"),
        ({"settings": None}, "run_file_part"),
        ({"settings": {"lr_d": 11}}, "out_of_range"),
        ({"settings": {"classes": [1, 7]}}, "classes_need_digits"),
        ({"settings": {"lr_d": float("nan")}}, "not_a_number"),
        ({"settings": {"width": 512.5}}, "not_whole"),
        ({"settings": {"code": "import os"}}, "run_file_part"),
        ({"settings": {"width": 512}}, "run_file_shapes"),
        ({"rounds": -1}, "out_of_range"),
        ({"rounds": "many"}, "not_whole"),
    ],
)
def test_settings_are_checked(ring, facts, key):
    refused(changed(ring, **facts), key)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b" " * 70_000])
def test_settings_that_are_none_are_refused(ring, content):
    assert refused(changed(ring, saved_run.SETTINGS, content), "run_file_part") == {
        "part": saved_run.SETTINGS
    }
