"""The film strip of a run: which frames it keeps, and how they look."""

from itertools import pairwise

import pytest
import torch
from PIL import Image

from models.gan.training.film_strip import FilmStrip, draw, sheet


def cells(value, count=16, channels=1, side=28):
    return torch.full((count, channels, side, side), float(value))


def test_every_second_goes_when_it_is_full():
    strip = FilmStrip(limit=4)
    seen = []
    for rounds in range(9):
        strip.add(rounds, cells(0, side=1))
        seen.append([kept for kept, _ in strip.frames])
    assert seen == [
        [0], [0, 1], [0, 1, 2], [0, 2, 3], [0, 2, 4], [0, 2, 4, 5], [0, 4, 6], [0, 4, 7], [0, 4, 8],
    ]  # fmt: skip


def test_a_long_run_stays_bounded_and_evenly_spread():
    strip = FilmStrip()
    for rounds in range(1000):
        strip.add(rounds, cells(0))
        assert len(strip.frames) <= 48
        assert strip.bytes <= 48 * 16 * 28 * 28
    kept = [rounds for rounds, _ in strip.frames]
    assert (kept[0], kept[-1]) == (0, 999)
    assert len(kept) >= 24
    assert {b - a for a, b in pairwise(kept[:-1])} == {strip.stride}


def test_what_has_not_happened_is_forgotten():
    strip = FilmStrip(limit=4)
    for at in range(10):
        strip.add(at, torch.zeros(1, 1, 2, 2))
    assert [at for at, _ in strip.frames] == [0, 4, 8, 9]
    strip.forget_after(8)
    assert [at for at, _ in strip.frames] == [0, 4, 8]
    strip.forget_after(-1)
    assert strip.frames == []
    strip.add(3, torch.zeros(1, 1, 2, 2))
    assert [at for at, _ in strip.frames] == [3]


def test_pictures_are_kept_at_eight_bits():
    strip = FilmStrip()
    strip.add(0, torch.tensor([-1.0, 0.0, 1.0, 7.0]).view(4, 1, 1, 1))
    ((_, kept),) = strip.frames
    assert kept.dtype == torch.uint8
    assert kept.flatten().tolist() == [0, 128, 255, 255]
    assert strip.bytes == 4


def test_an_empty_strip():
    assert FilmStrip().frames == []
    assert FilmStrip().bytes == 0
    with pytest.raises(ValueError, match="needs a frame"):
        sheet([])


def test_a_row_a_frame_and_a_column_a_latent():
    first = cells(-1)
    first[3] = 1
    picture = sheet([(7, first), (12, cells(1))])
    assert picture.size == (64 + 16 * 56 + 15 * 2, 2 * 56 + 2)
    left = 64 + 3 * 58
    assert picture.getpixel((left, 0)) == picture.getpixel((left + 55, 55)) == (255, 255, 255)
    assert picture.getpixel((left - 3, 0)) == picture.getpixel((left + 58, 0)) == (0, 0, 0)
    assert picture.getpixel((64, 58)) == (255, 255, 255)
    for top in (0, 58):  # the step
        assert min(picture.crop((0, top, 64, top + 56)).convert("L").tobytes()) < 150


def test_every_pixel_is_a_visible_square():
    shown = cells(-1, count=1, channels=3, side=2)
    shown[0, 0, 0, 1] = 1  # red, above right
    picture = sheet([(0, shown)]).crop((64, 0, 120, 56))
    assert picture.getpixel((28, 27)) == picture.getpixel((55, 0)) == (255, 0, 0)
    assert picture.getpixel((27, 27)) == picture.getpixel((28, 28)) == (0, 0, 0)


def test_planes_lie_in_rows_of_six():
    planes = [(n, Image.new("RGB", (100, 100), (n, 0, 0))) for n in range(7)]
    strip = FilmStrip()
    for rounds, plane in planes:
        strip.add(rounds, plane)
    assert strip.bytes == 7 * 30000
    picture = sheet(strip.frames)
    assert picture.size == (6 * 102 - 2, 2 * 122 - 2)
    assert picture.getpixel((5 * 102, 20)) == (5, 0, 0)
    assert picture.getpixel((99, 122 + 20 + 99)) == (6, 0, 0)


def test_a_frame_is_a_sheet_of_four_by_four():
    assert draw(cells(0)).size == (4 * 112 + 6, 4 * 112 + 6)
    assert draw(cells(0, channels=3, side=32)).size == (4 * 96 + 6, 4 * 96 + 6)
    strip = FilmStrip()
    strip.add(0, cells(0))
    assert draw(strip.frames[0][1]).getpixel((0, 0)) == (128, 128, 128)
    plane = Image.new("RGB", (9, 9))
    assert draw(plane) is plane


def test_a_strip_of_classes_has_its_digits_on_top():
    samples = torch.linspace(-1, 1, 12).view(12, 1, 1, 1).expand(-1, 1, 28, 28)
    plain, titled = draw(samples), draw(samples, (2, 7, 9))
    assert plain.size == (4 * 114 - 2, 3 * 114 - 2)
    assert titled.size == (3 * 116 - 4, 40 + 4 * 116 - 4)
    levels = [titled.getpixel((57 + 114 * (n % 3), 40 + 57 + 114 * (n // 3)))[0] for n in range(12)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0, 255)
    head = titled.crop((0, 0, titled.width, 40)).convert("L")
    for column in range(3):
        assert head.crop((114 * column, 0, 114 * column + 112, 40)).getextrema()[0] < 128


def test_a_sheet_of_classes_shows_one_latent():
    frames = [(step, torch.zeros(12, 1, 28, 28)) for step in (0, 5)]
    assert sheet(frames, (2, 7, 9)).size == (64 + 3 * 58 - 2, 2 * 58 - 2)
