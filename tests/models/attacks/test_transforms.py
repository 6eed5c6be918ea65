import pytest
import torch

from models.attacks.transforms import (
    TRANSFORMS,
    TransformVerdict,
    compress,
    evaluate_transforms,
    outcome,
)
from models.validation import ValidationError


def brightness(pictures):
    """Class 1 where the mean is above a half: logits (0, 20 (mean - 1/2))."""
    mean = pictures.mean((1, 2, 3))
    return torch.stack([torch.zeros_like(mean), 20 * (mean - 0.5)], 1)


def left(pictures):
    """Class 1 where the left half is brighter than the right."""
    width = pictures.shape[3] // 2
    lead = pictures[..., :width].mean((1, 2, 3)) - pictures[..., width:].mean((1, 2, 3))
    return torch.stack([torch.zeros_like(lead), lead], 1)


def test_outcomes():
    assert outcome(predicted=3, label=1, target=None) == "fools"
    assert outcome(predicted=1, label=1, target=None) == "cured"
    assert outcome(predicted=2, label=1, target=2) == "fools"
    assert outcome(predicted=1, label=1, target=2) == "cured"
    assert outcome(predicted=3, label=1, target=2) == "neither"


def test_a_flip_cures_what_depends_on_sides():
    clean = torch.zeros(1, 3, 16, 16)
    clean[..., 8:] = 1
    attacked = clean.flip(3)
    ways = {name: TRANSFORMS[name] for name in ("none", "flip")}
    none, flip = evaluate_transforms(left, clean, attacked, transforms=ways)
    assert (none.clean[0], none.adversarial[0], none.outcome) == (0, 1, "fools")
    assert (flip.clean[0], flip.adversarial[0], flip.outcome) == (1, 0, "cured")
    assert torch.equal(flip.pictures, torch.cat([clean, attacked]).flip(3))


def test_rounding_by_hand():
    # 7.4/15 and 7.6/15 become 7/15 and 8/15: below and above a half.
    clean, attacked = torch.full((1, 3, 16, 16), 7.4 / 15), torch.full((1, 3, 16, 16), 7.6 / 15)
    (verdict,) = evaluate_transforms(
        brightness, clean, attacked, transforms={"bits4": TRANSFORMS["bits4"]}
    )
    assert isinstance(verdict, TransformVerdict)
    assert verdict.pictures[:, 0, 0, 0].tolist() == pytest.approx([7 / 15, 8 / 15])
    # 20 (8/15 - 1/2) = 2/3: p = 1 / (1 + e^(-2/3)) = 0.66076.
    assert verdict.adversarial == (1, pytest.approx(0.66076, abs=1e-4))
    # Half a level of 255 is more than bits8 changes.
    (fine,) = evaluate_transforms(
        brightness, clean, attacked, transforms={"bits8": TRANSFORMS["bits8"]}
    )
    assert (fine.pictures[0] - clean).abs().max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_gives_a_picture_of_the_same_shape(name):
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, 30, 46, generator=generator)
    copy = picture.clone()
    transformed = TRANSFORMS[name](picture)
    assert transformed.shape == picture.shape
    assert transformed.dtype == torch.float32
    assert 0 <= transformed.min() <= transformed.max() <= 1
    assert torch.equal(picture, copy)
    assert torch.equal(transformed, TRANSFORMS[name](picture))
    assert torch.equal(transformed, picture) == (name == "none")


def test_a_plain_grey_survives_everything_but_noise():
    grey = torch.full((1, 3, 32, 32), 136 / 255)
    for name, transform in TRANSFORMS.items():
        if name != "noise":
            assert (transform(grey) - grey).abs().max() < 2 / 255, name


def test_a_better_file_changes_less():
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    errors = [(compress(picture, "JPEG", q) - picture).abs().mean() for q in (95, 75, 50, 30, 1)]
    assert errors == sorted(errors)


@pytest.mark.parametrize("quality", [0, 96, 50.5, None, float("nan")])
def test_bad_qualities_are_refused(quality):
    with pytest.raises(ValidationError, match="quality"):
        compress(torch.zeros(1, 3, 16, 16), "JPEG", quality)
