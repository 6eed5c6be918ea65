"""Metrics of samples made by hand: one mode, every mode, strays, and memorization by D."""

from types import SimpleNamespace

import pytest
import torch

from models.gan.training import data as gan_data
from models.gan.training import digit_classifier, metrics
from models.gan.training.data import Pictures
from models.gan.training.labels import labelled
from models.gan.training.settings import TrainingSettings
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

    def logits(self, examples, labels=None):
        return examples.flatten(1).mean(1)


def flat(level, count=8, side=4):
    """Pictures of one grey, a level of 0..255."""
    return torch.full((count, 1, side, side), level, dtype=torch.uint8)


def own(shown, held, made):
    """Metrics where all pictures of a kind are of one grey."""
    data = Pictures("own", flat(shown), flat(held))
    return metrics.measure(Faked(data, gan_data.scaled(flat(made))))


def test_all_on_one_mode():
    trainer = Faked(RING, RING.modes[3:4])
    measured = metrics.measure(trainer)
    assert trainer.asked == 1024
    assert (measured.modes, measured.of, measured.balance) == (1, 8, 0)
    assert (measured.quality, measured.diversity, measured.memorization) == (1, 0, None)


def test_even_on_all_modes():
    measured = metrics.measure(Faked(RING, RING.modes))
    assert (measured.modes, measured.of) == (8, 8)
    assert measured.balance == pytest.approx(1)
    assert measured.quality == 1
    assert measured.diversity == pytest.approx(1, abs=0.03)


def test_even_on_half_of_them():
    measured = metrics.measure(Faked(RING, RING.modes[::2]))
    assert measured.modes == 4
    assert measured.balance == pytest.approx(2 / 3)  # log 4 / log 8


def test_strays_belong_to_no_mode():
    stray = torch.tensor([[5.0, 5.0]]).repeat(8, 1)
    measured = metrics.measure(Faked(RING, torch.cat([RING.modes, stray])))
    assert (measured.modes, measured.quality) == (8, 0.5)
    assert measured.balance == pytest.approx(1)
    lost = metrics.measure(Faked(RING, stray))
    assert (lost.modes, lost.balance, lost.quality, lost.diversity) == (0, 0, 0, 0)
    # The middle of the ring is 0.8 from every mode.
    assert metrics.measure(Faked(RING, torch.zeros(1, 2))).quality == 0


@pytest.mark.parametrize(("away", "quality"), [(0.159, 1), (0.161, 0)])
def test_how_near_is_near(away, quality):
    outwards = torch.tensor([[away, 0.0]])
    assert metrics.measure(Faked(RING, RING.modes[:1] + outwards)).quality == quality


def test_points_that_are_no_numbers_are_strays():
    broken = torch.cat([RING.modes, torch.full((8, 2), torch.nan)])
    measured = metrics.measure(Faked(RING, broken))
    assert (measured.modes, measured.quality) == (8, 0.5)


