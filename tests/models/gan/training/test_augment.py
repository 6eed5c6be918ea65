"""DiffAugment: what must stay, and that gradients pass."""

import pytest
import torch

from models.gan.training import augment as diff_augment


def test_translation_moves_pixels_and_fills_with_black():
    torch.manual_seed(0)
    x = torch.ones(64, 1, 16, 16)
    y = diff_augment.translate(x)
    assert y.shape == x.shape
    assert set(y.unique().tolist()) == {-1.0, 1.0}
    # At most 2 of 16 columns can leave on either side.
    assert (y.mean((1, 2, 3)) >= (14 / 16) ** 2 * 2 - 1 - 1e-6).all()


def test_translation_is_a_shift_of_each_picture():
    x, side = pictures(), 16
    drawn = torch.randint(0, 5, (2, len(x)), generator=chance(7)).tolist()
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), value=-1.0)
    shifted = [p[:, t : t + side, s : s + side] for p, t, s in zip(padded, *drawn, strict=True)]
    for layout in (torch.contiguous_format, torch.channels_last):
        given = x.contiguous(memory_format=layout)
        assert torch.equal(diff_augment.translate(given, chance(7)), torch.stack(shifted))


def test_cutout_greys_a_quarter_at_most():
    torch.manual_seed(0)
    y = diff_augment.cutout(torch.ones(64, 3, 16, 16))
    share = (y == 0).float().mean((1, 2, 3))
    assert share.max() <= 0.25
    assert share.min() > 0


def test_color_keeps_a_grey_picture_grey():
    y = diff_augment.color(torch.zeros(4, 3, 8, 8))
    assert torch.allclose(y[:, 0], y[:, 1])
    assert (y.abs() <= 0.5).all()


@pytest.mark.parametrize("policy", [("color",), ("translation",), ("cutout",)])
def test_gradients_pass(policy):
    x = torch.rand(2, 3, 8, 8, requires_grad=True)
    diff_augment.augment(x, policy).sum().backward()
    assert x.grad.abs().sum() > 0


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(channels=3):
    return torch.rand(6, channels, 16, 16, generator=chance(9)) * 2 - 1


CHANGES = [diff_augment.color, diff_augment.translate, diff_augment.cutout]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("change", CHANGES)
def test_a_generator_of_its_own_decides_all(change, channels):
    x, before = pictures(channels), torch.get_rng_state()
    first = change(x, chance(1))
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    assert torch.equal(change(x, chance(1)), first)
    assert not torch.equal(change(x, chance(2)), first)
    assert first.shape == x.shape
    assert torch.equal(x, pictures(channels))
    going_on = chance(1)
    assert torch.equal(change(x, going_on), first)
    assert not torch.equal(change(x, going_on), first)


@pytest.mark.parametrize("change", CHANGES)
def test_without_one_pytorch_s_own_decides(change):
    x = pictures()
    torch.manual_seed(5)
    first = change(x)
    torch.manual_seed(5)
    assert torch.equal(change(x), first)
    assert torch.equal(change(x, chance(5)), first)
    torch.manual_seed(6)
    assert not torch.equal(change(x), first)


def test_changes_come_one_after_another_from_one_generator():
    x, policy = pictures(), ("translation", "cutout", "color")
    one = chance(3)
    by_hand = diff_augment.color(diff_augment.cutout(diff_augment.translate(x, one), one), one)
    assert torch.equal(diff_augment.augment(x, policy, chance(3)), by_hand)
    assert torch.equal(diff_augment.augment(x, (), chance(3)), x)
    with pytest.raises(KeyError):
        diff_augment.augment(x, ("mirror",), chance(3))


def test_every_picture_changes_its_own_way():
    x = pictures()[:1].expand(8, 3, 16, 16)
    for change in CHANGES:
        changed = change(x, chance(4))
        assert len({picture.numpy().tobytes() for picture in changed}) >= 5


def test_a_grey_channel_alone_keeps_its_contrast_within_half_and_one_and_a_half():
    """Of one channel there is no saturation; brightness moves the mean by at most 0.5."""
    x = pictures(channels=1)
    changed = diff_augment.color(x, chance(2))
    shift = (changed.mean((1, 2, 3)) - x.mean((1, 2, 3))).abs()
    assert shift.max() <= 0.5 + 1e-6
    stretch = changed.flatten(1).std(1) / x.flatten(1).std(1)
    assert stretch.min() >= 0.5 - 1e-5
    assert stretch.max() <= 1.5 + 1e-5
    assert stretch.std() > 0.1
