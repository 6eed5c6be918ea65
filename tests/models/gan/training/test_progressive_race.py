"""The race to 32 px: equal budgets, two steps that leave each other alone, and bad ends."""

import math
from dataclasses import FrozenInstanceError

import pytest
import torch

from models.gan.training.data import Pictures
from models.gan.training.progressive_race import Growing, MultiScale, Race, sheet
from models.gan.training.progressive_schedule import PHASES, Place, Settings, step_pixels

WAYS = [Growing, MultiScale]


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


@pytest.mark.parametrize("way", WAYS)
def test_budget_is_kept_within_a_step(pictures, way):
    runner = way(pictures, Settings(budget=0.4))
    legs = []
    while not runner.done:
        legs.append(runner.advance(0.0))
    assert legs[-1].done
    assert not legs[-1].diverged
    assert 0 <= legs[-1].budget - legs[-1].spent < step_pixels(3, True)
    assert legs[-1].budget == 400_000
    assert [leg.steps for leg in legs] == list(range(1, len(legs) + 1))
    assert legs[-1].place.scale == 3
    assert legs[-1].place.alpha == 1
    # Every fourth step has the penalty and counts for a batch more.
    first, second = legs[0].spent, legs[1].spent - legs[0].spent
    assert (first, second) == tuple(step_pixels(legs[0].place.scale, p) for p in (True, False))
    assert all(math.isfinite(leg.loss_d + leg.loss_g) for leg in legs)
    assert runner.advance(0.0).steps == len(legs)


def test_growing_goes_through_all_phases(pictures):
    runner = Growing(pictures, Settings(budget=0.5))
    seen = []
    while not runner.done:
        leg = runner.advance(0.0)
        seen.append((leg.place.scale, leg.place.phase == "fading"))
        reached = [row is not None for row in leg.samples]
        assert reached == [scale <= leg.place.scale for scale in range(4)]
    assert list(dict.fromkeys(seen)) == [(phase.scale, phase.fading) for phase in PHASES]


def test_without_fading_nothing_fades(pictures):
    runner = Growing(pictures, Settings(budget=0.4, fade=False))
    while not runner.done:
        assert runner.advance(0.0).place.phase == "stable"


@pytest.mark.parametrize("way", WAYS)
def test_samples_have_every_side(pictures, way):
    runner = way(pictures, Settings(budget=1))
    runner._placed = Place("stable", 3, 1.0)
    shapes = [tuple(row.shape) for row in runner.samples()]
    assert shapes == [(8, 1, side, side) for side in (4, 8, 16, 32)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("penalised", [False, True])
def test_a_step_of_one_leaves_the_other_untouched(pictures, way, penalised):
    runner = way(pictures, Settings())
    at = Place("fading", 2, 0.4) if way is Growing else runner.place()
    g, d = weights(runner.G), weights(runner.D)
    runner.step_discriminator(at, penalised)
    assert same(runner.G, g)
    assert not same(runner.D, d)
    d = weights(runner.D)
    runner.step_generator(at)
    assert same(runner.D, d)
    assert not same(runner.G, g)
    assert all(w.requires_grad for w in runner.D.parameters())


@pytest.mark.parametrize("way", WAYS)
def test_the_same_seed_gives_the_same_run_however_it_is_sliced(pictures, way):
    def final(seed, seconds):
        runner = way(pictures, Settings(budget=1, seed=seed))
        torch.rand(1)  # somebody else draws
        while runner.steps < 5:
            runner.advance(seconds)
            if seconds:
                break
        while runner.steps < 5:
            runner.step()
        return weights(runner.G)

    first, second, other = final(1, 0.0), final(1, 0.001), final(2, 0.0)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], other[0])


def test_the_global_random_state_is_left_alone(pictures):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    race = Race(pictures, Settings(budget=1))
    race.advance(0.0)
    assert torch.equal(torch.rand(1), expected)


def test_a_race_lets_the_one_behind_go_first(pictures):
    race = Race(pictures, Settings(budget=0.4))
    legs = list(race.run(0.0))
    assert {leg.who for leg in legs} == {"growing", "multi_scale"}
    assert race.done
    assert legs[-1].done
    apart, spent = 0, {"growing": 0, "multi_scale": 0}
    for leg in legs:
        spent[leg.who] = leg.spent
        apart = max(apart, abs(spent["growing"] - spent["multi_scale"]))
    assert apart <= step_pixels(3, True)
    assert race.advance(0.0).done


def test_a_race_can_be_closed_at_any_leg(pictures):
    race = Race(pictures, Settings(budget=1))
    legs = race.run(0.0)
    first = next(legs)
    legs.close()
    with pytest.raises(StopIteration):
        next(legs)
    assert first.steps == 1
    assert not race.done
    with pytest.raises(FrozenInstanceError):
        first.spent = 0
    assert race.advance(0.0).steps == 1  # the other one's turn, and it goes on


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("network", ["G", "D"])
def test_a_loss_that_is_no_number_ends_the_run_and_is_told(pictures, way, network):
    runner = way(pictures, Settings(budget=1))
    runner.advance(0.0)
    with torch.no_grad():
        next(getattr(runner, network).parameters()).fill_(math.nan)
    leg = runner.advance(0.0)
    assert leg.diverged
    assert leg.done
    assert runner.done
    assert all(bool(row.isfinite().all()) for row in leg.samples if row is not None)


def test_the_other_one_goes_on_after_that(pictures):
    race = Race(pictures, Settings(budget=0.2))
    race.runners[0].diverged = True
    assert not race.done
    assert {leg.who for leg in race.run(0.0)} == {"multi_scale"}


def test_colour_pictures(pictures):
    colour = Pictures("own", pictures.shown.expand(-1, 3, -1, -1).contiguous(), pictures.held)
    for runner in Race(colour, Settings(budget=1)).runners:
        assert runner.advance(0.0).samples[0].shape == (8, 3, 4, 4)


def test_a_sheet_has_a_row_for_each_side(pictures):
    race = Race(pictures, Settings(budget=1))
    growing, multi = race.advance(0.0), race.advance(0.0)
    assert sheet(growing).shape == sheet(multi).shape == (1, 3, 262, 526)
    assert bool((sheet(growing)[:, :, 64:] == 1).all())
    assert not bool((sheet(multi)[:, :, 66:] == 1).all())
    assert sheet(multi).min() >= 0
    assert sheet(multi).max() <= 1
