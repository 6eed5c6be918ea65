"""Pictures as Fourier spectra of three decorrelated colors.

x = sigmoid(C irfft2(w)) with the color axes C and the waves w, complex (N, 3, side, side // 2 + 1)
as torch.fft.rfft2 lays them out, in periods per picture.
"""

from __future__ import annotations

import math

import torch

LOGIT_EPS = 1 / 510  # half a grey level: how near to black and white a photo's values are taken
DECAY = 0.9  # coefficients are divided by frequency to this power

# Columns: brightness and two color axes of natural pictures (Olah et al. 2017), divided by the
# length of the first. Departure: the color axes are scaled by 0.7, or the picture turns garish.
COLOR_AXES = (
    (0.5628, 0.1364, 0.0303),
    (0.5845, 0.0000, -0.0758),
    (0.5845, -0.1364, 0.0455),
)


def color_axes(decorrelated: bool, chroma: float = 1.0) -> torch.Tensor:
    """C as columns, (3, 3): those of natural pictures, or red, green and blue as long as the first.

    Args:
        decorrelated: natural pictures' ones.
        chroma: what the two color axes are multiplied by.
    """
    if not decorrelated:
        return torch.eye(3) / math.sqrt(3)
    return torch.tensor(COLOR_AXES) * torch.tensor((1.0, chroma, chroma))


def frequencies(side: int) -> torch.Tensor:
    """The frequency of each coefficient, at least 1: (side, side // 2 + 1)."""
    rows = torch.fft.fftfreq(side)[:, None] * side
    columns = torch.fft.rfftfreq(side)[None] * side
    found: torch.Tensor = (rows.square() + columns.square()).sqrt().clamp(min=1)
    return found


def spectrum_scale(side: int, decay: float = DECAY) -> torch.Tensor:
    """What each coefficient of a spectrum is multiplied by: 1 / max(f, 1)^decay / 4.

    f is the frequency in periods per picture. The exponent is 1 in Olah et al. (2017): a little
    less gives crisper detail.

    Returns:
        (side, side // 2 + 1), in (0, 1/4].
    """
    return frequencies(side).pow(-decay) / 4


def analyze(pictures: torch.Tensor, axes: torch.Tensor) -> torch.Tensor:
    """The waves of `pictures` (N, 3, side, side) in [0, 1]; `render` gives the pictures back to
    half a grey level.

    Args:
        axes: the color axes, (3, 3).
    """
    planes = torch.logit(pictures, eps=LOGIT_EPS)
    planes = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(axes), planes)
    return torch.fft.rfft2(planes, norm="forward")


def crop(spectrum: torch.Tensor, side: int) -> torch.Tensor:
    """The part of a half spectrum that a picture of `side` x `side` pixels has; a smaller spectrum
    stays.

    Args:
        spectrum: (..., s, s // 2 + 1), the frequencies in its last two axes.
    """
    if side >= spectrum.shape[-2]:
        return spectrum
    rows = (spectrum[..., : (side + 1) // 2, :], spectrum[..., -(side // 2) :, :])
    return torch.cat(rows, dim=-2)[..., : side // 2 + 1]


def render(waves: torch.Tensor, axes: torch.Tensor, side: int) -> torch.Tensor:
    """The pictures (N, 3, side, side) of `waves`; frequencies that don't fit are left out."""
    known = waves.shape[-2]
    if side > known:
        middle = known // 2 + known % 2
        gap = waves.new_zeros(*waves.shape[:2], side - known, waves.shape[-1])
        waves = torch.cat((waves[:, :, :middle], gap, waves[:, :, middle:]), dim=2)
    waves = crop(waves, side)
    if waves.device.type != "cpu":
        waves = hermitian(waves, side)
    planes = torch.fft.irfft2(waves, s=(side, side), norm="forward")
    return torch.einsum("ij,bjhw->bihw", axes, planes).sigmoid()


def hermitian(waves: torch.Tensor, side: int) -> torch.Tensor:
    """The part of a half spectrum that belongs to a real picture: in the column of frequency 0, and
    in that of `side` / 2 where the spectrum has one, (z_k + conj z_-k) / 2.

    On CPUs irfft2 ignores the rest; what cuFFT makes of it is undefined, and depends on the side.

    Args:
        waves: (..., side, side // 2 + 1) or fewer columns, laid out as torch.fft.rfft2 does.
    """

    def symmetric(column: torch.Tensor) -> torch.Tensor:
        return (column + column.flip(-2).roll(1, -2).conj()) / 2

    if 2 * (waves.shape[-1] - 1) != side:
        return torch.cat((symmetric(waves[..., :1]), waves[..., 1:]), -1)
    ends = symmetric(waves[..., :1]), symmetric(waves[..., -1:])
    return torch.cat((ends[0], waves[..., 1:-1], ends[1]), -1)
