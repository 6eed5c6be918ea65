"""Losses worked out by hand, and runs on a toy network and on the real one."""

import math
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from models import images, style_transfer
from models.refusals import Refusal
from models.style_transfer import Settings, transfer


class Toy:
    """A "network" whose only layer is the picture itself."""

    spec = SimpleNamespace(style_layers=("pixels",), content_layer="pixels")
    placement = SimpleNamespace(device=torch.device("cpu"))

    def features(self, pictures, layers):
        return [pictures for _ in layers]


def maps(*channels):
    """Activations (1, C, 1, n) from one list of values per channel."""
    return torch.tensor(channels).view(1, len(channels), 1, -1)


def picture(seed: int, size=(48, 32)) -> Image.Image:
    generator = torch.Generator().manual_seed(seed)
    return images.to_image(torch.rand(3, size[1], size[0], generator=generator))


def run(backbone=None, **settings):
    options = {"size": 64, "steps": 4} | settings
    return list(transfer(backbone or Toy(), picture(1), picture(2), Settings(**options)))


def test_moments_by_hand():
    covariance, mean = style_transfer.covariance_and_mean(maps([0.0, 2.0], [1.0, 5.0]))
    assert mean.tolist() == [1.0, 3.0]
    assert covariance.tolist() == [[1.0, 2.0], [2.0, 4.0]]


def test_gram_by_hand():
    assert style_transfer.gram(maps([0.0, 2.0], [1.0, 5.0])).tolist() == [[2.0, 5.0], [5.0, 13.0]]


