import math

import pytest
import torch

from models.feature_visualization import maco, spectrum
from models.feature_visualization.descent import Adam
from models.feature_visualization.maco import MacoParametrization, milestones, natural_magnitudes
from models.roles import ROLES
from tests.models.feature_visualization.starts import start


def made(count=1, photo=None, **changes):
    begin = start(photo, method="maco", count=count, **changes)
    return MacoParametrization(begin), begin.generators


def by_place(best):
    """Prefers the candidate that is `best` (of each picture)."""

    def merit(pictures):
        wanted = [float(n % 4 == best[n // 4]) for n in range(len(pictures))]
        return torch.tensor(wanted)

    return merit


def never(_pictures):
    raise AssertionError("there is nothing to choose")


def test_magnitudes_follow_the_law(monkeypatch):
    monkeypatch.setattr(maco, "LAW", ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0)))
    monkeypatch.setattr(maco, "MEANS", (10.0, 20.0, 30.0))
    found = natural_magnitudes(4) / 0.85
    assert found.shape == (1, 3, 4, 3)
    # At f = 0, 1, 2 along the first row.
    expected = [[3.0, 1.0, 0.5], [6.0, 2.0, 1.0], [9.0, 1.0, 0.25]]
    torch.testing.assert_close(found[0, :, 0], torch.tensor(expected))


def test_only_phases_change_at_first():
    picture, generators = made()
    before = picture.values.detach().clone()
    assert before.shape == (4, 3, 64, 33)
    for _ in range(3):
        shown, _ = picture.shown(0, 64, generators)
        (gradient,) = torch.autograd.grad(shown[:, 0].sum(), picture.values)
        picture.step(gradient, 0)
    assert (picture.values - before).abs().max() > 0.05
    axes = torch.tensor(spectrum.COLOR_AXES)
    axes[:, 1:] *= 1.4
    found = spectrum.analyze(picture.snapshot()(), axes).abs()
    # The first column, and the middle row and the last column, hold real waves or pairs of them.
    inner = (slice(None), slice(None), slice(1, 32), slice(1, 32))
    torch.testing.assert_close(found[inner], natural_magnitudes(64)[inner], atol=2e-3, rtol=0.02)


def test_a_phase_turns_by_a_fixed_part_of_a_half_turn():
    picture, _ = made()
    assert isinstance(picture.optimizer, Adam)
    before = picture.values.detach().clone()
    picture.step(torch.full_like(before, 3.0), 0)
    torch.testing.assert_close(picture.values.detach(), before - 0.06)


def test_the_stages_show_larger_pictures_and_more_views():
    picture, generators = made(size=224)
    seen = {}
    for progress, merit in ((0.0, never), (0.3, by_place([1])), (0.7, never), (0.9, never)):
        picture.enter(progress, merit)
        shown, regularizers = picture.shown(progress, 224, generators)
        seen[progress] = tuple(shown.shape)[::3], picture.free
    assert seen == {
        0.0: ((4, 80), False), 0.3: ((2, 112), False), 0.7: ((1, 160), True),
        0.9: ((1, 224), True),
    }  # fmt: skip
    assert set(regularizers) == {"variation", "brightness"}
    # A network with a larger input is shown larger pictures.
    assert picture.shown(0.9, 260, generators)[0].shape[-1] == 260


def test_small_pictures_are_shown_small():
    picture, generators = made(size=96)
    picture.enter(0.3, by_place([0]))
    sides = []
    for progress in (0.3, 0.7, 0.9):
        picture.enter(progress, never)
        sides.append(picture.shown(progress, 224, generators)[0].shape[-1])
    assert sides == [112, 112, 112]


def test_the_best_candidate_goes_on():
    picture, _ = made(count=2)
    four = picture.values.detach().clone()
    picture.enter(0.27, never)
    assert len(picture.values) == 8
    picture.enter(0.28, by_place([2, 1]))
    assert torch.equal(picture.values, torch.stack((four[2], four[5])))
    picture.enter(0.3, never)
    assert len(picture.values) == 2


def test_the_candidate_that_leads_is_the_picture_so_far():
    picture, _ = made(count=2)
    # Two pictures of four candidates, one view each.
    best = picture.scores(torch.tensor([0.1, 0.4, 0.2, 0.3, 0.9, 0.0, 0.5, 0.8]))
    torch.testing.assert_close(best, torch.tensor([0.4, 0.9]))
    led = picture.snapshot()()
    square = picture.overview()()
    assert led.shape == square.shape == (2, 3, 64, 64)
    # Cells of 30 pixels; the second candidate stands at the upper right, the first at upper left.
    shrunk = torch.nn.functional.interpolate(led, (30, 30), mode="bilinear", antialias=True)
    torch.testing.assert_close(square[0, :, :30, 34:], shrunk[0])
    torch.testing.assert_close(square[1, :, :30, :30], shrunk[1])


def test_the_choice_is_shown_for_a_moment():
    picture, _ = made()
    picture.enter(0.28, by_place([3]))
    chosen = picture.overview()()
    torch.testing.assert_close(chosen[0, :, 63, 40], torch.tensor(ROLES["made"]) / 255)
    picture.enter(0.30, never)
    assert torch.equal(picture.overview()(), chosen)
    picture.enter(0.32, never)
    assert picture.overview() is None


def test_a_free_spectrum_begins_as_the_same_picture_without_what_was_never_seen():
    photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    kept, _ = made(photo=photo)
    kept.enter(0.6, never)
    assert kept.free
    assert kept.values.shape == (1, 3, 64, 33, 2)
    torch.testing.assert_close(kept.snapshot()(), photo, atol=1 / 509, rtol=0)
    picture, _ = made()
    picture.enter(0.3, by_place([0]))
    angles = picture.values.detach()[0, 0, 0]
    picture.enter(0.6, never)
    waves = (torch.view_as_complex(picture.values.detach()) * picture.scale)[0, 0, 0]
    magnitudes = natural_magnitudes(64)[0, 0, 0]
    for f in (1, 19, 32):
        fell = math.exp(-((f / 38) ** 4))
        expected = torch.polar(magnitudes[f] * fell, angles[f] * math.pi)
        torch.testing.assert_close(waves[f], expected)


def test_from_a_photo_nothing_competes():
    photo = torch.full((1, 3, 64, 64), 0.7)
    picture, generators = made(count=2, photo=photo)
    assert len(picture.values) == 2
    assert picture.overview() is None
    torch.testing.assert_close(picture.snapshot()(), photo.expand(2, -1, -1, -1))
    picture.enter(0.3, never)
    picture.enter(0.7, never)
    regularizers = picture.shown(0.7, 64, generators)[1]
    assert regularizers["brightness"].item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(256, (0, 36, 72, 154, 205, 256)), (10, (0, 1, 3, 6, 8, 10)), (1, (0, 1)), (2, (0, 1, 2))],
)
def test_a_film_shows_the_choice_and_the_end_of_each_stage(steps, expected):
    assert milestones(steps) == expected
