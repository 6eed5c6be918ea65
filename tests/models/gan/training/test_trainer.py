"""A step of the trainer beside a textbook's loop, and what is measured of it."""

import copy
import dataclasses

import pytest
import torch
from torch import nn

from models.gan.training import losses
from models.gan.training.settings import LOSSES
from tests.models.gan.training.helpers import RING, WHOLE, made, weights


def textbook(trainer, rounds):
    """The same game without the trainer: one plain loop, the same draws.

    It sums in the trainer's order too: some gradients are 0 but for rounding (of a bias before
    batch norm, or one that moves all of a critic's logits), and Adam takes the rounding's sign.
    """
    G, D, settings = copy.deepcopy(trainer.G), copy.deepcopy(trainer.D), trainer.settings
    rng = torch.Generator().manual_seed(settings.seed)
    adam_d, adam_g = (
        torch.optim.Adam(network.parameters(), rate, (settings.beta1, 0.99), fused=True)
        for network, rate in ((D, settings.lr_d), (G, settings.lr_g))
    )
    every = 4 if len(trainer.data.shape) == 3 else 1
    for step in range(rounds):
        real = trainer.data.draw(settings.batch, rng)
        # A copy makes the fakes, so that G's statistics stay.
        fake = copy.deepcopy(G)(torch.randn(settings.batch, settings.latent, generator=rng))
        fake = fake.detach()
        of_real, of_fake = D(torch.cat([real, fake])).chunk(2)
        loss = losses.discriminator(settings.loss, of_real, of_fake, settings.smoothing)
        penalty = 0.0
        if settings.r1 and step % every == 0:
            penalty += settings.r1 / 2 * every * losses.squared_gradient(D, real)
        if settings.r2 and step % every == 0:
            penalty += settings.r2 / 2 * every * losses.squared_gradient(D, fake)
        if settings.loss == "wasserstein":
            share = torch.rand(settings.batch, generator=rng)
            penalty += settings.penalty * losses.gradient_penalty(D, real, fake, share)
        adam_d.zero_grad()
        (loss + penalty).backward()
        adam_d.step()
        pairs = settings.loss == "relativistic"
        of_real = D(trainer.data.draw(settings.batch, rng)) if pairs else None
        fake = G(torch.randn(settings.batch, settings.latent, generator=rng))
        adam_g.zero_grad()
        losses.generator(settings.loss, D(fake), of_real).backward()
        adam_g.step()
    return G, D


def flat_of(network, loss):
    """Names of what the loss does not depend on: biases before batch norm, and the means that it
    takes away again; the bias of all logits where only differences count."""
    layers = list(getattr(network, "layers", network))
    normed = [n for n, layer in enumerate(layers) if isinstance(layer, nn.BatchNorm1d)]
    names = {f"layers.{n - 1}.bias" for n in normed} | {f"layers.{n}.running_mean" for n in normed}
    last = max(n for n, layer in enumerate(layers) if isinstance(layer, nn.Linear))
    critic = loss in ("wasserstein", "relativistic") and layers[last].out_features == 1
    return names | {f"{last}.bias"} if critic else names


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("architecture", "values"),
    [
        ("mlp", {}),
        ("mlp", {"r1": 3.0, "beta1": 0.5, "smoothing": 0.2}),
        ("mlp", {"r2": 2.0}),
        ("dense", {"r1": 1.0}),
    ],
)
def test_rounds_are_the_textbook_s(architecture, values, loss):
    trainer = made(architecture, loss=loss, lr_d=2e-3, lr_g=3e-3, **values)
    G, D = textbook(trainer, 6)
    before = weights(trainer.G)
    trainer.train(rounds=6)
    for mine, plain in ((trainer.G, G), (trainer.D, D)):
        for name, value in plain.state_dict().items():
            # Whichever sign rounding gives a gradient of 0, Adam takes a whole step along it.
            atol = 3e-3 if name in flat_of(plain, loss) else 2e-5
            torch.testing.assert_close(mine.state_dict()[name], value, atol=atol, rtol=1e-3)
    assert (weights(trainer.G) - before).abs().max() > 0.01


