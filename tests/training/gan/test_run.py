"""Training on a handful of made-up faces: it steps, it resumes, and its files can be explored."""

import sys
import zipfile
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from models import registry
from models.gan import pretrained
from models.gan.networks import stylegan
from training import aid, data, export
from training.gan import __main__ as command
from training.gan import files, players
from training.gan.files import sample, save_sheet
from training.gan.graph import Graphed
from training.gan.players import Players
from training.gan.recipe import RECIPES
from training.gan.run import Run
from training.gan.schedule import Schedule


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """As few pictures as can be: on sheets, for statistics, scores and directions."""
    for module, name, value in (
        (files, "SHEET", 8),
        (files, "NORM_BATCHES", 1),
        (files, "NORM_BATCH", 8),
        (players, "SCORED", 4),
        (export, "SAMPLES", 64),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def faces(tmp_path, monkeypatch):
    """A zip of twelve pictures where the training data would be."""
    random = np.random.default_rng(0)
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        for i in range(12):
            stream = BytesIO()
            level = random.integers(0, 255, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(level).save(stream, "JPEG")
            archive.writestr(f"{i}.jpg", stream.getvalue())
        archive.writestr("readme.txt", "not a picture")
    monkeypatch.setattr(data, "SHARED", tmp_path)
    return tmp_path


def test_pictures_are_read_in_order(faces):
    pictures = data.pictures(faces / "faces.zip")
    assert pictures.shape == (12, 3, 64, 64)
    assert pictures.dtype == torch.uint8


def test_batches_are_mirrored_and_in_range(faces):
    pictures = data.pictures(faces / "faces.zip")
    batch = data.batch(pictures[:1], 64, torch.Generator().manual_seed(0))
    assert batch.min() >= -1
    assert batch.max() <= 1
    mirrored = (batch == batch[0].flip(2)).all((1, 2, 3))
    assert 10 < mirrored.sum() < 54


def test_a_tar_holds_the_same_pictures(faces):
    data.pack(faces / "faces.zip", faces / "faces.tar.xz")
    packed = data.pictures(faces / "faces.tar.xz")
    assert torch.equal(packed, data.pictures(faces / "faces.zip"))


def short(name, **numbers):
    """A recipe without the second discriminator, R1 at every second step."""
    every = {"r1_every": 2} if RECIPES[name].r1 else {}
    return replace(RECIPES[name], data="faces.zip", batch=4, aid=0.0, **every, **numbers)


@pytest.mark.parametrize("name", ["stylegan_cats64", "dcgan_cats64"])
def test_a_run_resumes_where_it_was(faces, name, tmp_path):
    recipe, pictures = short(name), data.pictures(faces / "faces.zip").repeat(2, 1, 1, 1)
    torch.manual_seed(0)
    run = Run(name, recipe, pictures, tmp_path / "run")
    assert len(run.held_out) == 1
    before = {key: value.clone() for key, value in run.players.G.state_dict().items()}
    for _ in range(2):
        report = run.step(Schedule(images=100))
    figures = run.report(report)
    assert {"loss_d", "loss_g", "p", "train", "held_out"} <= set(figures)
    assert ("slope" in figures) == bool(recipe.r1)
    assert run.seen == 8
    assert any(not torch.equal(before[k], v) for k, v in run.players.G.state_dict().items())
    run.save()
    again = Run(name, recipe, pictures, tmp_path / "run")
    assert again.seen == 8
    for key, value in run.players.average.state_dict().items():
        assert torch.equal(value, again.players.average.state_dict()[key])
    old, new = (r.players.adam_d.state_dict()["state"][0]["exp_avg"] for r in (run, again))
    assert torch.equal(old, new)
    again.step(Schedule(images=100))
    other = Run(name, recipe, pictures, tmp_path / "other", start=tmp_path / "run")
    assert other.seen == 0
    assert torch.equal(other.players.D.verdict.weight, run.players.D.verdict.weight)


def test_groups_of_the_minibatch_deviation_are_all_real_or_all_generated(faces):
    recipe = replace(short("stylegan_cats64"), batch=8)
    both = Players(recipe, data.pictures(faces / "faces.zip"), None)
    seen = []
    both.D.spread.register_forward_pre_hook(
        lambda layer, inputs: seen.append(layer.measure(inputs[0]))
    )
    grey = torch.zeros(8, 3, 64, 64)
    fake, real = both.scores(torch.cat([grey, torch.randn(8, 3, 64, 64)]))
    assert fake.shape == real.shape == (8,)
    assert torch.allclose(fake, fake[0].expand(8), atol=1e-2)
    assert (seen[0][:2] < 1e-3).all()
    assert (seen[0][2:] > 1e-2).all()


def test_only_a_report_asks_for_a_number(faces):
    """A step that waits for a value can't be a CUDA graph."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class NoValues(TorchDispatchMode):
        def __torch_dispatch__(self, call, types, args=(), kwargs=None):
            assert call not in (torch.ops.aten._local_scalar_dense.default,)
            assert call.overloadpacket is not torch.ops.aten.nonzero
            return call(*args, **(kwargs or {}))

    for name in ("stylegan_cats64", "dcgan_cats64"):
        recipe = replace(short(name), aid=1.0)
        real = data.pictures(faces / "faces.zip")
        both = Players(recipe, real, aid.Aid(data.batch(real, 8)))
        with NoValues():
            report = both.step(True, bool(recipe.r1))
            both.step_heads()
        with pytest.raises(AssertionError), NoValues():
            report["loss_d"].item()


def test_without_graphs_every_phase_is_called_as_it_is():
    calls = []
    graphed = Graphed(lambda *phase: calls.append(phase) or {}, graphs=False)
    for _ in range(5):
        graphed(True, False)
    assert calls == [(True, False)] * 5


def test_a_loss_that_is_not_finite_stops_the_run(faces, tmp_path):
    run = Run("cats", short("dcgan_cats64"), data.pictures(faces / "faces.zip"), tmp_path / "run")
    with pytest.raises(FloatingPointError, match="loss_d"):
        run.report({"loss_d": torch.tensor(float("nan"))})
    run.players.average.convs[0].weight[0, 0, 0, 0] = 1e6
    with pytest.raises(ValueError, match="half precision"):
        run.save()


def test_a_training_of_a_moment_gives_what_can_be_explored(faces, tmp_path, monkeypatch):
    """The command itself: a time, an archive, results elsewhere; exported with its directions."""
    monkeypatch.setitem(RECIPES, "stylegan_cats64", short("stylegan_cats64"))
    results = tmp_path / "results"
    given = ["--minutes", "0.03", "--into", tmp_path / "run", "--results", results]
    given += ["--data", faces / "faces.zip", "--batch", "8"]
    monkeypatch.setattr(sys, "argv", ["gan", "stylegan_cats64", *map(str, given)])
    command.main()
    names = {path.name for path in results.iterdir()}
    assert names >= {"stylegan_cats64.average_D.safetensors", "stylegan_cats64.png"}
    assert all(path.stat().st_size < files.MOST_BYTES for path in results.iterdir())
    parts, counts, seen = export.tensors("stylegan_cats64", results)
    assert seen % 8 == 0
    assert seen > 0
    assert counts["generator"] > 2_000_000
    assert parts["directions"].shape == (8, stylegan.LATENT)
    assert parts["discriminator.spread.usual"] > 0
    monkeypatch.setattr(
        pretrained.weights,
        "load",
        lambda name: {key: value.float() for key, value in parts.items()},
    )
    network = pretrained.load(registry.gan("stylegan_cats64"), torch.device("cpu"))
    assert network.synthesize(network.style_codes(network.latents([0]))).shape == (1, 3, 64, 64)


def test_numbers_of_a_recipe_can_be_changed():
    changed = RECIPES["dcgan_cats64"].changed(["aid=0", "lr=1e-3", "batch=64"])
    assert (changed.aid, changed.lr, changed.batch) == (0.0, 1e-3, 64)
    with pytest.raises(ValueError, match="policy"):
        changed.changed(["policy=color"])


def test_principal_directions_by_hand():
    torch.manual_seed(0)
    points = torch.randn(4000, 12) * torch.tensor([5.0, 3.0] + [0.1] * 10)
    rows, deviations = export.principal(points, 2)
    assert torch.allclose(rows[0].abs()[:1], torch.ones(1), atol=1e-2)
    assert rows[0, 0] > 0
    assert torch.allclose(deviations, torch.tensor([5.0, 3.0]), rtol=0.05)


def test_samples_and_sheets(tmp_path):
    recipe = RECIPES["dcgan_cats64"]
    drawn = sample(recipe.generator().eval(), recipe, 8)
    assert drawn.dtype == torch.uint8
    save_sheet(drawn, tmp_path / "sheet.png", columns=4)
    assert Image.open(tmp_path / "sheet.png").size == (256, 128)
