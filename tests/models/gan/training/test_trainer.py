"""The trainer: a textbook's loop step by step, two networks that keep apart, runs that go on."""

import copy
import dataclasses
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from models.gan.training import data as gan_data
from models.gan.training import losses as gan_losses
from models.gan.training import metrics as gan_figures
from models.gan.training import trainer as gan_training
from models.gan.training.data import Pictures
from models.gan.training.settings import LOSSES, Settings
from models.gan.training.trainer import Trainer

RING = gan_data.plane("ring")
WHOLE = float("inf")  # seconds: a slice ends by its rounds, however slow the machine


@pytest.fixture(autouse=True)
def kept_every_time(monkeypatch):
    """Small networks are kept after each slice; on a busy machine that must not depend on time."""
    monkeypatch.setattr(gan_training, "CHEAP", float("inf"))


def pictures(side=16, channels=1):
    chance = torch.Generator().manual_seed(7)
    cells = torch.randint(0, 256, (30, channels, side, side), generator=chance)
    return Pictures("own", cells[:20].byte(), cells[20:].byte())


def made(architecture="mlp", data=None, **values):
    values = {"width": 4, "latent": 3, "batch": 8, "r1": 0.0} | values
    data = data or (RING if architecture == "mlp" else pictures())
    return Trainer(data, Settings(architecture=architecture, **values))


def snapshot(*parts):
    """Weights, buffers and optimiser states, by name, copied."""
    found = {}
    for index, part in enumerate(parts):
        state = part.state_dict()
        leaves = tree_leaves(state) if "state" in state else state.values()
        values = [v.clone() for v in leaves if isinstance(v, torch.Tensor)]
        found |= {(index, n): value for n, value in enumerate(values)}
    return found


def same(a, b):
    """Bit for bit, whole states."""
    a, b = tree_leaves(a), tree_leaves(b)
    return len(a) == len(b) and all(
        torch.equal(x, y) if isinstance(x, torch.Tensor) else x == y
        for x, y in zip(a, b, strict=True)
    )


def weights(network):
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def all_finite(trainer):
    tensors = [*trainer.G.state_dict().values(), *trainer.D.state_dict().values()]
    return all(bool(tensor.isfinite().all()) for tensor in tensors)


# -- one step, as a textbook has it ----------------------------------------------------------------


def textbook(trainer, rounds):
    """The same game without the trainer: one plain loop, the same draws.

    It sums in the trainer's order too: some slopes are 0 but for rounding (of a bias before batch
    norm, or one that moves all of a critic's logits), and Adam takes the rounding's sign.
    """
    G, D, settings = copy.deepcopy(trainer.G), copy.deepcopy(trainer.D), trainer.settings
    chance = torch.Generator().manual_seed(settings.seed)
    adam_d, adam_g = (
        torch.optim.Adam(network.parameters(), rate, (settings.beta1, 0.99), fused=True)
        for network, rate in ((D, settings.lr_d), (G, settings.lr_g))
    )
    every = 4 if len(trainer.data.shape) == 3 else 1
    for step in range(rounds):
        real = trainer.data.draw(settings.batch, chance)
        # A copy makes the fakes, so that G's statistics stay.
        fake = copy.deepcopy(G)(torch.randn(settings.batch, settings.latent, generator=chance))
        fake = fake.detach()
        of_real, of_fake = D(torch.cat([real, fake])).chunk(2)
        loss = gan_losses.discriminator(settings.loss, of_real, of_fake, settings.smoothing)
        penalty = 0.0
        if settings.r1 and step % every == 0:
            penalty += settings.r1 / 2 * every * gan_losses.r1(D, real)
        if settings.loss == "wasserstein":
            share = torch.rand(settings.batch, generator=chance)
            penalty += settings.penalty * gan_losses.gradient_penalty(D, real, fake, share)
        adam_d.zero_grad()
        (loss + penalty).backward()
        adam_d.step()
        fake = G(torch.randn(settings.batch, settings.latent, generator=chance))
        adam_g.zero_grad()
        gan_losses.generator(settings.loss, D(fake)).backward()
        adam_g.step()
    return G, D


