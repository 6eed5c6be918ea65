"""Adaptive augmentation: nothing at p = 0, gradients pass, and p follows the discriminator."""

import pytest
import torch

from training.gan import ada

CPU = torch.device("cpu")


def changes(p, most=1.0):
    made = ada.Adaptive(most, CPU)
    made.p.fill_(p)
    return made


def pictures(count=8):
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_nothing_changes_at_p_0():
    x = pictures()
    assert torch.equal(changes(0.0)(x), x)
    assert changes(0.5, most=0.0)(x) is x


def test_every_picture_changes_its_own_way_at_p_1():
    torch.manual_seed(0)
    x = pictures(1).expand(8, 3, 16, 16)
    changed = changes(1.0)(x)
    assert changed.shape == x.shape
    assert changed.isfinite().all()
    assert len({picture.numpy().tobytes() for picture in changed}) == 8


def test_about_a_share_of_p_stays_as_it_is():
    torch.manual_seed(0)
    x = pictures(400)
    stays = (changes(0.1)(x) == x).all((1, 2, 3)).float().mean()
    assert stays == pytest.approx(0.9**7, abs=0.08)  # seven changes, each with its own chance


def test_gradients_pass():
    torch.manual_seed(0)
    x = pictures().requires_grad_()
    changes(1.0)(x).sum().backward()
    assert (x.grad.abs().sum((1, 2, 3)) > 0).all()


def test_p_by_hand():
    made = ada.Adaptive(0.3, CPU)
    surely_real, even = torch.ones(50), torch.tensor([1.0, -1.0]).repeat(25)
    # r = 1/8, 15/64, 169/512, ...: 1 - (7/8)^n passes 0.6 at n = 7.
    for _ in range(7):
        made.adapt(surely_real)
    assert made.indicator.item() == pytest.approx(1 - (7 / 8) ** 7)
    assert made.p.item() == pytest.approx(50 / 500_000)  # six times cut off at 0
    made.adapt(surely_real)
    assert made.p.item() == pytest.approx(100 / 500_000)
    made.adapt(even)  # r = 7/8 (1 - (7/8)^8) = 0.574
    assert made.p.item() == pytest.approx(50 / 500_000)
    made.p.fill_(0.3)
    made.indicator.fill_(1.0)
    made.adapt(surely_real)
    assert made.p.item() == pytest.approx(0.3)


def test_reflection_brings_no_black_border():
    torch.manual_seed(0)
    white = torch.ones(16, 1, 16, 16)
    assert torch.allclose(changes(1.0)._move(white), white, atol=1e-5)
