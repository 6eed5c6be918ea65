"""Pictures of every mode, depth and colour space become 8-bit sRGB as a person would see them."""

import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from models import images
from models.validation import ValidationError
from tests.models.pictures import RED, file, plain

# demos/examples/styles/mosaic.jpg at 96 x 72, saved by `pillow_heif.register_heif_opener()` and
# `picture.save("mosaic.heic", quality=60)`. Only this needs an encoder: pillow-heif brings x265,
# which is GPL, and pi-heif, which reads the file, does not.
HEIC = Path(__file__).parent / "mosaic.heic"


def first_pixel(source) -> tuple[int, int, int]:
    opened = images.open_image(source)
    assert opened.mode == "RGB"
    return opened.getpixel((0, 0))


def test_sixteen_bit_grey_is_scaled():
    values = np.full((24, 32), 32896, np.uint16)  # 128 * 257
    assert first_pixel(file(Image.fromarray(values), "PNG")) == (128, 128, 128)


def test_sixteen_bit_tiff_is_scaled():
    values = np.full((24, 32), 65535, np.uint16)
    assert first_pixel(file(Image.fromarray(values), "TIFF")) == (255, 255, 255)


def test_float_tiff_in_unit_range_is_scaled():
    values = np.full((24, 32), 0.2, np.float32)
    assert first_pixel(file(Image.fromarray(values), "TIFF")) == (51, 51, 51)


def test_cmyk_is_converted():
    cmyk = Image.new("CMYK", (32, 24), (0, 255, 255, 0))
    assert first_pixel(file(cmyk, "TIFF")) == (255, 0, 0)


def test_palette_is_converted():
    assert first_pixel(file(plain().convert("P", palette=Image.Palette.ADAPTIVE), "PNG")) == RED


def test_transparency_is_laid_over_white():
    assert first_pixel(file(Image.new("RGBA", (32, 24), (*RED, 0)), "PNG")) == (255, 255, 255)
    assert first_pixel(file(Image.new("RGBA", (32, 24), (0, 0, 0, 51)), "PNG")) == (204, 204, 204)
    assert first_pixel(file(Image.new("LA", (32, 24), (0, 0)), "PNG")) == (255, 255, 255)


def test_transparent_palette_colour_is_white():
    image = Image.new("P", (32, 24), 0)
    image.putpalette([10, 20, 30, 0, 0, 0])
    assert first_pixel(file(image, "PNG", transparency=0)) == (255, 255, 255)


def test_animation_gives_its_first_frame():
    frames = [plain((0, 0, 255)), plain((0, 255, 0))]
    data = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert first_pixel(data) == (0, 0, 255)