def flat_of(network, loss):
    """Names of what the loss does not depend on: biases before batch norm, and the means that it
    takes away again; the bias of all logits of a Wasserstein critic."""
    layers = list(getattr(network, "layers", network))
    normed = [n for n, layer in enumerate(layers) if isinstance(layer, nn.BatchNorm1d)]
    names = {f"layers.{n - 1}.bias" for n in normed} | {f"layers.{n}.running_mean" for n in normed}
    last = max(n for n, layer in enumerate(layers) if isinstance(layer, nn.Linear))
    critic = loss == "wasserstein" and layers[last].out_features == 1
    return names | {f"{last}.bias"} if critic else names


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("architecture", "values"),
    [("mlp", {}), ("mlp", {"r1": 3.0, "beta1": 0.5, "smoothing": 0.2}), ("dense", {"r1": 1.0})],
)
def test_rounds_are_the_textbook_s(architecture, values, loss):
    trainer = made(architecture, loss=loss, lr_d=2e-3, lr_g=3e-3, **values)
    G, D = textbook(trainer, 6)
    before = weights(trainer.G)
    trainer.work(rounds=6)
    for mine, plain in ((trainer.G, G), (trainer.D, D)):
        for name, value in plain.state_dict().items():
            # Whichever sign rounding gives a slope of 0, Adam takes a whole step along it.
            atol = 3e-3 if name in flat_of(plain, loss) else 2e-5
            torch.testing.assert_close(mine.state_dict()[name], value, atol=atol, rtol=1e-3)
    assert (weights(trainer.G) - before).abs().max() > 0.01


def test_figures_of_one_step_by_hand():
    trainer = made(loss="hinge", lr_d=0.01, seed=3)
    chance = torch.Generator().manual_seed(3)
    real = RING.draw(8, chance)
    with torch.no_grad():
        fake = trainer.G(torch.randn(8, 3, generator=chance))
    of_real, of_fake = trainer.D(real), trainer.D(fake)
    loss = gan_losses.discriminator("hinge", of_real, of_fake)
    slopes = torch.autograd.grad(loss, list(trainer.D.parameters()))
    before = weights(trainer.D)
    moment = trainer.advance(WHOLE, rounds=1, phase="discriminator")
    assert moment.loss_d == pytest.approx(loss.item(), rel=1e-5)
    assert moment.accuracy_real == float((of_real > 0).float().mean())
    assert moment.accuracy_fake == float((of_fake < 0).float().mean())
    slope = torch.cat([slope.flatten() for slope in slopes])
    assert moment.slope_d == pytest.approx(float(slope.norm()), rel=1e-4)
    moved = weights(trainer.D) - before
    assert moment.change_d == pytest.approx(float(moved.norm() / before.norm()), rel=1e-3)
    # Adam's first step with momentum 0 is the rate, whatever the slope.
    clear = slope.abs() > 1e-4
    torch.testing.assert_close(moved[clear], -0.01 * slope[clear].sign(), atol=1e-5, rtol=1e-3)
    assert (moment.loss_g, moment.slope_g, moment.change_g) == (None, None, None)
    assert (moment.phase, moment.rounds, moment.steps_d, moment.steps_g) == (
        "discriminator",
        0,
        1,
        0,
    )


def test_means_are_since_the_moment_before():
    one, all_at_once = made(), made()
    single = [one.advance(WHOLE, rounds=1) for _ in range(4)]
    together = all_at_once.advance(WHOLE, rounds=4)
    for name in ("loss_d", "loss_g", "accuracy_real", "accuracy_fake"):
        mean = sum(getattr(moment, name) for moment in single) / 4
        assert getattr(together, name) == pytest.approx(mean, rel=1e-6)
    empty = one.moment()
    named = ("loss_d", "loss_g", "accuracy_real", "accuracy_fake", "slope_d", "slope_g",
             "change_d", "change_g")  # fmt: skip
    assert [getattr(empty, name) for name in named] == [None] * 8
    assert (empty.rounds, empty.phase) == (4, "both")
    with pytest.raises(dataclasses.FrozenInstanceError):
        empty.rounds = 0


def test_slopes_and_changes_are_of_a_slice_s_first_step():
    first, slice_ = made(loss="hinge"), made(loss="hinge", d_steps=3, g_steps=2)
    one = first.advance(WHOLE, 1, "discriminator")
    many = slice_.advance(WHOLE, 4)
    assert (many.slope_d, many.change_d) == (one.slope_d, one.change_d)


