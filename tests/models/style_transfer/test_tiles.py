"""Tiles give what the whole picture gives."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from models import images
from models.style_transfer import large, optimize, tiles
from models.style_transfer.losses import MomentsLoss, moments
from models.style_transfer.objective import Objective
from models.style_transfer.optimize import transfer_style
from models.style_transfer.settings import StyleSettings


class Strided:
    """A "network" of two layers with strides 2 and 4, which sees 7 pixels."""

    spec = SimpleNamespace(style_layers=("half", "quarter"))

    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.first = torch.randn(4, 3, 3, 3, generator=generator)
        self.second = torch.randn(5, 4, 3, 3, generator=generator)

    def features(self, pictures, layers, replicate=False):
        half = F.relu(F.conv2d(pictures, self.first, stride=2, padding=1))
        quarter = F.relu(F.conv2d(half, self.second, stride=2, padding=1))
        return [{"half": half, "quarter": quarter}[layer] for layer in layers]


@pytest.mark.parametrize(("height", "width"), [(64, 64), (200, 136), (97, 131), (33, 400)])
def test_cores_cover_the_picture_once(height, width):
    covered = torch.zeros(height, width)
    for tile in tiles.tiles(height, width, 64, 32):
        top, left, bottom, right = tile.core
        covered[top:bottom, left:right] += 1
        assert (tile.top % 32, tile.left % 32) == (0, 0)
    assert (covered == 1).all()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (200, 136), (97, 131)])
def test_moments_and_gradient_are_those_of_the_whole_picture(height, width):
    network, layers = Strided(), Strided.spec.style_layers
    picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    style = network.features(torch.rand(1, 3, 80, 80), layers)
    losses = [MomentsLoss(moments([maps])) for maps in style]

    leaf = picture.clone().requires_grad_(True)
    whole = network.features(leaf, layers)
    expected = sum(loss(maps) for loss, maps in zip(losses, whole, strict=True))
    (gradient,) = torch.autograd.grad(expected, leaf)

    parts = tiles.tiles(height, width, 64, 32)
    sums: list[tiles.Sums] = []
    for _ in tiles.add_up(network, picture, layers, parts, sums):
        pass
    slopes = []
    for loss, maps, known in zip(losses, whole, sums, strict=True):
        direct = moments([maps.detach()])
        covariance, mean = (value.clone().requires_grad_(True) for value in known.moments)
        assert torch.allclose(covariance, direct.covariance, atol=1e-4)
        assert torch.allclose(mean, direct.mean, atol=1e-5)
        slopes.append(torch.autograd.grad(loss.of(covariance, mean), (covariance, mean)))
    found = torch.zeros_like(picture)
    for _ in tiles.send_back(network, picture, layers, parts, sums, slopes, found):
        pass
    assert torch.allclose(found, gradient, rtol=1e-3, atol=1e-6)


def test_a_step_is_that_of_the_whole_picture(lite0, photo, painting, monkeypatch):
    """On the real network, with two tiles each way; activations near a tile's edge see less than
    the whole, far enough from its core."""
    content, style = (
        images.to_tensor(images.fit(images.open_image(path), 320))
        for path in (photo("kitten"), painting("mosaic"))
    )
    settings = StyleSettings(size=320)
    monkeypatch.setattr(large, "tiles", partial(tiles.tiles, side=160, overlap=96))
    tiled, whole = (
        kind(lite0, content, [style], settings) for kind in (large.LargeObjective, Objective)
    )
    for _ in tiled.prepare():
        pass
    for _ in tiled.step(content):
        pass
    losses, gradients = whole.gradients(content.clone().requires_grad_(True))
    for name, value in losses.items():
        assert tiled.losses[name].item() == pytest.approx(value.item(), rel=2e-2, abs=1e-4)
    cosine = F.cosine_similarity(tiled.gradient.flatten(), gradients["total"].flatten(), dim=0)
    assert cosine > 0.98


def test_a_run_may_end_between_two_tiles(lite0, photo, painting, monkeypatch):
    """There it yields the last whole step's picture again, without losses."""
    monkeypatch.setattr(optimize, "LARGE", 128)
    monkeypatch.setattr(large, "tiles", partial(tiles.tiles, side=96, overlap=32))
    content, style = (images.open_image(path) for path in (photo("kitten"), painting("mosaic")))
    steps = list(transfer_style(lite0, content, style, StyleSettings(size=192, steps=4)))
    assert [step.step for step in steps if step.losses] == [1, 2, 3, 4]
    between = [n for n, step in enumerate(steps) if n and not step.losses]
    assert len(between) > 20
    for n in between:
        assert steps[n].image is steps[n - 1].image
        assert steps[n].step == steps[n - 1].step < 4
    totals = [step.losses["total"] for step in steps if step.losses]
    assert totals[-1] < totals[0]