@pytest.mark.parametrize(
    ("most", "white"),
    [(255, 255), (256, 1023), (1023, 1023), (4095, 4095), (4096, 16383), (16384, 65535)],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_few_bits_in_sixteen_is_stretched(most, white, kind):
    """12-bit data in a 16-bit file would come out nearly black."""
    values = np.linspace(0, most, 32 * 24).round().astype(np.uint16).reshape(24, 32)
    opened = np.asarray(images.open_image(file(Image.fromarray(values), kind)))[..., 0]
    assert np.array_equal(opened, np.rint(values * (255 / white)))


@pytest.mark.parametrize(("most", "level"), [(2**16, 1), (2**24 - 1, 255), (2**31 - 1, 127)])
def test_thirty_two_bit_grey_is_scaled(most, level):
    values = np.full((24, 32), most, np.int32)
    assert first_pixel(file(Image.fromarray(values), "TIFF"))[0] == level


@pytest.mark.parametrize(
    ("value", "level"), [(1.0, 255), (51.0, 51), (4095.0, 255), (-3.0, 0), (np.nan, 0), (np.inf, 0)]
)
def test_float_grey_of_any_range_gives_a_picture(value, level):
    values = np.full((24, 32), value, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert first_pixel(file(Image.fromarray(values), "TIFF"))[1] in (level, 255)


def profile(*primaries, gamma: float = 2.2, kind: bytes = b"RGB ") -> bytes:
    """An ICC profile of version 2: a matrix of XYZ columns (D50) and a gamma, or grey levels."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(n * 65536)) for n in numbers)

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249)}
    if kind == b"RGB ":
        for name, column in zip(b"rgb", primaries, strict=True):
            tags[bytes([name]) + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*column)
            tags[bytes([name]) + b"TRC"] = curve
    else:
        tags[b"kTRC"] = curve
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    header = struct.pack(
        ">I4sI4s4s4s", at + len(body), bytes(4), 0x02100000, b"mntr", kind, b"XYZ "
    )
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249) + bytes(48)
    return header + table + body


# Adobe RGB (1998), adapted to D50.
ADOBE = profile(
    (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)
)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_wide_colour_space_becomes_srgb(kind):
    """A green of sRGB (60, 180, 75), as Adobe RGB writes it."""
    written = plain((112, 179, 84))
    options = {"icc_profile": ADOBE} | ({"quality": 100} if kind in ("JPEG", "WEBP") else {})
    found = first_pixel(file(written, kind, **options))
    assert np.abs(np.subtract(found, (60, 180, 75))).max() <= 3
    assert first_pixel(file(written, "PNG")) == (112, 179, 84)


def test_colours_outside_srgb_are_cut_and_greys_stay_grey():
    assert first_pixel(file(plain((0, 255, 0)), "PNG", icc_profile=ADOBE)) == (0, 255, 0)
    red, green, blue = first_pixel(file(plain((128, 128, 128)), "PNG", icc_profile=ADOBE))
    assert max(red, green, blue) - min(red, green, blue) <= 1


def test_what_is_in_srgb_already_keeps_every_bit():
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    opened = images.open_image(file(Image.fromarray(pixels), "PNG", icc_profile=SRGB))
    assert np.array_equal(np.asarray(opened), pixels)


@pytest.mark.parametrize(
    "broken", [b"nonsense", ADOBE[:150], bytes(500), SRGB[:-200], profile(kind=b"GRAY")]
)
def test_a_broken_or_foreign_profile_is_ignored(broken):
    assert first_pixel(file(plain((10, 120, 30)), "PNG", icc_profile=broken)) == (10, 120, 30)


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA", "L", "1", "CMYK", "I;16"])
def test_every_mode_may_have_a_profile(mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((24, 32), 0x8080, np.uint16))
    else:
        image = plain((112, 179, 84)).convert(mode, palette=Image.Palette.ADAPTIVE)
    grey = mode in ("LA", "L", "1", "I;16")
    given = profile(kind=b"GRAY", gamma=1.0) if grey else ADOBE
    kind = "TIFF" if mode == "CMYK" else "PNG"
    with_profile = first_pixel(file(image, kind, icc_profile=given))
    without = first_pixel(file(image, kind))
    if mode in ("RGBA", "P"):
        assert np.abs(np.subtract(with_profile, (60, 180, 75))).max() <= 3
    elif mode in ("LA", "L", "I;16"):
        assert with_profile[0] > without[0] + 20  # linear light is brighter
    else:  # black or white, and a profile of another kind
        assert with_profile == without


def test_a_wide_colour_space_and_transparency_go_together():
    image = plain((112, 179, 84, 0), mode="RGBA")
    image.paste((112, 179, 84, 255), (0, 0, 8, 8))
    opened = images.open_image(file(image, "PNG", icc_profile=ADOBE))
    assert np.abs(np.subtract(opened.getpixel((2, 2)), (60, 180, 75))).max() <= 3
    assert opened.getpixel((20, 20)) == (255, 255, 255)


def test_lab_is_converted():
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    image = ImageCms.profileToProfile(plain((200, 100, 50)), srgb, lab, outputMode="LAB")
    found = first_pixel(file(image, "TIFF"))
    assert np.abs(np.subtract(found, (200, 100, 50))).max() <= 3


def test_heic_is_read(painting):
    opened = images.open_image(HEIC)
    assert opened.size == (96, 72)
    with Image.open(painting("mosaic")) as original:
        small = original.resize((96, 72), Image.Resampling.LANCZOS)
    apart = [np.asarray(picture.convert("L"), np.int16) for picture in (opened, small)]
    assert np.abs(apart[0] - apart[1]).mean() < 5
    assert np.array_equal(np.asarray(images.open_image(HEIC.read_bytes())), np.asarray(opened))


@pytest.mark.parametrize("length", [40, 600, 2400])
def test_a_damaged_heic_is_refused(length):
    with pytest.raises(ValidationError) as caught:
        images.open_image(HEIC.read_bytes()[:length])
    assert caught.value.key in ("not_a_picture", "picture_broken")
