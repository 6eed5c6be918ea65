import pytest
import torch

from models.feature_visualization.spectrum import (
    COLOR_AXES,
    analyze,
    color_axes,
    crop,
    frequencies,
    hermitian,
    render,
    spectrum_scale,
)


def test_color_axes_are_natural_pictures_ones_or_red_green_and_blue():
    assert torch.equal(color_axes(True), torch.tensor(COLOR_AXES))
    garish = color_axes(True, 2.0) / torch.tensor(COLOR_AXES).masked_fill(color_axes(True) == 0, 1)
    torch.testing.assert_close(garish[0], torch.tensor([1.0, 2.0, 2.0]))
    torch.testing.assert_close(color_axes(False).norm(dim=0), torch.full((3,), 3**-0.5))


def test_frequencies_of_a_4x4_picture():
    expected = torch.tensor([[1, 1, 4], [1, 2, 5], [4, 5, 8], [1, 2, 5]]).sqrt()
    torch.testing.assert_close(frequencies(4), expected)


def test_spectrum_scale_of_a_4x4_picture():
    # Frequencies: rows 0, 1, 2, 1; columns 0, 1, 2. (1, 2, 4, 5, 8)^(-0.9 / 2) / 4:
    one, two, four, five, eight = 0.25, 0.18301, 0.13397, 0.12117, 0.09807
    expected = [[one, one, four], [one, two, five], [four, five, eight], [one, two, five]]
    torch.testing.assert_close(spectrum_scale(4), torch.tensor(expected), atol=1e-5, rtol=0)


def test_a_smaller_picture_has_the_lowest_frequencies():
    numbers = torch.arange(4 * 3).view(4, 3)
    assert crop(numbers, 2).tolist() == [[0, 1], [9, 10]]
    assert crop(numbers, 3).tolist() == [[0, 1], [3, 4], [9, 10]]
    assert torch.equal(crop(numbers, 4), numbers)
    assert torch.equal(crop(numbers, 9), numbers)


@pytest.mark.parametrize("side", [7, 8])
def test_a_picture_and_its_waves(side):
    axes = torch.tensor(COLOR_AXES)
    picture = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    waves = analyze(picture, axes)
    assert waves.shape == (2, 3, side, side // 2 + 1)
    torch.testing.assert_close(render(waves, axes, side), picture, atol=1 / 509, rtol=0)
    grey = analyze(torch.full((1, 3, side, side), 0.5), axes)
    torch.testing.assert_close(grey, torch.zeros_like(grey), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("side", "columns"), [(7, 4), (8, 5), (12, 5)])
def test_the_part_of_a_spectrum_that_no_real_picture_has_changes_nothing(side, columns):
    rng = torch.Generator().manual_seed(0)
    values = torch.randn(2, 3, side, columns, 2, generator=rng)
    waves = torch.view_as_complex(values)
    given, real = (
        torch.fft.irfft2(part, s=(side, side)) for part in (waves, hermitian(waves, side))
    )
    assert torch.allclose(given, real, atol=1e-6)
    # Of a real picture's spectrum nothing is taken away.
    assert torch.allclose(hermitian(torch.fft.rfft2(real), side), torch.fft.rfft2(real), atol=1e-5)
