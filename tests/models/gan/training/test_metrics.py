"""Figures on samples made by hand: nothing, one place, every place, strays, and D's memory."""

from types import SimpleNamespace

import pytest
import torch

from models.gan.training import data as gan_data
from models.gan.training import digit_classifier
from models.gan.training import metrics as gan_figures
from models.gan.training.data import Pictures
from models.gan.training.settings import Settings
from models.gan.training.trainer import Trainer

RING = gan_data.plane("ring")


class Faked:
    """A trainer whose samples are given, in turn; D's logit is a picture's mean."""

    def __init__(self, data, samples):
        self.data, self.samples = data, samples
        self.settings = SimpleNamespace(latent=2)

    def sample(self, z):
        assert z.shape[1] == 2
        self.asked = len(z)
        return self.samples[torch.arange(len(z)) % len(self.samples)]

    def judge(self, examples):
        return examples.flatten(1).mean(1)


def flat(level, count=8, side=4):
    """Pictures of one grey, a level of 0..255."""
    return torch.full((count, 1, side, side), level, dtype=torch.uint8)


def own(shown, held, made):
    """Figures where all pictures of a kind are of one grey."""
    data = Pictures("own", flat(shown), flat(held))
    return gan_figures.take(Faked(data, gan_data.scaled(flat(made))))


def test_all_on_one_mode():
    trainer = Faked(RING, RING.modes[3:4])
    figures = gan_figures.take(trainer)
    assert trainer.asked == 1024
    assert (figures.modes, figures.of, figures.balance) == (1, 8, 0)
    assert (figures.quality, figures.diversity, figures.heart) == (1, 0, None)


def test_even_on_all_modes():
    figures = gan_figures.take(Faked(RING, RING.modes))
    assert (figures.modes, figures.of) == (8, 8)
    assert figures.balance == pytest.approx(1)
    assert figures.quality == 1
    assert figures.diversity == pytest.approx(1, abs=0.03)


def test_even_on_half_of_them():
    figures = gan_figures.take(Faked(RING, RING.modes[::2]))
    assert figures.modes == 4
    assert figures.balance == pytest.approx(2 / 3)  # log 4 / log 8


def test_strays_belong_to_no_mode():
    stray = torch.tensor([[5.0, 5.0]]).repeat(8, 1)
    figures = gan_figures.take(Faked(RING, torch.cat([RING.modes, stray])))
    assert (figures.modes, figures.quality) == (8, 0.5)
    assert figures.balance == pytest.approx(1)
    lost = gan_figures.take(Faked(RING, stray))
    assert (lost.modes, lost.balance, lost.quality, lost.diversity) == (0, 0, 0, 0)
    # The middle of the ring is 0.8 from every mode.
    assert gan_figures.take(Faked(RING, torch.zeros(1, 2))).quality == 0


@pytest.mark.parametrize(("away", "quality"), [(0.159, 1), (0.161, 0)])
def test_how_near_is_near(away, quality):
    outwards = torch.tensor([[away, 0.0]])
    assert gan_figures.take(Faked(RING, RING.modes[:1] + outwards)).quality == quality


def test_points_that_are_no_numbers_are_strays():
    broken = torch.cat([RING.modes, torch.full((8, 2), torch.nan)])
    figures = gan_figures.take(Faked(RING, broken))
    assert (figures.modes, figures.quality) == (8, 0.5)


@pytest.mark.parametrize("name", gan_data.PLANE)
def test_the_same_distribution_is_as_varied(name):
    data = gan_data.plane(name)
    figures = gan_figures.take(Faked(data, data.draw(1024, torch.Generator().manual_seed(1))))
    assert figures.diversity == pytest.approx(1, abs=0.05)
    assert figures.modes == figures.of == len(data.modes)
    assert figures.balance > 0.98
    assert figures.quality > 0.95
    halved = data.draw(1024, torch.Generator().manual_seed(1)) / 2
    assert gan_figures.take(Faked(data, halved)).diversity == pytest.approx(
        figures.diversity / 2, rel=1e-3
    )


@pytest.mark.parametrize(
    ("counts", "drawn", "expected"),
    [
        ([8, 8], 16, (2, 1.0)),
        ([3, 1], 4, (2, 0.811278)),  # 3/4 log 4/3 + 1/4 log 4, in bits
        ([16, 0], 16, (1, 0.0)),
        ([0, 0], 16, (0, 0.0)),
        # A mode is covered from a fifth of its due on: 20 of 200 / 2.
        ([20, 19], 200, (1, 0.999526)),
        ([20, 20], 200, (2, 1.0)),
        ([5, 5, 5, 5], 400, (0, 1.0)),
        ([7], 10, (1, 1.0)),
        ([1], 10, (0, 1.0)),
    ],
)
def test_covered(counts, drawn, expected):
    which = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    modes, balance = gan_figures.covered(which, len(counts), drawn)
    assert modes == expected[0]
    assert balance == pytest.approx(expected[1], abs=1e-6)
    assert str(balance)[0] != "-"


