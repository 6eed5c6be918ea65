"""Two ways to 32 px: equal budgets, two steps that leave each other alone, and bad ends."""

import math
from dataclasses import FrozenInstanceError

import pytest
import torch

from models.gan.training.data import Pictures
from models.gan.training.progressive_schedule import (
    PHASES,
    ProgressiveSettings,
    Stage,
    step_pixels,
)
from models.gan.training.progressive_trainer import (
    Comparison,
    GrowingTrainer,
    MultiScaleTrainer,
    sheet,
)

KINDS = [GrowingTrainer, MultiScaleTrainer]


@pytest.fixture(scope="module")
def pictures():
    """Bright squares on black, 28 px, one colour."""
    shown = torch.zeros(40, 1, 28, 28, dtype=torch.uint8)
    for number in range(40):
        shown[number, :, 4 + number % 8 : 16, 5 : 12 + number % 12] = 255
    return Pictures("digits", shown, shown[:4])


def weights(network):
    return [w.detach().clone() for w in network.parameters()]


def same(network, before):
    return all(torch.equal(a, b) for a, b in zip(network.parameters(), before, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_budget_is_kept_within_a_step(pictures, kind):
    trainer = kind(pictures, ProgressiveSettings(budget=0.4))
    snapshots = []
    while not trainer.done:
        snapshots.append(trainer.advance(0.0))
    assert snapshots[-1].done
    assert not snapshots[-1].diverged
    assert 0 <= snapshots[-1].budget - snapshots[-1].spent < step_pixels(3, True)
    assert snapshots[-1].budget == 400_000
    assert [snapshot.steps for snapshot in snapshots] == list(range(1, len(snapshots) + 1))
    assert snapshots[-1].stage.scale == 3
    assert snapshots[-1].stage.alpha == 1
    # Every fourth step has the penalty and counts for a batch more.
    first, second = snapshots[0].spent, snapshots[1].spent - snapshots[0].spent
    assert (first, second) == tuple(step_pixels(snapshots[0].stage.scale, p) for p in (True, False))
    assert all(math.isfinite(snapshot.loss_d + snapshot.loss_g) for snapshot in snapshots)
    assert trainer.advance(0.0).steps == len(snapshots)


def test_growing_goes_through_all_phases(pictures):
    trainer = GrowingTrainer(pictures, ProgressiveSettings(budget=0.5))
    seen = []
    while not trainer.done:
        snapshot = trainer.advance(0.0)
        seen.append((snapshot.stage.scale, snapshot.stage.phase == "fading"))
        reached = [row is not None for row in snapshot.samples]
        assert reached == [scale <= snapshot.stage.scale for scale in range(4)]
    assert list(dict.fromkeys(seen)) == [(phase.scale, phase.fading) for phase in PHASES]


def test_without_fading_nothing_fades(pictures):
    trainer = GrowingTrainer(pictures, ProgressiveSettings(budget=0.4, fade=False))
    while not trainer.done:
        assert trainer.advance(0.0).stage.phase == "stable"


@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_every_side(pictures, kind):
    trainer = kind(pictures, ProgressiveSettings(budget=1))
    trainer._last_stage = Stage("stable", 3, 1.0)
    shapes = [tuple(row.shape) for row in trainer.samples()]
    assert shapes == [(8, 1, side, side) for side in (4, 8, 16, 32)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("penalised", [False, True])
def test_a_step_of_one_leaves_the_other_untouched(pictures, kind, penalised):
    trainer = kind(pictures, ProgressiveSettings())
    at = Stage("fading", 2, 0.4) if kind is GrowingTrainer else trainer.stage()
    g, d = weights(trainer.G), weights(trainer.D)
    trainer.step_discriminator(at, penalised)
    assert same(trainer.G, g)
    assert not same(trainer.D, d)
    d = weights(trainer.D)
    trainer.step_generator(at)
    assert same(trainer.D, d)
    assert not same(trainer.G, g)
    assert all(w.requires_grad for w in trainer.D.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_run_however_it_is_sliced(pictures, kind):
    def final(seed, seconds):
        trainer = kind(pictures, ProgressiveSettings(budget=1, seed=seed))
        torch.rand(1)  # somebody else draws
        while trainer.steps < 5:
            trainer.advance(seconds)
            if seconds:
                break
        while trainer.steps < 5:
            trainer.step()
        return weights(trainer.G)

    first, second, other = final(1, 0.0), final(1, 0.001), final(2, 0.0)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], other[0])


def test_the_global_random_state_is_left_alone(pictures):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    comparison = Comparison(pictures, ProgressiveSettings(budget=1))
    comparison.advance(0.0)
    assert torch.equal(torch.rand(1), expected)


def test_a_comparison_lets_the_one_behind_go_first(pictures):
    comparison = Comparison(pictures, ProgressiveSettings(budget=0.4))
    snapshots = list(comparison.run(0.0))
    assert {snapshot.method for snapshot in snapshots} == {"growing", "multi_scale"}
    assert comparison.done
    assert snapshots[-1].done
    apart, spent = 0, {"growing": 0, "multi_scale": 0}
    for snapshot in snapshots:
        spent[snapshot.method] = snapshot.spent
        apart = max(apart, abs(spent["growing"] - spent["multi_scale"]))
    assert apart <= step_pixels(3, True)
    assert comparison.advance(0.0).done


def test_a_comparison_can_be_closed_at_any_snapshot(pictures):
    comparison = Comparison(pictures, ProgressiveSettings(budget=1))
    snapshots = comparison.run(0.0)
    first = next(snapshots)
    snapshots.close()
    with pytest.raises(StopIteration):
        next(snapshots)
    assert first.steps == 1
    assert not comparison.done
    with pytest.raises(FrozenInstanceError):
        first.spent = 0
    assert comparison.advance(0.0).steps == 1  # the other one's turn, and it goes on


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("network", ["G", "D"])
def test_a_loss_that_is_no_number_ends_the_run_and_is_told(pictures, kind, network):
    trainer = kind(pictures, ProgressiveSettings(budget=1))
    trainer.advance(0.0)
    with torch.no_grad():
        next(getattr(trainer, network).parameters()).fill_(math.nan)
    snapshot = trainer.advance(0.0)
    assert snapshot.diverged
    assert snapshot.done
    assert trainer.done
    assert all(bool(row.isfinite().all()) for row in snapshot.samples if row is not None)


def test_the_other_one_goes_on_after_that(pictures):
    comparison = Comparison(pictures, ProgressiveSettings(budget=0.2))
    comparison.trainers[0].diverged = True
    assert not comparison.done
    assert {snapshot.method for snapshot in comparison.run(0.0)} == {"multi_scale"}


def test_colour_pictures(pictures):
    colour = Pictures("own", pictures.train.expand(-1, 3, -1, -1).contiguous(), pictures.held_out)
    for trainer in Comparison(colour, ProgressiveSettings(budget=1)).trainers:
        assert trainer.advance(0.0).samples[0].shape == (8, 3, 4, 4)


def test_a_sheet_has_a_row_for_each_side(pictures):
    comparison = Comparison(pictures, ProgressiveSettings(budget=1))
    growing, multi = comparison.advance(0.0), comparison.advance(0.0)
    assert sheet(growing).shape == sheet(multi).shape == (1, 3, 262, 526)
    assert bool((sheet(growing)[:, :, 64:] == 1).all())
    assert not bool((sheet(multi)[:, :, 66:] == 1).all())
    assert sheet(multi).min() >= 0
    assert sheet(multi).max() <= 1