def test_a_network_without_a_step_has_no_figures():
    trainer = made()
    moment = trainer.advance(WHOLE, rounds=2, phase="generator")
    assert (moment.loss_d, moment.accuracy_real, moment.accuracy_fake) == (None, None, None)
    assert (moment.slope_d, moment.change_d) == (None, None)
    assert None not in (moment.loss_g, moment.slope_g, moment.change_g)
    assert (moment.rounds, moment.steps_d, moment.steps_g, moment.examples) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("architecture", "shape"), [("mlp", (1024, 2)), ("dcgan", (16, 1, 16, 16))]
)
def test_samples_are_of_the_same_latents_all_along(architecture, shape):
    trainer = made(architecture)
    first, latents = trainer.moment().samples, trainer.latents.clone()
    assert first.shape == shape
    assert torch.equal(trainer.moment().samples, first)
    later = trainer.advance(WHOLE, rounds=2).samples
    assert not torch.equal(later, first)
    assert torch.equal(trainer.latents, latents)
    assert torch.equal(made(architecture, lr_d=0.5).latents, latents)
    assert not torch.equal(made(architecture, seed=1).latents, latents)


# -- the two keep apart ----------------------------------------------------------------------------

APART = [
    ("mlp", {}),
    ("mlp", {"spectral": True}),
    ("mlp", {"r1": 1.0}),
    ("mlp", {"loss": "wasserstein", "r1": 1.0}),
    ("mlp", {"spectral": True, "loss": "wasserstein", "ema": 0.9}),
    ("dense", {}),
    ("dense", {"spectral": True, "r1": 1.0}),
    ("dense", {"loss": "wasserstein", "augment": True}),
    ("dcgan", {}),
    ("dcgan", {"augment": True, "ema": 0.9}),
    ("dcgan", {"spectral": True}),
    ("dcgan", {"r1": 1.0, "augment": True}),
    ("dcgan", {"loss": "wasserstein"}),
    ("dcgan", {"spectral": True, "loss": "wasserstein", "r1": 1.0, "augment": True}),
]


@pytest.mark.parametrize(("architecture", "values"), APART)
def test_a_step_of_one_leaves_the_other_untouched(architecture, values):
    trainer = made(architecture, **values)
    trainer.work(rounds=2)
    d, g = ((trainer.D, trainer._adams["d"]), (trainer.G, trainer.average, trainer._adams["g"]))
    for step, moving, resting in (
        (trainer.step_discriminator, d, g),
        (trainer.step_generator, g, d),
    ):
        for weight in resting[0].parameters():
            weight.grad = None
        before, moved = snapshot(*resting), snapshot(*moving)
        modes = [module.training for module in resting[0].modules()]
        step()
        assert same(snapshot(*resting), before)
        assert not same(snapshot(*moving), moved)
        assert all(weight.grad is None for weight in resting[0].parameters())
        assert all(weight.requires_grad for weight in resting[0].parameters())
        assert [module.training for module in resting[0].modules()] == modes
        for module in resting[0].modules():
            assert getattr(module, "track_running_stats", True)