def test_moments_gradient_is_the_numerical_one():
    points = torch.randn(5, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(style_transfer._Moments.apply, points)


def test_moments_loss_by_hand(monkeypatch):
    monkeypatch.setattr(style_transfer, "DEVIATION_FLOOR", 0.0)
    loss = style_transfer.MomentsLoss(maps([0.0, 4.0]))  # mean 2, variance 4, deviation 2
    # In units of the deviation: mean 1, variance 1. Of (0, 8): mean 2, variance 4.
    assert loss(maps([0.0, 4.0])).item() == pytest.approx(0.0)
    assert loss(maps([0.0, 8.0])).item() == pytest.approx((4 - 1) ** 2 / 1 + (2 - 1) ** 2)


def test_gram_loss_by_hand(monkeypatch):
    monkeypatch.setattr(style_transfer, "DEVIATION_FLOOR", 0.0)
    loss = style_transfer.GramLoss(maps([0.0, 4.0]))  # G = 8, in units of the variance 2
    assert loss(maps([0.0, 4.0])).item() == pytest.approx(0.0)
    assert loss(maps([4.0, 4.0])).item() == pytest.approx((4 - 2) ** 2 / 2**2)  # G = 16, so 4


def test_content_loss_by_hand(monkeypatch):
    monkeypatch.setattr(style_transfer, "DEVIATION_FLOOR", 0.0)
    loss = style_transfer.ContentLoss(maps([0.0, 4.0]))  # deviation 2
    assert loss(maps([2.0, 4.0])).item() == pytest.approx((1 + 0) / 2)


def test_variation_by_hand():
    x = torch.tensor([[0.0, 1.0], [0.0, 3.0]]).view(1, 1, 2, 2)
    # Down: 0, 2 -> mean square 2. Across: 1, 3 -> mean square 5.
    assert style_transfer.variation(x).item() == pytest.approx(7.0)


def test_average_is_unbiased():
    average = style_transfer._Average()
    assert average.update(torch.tensor(0.3)).item() == pytest.approx(0.3)
    # After two: (0.9 * 0.3 + 0.5) / 1.9.
    assert average.update(torch.tensor(0.5)).item() == pytest.approx(0.77 / 1.9)


@pytest.mark.parametrize(
    ("size", "expected"), [(384, [192, 272, 384]), (200, [141, 200]), (64, [64]), (128, [128])]
)
def test_scales(size, expected):
    assert style_transfer.scales(size) == expected


def test_steps_are_counted_over_all_scales():
    steps = run(size=384, steps=7)
    assert [step.step for step in steps] == list(range(8))
    assert {step.steps for step in steps} == {7}
    assert steps[0].losses == {}
    assert steps[-1].progress == pytest.approx(1.0)
    progress = [step.progress for step in steps]
    assert progress == sorted(progress)
    assert max(steps[-1].image.shape) == 384


def test_fewer_steps_than_scales_end_at_full_size():
    assert max(run(size=384, steps=1)[-1].image.shape) == 384


def test_starts_from_the_content_or_from_noise():
    first, second = (images.fit(picture(number), 64) for number in (1, 2))
    content = images.to_tensor(style_transfer.recolour(first, second))
    assert torch.equal(run()[0].image, content)
    assert not torch.equal(run(init="noise")[0].image, content)


def test_the_same_seed_gives_the_same_picture():
    first, again, other = (run(init="noise", seed=seed)[-1].image for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_content_alone_changes_nothing():
    steps = run(style_weight=0.0, tv_weight=0.0)
    assert torch.allclose(steps[-1].image, steps[0].image, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("style_loss", ["moments", "gram"])
def test_the_loss_falls(optimizer, style_loss):
    steps = run(optimizer=optimizer, style_loss=style_loss, steps=30)
    assert steps[-1].losses["total"] < steps[1].losses["total"]
    assert all(math.isfinite(value) for value in steps[-1].losses.values())
    assert steps[-1].image.min() >= 0
    assert steps[-1].image.max() <= 1


def test_kept_colours_are_the_contents():
    steps = run(keep_colors=True, steps=10)
    _, blue, red = images.fit(picture(1), 64).convert("YCbCr").split()
    painted = images.to_image(steps[-1].image).convert("YCbCr").split()
    # Bright and dark extremes can't hold every colour; most pixels can.
    for own, kept in zip(painted[1:], (blue, red), strict=True):
        differences = [
            abs(a - b)
            for a, b in zip(own.get_flattened_data(), kept.get_flattened_data(), strict=True)
        ]
        assert sorted(differences)[len(differences) // 2] <= 4


def test_recolour_matches_mean_and_covariance():
    grey = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.3 + 0.3
    palette = grey.flip(0) * torch.tensor([0.5, 1.0, 1.2]).view(3, 1, 1)
    own, wanted = images.to_image(grey), images.to_image(palette)
    moved, goal = (
        images.to_tensor(image)[0].flatten(1)
        for image in (style_transfer.recolour(own, wanted), wanted)
    )
    assert torch.allclose(moved.mean(1), goal.mean(1), atol=5e-3)
    assert torch.allclose(torch.cov(moved), torch.cov(goal), atol=5e-4)


def test_recolour_leaves_a_picture_of_its_own_colours_alone():
    own = picture(1)
    moved = style_transfer.recolour(own, own)
    assert (images.to_tensor(moved) - images.to_tensor(own)).abs().max() <= 1 / 255 + 1e-6


def test_the_rate_falls_by_half_a_cosine():
    settings = Settings()
    assert style_transfer.rate(settings, 0.0) == pytest.approx(0.018)
    assert style_transfer.rate(settings, 0.5) == pytest.approx(0.018 * 0.6)
    assert style_transfer.rate(settings, 1.0) == pytest.approx(0.018 * 0.2)


@pytest.mark.parametrize(
    ("count", "steps", "expected"),
    [(3, 120, [66, 102, 120]), (3, 3, [1, 2, 3]), (2, 2, [1, 2]), (1, 7, [7])],
)
def test_shares(count, steps, expected):
    assert style_transfer._shares(count, steps) == expected


def test_two_identical_pictures_work():
    same = picture(1)
    steps = list(transfer(Toy(), same, same, Settings(size=64, steps=3)))
    assert all(math.isfinite(value) for value in steps[-1].losses.values())


def test_flat_pictures_work():
    flat = Image.new("RGB", (32, 32), (90, 90, 90))
    steps = list(transfer(Toy(), flat, flat, Settings(size=64, steps=3)))
    assert all(math.isfinite(value) for value in steps[-1].losses.values())
    steps = list(transfer(Toy(), flat, flat, Settings(size=64, steps=3, keep_colors=True)))
    assert steps[-1].image.isfinite().all()


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        ({"size": 63}, "out_of_range"),
        ({"size": 1025}, "out_of_range"),
        ({"steps": 0}, "out_of_range"),
        ({"steps": 2.5}, "not_whole"),
        ({"seed": -1}, "out_of_range"),
        ({"content_weight": -0.1}, "out_of_range"),
        ({"style_weight": math.nan}, "not_a_number"),
        ({"tv_weight": None}, "not_a_number"),
        ({"style_loss": "magic"}, "unknown_choice"),
        ({"init": None}, "unknown_choice"),
        ({"optimizer": "sgd"}, "unknown_choice"),
    ],
)
def test_bad_settings_are_refused(bad, key):
    with pytest.raises(Refusal) as caught:
        Settings(**bad)
    assert caught.value.key == key


def test_whole_numbers_may_come_as_floats():
    settings = Settings(size=96.0, steps=3.0, seed=1.0)
    assert (settings.size, settings.steps, settings.seed) == (96, 3, 1)
    assert isinstance(settings.steps, int)


def test_on_the_real_network(lite0, photo, painting):
    content, style = (
        images.open_image(photo("chelsea")),
        images.open_image(painting("starry_night")),
    )
    settings = Settings(size=128, steps=20)
    first = list(transfer(lite0, content, style, settings))
    assert first[-1].losses["style"] < 0.5 * first[1].losses["style"]
    again = list(transfer(lite0, content, style, settings))
    assert torch.equal(first[-1].image, again[-1].image)
    half = transfer(lite0, content, style, settings)
    for _ in range(5):
        next(half)
    half.close()
    assert not any(p.grad is not None for p in lite0.parameters())
