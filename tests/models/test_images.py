"""Every kind of picture a person may upload, against known pixels; several pictures as one."""

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from models import images
from models.validation import ValidationError
from tests.models.pictures import RED, file, plain


def png_of_size(width: int, height: int) -> bytes:
    """A PNG header that promises width x height pixels and delivers none."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def first_pixel(source) -> tuple[int, int, int]:
    opened = images.open_image(source)
    assert opened.mode == "RGB"
    return opened.getpixel((0, 0))


def test_plain_png_is_unchanged():
    pixels = np.arange(32 * 24 * 3, dtype=np.uint8).reshape(24, 32, 3)
    opened = images.open_image(file(Image.fromarray(pixels), "PNG"))
    assert np.array_equal(np.asarray(opened), pixels)


def test_exif_rotation_is_applied():
    image = plain((0, 0, 0))
    image.paste((255, 255, 255), (0, 0, 16, 24))  # left half white
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate 90 degrees clockwise to see it upright
    opened = images.open_image(file(image, "PNG", exif=exif))
    assert opened.size == (24, 32)
    assert opened.getpixel((12, 2)) == (255, 255, 255)
    assert opened.getpixel((12, 30)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("source", "key"),
    [
        (None, "no_picture"),
        (b"just some text, renamed", "not_a_picture"),
        (b"", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        ("/nowhere/at/all.jpg", "file_gone"),
        (file(plain(size=(1, 1)), "PNG"), "picture_too_small"),
        (file(plain(size=(16, 400)), "PNG"), "picture_too_long"),
        (png_of_size(20_000, 20_000), "picture_too_large"),
        (png_of_size(9_000, 9_000), "picture_too_large"),
    ],
)
def test_bad_files_are_refused(source, key):
    with pytest.raises(ValidationError) as caught:
        images.open_image(source)
    assert caught.value.key == key


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_truncated_files_are_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    data = file(Image.fromarray(noise), kind)
    with pytest.raises(ValidationError, match="damaged"):
        images.open_image(data[: len(data) // 2])


def test_opening_leaves_pillows_limit_alone():
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(ValidationError):
        images.open_image(png_of_size(20_000, 20_000))
    assert before == Image.MAX_IMAGE_PIXELS


def test_tensor_round_trip_is_exact():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.fromarray(np.stack([levels, levels[::-1], levels.T], -1))
    tensor = images.to_tensor(image)
    assert tensor.shape == (1, 3, 16, 16)
    assert tensor[0, 0, 0, 1].item() == pytest.approx(1 / 255)
    assert np.array_equal(np.asarray(images.to_image(tensor)), np.asarray(image))


def test_to_image_rounds_and_clamps():
    tensor = torch.tensor([-0.5, 0.5, 1.7]).view(3, 1, 1).expand(3, 16, 16)
    assert images.to_image(tensor).getpixel((0, 0)) == (0, 128, 255)


def test_square_takes_the_centre_and_leaves_its_own_size_alone():
    wide = plain((0, 0, 0), (300, 100))
    wide.paste(RED, (100, 0, 200, 100))
    small = images.square(wide, 50)
    assert [small.getpixel((x, 25)) for x in (5, 25, 45)] == [RED] * 3
    exact = plain(size=(224, 224))
    assert images.square(exact, 224) is exact


def test_fit_keeps_the_aspect():
    assert images.fit(plain(size=(300, 100)), 150).size == (150, 50)
    assert images.fit(plain(size=(100, 300)), 600).size == (200, 600)


def test_grid_order_and_empty_cells():
    cells = torch.arange(3.0).view(3, 1, 1, 1) / 4
    assert images.grid(cells, 2)[0].tolist() == [[0.0, 0.25], [0.5, 1.0]]


def test_grid_gaps_are_white():
    cells = torch.zeros(2, 1, 1, 1)
    assert images.grid(cells, 2, gap=1)[0].tolist() == [[0.0, 1.0, 0.0]]


def test_strongest_channels_first_and_stretched():
    maps = torch.tensor([[[[0.0, 1.0]], [[5.0, 5.0]], [[-4.0, 4.0]]]])
    assert images.strongest_channels(maps, 2)[:, 0].tolist() == [[[0.0, 1.0]], [[0.0, 1.0]]]
    assert images.strongest_channels(maps, 3)[2, 0].tolist() == [[0.0, 0.0]]


def test_overlay_is_green_above_and_magenta_below_zero():
    picture = torch.full((1, 3, 1, 3), 0.5)
    shown = images.overlay(picture, torch.tensor([[2.0, 0.0, -2.0]]))[0, :, 0]
    # 0.4 of the grey and 0.6 of (46, 125, 15) and (192, 23, 122).
    torch.testing.assert_close(shown[:, 0] * 255, torch.tensor([78.6, 126.0, 60.0]))
    assert torch.allclose(shown[:, 1], torch.full((3,), 0.5))
    torch.testing.assert_close(shown[:, 2] * 255, torch.tensor([166.2, 64.8, 124.2]))


def test_no_heat_is_no_colour():
    picture = torch.rand(1, 3, 4, 4)
    shown = images.overlay(picture, torch.zeros(4, 4))
    assert torch.allclose(shown[:, 0], picture.mean(1))


def test_opening_pictures_needs_no_pytorch():
    code = "import models.images, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_where_a_picture_is_opaque(tmp_path):
    clear = Image.new("RGBA", (32, 20), (9, 9, 9, 255))
    clear.paste((0, 0, 0, 100), (0, 0, 8, 20))
    clear.save(tmp_path / "clear.png")
    for source in (clear, tmp_path / "clear.png"):
        mask = np.asarray(images.opaque(source))
        assert (mask[:, :8] == 0).all()
        assert (mask[:, 8:] == 255).all()
    assert images.opaque(Image.new("RGB", (20, 20))) is None
    assert images.opaque(Image.new("RGBA", (20, 20), "teal")) is None


def test_several_pictures_are_one_tensor_and_one_that_is_bad_is_named(tmp_path, photo):
    found = images.classifier_inputs([photo("owl"), Image.new("RGB", (32, 32), "red")], 32)
    assert found.shape == (2, 3, 32, 32)
    assert torch.equal(found[:1], images.classifier_input(photo("owl"), 32))
    assert found[1, :, 0, 0].tolist() == [1, 0, 0]
    (tmp_path / "small.png").touch()
    with pytest.raises(ValidationError, match=r'Photo 2 of 2, "small\.png".*not a picture'):
        images.classifier_inputs([photo("owl"), tmp_path / "small.png"], 32)


def test_of_files_with_the_same_content_the_first_is_taken(tmp_path):
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for path, content in zip(paths, (b"1", b"2", b"1"), strict=True):
        path.write_bytes(content)
    assert images.different([*paths, paths[1]]) == paths[:2]