def test_figures_of_one_step_by_hand():
    trainer = made(loss="hinge", lr_d=0.01, seed=3)
    rng = torch.Generator().manual_seed(3)
    real = RING.draw(8, rng)
    with torch.no_grad():
        fake = trainer.G(torch.randn(8, 3, generator=rng))
    of_real, of_fake = trainer.D(real), trainer.D(fake)
    loss = losses.discriminator("hinge", of_real, of_fake)
    gradients = torch.autograd.grad(loss, list(trainer.D.parameters()))
    before = weights(trainer.D)
    snapshot = trainer.advance(WHOLE, rounds=1, phase="discriminator")
    assert snapshot.loss_d == pytest.approx(loss.item(), rel=1e-5)
    assert snapshot.accuracy_real == float((of_real > 0).float().mean())
    assert snapshot.accuracy_fake == float((of_fake < 0).float().mean())
    gradient = torch.cat([gradient.flatten() for gradient in gradients])
    assert snapshot.grad_norm_d == pytest.approx(float(gradient.norm()), rel=1e-4)
    moved = weights(trainer.D) - before
    assert snapshot.update_ratio_d == pytest.approx(float(moved.norm() / before.norm()), rel=1e-3)
    # Adam's first step with momentum 0 is the rate, whatever the gradient.
    clear = gradient.abs() > 1e-4
    torch.testing.assert_close(moved[clear], -0.01 * gradient[clear].sign(), atol=1e-5, rtol=1e-3)
    assert (snapshot.loss_g, snapshot.grad_norm_g, snapshot.update_ratio_g) == (None, None, None)
    assert (snapshot.phase, snapshot.rounds, snapshot.steps_d, snapshot.steps_g) == (
        "discriminator",
        0,
        1,
        0,
    )


def test_means_are_since_the_snapshot_before():
    one, all_at_once = made(), made()
    single = [one.advance(WHOLE, rounds=1) for _ in range(4)]
    together = all_at_once.advance(WHOLE, rounds=4)
    for name in ("loss_d", "loss_g", "accuracy_real", "accuracy_fake"):
        mean = sum(getattr(snapshot, name) for snapshot in single) / 4
        assert getattr(together, name) == pytest.approx(mean, rel=1e-6)
    empty = one.snapshot()
    named = ("loss_d", "loss_g", "accuracy_real", "accuracy_fake", "grad_norm_d", "grad_norm_g",
             "update_ratio_d", "update_ratio_g")  # fmt: skip
    assert [getattr(empty, name) for name in named] == [None] * 8
    assert (empty.rounds, empty.phase) == (4, "both")
    with pytest.raises(dataclasses.FrozenInstanceError):
        empty.rounds = 0


def test_gradient_norms_and_update_ratios_are_of_a_slice_s_first_step():
    first, slice_ = made(loss="hinge"), made(loss="hinge", d_steps=3, g_steps=2)
    one = first.advance(WHOLE, 1, "discriminator")
    many = slice_.advance(WHOLE, 4)
    assert (many.grad_norm_d, many.update_ratio_d) == (one.grad_norm_d, one.update_ratio_d)


def test_a_network_without_a_step_has_no_figures():
    trainer = made()
    snapshot = trainer.advance(WHOLE, rounds=2, phase="generator")
    assert (snapshot.loss_d, snapshot.accuracy_real, snapshot.accuracy_fake) == (None, None, None)
    assert (snapshot.grad_norm_d, snapshot.update_ratio_d) == (None, None)
    assert None not in (snapshot.loss_g, snapshot.grad_norm_g, snapshot.update_ratio_g)
    assert (snapshot.rounds, snapshot.steps_d, snapshot.steps_g, snapshot.examples) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("architecture", "shape"), [("mlp", (1024, 2)), ("dcgan", (16, 1, 16, 16))]
)
def test_samples_are_of_the_same_latents_all_along(architecture, shape):
    trainer = made(architecture)
    first, latents = trainer.snapshot().samples, trainer.latents.clone()
    assert first.shape == shape
    assert torch.equal(trainer.snapshot().samples, first)
    later = trainer.advance(WHOLE, rounds=2).samples
    assert not torch.equal(later, first)
    assert torch.equal(trainer.latents, latents)
    assert torch.equal(made(architecture, lr_d=0.5).latents, latents)
    assert not torch.equal(made(architecture, seed=1).latents, latents)