def test_spread_is_the_mean_distance():
    points = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    assert gan_figures.spread(points) == pytest.approx(10 / 3)
    pictures = torch.zeros(2, 3, 2, 2)
    pictures[1] = 1
    assert gan_figures.spread(pictures) == pytest.approx(12**0.5)
    assert gan_figures.spread(points[:1]) == 0


@pytest.mark.parametrize(
    ("shown", "held", "made", "expected"),
    [
        (255, 255, 0, 0.0),  # unseen ones look as real as those it knows
        (255, 0, 0, 1.0),  # they look generated
        (255, 153, 0, 0.4),  # (1 - 0.2) / (1 + 1)
        (204, 153, 51, 1 / 3),  # (0.6 - 0.2) / (0.6 + 0.6)
        (204, 255, 0, 0.0),  # more real than those it knows
        (255, 0, 51, 1.0),  # more generated than generated ones
        (51, 0, 51, 0.0),  # it tells nothing apart
        (0, 0, 255, 0.0),  # it takes generated ones for more real
    ],
)
def test_by_heart(shown, held, made, expected):
    figures = own(shown, held, made)
    assert figures.heart == pytest.approx(expected, abs=1e-6)
    counted = (figures.modes, figures.of, figures.balance, figures.quality)
    assert counted == (None, None, None, None)


def test_few_pictures_are_compared_with_as_many():
    """64 samples, 20 shown, 5 held back: means, so that the counts don't matter."""
    data = Pictures("own", flat(255, 20), flat(153, 5))
    trainer = Faked(data, gan_data.scaled(flat(0)))
    assert gan_figures.take(trainer).heart == pytest.approx(0.4, abs=1e-6)
    assert trainer.asked == 64


def test_sorted_pictures_are_all_asked_for():
    """80 held back, sorted: D knows the first half, and takes the other half for generated."""
    held = torch.cat([flat(255, 40), flat(0, 40)])
    data = Pictures("own", flat(255, 80), held)
    trainer = Faked(data, gan_data.scaled(flat(0)))
    assert gan_figures.take(trainer).heart == pytest.approx(0.5, abs=1e-6)


def test_pictures_all_alike_have_no_diversity():
    pair = torch.cat([flat(0, 1), flat(255, 1)])
    data = Pictures("own", pair.repeat(10, 1, 1, 1), pair)
    assert gan_figures.take(Faked(data, gan_data.scaled(flat(7)))).diversity == 0
    varied = gan_figures.take(Faked(data, gan_data.scaled(pair)))
    assert varied.diversity == pytest.approx(1, abs=0.05)


@pytest.fixture(scope="module")
def digits():
    return gan_data.digits()


def test_digits_are_counted(digits):
    trainer = Faked(digits, gan_data.scaled(digits.held[::5]))
    figures = gan_figures.take(trainer)
    assert trainer.asked == 200
    assert (figures.modes, figures.of) == (10, 10)
    assert figures.balance > 0.99
    assert figures.quality > 0.97
    known, _ = digit_classifier.count(gan_data.scaled(digits.held))
    ones = gan_data.scaled(digits.held[known == 1])
    collapsed = gan_figures.take(Faked(digits, ones))
    assert (collapsed.modes, collapsed.of, collapsed.balance) == (1, 10, 0)
    assert collapsed.quality > 0.97
    assert 0 < collapsed.diversity < 0.8 * figures.diversity


@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
def test_looking_at_a_run_changes_nothing_and_repeats(architecture, digits):
    data = RING if architecture == "mlp" else digits
    settings = Settings(architecture=architecture, width=4, latent=3, batch=8, r1=0.0, ema=0.5)
    trainer = Trainer(data, settings)
    trainer.work(rounds=2)
    chance, before = trainer.chance.get_state(), torch.get_rng_state()
    figures = gan_figures.take(trainer)
    assert torch.equal(trainer.chance.get_state(), chance)
    assert torch.equal(torch.get_rng_state(), before)
    assert gan_figures.take(trainer) == figures
    assert figures.of == (8 if architecture == "mlp" else 10)
    assert (figures.heart is None) == (architecture == "mlp")
