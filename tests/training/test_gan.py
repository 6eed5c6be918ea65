"""Training on a handful of made-up faces: it steps, it resumes, and its files can be explored."""

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
from training import data, export
from training.gan import RECIPES, Run, sample, save_sheet


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


@pytest.mark.parametrize("name", ["stylegan_cats64", "dcgan_cats64"])
def test_a_run_resumes_where_it_was(faces, name, tmp_path):
    recipe = replace(RECIPES[name], data="faces.zip", batch=4, aid=0.0)
    torch.manual_seed(0)
    run = Run(recipe, tmp_path / "run")
    before = {key: value.clone() for key, value in run.G.state_dict().items()}
    report = run.step(0, 100)
    assert all(torch.as_tensor(value).isfinite() for value in report.values())
    assert run.seen == 4
    assert any(not torch.equal(before[k], v) for k, v in run.G.state_dict().items())
    run.save()
    again = Run(recipe, tmp_path / "run")
    assert again.seen == 4
    for key, value in run.ema.module.state_dict().items():
        assert torch.equal(value, again.ema.module.state_dict()[key])
    other = Run(recipe, tmp_path / "other", start=tmp_path / "run" / "last.pt")
    assert other.seen == 0
    assert torch.equal(other.D.verdict.weight, run.D.verdict.weight)


def test_the_rate_falls_at_the_end(faces, tmp_path):
    run = Run(replace(RECIPES["dcgan_cats64"], data="faces.zip", aid=0.0), tmp_path / "run")
    rates = []
    for seen in (0, 70, 85, 100):
        run.seen = seen
        rates.append(round(run.rate(100), 3))
    assert rates == [1.0, 1.0, 0.5, 0.05]


def test_what_is_exported_can_be_explored(faces, tmp_path, monkeypatch):
    recipe = replace(RECIPES["stylegan_cats64"], data="faces.zip", batch=4, aid=0.0)
    monkeypatch.setitem(RECIPES, "stylegan_cats64", recipe)
    monkeypatch.setattr(export, "SAMPLES", 256)
    run = Run(recipe, tmp_path / "run")
    run.step(0, 100)
    run.save()
    parts, counts, seen = export.tensors("stylegan_cats64", tmp_path / "run")
    assert seen == 4
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
