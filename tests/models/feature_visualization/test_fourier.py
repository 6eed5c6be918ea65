import pytest
import torch

from models.feature_visualization.fourier import FourierParametrization
from tests.models.feature_visualization.starts import seeds, start


def picture(side=64):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))


def test_a_spectrum_of_nothing_is_grey_and_one_frequency_is_a_cosine():
    fourier = FourierParametrization(start(decorrelated=False))
    with torch.no_grad():
        fourier.values.zero_()
        assert torch.equal(fourier.render(64), torch.full((1, 3, 64, 64), 0.5))
        # One period across in red; an rfft's column stands for itself and its mirror image: 2 cos.
        fourier.values[0, 0, 0, 1, 0] = 1
        red = fourier.render(64)[0, 0]
    wave = 2 * 0.25 / 3**0.5 * torch.cos(2 * torch.pi * torch.arange(64) / 64)
    torch.testing.assert_close(red, wave.sigmoid().expand(64, 64))


@pytest.mark.parametrize("decorrelated", [True, False])
@pytest.mark.parametrize("side", [64, 65])
def test_the_spectrum_of_a_photo_gives_the_photo(decorrelated, side):
    photo = picture(side)
    fourier = FourierParametrization(start(photo, size=side, decorrelated=decorrelated))
    torch.testing.assert_close(fourier.snapshot()(), photo, atol=1 / 509, rtol=0)


def test_a_large_photo_starts_as_the_frequencies_that_fit():
    fourier = FourierParametrization(start(torch.full((1, 3, 256, 256), 0.7), size=256))
    assert fourier.values.shape == (1, 3, 224, 113, 2)
    torch.testing.assert_close(fourier.snapshot()(), torch.full((1, 3, 256, 256), 0.7))


def test_a_larger_picture_is_the_same_picture_rendered_larger():
    small, large = (FourierParametrization(start(size=size)).snapshot()() for size in (224, 448))
    # Only the highest frequencies, which have no sine at 224 pixels, differ.
    torch.testing.assert_close(large[..., ::2, ::2], small, atol=1e-3, rtol=0)


@pytest.mark.parametrize(("size", "sides"), [(128, [144, 144, 144]), (160, [144, 184, 184])])
def test_small_pictures_are_shown_small(size, sides):
    fourier = FourierParametrization(start(size=size))
    seen = [fourier.shown(done, 224, seeds(1))[0].shape[-1] for done in (0, 0.8, 0.95)]
    assert seen == sides


def test_brightness_is_compared_with_the_photos_own():
    dark = torch.full((1, 3, 64, 64), 0.1)
    kept = FourierParametrization(start(dark))
    assert kept.shown(0, 224, seeds(1))[1]["brightness"].item() == pytest.approx(0, abs=1e-6)
    fourier = FourierParametrization(start())
    with torch.no_grad():
        fourier.values.copy_(kept.values)
    # 7 * (0.1 - 0.5)^2
    assert fourier.shown(0, 224, seeds(1))[1]["brightness"].item() == pytest.approx(1.12, abs=1e-4)


def test_a_snapshot_stays():
    fourier = FourierParametrization(start(count=2))
    render = fourier.snapshot()
    before = render().clone()
    with torch.no_grad():
        fourier.values.add_(1)
    assert before.shape == (2, 3, 64, 64)
    assert torch.equal(render(), before)
    assert not torch.equal(fourier.snapshot()(), before)