@pytest.mark.parametrize("architecture", ["dense", "dcgan"])
def test_statistics_move_with_their_own_network(architecture):
    trainer = made(architecture)
    norms = [m for m in trainer.G.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    for _ in range(3):
        trainer.step_discriminator()
    assert [int(norm.num_batches_tracked) for norm in norms] == [0] * len(norms)
    for _ in range(2):
        trainer.step_generator()
    assert [int(norm.num_batches_tracked) for norm in norms] == [2] * len(norms)


def test_batch_norm_never_mixes_real_and_generated():
    trainer, seen = made("dcgan", batch=6), []
    forward = trainer.D.forward
    trainer.D.forward = lambda x: seen.append(len(x)) or forward(x)
    trainer.work(rounds=1)
    assert seen == [6, 6, 6]
    trainer, seen = made("dcgan", batch=6, spectral=True), []
    forward = trainer.D.forward
    trainer.D.forward = lambda x: seen.append(len(x)) or forward(x)
    trainer.work(rounds=1)
    assert seen == [12, 6]


@pytest.mark.parametrize(("architecture", "steps"), [("mlp", range(9)), ("dense", [0, 4, 8])])
def test_r1_on_pictures_is_taken_every_fourth_step(monkeypatch, architecture, steps):
    trainer, taken = made(architecture, r1=1.0), []
    real = gan_losses.r1
    monkeypatch.setattr(
        gan_losses, "r1", lambda *args: taken.append(trainer.steps_d) or real(*args)
    )
    trainer.work(rounds=9)
    assert taken == list(steps)


def test_both_are_augmented_alike_and_points_are_not(monkeypatch):
    calls = []

    def spy(examples, policy, generator):
        calls.append((len(examples), policy, generator))
        return examples

    monkeypatch.setattr(gan_training, "augment", spy)
    trainer = made("dcgan", augment=True)
    trainer.work(rounds=1)
    policy = ("translation", "cutout")
    assert calls == [(16, policy, trainer.chance), (8, policy, trainer.chance)]
    calls.clear()
    made(augment=True).work(rounds=1)
    made("dcgan").work(rounds=1)
    assert calls == []


# -- a run goes on as if nothing had happened ------------------------------------------------------

COURSES = [
    ("mlp", {"r1": 0.1}),
    ("mlp", {"spectral": True, "ema": 0.9, "beta1": 0.5}),
    ("mlp", {"loss": "wasserstein", "d_steps": 3}),
    ("mlp", {"skip_below": 1.38, "g_steps": 2}),
    ("dense", {"ema": 0.9, "r1": 0.5}),
    ("dense", {}),
    ("dcgan", {}),
    ("dcgan", {"augment": True, "ema": 0.99, "beta1": 0.5}),
    ("dcgan", {"augment": True, "ema": 0.99, "r1": 1.0, "spectral": True}),
    ("dcgan", {"loss": "wasserstein", "augment": True, "ema": 0.5}),
]


@pytest.mark.parametrize(("architecture", "values"), COURSES)
def test_stopped_and_resumed_is_uninterrupted(architecture, values):
    whole, first, second = (made(architecture, **values) for _ in range(3))
    whole.work(rounds=7)
    first.work(rounds=3)
    second.load(first.state())
    assert same(second.state(), first.state())
    second.work(rounds=4)
    assert same(second.state(), whole.state())
    assert torch.equal(second.moment().samples, whole.moment().samples)
    assert (second.rounds, first.rounds) == (7, 3)


@pytest.mark.parametrize(("architecture", "values"), COURSES)
def test_slices_and_looks_make_no_difference(architecture, values):
    whole, sliced, other = (made(architecture, **values) for _ in range(3))
    whole.work(rounds=8)
    examples = sliced.data.draw(4, torch.Generator().manual_seed(0))
    before = torch.get_rng_state()
    for index in range(4):
        torch.manual_seed(index)
        sliced.work(seconds=0)  # one round at least
        gan_figures.take(sliced)
        sliced.sample(torch.randn(4, 3))
        sliced.judge(examples)
        if architecture == "mlp":
            sliced.pull(examples)
        other.work(rounds=1)
        sliced.advance(WHOLE, rounds=1)
        torch.randn(5)
        sliced.moment()
    torch.set_rng_state(before)
    assert sliced.rounds == 8
    assert same(sliced.state(), whole.state())


def test_single_steps_are_rounds():
    whole, stepped = made("dcgan", augment=True), made("dcgan", augment=True)
    whole.work(rounds=3)
    for _ in range(3):
        stepped.work(rounds=1, phase="discriminator")
        stepped.work(rounds=1, phase="generator")
    assert same(stepped.G.state_dict(), whole.G.state_dict())
    assert same(stepped.D.state_dict(), whole.D.state_dict())
    assert (stepped.rounds, stepped.steps_d, stepped.steps_g) == (0, 3, 3)


@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
def test_the_global_generator_plays_no_part(architecture):
    runs = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        trainer = made(architecture, augment=True, spectral=True, seed=5)
        trainer.work(rounds=2)
        assert torch.equal(torch.get_rng_state(), before)
        runs.append(trainer.state())
    assert same(*runs)
    other = made(architecture, augment=True, spectral=True, seed=6)
    assert not torch.equal(weights(other.G), weights(made(architecture, seed=5).G))


@pytest.mark.parametrize("ema", [0, 0.9])
def test_looking_leaves_modes_and_statistics(ema):
    trainer = made("dcgan", ema=ema)
    trainer.work(rounds=2)
    before = trainer.state()
    modes = [m.training for net in (trainer.G, trainer.D, trainer.average) for m in net.modules()]
    trainer.sample(torch.zeros(3, 3))
    trainer.judge(torch.zeros(3, 1, 16, 16))
    gan_figures.take(trainer)
    trainer.moment()
    assert same(trainer.state(), before)
    assert modes == [
        m.training for net in (trainer.G, trainer.D, trainer.average) for m in net.modules()
    ]


def test_states_are_copies():
    trainer = made("dcgan", ema=0.9)
    trainer.work(rounds=2)
    kept = trainer.state()
    frozen = copy.deepcopy(kept)
    trainer.work(rounds=2)
    assert same(kept, frozen)
    ahead = trainer.state()
    for _ in range(2):
        trainer.load(kept)
        trainer.work(rounds=2)
        assert same(trainer.state(), ahead)
        assert same(kept, frozen)


def test_loading_keeps_the_knobs_as_they_are_turned():
    trainer = made()
    trainer.work(rounds=2)
    state = trainer.state()
    trainer.turn(trainer.settings.turned(lr_d=0, lr_g=0))
    trainer.load(state)
    trainer.work(rounds=2)
    assert same(trainer.G.state_dict(), state["G"])
    assert same(trainer.D.state_dict(), state["D"])


# -- knobs -----------------------------------------------------------------------------------------

TURNS = [
    ("mlp", {"lr_d": 0.01}),
    ("mlp", {"lr_g": 0.01}),
    ("mlp", {"beta1": 0.9}),
    ("mlp", {"batch": 16}),
    ("mlp", {"r1": 5.0}),
    ("mlp", {"smoothing": 0.3}),
    ("mlp", {"d_steps": 2}),
    ("mlp", {"g_steps": 2}),
    ("mlp", {"skip_below": 100.0}),
    ("dense", {"augment": True}),
    ("dcgan", {"augment": True}),
    *(("mlp", {"loss": loss}) for loss in LOSSES[1:]),
]


@pytest.mark.parametrize(("architecture", "values"), TURNS)
def test_a_turned_knob_counts_from_the_next_step(architecture, values):
    still, turned = made(architecture), made(architecture)
    for trainer in (still, turned):
        trainer.work(rounds=3)
    before = turned.state()
    turned.turn(turned.settings.turned(**values))
    assert same(turned.state()["G"], before["G"])
    for trainer in (still, turned):
        trainer.work(rounds=1)
    assert not torch.equal(weights(still.G), weights(turned.G))
    # And it is the same as if a fresh run had been told so at that point.
    fresh = Trainer(turned.data, turned.settings)
    fresh.load(before)
    fresh.work(rounds=1)
    assert same(fresh.state(), turned.state())


def test_turned_back_is_as_if_never_turned():
    still, turned = made(), made()
    for trainer in (still, turned):
        trainer.work(rounds=2)
    turned.turn(turned.settings.turned(lr_d=1, lr_g=1, beta1=0.9, loss="hinge", batch=32))
    turned.turn(still.settings)
    for trainer in (still, turned):
        trainer.work(rounds=2)
    assert same(still.state(), turned.state())


def test_steps_are_as_long_as_the_rate_now():
    trainer = made()
    trainer.work(rounds=3)
    state, moved = trainer.state(), []
    for rate in (1e-3, 3e-3):
        trainer.load(state)
        trainer.turn(trainer.settings.turned(lr_d=rate))
        before, of_g = weights(trainer.D), weights(trainer.G)
        trainer.step_discriminator()
        moved.append(weights(trainer.D) - before)
        assert torch.equal(weights(trainer.G), of_g)
    torch.testing.assert_close(moved[1], 3 * moved[0], atol=1e-6, rtol=1e-3)


def test_the_batch_is_as_large_as_wanted_now():
    trainer = made(batch=8)
    trainer.work(rounds=2)
    trainer.turn(trainer.settings.turned(batch=32))
    trainer.work(rounds=1)
    assert trainer.examples == 2 * 8 + 32


@pytest.mark.parametrize(
    "values",
    [{"width": 8}, {"latent": 2}, {"seed": 1}, {"spectral": True}, {"architecture": "dense"}],
)
def test_what_needs_new_networks_is_refused(values):
    trainer = made()
    settings = trainer.settings
    with pytest.raises(ValueError, match="new networks"):
        trainer.turn(settings.turned(lr_d=1.0, **values))
    assert trainer.settings is settings
    assert trainer._adams["d"].param_groups[0]["lr"] == 1e-3


def test_steps_of_each():
    trainer = made(d_steps=3, g_steps=2, batch=4)
    moment = trainer.advance(WHOLE, rounds=4)
    assert (moment.rounds, moment.steps_d, moment.steps_g) == (4, 12, 8)
    assert (moment.examples, moment.skipped, moment.phase) == (48, 0, "both")
    assert trainer.work(rounds=3, phase="generator") == 3
    assert trainer.work(rounds=2, phase="discriminator") == 2
    assert (trainer.rounds, trainer.steps_d, trainer.steps_g) == (4, 14, 11)
    assert trainer.moment().phase == "discriminator"
    assert trainer.work(rounds=0) == 0


@pytest.mark.parametrize(
    ("architecture", "values"),
    [("mlp", {}), ("dense", {"r1": 1.0}), ("dcgan", {}), ("dcgan", {"augment": True})],
)
def test_a_skipped_step_leaves_d_as_it_is(architecture, values):
    trainer = made(architecture, skip_below=100.0, d_steps=2, **values)
    before, of_g = weights(trainer.D), weights(trainer.G)
    moment = trainer.advance(WHOLE, rounds=3)
    assert torch.equal(weights(trainer.D), before)
    assert not trainer._adams["d"].state
    assert not torch.equal(weights(trainer.G), of_g)
    assert (moment.skipped, moment.steps_d, moment.steps_g) == (6, 0, 3)
    assert moment.examples == 6 * 8
    assert moment.loss_d is not None
    assert (moment.slope_d, moment.change_d) == (None, None)


def test_d_skips_only_while_its_loss_is_below():
    """log 4 = 1.386 is a coin's; an untrained D is near it."""
    for threshold, skipped in ((1.0, 0), (2.0, 1)):
        trainer = made(skip_below=threshold)
        trainer.work(rounds=1)
        assert (trainer.skipped, trainer.steps_d) == (skipped, 1 - skipped)
    losses, steps = [], []
    trainer = made(skip_below=1.38, width=16, lr_d=0.01)
    for _ in range(30):
        before = trainer.steps_d
        losses.append(trainer.advance(WHOLE, rounds=1).loss_d)
        steps.append(trainer.steps_d - before)
    assert steps == [int(loss >= 1.38) for loss in losses]
    assert 0 < sum(steps) < 30


def test_learning_rate_0_changes_nothing():
    for architecture in ("mlp", "dense", "dcgan"):
        trainer = made(architecture, lr_d=0, lr_g=0, ema=0.5)
        before = weights(trainer.G), weights(trainer.D), weights(trainer.average)
        moment = trainer.advance(WHOLE, rounds=3)
        after = weights(trainer.G), weights(trainer.D), weights(trainer.average)
        assert same(before, after)
        assert (moment.steps_d, moment.change_d, moment.change_g) == (3, 0, 0)
        assert moment.slope_d > 0


# -- the running average ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ema", "shares"),
    # Growing from 2/11, 3/12, 4/13 up to what was asked for.
    [(0.99, (2 / 11, 3 / 12, 4 / 13)), (0.2, (2 / 11, 0.2, 0.2)), (0.1, (0.1, 0.1, 0.1))],
)
def test_the_running_average(ema, shares):
    trainer = made(ema=ema, lr_g=0.1)
    expected = weights(trainer.G)
    for share in shares:
        trainer.work(rounds=1)
        expected = share * expected + (1 - share) * weights(trainer.G)
        torch.testing.assert_close(weights(trainer.average), expected)
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    shown = trainer.sample(z)
    assert torch.equal(shown, trainer.average(z))
    trainer.turn(trainer.settings.turned(ema=0))
    torch.testing.assert_close(trainer.sample(z), trainer.G(z).detach())
    assert (shown - trainer.sample(z)).abs().max() > 1e-3


