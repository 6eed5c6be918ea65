"""Optimization on toy networks whose answers are known, and on the small real one."""

import pytest
import torch

from models.gan.inversion import optimize, tuning
from models.gan.inversion.objective import FeatureDistance, Likeness, psnr, regularization
from models.gan.inversion.whitening import Whitening
from models.gan.networks.layers import fold_gains
from models.gan.networks.stylegan import LATENT, StyleGenerator

PLAIN = Whitening(torch.zeros(LATENT), torch.ones(LATENT), torch.eye(LATENT))


class Pixels:
    """An "ImageNet network" whose only features are the pixels."""

    def features(self, pictures, layers):
        return [pictures for _ in layers]


DISTANCE = FeatureDistance(Pixels(), layers=["pixels"])


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    made = StyleGenerator((8, 8, 8, 8, 8)).eval().requires_grad_(False)
    fold_gains(made)
    for conv in made.convs:
        conv.strength.fill_(0.1)
    made.freeze(torch.float32)
    return made


@pytest.fixture(scope="module")
def target(generator):
    """A picture that the generator draws."""
    styles = torch.randn(1, 9, LATENT, generator=torch.Generator().manual_seed(3))
    picture = generator(styles, optimize.noise_maps(generator, 0)) * 0.5 + 0.5
    return picture.clamp(0, 1)


def fits(generator, target, steps, space="w+"):
    likeness = Likeness(DISTANCE, target)
    noise = optimize.noise_maps(generator, 0)
    start = torch.zeros(1, 9, LATENT)
    return list(optimize.fit_codes(generator, PLAIN, likeness, start, noise, steps, space))


def test_features_are_compared_as_directions():
    a = torch.zeros(1, 3, 1, 2)
    a[0, 0] = 5  # (1, 0, 0) at both places
    b = torch.zeros(1, 3, 1, 2)
    b[0, 0, 0, 0], b[0, 1, 0, 1] = 1, 1  # the same, and (0, 1, 0)
    assert DISTANCE(a, b).item() == pytest.approx(1.0, abs=1e-3)  # (0 + 2) / 2 places
    terms = Likeness(DISTANCE, b)(a)
    assert terms.pixel.item() == pytest.approx((16 + 25 + 1) / 6)
    assert terms.likeness.item() == pytest.approx(70 + 1, abs=1e-3)


def test_regularization_and_psnr():
    common, offsets = torch.full((1, 4), 2.0), torch.full((1, 9, 4), 3.0)
    assert regularization(common, offsets).item() == pytest.approx(0.05 * 9 + 0.01 * 4)
    assert psnr(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.1)).item() == pytest.approx(20)


def test_the_rate_rises_over_five_steps_and_falls_over_the_last_quarter():
    rates = [optimize.rate(step, 40) / optimize.RATE for step in range(40)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[30] == 1.0
    assert rates[35] == pytest.approx(0.5)
    assert rates[39] == pytest.approx(0.1)


@pytest.mark.parametrize("space", ["w", "w+", "noise"])
def test_the_loss_falls_and_only_that_space_moves(generator, target, space):
    before = [p.clone() for p in generator.parameters()]
    found = fits(generator, target, 12, space)
    assert len(found) == 13
    assert found[-1].loss < found[0].loss
    styles = found[-1].styles[0]
    assert bool((styles == styles[:1]).all()) is (space == "w")
    moved = any(not torch.equal(a, b) for a, b in zip(found[0].noise, found[-1].noise, strict=True))
    assert moved is (space == "noise")
    assert all(torch.equal(a, b) for a, b in zip(before, generator.parameters(), strict=True))


def test_the_same_inputs_give_the_same_picture(generator, target):
    assert torch.equal(
        fits(generator, target, 3)[-1].picture, fits(generator, target, 3)[-1].picture
    )


def test_a_fit_keeps_what_it_was_when_the_next_step_is_taken(generator, target):
    steps = optimize.fit_codes(
        generator, PLAIN, Likeness(DISTANCE, target), torch.zeros(1, 9, LATENT),
        optimize.noise_maps(generator, 0), 3, "noise",
    )  # fmt: skip
    first = next(steps)
    styles, noise = first.styles.clone(), first.noise[-1].clone()
    next(steps)
    assert torch.equal(first.styles, styles)
    assert torch.equal(first.noise[-1], noise)
    steps.close()


def test_tuning_changes_a_private_copy_alone(generator, target):
    likeness, noise = Likeness(DISTANCE, target), optimize.noise_maps(generator, 0)
    copied = tuning.private_copy(generator)
    before = [p.clone() for p in generator.parameters()]
    found = list(tuning.tune(copied, likeness, torch.zeros(1, 9, LATENT), noise, 5))
    tuning.freeze(copied)
    assert found[-1].loss < found[0].loss
    assert all(torch.equal(a, b) for a, b in zip(before, generator.parameters(), strict=True))
    assert not torch.equal(copied.convs[8].conv.weight, generator.convs[8].conv.weight)
    assert torch.equal(copied.mapping.layers[0].weight, generator.mapping.layers[0].weight)
    assert not any(p.requires_grad or p.grad is not None for p in copied.parameters())
    # Demodulation follows the new weights, frozen or not.
    again = copied(torch.zeros(1, 9, LATENT), noise) * 0.5 + 0.5
    assert torch.allclose(again.clamp(0, 1), found[-1].picture, atol=1e-5)
