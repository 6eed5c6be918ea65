"""A patch: where it lies, how it is turned, and that all else is left alone."""

import numpy as np
import pytest
import torch
from PIL import Image

from models import images
from models.attacks.attack import attack, measure
from models.attacks.patch import MAX_TURN, Canvas, cutout
from models.attacks.patch_trials import trials
from models.attacks.quantization import to_8bit
from models.attacks.settings import AttackSettings
from tests.models.attacks.toys import GOLDFISH, result

SIDE = 40
WHITE = torch.ones(1, 3, SIDE // 2, SIDE // 2)


def red(pictures):
    """Class 1 if the picture's mean red is above 0.3."""
    score = (pictures[:, 0].mean((1, 2)) - 0.3) * 200
    return torch.stack([0 * score, score], 1)


def grey(count=1, level=50):
    return torch.full((count, 3, SIDE, SIDE), level / 255)


def touched(picture, clean):
    """Rows and columns from the first to the last that changed."""
    rows, columns = (picture - clean)[0].abs().amax(0).nonzero().T
    return rows.min().item(), rows.max().item(), columns.min().item(), columns.max().item()


@pytest.mark.parametrize(
    ("x", "y", "box"),
    [(0, 0, (0, 19, 0, 19)), (1, 0.5, (10, 29, 20, 39)), (0.5, 1, (20, 39, 10, 29))],
)
def test_lies_where_it_is_told_and_leaves_the_rest_alone(x, y, box):
    settings = AttackSettings(
        "patch", target=GOLDFISH, steps=30, step_size=16, patch_size=0.5, patch_x=x, patch_y=y
    )
    clean, last = grey(), result(red, grey(), settings)
    assert touched(last.adversarial, clean) == box
    assert torch.equal(last.adversarial, to_8bit(last.adversarial))
    # A circle of half the width: pi / 16 of the picture.
    share = ((last.adversarial - clean).abs().amax(1) > 0).float().mean()
    assert share == pytest.approx(torch.pi / 16, rel=0.1)
    report = measure(red, clean, last.adversarial, settings)
    assert report.success
    middle = last.adversarial[0, :, (box[0] + box[1]) // 2, (box[2] + box[3]) // 2]
    assert middle[0] == 1


def test_fills_the_picture_at_most():
    clean = grey()
    for size, box in ((1, (0, 39, 0, 39)), (0.05, (19, 20, 19, 20))):
        last = result(red, clean, AttackSettings("patch", steps=1, patch_size=size))
        assert touched(last.adversarial, clean) == box


def test_is_turned_clockwise():
    canvas = Canvas(grey() * 255, AttackSettings("patch", patch_size=1))
    patch = torch.zeros(1, 3, SIDE, SIDE)
    patch[:, :, : SIDE // 2] = 255  # the upper half
    upright, turned = canvas.paint(grey() * 255, patch, torch.tensor([[0, 0, 0.0], [0, 0, 90]]))
    assert upright[0, 5, 20] == 255
    assert upright[0, 35, 20] == 0
    assert turned[0, 20, 35] == pytest.approx(255, abs=0.01)
    assert turned[0, 20, 5] == pytest.approx(0, abs=0.01)


def test_places_are_drawn_around_the_one_it_is_shown_at():
    shown = {"patch_x": 0.2, "patch_y": 0.9, "patch_angle": 30}
    generator = torch.Generator().manual_seed(0)
    still = Canvas(grey(), AttackSettings("patch", **shown)).places(generator)
    assert still.tolist() == [[pytest.approx(0.2), pytest.approx(0.9), 30]]
    canvas = Canvas(grey(), AttackSettings("patch", **shown, patch_spread=0.5))
    drawn = torch.stack([canvas.places(generator) for _ in range(100)])
    assert torch.equal(drawn[:, 0], still.expand(100, -1))
    x, y, angle = drawn[:, 1:].flatten(0, 1).T
    for values, low, high in (
        (x, 0.1, 0.6),
        (y, 0.45, 0.95),
        (angle, 30 - MAX_TURN / 2, 30 + MAX_TURN / 2),
    ):
        assert low <= values.min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < values.max() <= high


def spot(pictures):
    """Class 1 for a bright point in the upper left corner."""
    score = (pictures[:, :, 8:12, 8:12].mean((1, 2, 3)) - 0.9) * 100
    return torch.stack([0 * score, score], 1)


def test_one_patch_for_all_pictures():
    clean = torch.cat([grey(1, 50), grey(1, 90)])
    settings = AttackSettings(
        "patch", target=GOLDFISH, steps=8, step_size=32, patch_size=0.5, patch_x=0, patch_y=0
    )
    last = result(spot, clean, settings)
    assert (spot(last.adversarial).argmax(1) == 1).all()
    first, second = last.adversarial[:, :, 5:15, 5:15]
    assert torch.equal(first, second)


def test_streams_and_repeats():
    settings = AttackSettings("patch", steps=4, patch_spread=1, seed=5)
    steps = list(attack(red, grey(), settings))
    assert [(step.step, step.steps) for step in steps] == [(n, 4) for n in range(5)]
    again = result(red, grey(), settings)
    assert torch.equal(again.adversarial, steps[-1].adversarial)
    other = result(red, grey(), AttackSettings("patch", steps=4, patch_spread=1, seed=6))
    assert not torch.equal(again.adversarial, other.adversarial)


def test_the_patch_by_itself_laid_over_the_photo_gives_the_attacked_picture():
    settings = AttackSettings(
        "patch", target=GOLDFISH, steps=30, step_size=16, patch_size=0.5, patch_x=0, patch_y=1
    )
    last = result(red, grey(), settings)
    alone = cutout(last.patch)
    assert (alone.mode, alone.size) == ("RGBA", (20, 20))
    alpha = np.asarray(alone.getchannel("A"))
    assert alpha[0, 0] == alpha[19, 19] == 0
    assert alpha[10, 10] == alpha[10, 1] == 255
    photo = images.to_image(grey())
    photo.paste(alone, (0, 20), alone)
    expected = np.asarray(images.to_image(last.adversarial), np.int16)
    assert np.abs(np.asarray(photo, np.int16) - expected).max() <= 1
    assert Image.fromarray(alpha).getextrema() == (0, 255)


def test_other_methods_have_no_patch():
    assert result(red, grey(), AttackSettings(steps=1)).patch is None


def test_the_patch_is_that_of_the_picture_that_is_kept():
    """The last iterate may fool no more: patch and picture are then of an earlier one."""
    settings = AttackSettings("patch", steps=6, step_size=64, patch_size=0.5, seed=2)
    last = result(spot, grey(), settings)
    middle = last.adversarial[0, :, 18:22, 18:22]
    assert torch.allclose(last.patch[0, :, 8:12, 8:12], middle, atol=1e-6)


def tried(network, patch, target, *pictures):
    settings = AttackSettings("patch", patch_size=0.5)
    return [*trials(network, pictures or [grey()], patch, settings, target)]


def test_what_works_by_its_colour_works_everywhere_and_what_works_by_its_place_does_not():
    for target in (1, None):
        (step,) = tried(red, WHITE, target)
        assert step.trials[0].share == 1
    assert tried(red, 0 * WHITE, None)[0].trials[0].share == 0
    assert tried(spot, WHITE, 1)[0].trials[0].share < 0.5


def test_every_picture_is_a_step_and_has_places_of_its_own():
    pictures = [grey(), grey(level=60), grey(level=250)]
    steps = tried(red, WHITE, None, *pictures)
    assert [(each.step, each.steps, len(each.trials)) for each in steps] == [
        (1, 3, 1), (2, 3, 2), (3, 3, 3)
    ]  # fmt: skip
    found = steps[-1].trials
    assert [trial.before[0] for trial in found] == [0, 0, 1]
    assert [trial.share for trial in found] == [1, 1, 0]
    places = [(trial.picture == 1).all(0).nonzero().float().mean(0) for trial in found]
    assert not torch.allclose(places[0], places[1])
    again = tried(red, WHITE, None, *pictures)[-1].trials
    assert again[1].picture.equal(found[1].picture)