@pytest.mark.parametrize("name", gan_data.PLANE)
def test_the_same_distribution_is_as_varied(name):
    data = gan_data.plane(name)
    measured = metrics.measure(Faked(data, data.draw(1024, torch.Generator().manual_seed(1))))
    assert measured.diversity == pytest.approx(1, abs=0.05)
    assert measured.modes == measured.of == len(data.modes)
    assert measured.balance > 0.98
    assert measured.quality > 0.95
    halved = data.draw(1024, torch.Generator().manual_seed(1)) / 2
    assert metrics.measure(Faked(data, halved)).diversity == pytest.approx(
        measured.diversity / 2, rel=1e-3
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
def test_coverage(counts, drawn, expected):
    which = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    modes, balance = metrics.coverage(which, len(counts), drawn)
    assert modes == expected[0]
    assert balance == pytest.approx(expected[1], abs=1e-6)
    assert str(balance)[0] != "-"


def test_mean_distance_is_the_mean_distance():
    points = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    assert metrics.mean_distance(points) == pytest.approx(10 / 3)
    pictures = torch.zeros(2, 3, 2, 2)
    pictures[1] = 1
    assert metrics.mean_distance(pictures) == pytest.approx(12**0.5)
    assert metrics.mean_distance(points[:1]) == 0


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
def test_memorization(shown, held, made, expected):
    measured = own(shown, held, made)
    assert measured.memorization == pytest.approx(expected, abs=1e-6)
    counted = (measured.modes, measured.of, measured.balance, measured.quality)
    assert counted == (None, None, None, None)


def test_few_pictures_are_compared_with_as_many():
    """64 samples, 20 shown, 5 held out: means, so that the counts don't matter."""
    data = Pictures("own", flat(255, 20), flat(153, 5))
    trainer = Faked(data, gan_data.scaled(flat(0)))
    assert metrics.measure(trainer).memorization == pytest.approx(0.4, abs=1e-6)
    assert trainer.asked == 64


def test_sorted_pictures_are_all_asked_for():
    """80 held out, sorted: D knows the first half, and takes the other half for generated."""
    held = torch.cat([flat(255, 40), flat(0, 40)])
    data = Pictures("own", flat(255, 80), held)
    trainer = Faked(data, gan_data.scaled(flat(0)))
    assert metrics.measure(trainer).memorization == pytest.approx(0.5, abs=1e-6)


def test_pictures_all_alike_have_no_diversity():
    pair = torch.cat([flat(0, 1), flat(255, 1)])
    data = Pictures("own", pair.repeat(10, 1, 1, 1), pair)
    assert metrics.measure(Faked(data, gan_data.scaled(flat(7)))).diversity == 0
    varied = metrics.measure(Faked(data, gan_data.scaled(pair)))
    assert varied.diversity == pytest.approx(1, abs=0.05)


@pytest.fixture(scope="module")
def digits():
    return gan_data.digits()


def test_digits_are_counted(digits):
    trainer = Faked(digits, gan_data.scaled(digits.held_out[::5]))
    measured = metrics.measure(trainer)
    assert trainer.asked == 200
    assert (measured.modes, measured.of) == (10, 10)
    assert measured.balance > 0.99
    assert measured.quality > 0.97
    known, _ = digit_classifier.classify(gan_data.scaled(digits.held_out))
    ones = gan_data.scaled(digits.held_out[known == 1])
    collapsed = metrics.measure(Faked(digits, ones))
    assert (collapsed.modes, collapsed.of, collapsed.balance) == (1, 10, 0)
    assert collapsed.quality > 0.97
    assert 0 < collapsed.diversity < 0.8 * measured.diversity


class Told(Faked):
    """Told the classes of its data; draws pictures of the digits `drawn`, in turn."""

    def __init__(self, data, drawn):
        super().__init__(data, gan_data.scaled(torch.stack([one_of(data, d) for d in drawn])))


def one_of(data, digit):
    """A picture that the classifier is sure of."""
    shown = data.train[data.labels == data.classes.index(digit)]
    found, sure = digit_classifier.classify(gan_data.scaled(shown[:50]))
    return shown[:50][torch.where(found == digit, sure, 0).argmax()]


@pytest.mark.parametrize(
    ("drawn", "accuracy", "modes"),
    [
        ([1, 4, 7, 9], 1.0, 4),
        ([4, 4, 4, 4], 0.25, 1),
        ([4, 1, 9, 7], 0.0, 4),
        ([1, 4, 9, 9], 0.75, 3),
    ],
)
def test_class_accuracy_is_of_the_class_asked_for(digits, drawn, accuracy, modes):
    measured = metrics.measure(Told(labelled(digits, (1, 4, 7, 9)), drawn))
    assert (measured.class_accuracy, measured.modes, measured.of) == (accuracy, modes, 4)


def test_nobody_is_asked_for_a_class_without_classes(digits):
    trainer = Faked(digits, gan_data.scaled(digits.held_out[:1]))
    assert metrics.measure(trainer).class_accuracy is None


@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
def test_looking_at_a_run_changes_nothing_and_repeats(architecture, digits):
    data = RING if architecture == "mlp" else digits
    settings = TrainingSettings(
        architecture=architecture, width=4, latent=3, batch=8, r1=0.0, ema=0.5
    )
    trainer = Trainer(data, settings)
    trainer.train(rounds=2)
    rng, before = trainer.rng.get_state(), torch.get_rng_state()
    measured = metrics.measure(trainer)
    assert torch.equal(trainer.rng.get_state(), rng)
    assert torch.equal(torch.get_rng_state(), before)
    assert metrics.measure(trainer) == measured
    assert measured.of == (8 if architecture == "mlp" else 10)
    assert (measured.memorization is None) == (architecture == "mlp")
