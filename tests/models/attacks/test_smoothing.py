import pytest
import torch

from models.attacks.settings import SELECTION, SmoothingSettings, least_samples
from models.attacks.smoothing import certified_radius, certify, lower_bound
from models.validation import ValidationError


def half_space(at):
    """Class 1 where the first value is above `at`, else class 0."""

    def network(pictures):
        lead = pictures[:, 0, 0, 0] - at
        return torch.stack([torch.zeros_like(lead), lead * 1000], 1)

    return network


def grey(value):
    return torch.full((1, 3, 2, 2), value)


def result(*args):
    *_, last = certify(*args)
    return last


@pytest.mark.parametrize(
    ("successes", "trials", "confidence", "bound"),
    [
        (0, 10, 0.95, 0.0),
        # All alike: p^n = alpha.
        (10, 10, 0.95, 0.741134),
        (100, 100, 0.999, 0.933254),
        # One of one at 90%: p = 0.1. One of two: 1 - (1 - p)^2 = 0.1.
        (1, 1, 0.9, 0.1),
        (1, 2, 0.9, 0.051317),
        # Two of three: 3 p^2 - 2 p^3 = 1/2 at p = 1/2.
        (2, 3, 0.5, 0.5),
        # From tables: the lower end of the 95% two-sided interval (97.5% one-sided) of 8 in 10.
        (8, 10, 0.975, 0.443905),
        (90, 100, 0.975, 0.823777),
    ],
)
def test_clopper_pearson(successes, trials, confidence, bound):
    assert lower_bound(successes, trials, confidence) == pytest.approx(bound, abs=1e-5)


def test_the_bound_keeps_its_promise():
    # Of 2,000 counts of 20 throws with p = 0.7, at most 10% may have a bound above 0.7.
    generator = torch.Generator().manual_seed(0)
    counts = (torch.rand(2000, 20, generator=generator) < 0.7).sum(1).tolist()
    bounds = {k: lower_bound(k, 20, 0.9) for k in set(counts)}
    assert sum(bounds[k] > 0.7 for k in counts) / 2000 <= 0.1


def test_radius_by_hand():
    # Phi(1) = 0.841345 and Phi(1.644854) = 0.95.
    assert certified_radius(0.841345, 0.25) == pytest.approx(0.25, abs=1e-5)
    assert certified_radius(0.95, 2.0) == pytest.approx(3.289707, abs=1e-4)
    assert certified_radius(0.5, 1.0) is None
    assert certified_radius(0.2, 1.0) is None


def test_far_from_the_boundary_all_votes_agree():
    # The boundary is 0.3 away, sigma 12.75/255 = 0.05: six deviations.
    settings = SmoothingSettings(sigma=12.75, samples=100, confidence=0.99)
    last = result(half_space(0.5), grey(0.8), settings)
    assert last.votes == ((1, 100),)
    assert (last.nominee, last.step, last.steps) == (1, 116, 116)
    assert last.lower == pytest.approx(0.01**0.01)
    # 0.05 * Phi^-1(0.954993) = 0.05 * 1.69533
    assert last.radius == pytest.approx(0.084766, abs=1e-5)
    assert last.radius < 0.3
    assert not last.abstains


def test_the_true_radius_of_a_half_space_is_not_exceeded():
    # The true p_A is Phi(1): the boundary is one deviation away, and the true radius is 0.1.
    settings = SmoothingSettings(sigma=25.5, samples=400, confidence=0.95)
    last = result(half_space(0.5), grey(0.6), settings)
    assert dict(last.votes)[1] / 400 == pytest.approx(0.841, abs=0.05)
    assert 0.05 < last.radius <= 0.1


def test_on_the_boundary_it_abstains():
    last = result(half_space(0.5), grey(0.5), SmoothingSettings(sigma=20, samples=64))
    assert last.abstains
    assert last.radius is None
    assert last.lower < 0.5


def test_it_streams_repeats_and_promises_nothing_before_the_end():
    settings = SmoothingSettings(samples=20, seed=3)
    votes = list(certify(half_space(0.5), grey(0.55), settings))
    assert [vote.step for vote in votes] == [0, 8, 16, 24, 32, 36]
    assert [vote.nominee is None for vote in votes] == [True, True, False, False, False, False]
    assert all(vote.lower is None and not vote.abstains for vote in votes[:-1])
    # The nominating votes don't count.
    assert sum(count for _, count in votes[2].votes) == SELECTION
    assert sum(count for _, count in votes[3].votes) == 8
    assert sum(count for _, count in votes[-1].votes) == 20
    assert list(certify(half_space(0.5), grey(0.55), settings)) == votes
    going = certify(half_space(0.5), grey(0.55), settings)
    next(going)
    going.close()


def test_one_sample_says_nothing():
    # 0.01^(1/n) > 1/2 from n = 7 on.
    assert least_samples(0.99) == 7
    assert least_samples(0.999) == 10
    with pytest.raises(ValidationError, match=r"With 1 noisy cop.*at least 7"):
        SmoothingSettings(samples=1)
    with pytest.raises(ValidationError, match="at least 7"):
        SmoothingSettings(samples=6)
    assert SmoothingSettings(samples=7).samples == 7
    assert lower_bound(6, 6, 0.99) <= 0.5 < lower_bound(7, 7, 0.99)


@pytest.mark.parametrize(
    "bad",
    [
        {"sigma": 0},
        {"sigma": -1},
        {"sigma": 129},
        {"sigma": float("nan")},
        {"samples": 0},
        {"samples": 10.5},
        {"samples": 1_000_000},
        {"confidence": 1},
        {"confidence": 0.4},
        {"seed": -1},
    ],
)
def test_bad_settings_are_refused(bad):
    with pytest.raises(ValidationError):
        SmoothingSettings(**bad)
