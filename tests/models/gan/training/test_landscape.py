"""A run in the plane as a picture, on discriminators whose output is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from models.gan.training import landscape
from models.gan.training.data import Pictures, plane
from models.gan.training.settings import TrainingSettings
from models.gan.training.trainer import Trainer


class Rightwards(nn.Module):
    """d(x, y) = slope x + shift."""

    def __init__(self, slope=10.0, shift=0.0):
        super().__init__()
        self.slope, self.shift = slope, shift

    def forward(self, points):
        return self.slope * points[:, 0] + self.shift


def toy(loss="non_saturating", latent=2, critic=None):
    trainer = Trainer(plane("ring"), TrainingSettings(loss=loss, latent=latent, width=8))
    trainer.D = critic or Rightwards()
    return trainer


def with_samples(trainer, points):
    return replace(trainer.snapshot(), samples=torch.tensor(points, dtype=torch.float32))


def test_the_sides_of_the_border_are_grey_and_violet():
    trainer = toy()
    picture = landscape.draw(trainer, with_samples(trainer, [[9.0, 9.0]]))
    assert picture.mode == "RGB"
    assert picture.size == (480, 480)
    np.testing.assert_allclose(picture.getpixel((475, 5)), (203, 167, 235), atol=2)  # violet: real
    np.testing.assert_allclose(picture.getpixel((5, 5)), (174, 178, 185), atol=2)  # grey: made
    without = landscape.draw(trainer, with_samples(trainer, [[9.0, 9.0]]), heatmap=False)
    assert without.getpixel((475, 5)) == without.getpixel((5, 5)) == (250, 250, 250)


def test_up_is_up():
    class Upwards(nn.Module):
        def forward(self, points):
            return 10 * points[:, 1]

    trainer = toy(critic=Upwards())
    picture = landscape.draw(trainer, trainer.snapshot(), side=200)
    assert picture.size == (200, 200)
    np.testing.assert_allclose(picture.getpixel((3, 3)), (203, 167, 235), atol=2)
    np.testing.assert_allclose(picture.getpixel((3, 196)), (174, 178, 185), atol=2)


def test_points_land_on_their_pixels():
    at = landscape.pixels(torch.tensor([[0.8, 0.0], [-1.25, 1.25], [0.0, -1.0]]), 480)
    np.testing.assert_allclose(at, [[393.6, 240], [0, 0], [240, 432]], atol=1e-3)
    trainer = toy()
    clear = landscape.draw(trainer, with_samples(trainer, [[9.0, 9.0]]), heatmap=False)
    marked = landscape.draw(trainer, with_samples(trainer, [[0.0, -1.0]]), heatmap=False)
    differs = (np.asarray(clear) != np.asarray(marked)).any(2)
    rows, columns = differs[400:].nonzero()
    assert (columns.min(), columns.max()) == (237, 242)
    assert (rows.min() + 400, rows.max() + 400) == (429, 434)
    red, _, blue = marked.getpixel((240, 432))
    assert red > blue + 80


def test_many_points_hide_more_than_one():
    one, many = (landscape.Image.new("RGB", (100, 100), "white") for _ in range(2))
    landscape.dots(one, torch.zeros(1, 2), (0, 0, 0), 0.5, radius=10)
    landscape.dots(many, torch.zeros(3, 2), (0, 0, 0), 0.5, radius=10)
    assert one.getpixel((50, 50)) == (127, 127, 127)  # 255 / 2, and 255 / 8 below
    assert many.getpixel((50, 50)) == (32, 32, 32)
    assert one.getpixel((60, 50)) == (255, 255, 255)


def test_dots_over_the_border_are_cut_off():
    picture = landscape.Image.new("RGB", (50, 50), "white")
    corners = torch.tensor([[1.25, 1.25], [-1.25, -1.25], [1.25, -1.25], [-1.25, 1.25]])
    landscape.dots(picture, corners, (0, 0, 0), 0.9, radius=20)
    dark = np.asarray(picture)[..., 0] < 100
    assert dark[0, 0]
    assert dark[0, 49]
    assert dark[49, 0]
    assert dark[49, 49]
    assert not dark[25].any()


@pytest.mark.parametrize(
    ("loss", "critic", "expected"),
    [
        # Middles of the first and last column: x = -1.25 + 2.5 / 96 = -1.22396 and 1.22396.
        ("non_saturating", Rightwards(1), (0.227245, 0.772755)),
        ("minimax", Rightwards(1), (0.227245, 0.772755)),
        ("least_squares", Rightwards(0.5, 0.5), (0.0, 1.0)),
        ("least_squares", Rightwards(0.1, 0.5), (0.377604, 0.622396)),
        ("hinge", Rightwards(0.5), (0.194010, 0.805990)),
        ("hinge", Rightwards(9), (0.0, 1.0)),
    ],
)
def test_each_loss_has_its_own_scale(loss, critic, expected):
    nothing = torch.zeros(0, 2)
    share = landscape.probabilities(toy(loss, critic=critic), nothing, nothing)
    assert share.shape == (48, 48)
    np.testing.assert_allclose(share[0, [0, -1]], expected, atol=1e-5)


def test_a_wasserstein_critic_has_neither_zero_nor_unit():
    reals, fakes = torch.tensor([[0.5, 0.0]]), torch.tensor([[-0.1, 0.0]])
    shares = [
        landscape.probabilities(toy("wasserstein", critic=critic), reals, fakes)
        for critic in (Rightwards(1), Rightwards(50, 300))
    ]
    np.testing.assert_allclose(shares[0], shares[1], atol=1e-4)
    # The border is halfway between the means, at x = 0.2; columns are 2.5 / 48 wide.
    border = int((0.2 + 1.25) / 2.5 * 48)
    assert (shares[0][:, :border] < 0.5).all()
    assert (shares[0][:, border + 1 :] > 0.5).all()


def test_nan_is_white():
    class Broken(nn.Module):
        def forward(self, points):
            return points[:, 0] * torch.nan

    trainer = toy(critic=Broken())
    picture = landscape.draw(trainer, trainer.snapshot(), arrows=True)
    assert picture.getpixel((3, 3)) == (250, 250, 250)


def test_arrows_point_down_the_loss():
    arrows = landscape._arrows(toy(), torch.tensor([[0.0, 0.5], [0.0, -0.5]]))
    assert arrows.shape == (2, 5, 2)
    torch.testing.assert_close(arrows[:, 1], torch.tensor([[0.12, 0.5], [0.12, -0.5]]))
    # Both barbs lie behind the tip, one on each side.
    torch.testing.assert_close(arrows[0, 2], torch.tensor([0.08, 0.476]))
    torch.testing.assert_close(arrows[0, 4], torch.tensor([0.08, 0.524]))


def test_arrows_are_as_long_as_the_gradient_and_capped(monkeypatch):
    trainer = toy()
    directions = torch.tensor([[1.0, 0], [2.0, 0], [0, 2.0], [0, 200.0], [0, 0], [torch.nan, 0]])
    monkeypatch.setattr(trainer, "descent_directions", lambda points: directions)
    arrows = landscape._arrows(trainer, torch.zeros(6, 2))
    tips = torch.tensor([[0.06, 0], [0.12, 0], [0, 0.12], [0, 0.3]])
    torch.testing.assert_close(arrows[:, 1], tips)
    monkeypatch.setattr(trainer, "descent_directions", torch.zeros_like)
    assert landscape._arrows(trainer, torch.zeros(6, 2)).shape == (0, 5, 2)


def test_modes_are_covered_by_a_fifth_of_their_share():
    ring = plane("ring")
    # 40 points, 8 modes: a share is 5, and 1 is enough. The mode at (-0.8, 0) has one too far.
    points = torch.cat([ring.modes[:1].repeat(37, 1), ring.modes[1:3], torch.tensor([[-0.6, 0.0]])])
    assert landscape.covered_modes(ring, points).tolist() == [True] * 3 + [False] * 5
    more = torch.cat([points, ring.modes[:1].repeat(40, 1)])  # now 2 are needed
    assert landscape.covered_modes(ring, more).tolist() == [True] + [False] * 7
    assert not landscape.covered_modes(ring, points[:0]).any()


def test_covered_modes_have_whole_circles():
    trainer = toy()
    at = [[0.8, 0.0]] * 100
    picture = landscape.draw(trainer, with_samples(trainer, at), heatmap=False)
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)

    def ink(x):
        columns = (x + 0.16 * np.cos(turn) + 1.25) * 192
        rows = (1.25 - 0.16 * np.sin(turn)) * 192
        shades = [picture.getpixel(at) for at in zip(columns, rows, strict=True)]
        return np.mean([max(shade) < 200 for shade in shades])

    assert ink(0.8) == 1
    assert 0.3 < ink(-0.8) < 0.75


def test_the_grid_of_latents():
    trainer = toy()
    trainer.G = nn.Identity()
    lines = landscape.warped_grid(trainer)
    assert lines.shape == (34, 33, 2)
    ends = torch.tensor([[-2.0, -2.0], [-2.0, 2.0]])
    torch.testing.assert_close(lines[0, [0, -1]], ends)
    torch.testing.assert_close(lines[17, [0, -1]], ends.flip(1))
    torch.testing.assert_close(lines[25, :, 1], torch.zeros(33))


@pytest.mark.parametrize(("latent", "shape"), [(1, (1, 400, 2)), (3, (34, 33, 2))])
def test_other_latents_have_a_curve_or_a_slice(latent, shape):
    trainer = toy(latent=latent)
    trainer.G = nn.Linear(latent, 2, bias=False)
    nn.init.ones_(trainer.G.weight)
    lines = landscape.warped_grid(trainer)
    assert lines.shape == shape
    assert lines.abs().max() == min(latent, 2) * 2  # a third number is 0


@pytest.mark.parametrize("spectral", [False, True])
def test_looking_changes_nothing(spectral):
    settings = TrainingSettings(latent=2, width=8, batch=8, spectral=spectral, ema=0.9)
    trainer = Trainer(plane("grid"), settings)
    snapshot = trainer.advance(rounds=3, seconds=60)
    before, rng = trainer.state(), torch.get_rng_state()
    modes = [module.training for module in trainer.D.modules()]
    first = landscape.draw(trainer, snapshot, arrows=True, warp=True)
    after = trainer.state()
    assert torch.equal(torch.get_rng_state(), rng)
    assert [module.training for module in trainer.D.modules()] == modes
    assert all(weight.requires_grad for weight in trainer.D.parameters())
    for then, now in zip(tree_leaves(before), tree_leaves(after), strict=True):
        assert torch.equal(then, now) if isinstance(then, torch.Tensor) else then == now
    again = landscape.draw(trainer, snapshot, arrows=True, warp=True)
    assert first.tobytes() == again.tobytes()


def test_points_that_are_no_points_are_left_out():
    trainer = toy()
    wild = [[torch.nan, 0.0], [torch.inf, 0.0], [1e30, -1e30]]
    empty = landscape.draw(trainer, with_samples(trainer, [[9.0, 9.0]]))
    picture = landscape.draw(trainer, with_samples(trainer, wild), arrows=True)
    assert picture.tobytes() == empty.tobytes()
    trainer.G = nn.Linear(2, 2)
    nn.init.constant_(trainer.G.weight, 1e38)
    landscape.draw(trainer, with_samples(trainer, wild[:1]), arrows=True, warp=True)


def test_pictures_have_no_landscape():
    cells = torch.zeros(8, 1, 8, 8, dtype=torch.uint8)
    settings = TrainingSettings(architecture="dcgan", width=4, latent=4)
    trainer = Trainer(Pictures("own", cells, cells), settings)
    with pytest.raises(ValueError, match="points in the plane"):
        landscape.draw(trainer, trainer.snapshot())