def test_statistics_are_averaged_too_and_counts_are_copied():
    trainer = made("dense", ema=0.5)
    norm, average = trainer.G.layers[1], trainer.average.layers[1]
    expected = norm.running_mean.clone()
    for share in (2 / 11, 3 / 12):
        trainer.work(rounds=1)
        expected = share * expected + (1 - share) * norm.running_mean
    torch.testing.assert_close(average.running_mean, expected)
    assert int(average.num_batches_tracked) == int(norm.num_batches_tracked) == 2


def test_an_average_turned_on_in_mid_run_begins_there():
    trainer = made(lr_g=0.1)
    trainer.work(rounds=20)
    trainer.turn(trainer.settings.turned(ema=0.99))
    at = weights(trainer.G)
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(trainer.sample(z), trainer.G(z).detach())
    trainer.work(rounds=1)
    share = 22 / 31
    torch.testing.assert_close(
        weights(trainer.average), share * at + (1 - share) * weights(trainer.G)
    )


def test_no_average_shows_the_generator():
    trainer = made("dcgan")
    trainer.work(rounds=2)
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    shown = trainer.sample(z)
    trainer.G.load_state_dict(made("dcgan", seed=1).G.state_dict())
    assert not torch.equal(trainer.sample(z), shown)


# -- what goes wrong -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spoiling:
    """The ring, until `after` draws are made; then every number is `value`."""

    after: int
    value: float
    drawn: list
    shape = (2,)

    def draw(self, count, generator):
        self.drawn.append(count)
        points = RING.draw(count, generator)
        return points if len(self.drawn) <= self.after else torch.full_like(points, self.value)


