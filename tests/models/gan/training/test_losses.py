"""Every loss on logits worked out by hand, and the penalties on critics whose slope is known."""

from math import log

import pytest
import torch

from models.gan.training import losses

LOG3 = log(3)
# softplus(0) = log 2, softplus(-log 3) = log 4/3, softplus(log 3) = log 4.
LOGITS = ([0, LOG3], [0, -LOG3])
CASES = {
    # loss: (real, fake), D's loss, D's loss with smoothing 0.1, G's loss
    "non_saturating": (LOGITS, log(8 / 3), log(8 / 3) + 0.05 * LOG3, 0.5 * log(8)),
    "minimax": (LOGITS, log(8 / 3), log(8 / 3) + 0.05 * LOG3, -0.5 * log(8 / 3)),
    "least_squares": (([1, 0.5], [0, -1]), 0.3125, 0.2925, 1.25),
    "hinge": (([2, 0.5], [-3, 0.5]), 1.0, 1.0, 1.25),
    "wasserstein": (([3, 1], [0, -1]), -2.5, -2.5, 0.5),
    # Pairs: 0 beside 0 is softplus(0) = log 2; log 3 beside 0 is log 4/3 for D and log 4 for G.
    "relativistic": (([0, LOG3], [0, 0]), 0.5 * log(8 / 3), 0.5 * log(8 / 3), 0.5 * log(8)),
}


def logits(values):
    return torch.tensor(values, dtype=torch.float32)


@pytest.mark.parametrize("loss", CASES)
def test_losses(loss):
    (real, fake), of_d, smooth, of_g = CASES[loss]
    real, fake = logits(real), logits(fake)
    assert float(losses.discriminator(loss, real, fake)) == pytest.approx(of_d, abs=1e-6)
    smoothed = losses.discriminator(loss, real, fake, smoothing=0.1)
    assert float(smoothed) == pytest.approx(smooth, abs=1e-6)
    assert float(losses.generator(loss, fake, real)) == pytest.approx(of_g, abs=1e-6)


@pytest.mark.parametrize(
    ("loss", "at", "slope"),
    [
        # A fake that D sees through, d = -log 3: sigmoid(d) is 1/4.
        ("non_saturating", -LOG3, -0.75),
        ("minimax", -LOG3, -0.25),
        ("least_squares", -1.0, -2.0),
        ("hinge", -5.0, -1.0),
        ("wasserstein", -5.0, -1.0),
        # Its real partner has d = 0, so D is right by log 3: sigmoid(log 3) is 3/4.
        ("relativistic", -LOG3, -0.75),
    ],
)
def test_how_hard_g_is_pulled(loss, at, slope):
    fake = torch.tensor([at], requires_grad=True)
    losses.generator(loss, fake, torch.zeros(1)).backward()
    assert float(fake.grad) == pytest.approx(slope, abs=1e-6)


def test_the_hinge_stops_pushing_beyond_one():
    real, fake = (torch.tensor(x, requires_grad=True) for x in ([1.5, 0.5], [-1.5, -0.5]))
    losses.discriminator("hinge", real, fake).backward()
    assert real.grad.tolist() == [0, -0.5]
    assert fake.grad.tolist() == [0, 0.5]


def test_smoothing_wants_a_logit_that_ends():
    """Label 0.9 is right at sigmoid(d) = 0.9, d = log 9: no push either way."""
    real = torch.tensor([log(9)], requires_grad=True)
    losses.discriminator("non_saturating", real, torch.zeros(1), smoothing=0.1).backward()
    assert float(real.grad) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("loss", CASES)
def test_huge_logits_stay_finite_and_nan_stays_nan(loss):
    far = logits([1e4, -1e4])
    assert losses.discriminator(loss, far, far).isfinite()
    assert losses.generator(loss, far, far.flip(0)).isfinite()
    broken = logits([0, torch.nan])
    assert losses.discriminator(loss, broken, far).isnan()
    assert losses.discriminator(loss, far, broken).isnan()
    assert losses.generator(loss, broken, far).isnan()


