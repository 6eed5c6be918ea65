"""Regions: masks, losses inside them worked out by hand, and what stays."""

import numpy as np
import pytest
import torch
from PIL import Image

from models import images
from models.style_transfer import regions
from models.style_transfer.losses import MomentsLoss, moments
from models.style_transfer.neighbours import matching_losses
from models.style_transfer.optimize import transfer_style
from models.style_transfer.regions import Regions, RegionsLoss
from models.style_transfer.settings import StyleSettings
from models.validation import ValidationError
from tests.models.style_transfer.test_optimize import Toy, picture

LEFT = np.repeat([[1] * 24 + [2] * 24], 32, 0).astype(np.uint8)


def mask(*levels, size=(48, 32)):
    """Upright stripes of these levels."""
    row = np.repeat(levels, -(-size[0] // len(levels)))[: size[0]]
    return Image.fromarray(np.tile(row, (size[1], 1)).astype(np.uint8))


def read(content=None, style=None):
    return regions.read(content, style, picture(1), picture(2, (40, 40)))


def counts(labels):
    return [int((labels == n).sum()) for n in range(int(labels.max()) + 1)]


def test_levels_belong_together_from_dark_to_bright():
    found = read(mask(0, 9, 255), mask(40, 80, 70, size=(40, 40)))
    assert found.numbers == [1, 2, 3]
    assert counts(found.content) == [0, 512, 512, 512]
    # 14 columns of 40, 14 of 80 and 12 of 70.
    assert counts(found.style) == [0, 560, 480, 560]


def test_black_of_a_single_mask_stays():
    alone = read(mask(0, 200))
    assert counts(alone.content) == [768, 768]
    assert counts(alone.style) == [0, 1600]
    learnt = read(None, mask(90, 0, size=(40, 40)))
    assert counts(learnt.content) == [0, 1536]
    assert counts(learnt.style) == [800, 800]


def test_no_mask_is_no_regions():
    assert read() is None


def test_a_mask_of_another_size_is_fitted():
    assert counts(read(mask(0, 255, size=(96, 64))).content) == [768, 768]


@pytest.mark.parametrize(
    ("masks", "key"),
    [
        ((mask(0), None), "mask_empty"),
        ((None, mask(0, size=(40, 40))), "mask_empty"),
        ((mask(0, 1, 2), mask(0, 1, size=(40, 40))), "regions_differ"),
        ((mask(0, 1, 2), None), "regions_differ"),
        ((mask(*range(12)), None), "mask_levels"),
        ((mask(0, 255, size=(32, 48)), None), "mask_shape"),
    ],
)
def test_masks_that_say_nothing_are_refused(masks, key):
    with pytest.raises(ValidationError) as caught:
        read(*masks)
    assert caught.value.key == key


def cells(*rows):
    return np.array([[int(cell) for cell in row] for row in rows], np.uint8)


def test_cells_belong_together_by_their_order():
    """Colours 1 and 3 of the photo with 2 and 3 of the style; 0 stays, or is not learnt from."""
    found = regions.painted(
        cells("110033", "110033"), cells("2233", "0000"), picture(1), picture(2, (40, 40))
    )
    assert found.numbers == [1, 2]
    assert [int(found.content[9, x * 512 // 6 + 40]) for x in range(6)] == [1, 1, 0, 0, 2, 2]
    assert set(np.unique(found.style)) == {0, 1, 2}


def test_cells_on_one_side_are_one_region_of_all_of_the_other():
    found = regions.painted(cells("10"), cells("00"), picture(1), picture(2, (40, 40)))
    assert found.numbers == [1]
    assert (found.style == 1).all()


@pytest.mark.parametrize(
    ("own", "other", "key"),
    [
        ("000", "000", "nothing_painted"),
        ("123", "120", "regions_differ"),
        ("123", "000", "regions_differ"),
        ("1" + 300 * "2", "12", "mask_small"),
    ],
)
def test_cells_that_say_nothing_are_refused(own, other, key):
    with pytest.raises(ValidationError) as caught:
        regions.painted(cells(own), cells(other), picture(1), picture(2, (40, 40)))
    assert caught.value.key == key


def test_an_area_is_the_animal_or_the_rest():
    def chosen(area, **options):
        return regions.chosen(
            area, picture(1), picture(2), animal=lambda: mask(0, 0, 255), **options
        )

    assert chosen("all") is None
    assert counts(chosen("animal").content) == [1024, 512]
    assert counts(chosen("background").content) == [512, 1024]
    with pytest.raises(ValidationError) as caught:
        chosen("animal", masks=(mask(0, 255), None))
    assert caught.value.key == "area_and_masks"


def test_what_is_transparent_is_neither_painted_nor_learnt_from():
    def chosen(first, second, area="all"):
        return regions.chosen(
            area, picture(1), picture(2), opaque=(first, second), animal=lambda: mask(255, 255, 0)
        )

    half = mask(0, 255)
    assert counts(chosen(half, None).content) == [768, 768]
    assert counts(chosen(None, half).style) == [768, 768]
    assert counts(chosen(half, None, "animal").content) == [1280, 256]
    assert chosen(mask(0), None) is None  # nothing is opaque: a white picture
    assert chosen(mask(255), None) is None


def test_regions_end_at_1024_pixels():
    settings = StyleSettings(size=1056)
    areas = Regions(LEFT, LEFT)
    with pytest.raises(ValidationError, match="up to a size of 1024 pixels"):
        next(transfer_style(Toy(), picture(1), picture(2), settings, regions=areas))


def test_a_region_too_small_to_see_is_refused():
    spot = np.zeros((32, 48), np.uint8)
    spot[3, 3] = 255
    with pytest.raises(ValidationError) as caught:
        read(Image.fromarray(spot))
    assert caught.value.key == "mask_small"


def test_the_loss_of_two_regions_by_hand():
    """Three places of one region, one of another: 3/4 and 1/4 of their sums."""
    loss = RegionsLoss([(torch.tensor([0, 1, 3]), torch.sum), (torch.tensor([2]), torch.sum)])
    x = torch.tensor([1.0, 2.0, 40.0, 3.0]).view(1, 1, 2, 2)
    assert loss(x).item() == pytest.approx(0.75 * 6 + 0.25 * 40)


def test_moments_are_those_inside_the_region():
    whole, styles = torch.rand(1, 5, 8, 12), [[torch.rand(1, 5, 8, 12)]]
    (found,) = regions.moments_losses(MomentsLoss, [whole], styles, [1.0], Regions(LEFT, LEFT))
    expected = [
        MomentsLoss(moments([styles[0][0][..., side]]))(whole[..., side])
        for side in (slice(0, 6), slice(6, 12))
    ]
    assert found(whole).item() == pytest.approx(sum(expected).item() / 2, rel=1e-5)


def test_neighbours_are_those_inside_the_region():
    """Left and right change places in the style: only across the border is a match perfect."""
    left, right = torch.rand(1, 6, 8, 6), torch.rand(1, 6, 8, 6) + torch.tensor(3.0)
    start, style = torch.cat([left, right], 3), torch.cat([right, left], 3)
    free, inside, across = (
        matching_losses([start], [[style]], [1.0], areas)[0](start).item()
        for areas in (None, Regions(LEFT, LEFT), Regions(LEFT, 3 - LEFT))
    )
    assert free == pytest.approx(0, abs=1e-5)
    assert across == pytest.approx(0, abs=1e-5)
    assert inside > 1e-3


@pytest.mark.parametrize("style_loss", ["moments", "neighbours"])
def test_what_no_region_covers_stays_as_it_is(style_loss):
    areas = Regions(LEFT - 1, np.ones((32, 48), np.uint8))
    settings = StyleSettings(size=64, steps=4, style_loss=style_loss)
    *_, last = transfer_style(Toy(), picture(1), picture(2), settings, regions=areas)
    photo = images.to_tensor(picture(1).resize((64, 43), Image.Resampling.LANCZOS))
    away = (last.image - photo).abs()
    assert away[..., :28].max() < 1e-6
    assert away[..., 36:].mean() > 0.02