def grown(network, factor):
    """Weights as after very many steps that were far too long."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(factor)


@pytest.mark.parametrize(
    ("loss", "values", "factor"),
    [
        ("least_squares", {}, 1e8),  # d ~ 1e24, d^2 is no float any more
        ("non_saturating", {"r1": 1.0}, 1e8),  # |grad d|^2
        ("wasserstein", {}, 1e8),
        ("hinge", {}, 1e14),  # d itself
    ],
)
def test_a_rate_of_10_that_blows_up(loss, values, factor):
    trainer = made(loss=loss, lr_d=10, lr_g=10, **values)
    trainer.work(rounds=3)
    assert not trainer.diverged
    good = trainer.state()
    grown(trainer.D, factor)
    moment = trainer.advance(WHOLE, rounds=5)
    assert moment.diverged
    assert same(trainer.state(), good)
    assert all_finite(trainer)
    assert moment.samples.isfinite().all()
    assert (moment.rounds, moment.steps_d, moment.examples) == (3, 3, 24)
    # What led there is forgotten, but not the blow.
    assert (moment.loss_d, moment.loss_g, moment.slope_d) == (None, None, None)
    trainer.turn(trainer.settings.turned(lr_d=1e-3, lr_g=1e-3))
    after = trainer.advance(WHOLE, rounds=5)
    assert not after.diverged
    assert after.rounds == 8
    assert all_finite(trainer)
    assert after.change_d > 0
    assert all(weight.requires_grad for weight in trainer.D.parameters())


def test_a_slope_whose_square_is_no_number():
    """Loss and gradient are numbers, but Adam keeps a mean of squares: it would stand still."""
    trainer = made(loss="least_squares")
    trainer.work(rounds=3)
    good = trainer.state()
    grown(trainer.D, 1e6)
    logits = trainer.judge(RING.draw(100, torch.Generator().manual_seed(0)))
    assert 1e12 < logits.abs().max() < 1e18  # squared, still far from 3e38
    trainer.work(rounds=1, phase="discriminator")
    assert trainer.diverged
    assert same(trainer.state(), good)


@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
def test_a_rate_of_10_keeps_finite_weights(architecture):
    trainer = made(architecture, lr_d=10, lr_g=10, loss="least_squares")
    for _ in range(6):
        moment = trainer.advance(WHOLE, rounds=5)
        assert all_finite(trainer)
        assert moment.samples.isfinite().all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_data_that_are_no_numbers(value):
    trainer = made(data=Spoiling(0, value, []))
    before = trainer.state()
    moments = list(trainer.run(seconds=WHOLE, rounds=10))
    assert [moment.diverged for moment in moments] == [True]
    assert (moments[0].rounds, moments[0].loss_d) == (0, None)
    assert same(trainer.state(), before)


def test_the_last_good_moment_is_the_last_slice_s_end():
    trainer = made(data=Spoiling(5, torch.nan, []), ema=0.9)
    for _ in range(2):
        trainer.work(rounds=2)
    good = trainer.state()
    assert trainer.work(rounds=2) == 1  # the fifth round was done, the sixth was not
    assert trainer.diverged
    assert trainer.rounds == 4
    assert same(trainer.state(), good)


def test_what_is_dear_to_keep_is_kept_seldom(monkeypatch):
    """Keeping takes 1 s on this clock: the next time is 10 s later at the earliest."""
    clock = SimpleNamespace(now=100.0)
    trainer = made()
    state = trainer.state

    def slow():
        clock.now += 1
        return state()

    monkeypatch.setattr(gan_training, "CHEAP", 0.005)
    monkeypatch.setattr(gan_training, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(trainer, "state", slow)
    kept = []
    for _ in range(15):
        before = trainer._good
        trainer.work(rounds=1)
        kept.append(trainer._good is not before)
        clock.now += 1.5
    # Kept at 100 s; then 102.5, 104, ..., and 110 or later again.
    assert [n for n, known in enumerate(kept) if known] == [0, 6, 12]
    good = trainer.rounds - 2
    grown(trainer.D, torch.inf)
    trainer.work(rounds=1)
    assert (trainer.diverged, trainer.rounds) == (True, good)


def test_the_generator_s_loss_may_break_first():
    trainer = made("dense")
    trainer.work(rounds=2)
    good = trainer.state()
    with torch.no_grad():
        trainer.G.layers[0].weight.fill_(torch.nan)
    moment = trainer.advance(WHOLE, rounds=1, phase="generator")
    assert moment.diverged
    assert same(trainer.state(), good)
    assert all(weight.requires_grad for weight in trainer.D.parameters())
    assert trainer.advance(WHOLE, rounds=1).diverged is False


def test_statistics_that_are_no_numbers_are_not_kept():
    trainer = made("dense")
    trainer.work(rounds=1)
    good = trainer.state()
    trainer.G.layers[1].running_var.fill_(torch.inf)
    trainer.work(rounds=1)
    assert trainer.diverged
    assert same(trainer.state(), good)


# -- running ---------------------------------------------------------------------------------------


def test_a_run_yields_moments_until_its_rounds_are_done():
    trainer, plain = made(), made()
    moments = list(trainer.run(seconds=0, rounds=5))
    assert [moment.rounds for moment in moments] == [1, 2, 3, 4, 5]
    assert list(trainer.run(rounds=5)) == []
    plain.work(rounds=5)
    assert same(trainer.state(), plain.state())
    assert [moment.rounds for moment in trainer.run(seconds=WHOLE, rounds=9)] == [9]


def test_a_run_computes_only_when_asked_and_can_be_closed():
    trainer, plain = made(), made()
    run = trainer.run(seconds=0)
    assert trainer.rounds == 0
    for expected in (1, 2, 3):
        assert next(run).rounds == expected
    run.close()
    assert trainer.rounds == 3
    trainer.turn(trainer.settings.turned(lr_d=0.01))
    assert [moment.rounds for moment in trainer.run(seconds=WHOLE, rounds=6)] == [6]
    plain.work(rounds=3)
    plain.turn(trainer.settings)
    plain.work(rounds=3)
    assert same(trainer.state(), plain.state())


def test_knobs_turned_between_moments_count():
    trainer = made()
    run = trainer.run(seconds=0, rounds=4)
    next(run)
    trainer.turn(trainer.settings.turned(batch=16, d_steps=3))
    assert [moment.steps_d for moment in run] == [4, 7, 10]
    assert trainer.examples == 8 + 9 * 16


# -- beginning -------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["dense", "dcgan"])
def test_starting_from_weights(architecture):
    old = made(architecture)
    old.work(rounds=3)
    start = {"generator": old.G.state_dict(), "discriminator": old.D.state_dict()}
    kept = copy.deepcopy(start)
    new = Trainer(old.data, old.settings.turned(seed=9, ema=0.9), start=start)
    assert same(new.G.state_dict(), start["generator"])
    assert same(new.D.state_dict(), start["discriminator"])
    assert same(new.average.state_dict(), start["generator"])
    assert (new.rounds, new.steps_d, new.diverged) == (0, 0, False)
    new.work(rounds=2)
    assert same(start, kept)
    with pytest.raises(RuntimeError, match="size mismatch"):
        Trainer(old.data, old.settings.turned(width=8), start=start)


@pytest.mark.parametrize(
    ("architecture", "data"), [("dense", RING), ("dcgan", RING), ("mlp", pictures())]
)
def test_data_that_do_not_fit(architecture, data):
    with pytest.raises(ValueError, match="does not make examples of shape"):
        made(architecture, data=data)


def test_memory_is_told():
    trainer = made(width=8, latent=3)
    count = (3 * 8 + 8) + (8 * 8 + 8) + (8 * 2 + 2) + (2 * 8 + 8) + (8 * 8 + 8) + (8 + 1)
    assert trainer.bytes == 36 * count
    bare = made("dcgan", data=pictures())
    count = sum(w.numel() for net in (bare.G, bare.D) for w in net.parameters())
    assert bare.bytes == 36 * count + 20 * 256


class Rightwards(nn.Module):
    """d(x, y) = 2 x."""

    def forward(self, points):
        return 2 * points[:, 0]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("non_saturating", 1.5),  # 2 sigmoid(-d), d = -log 3
        ("minimax", 0.5),  # 2 sigmoid(d)
        ("hinge", 2.0),
        ("wasserstein", 2.0),
        ("least_squares", 4.197225),  # 2 (1 - d)
    ],
)
def test_where_points_are_pulled(loss, expected):
    trainer = made(loss=loss)
    trainer.D = Rightwards()
    at = -torch.tensor(3.0).log() / 2
    for count in (1, 5):  # a point's pull does not depend on its company
        pull = trainer.pull(torch.stack([at, torch.tensor(0.3)]).expand(count, 2))
        torch.testing.assert_close(pull, torch.tensor([[expected, 0.0]]).expand(count, 2))


def test_d_judges_without_learning():
    trainer = made("dcgan")
    trainer.work(rounds=2)
    examples = trainer.data.draw(6, torch.Generator().manual_seed(0))
    logits = trainer.judge(examples)
    assert logits.shape == (6,)
    # In eval mode the company does not matter.
    torch.testing.assert_close(trainer.judge(examples[:2]), logits[:2])