def test_only_differences_count_in_pairs():
    real, fake = logits([1.0, -2.0]), logits([0.5, 3.0])
    for name in ("discriminator", "generator"):
        order = (real, fake) if name == "discriminator" else (fake, real)
        loss = getattr(losses, name)
        moved = loss("relativistic", *(part + 7 for part in order))
        assert float(moved) == pytest.approx(float(loss("relativistic", *order)), abs=1e-6)
    with pytest.raises(ValueError, match="compares pairs"):
        losses.generator("relativistic", fake)


@pytest.mark.parametrize(
    ("loss", "real", "fake", "expected"),
    [
        ("non_saturating", [1, -1, 2, 3], [-1, 1], (0.75, 0.5)),
        ("minimax", [0, 0], [0, 0], (0, 0)),  # undecided is not right
        ("hinge", [0.1, 5], [-0.1, 5, 5, 5], (1, 0.25)),
        ("least_squares", [0.6, 0.4], [0.4, -3], (0.5, 1)),
        ("wasserstein", [3, 1], [0, 2], (0.5, 0.5)),  # the border is 1.5
        ("wasserstein", [104, 102], [100, 100], (1, 1)),
        ("relativistic", [104, 102], [100, 103], (0.5, 0.5)),  # the border is 102.25
    ],
)
def test_accuracies(loss, real, fake, expected):
    assert losses.accuracies(loss, logits(real), logits(fake)) == expected


def linear():
    weight = torch.tensor([3.0, 4.0], requires_grad=True)
    return weight, lambda x: x @ weight


def quadratic(x):
    """d(x) = |x|^2 / 2, whose gradient is x."""
    return x.flatten(1).square().sum(1) / 2


def test_squared_gradient_of_a_linear_critic_is_its_gradient_squared():
    weight, critic = linear()
    penalty = losses.squared_gradient(
        critic, torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    )
    assert penalty.item() == 25
    penalty.backward()
    assert weight.grad.tolist() == [6, 8]  # 2 w


def test_squared_gradient_of_a_quadratic_critic_is_the_mean_square():
    real = torch.tensor([[1.0, 2.0], [0.0, 2.0]])
    assert losses.squared_gradient(quadratic, real).item() == 4.5  # (5 + 4) / 2
    assert not real.requires_grad


def test_squared_gradient_sums_over_all_of_a_picture():
    pictures = torch.ones(2, 3, 2, 2)
    pictures[1] *= 2
    assert losses.squared_gradient(quadratic, pictures).item() == (12 + 48) / 2


def test_gradient_penalty_of_a_linear_critic():
    weight, critic = linear()
    penalty = losses.gradient_penalty(
        critic, torch.ones(2, 2), torch.zeros(2, 2), torch.tensor([0.3, 1.0])
    )
    assert penalty.item() == 16  # (5 - 1)^2
    penalty.backward()
    torch.testing.assert_close(weight.grad, torch.tensor([4.8, 6.4]))  # 2 (5 - 1) w / 5


@pytest.mark.parametrize(("share", "expected"), [(1.0, 16.0), (0.5, 2.25), (0.2, 0.0), (0.0, 1.0)])
def test_gradient_penalty_looks_between_the_pair(share, expected):
    """u = share (3, 4), where the quadratic critic's slope is 5 share."""
    real, fake = torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2)
    penalty = losses.gradient_penalty(quadratic, real, fake, torch.tensor([share]))
    assert penalty.item() == pytest.approx(expected, abs=1e-6)


def test_every_picture_has_a_share_of_its_own():
    real, fake = torch.ones(2, 1, 2, 2), torch.zeros(2, 1, 2, 2)
    penalty = losses.gradient_penalty(quadratic, real, fake, torch.tensor([1.0, 0.0]))
    assert penalty.item() == 1  # slopes 2 and 0: ((2 - 1)^2 + (0 - 1)^2) / 2


def test_a_flat_critic_is_penalised_without_nan():
    weight = torch.zeros(2, requires_grad=True)
    penalty = losses.gradient_penalty(
        lambda x: x @ weight, torch.ones(3, 2), torch.zeros(3, 2), torch.full((3,), 0.5)
    )
    assert penalty.item() == 1
    penalty.backward()
    assert weight.grad.tolist() == [0, 0]


def test_penalties_leave_the_generator_alone():
    fake = torch.zeros(2, 2, requires_grad=True)
    _, critic = linear()
    losses.gradient_penalty(critic, torch.ones(2, 2), fake, torch.ones(2)).backward()
    assert fake.grad is None
