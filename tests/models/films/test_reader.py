"""Clips as people upload them."""

import stat
import sys

import numpy as np
import pytest
from PIL import Image

from models.films import reader, writer
from models.validation import ValidationError


def frames(count=5, size=(48, 32)):
    return [Image.new("RGB", size, (40 * n % 256, 90, 200)) for n in range(count)]


def saved(path, count=5, size=(48, 32), **options):
    first, *rest = frames(count, size)
    first.save(path, save_all=True, append_images=rest, **{"duration": 80} | options)
    return path


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_a_clip_is_read(tmp_path, kind):
    clip = reader.read(saved(tmp_path / f"clip.{kind}", lossless=True), 96)
    assert [frame.size for frame in clip.frames] == [(96, 64)] * 5
    assert (clip.milliseconds, clip.video) == (80, False)
    for read, drawn in zip(clip.frames, frames(), strict=True):
        assert np.abs(np.asarray(read).astype(int)[0, 0] - np.asarray(drawn)[0, 0]).max() < 4


def test_a_still_picture_is_a_clip_of_one(photo):
    clip = reader.read(photo("kitten"), 64)
    assert len(clip.frames) == 1
    assert clip.milliseconds == reader.USUAL


def test_times_are_averaged(tmp_path):
    clip = reader.read(saved(tmp_path / "clip.gif", 3, duration=[40, 80, 180]), 48)
    assert clip.milliseconds == 100


def test_what_lies_on_transparency_lies_on_white(tmp_path):
    clear = [Image.new("RGBA", (32, 32), (10, 200, 10, 255 * n)) for n in range(2)]
    clear[0].save(tmp_path / "clip.png", save_all=True, append_images=clear[1:], duration=50)
    first, second = reader.read(tmp_path / "clip.png", 32).frames
    assert first.getpixel((3, 3)) == (255, 255, 255)
    assert second.getpixel((3, 3)) == (10, 200, 10)


def test_clips_that_can_not_be_worked_with_are_refused(tmp_path):
    (tmp_path / "text.gif").write_text("no clip")
    # Half of one: the first picture is there.
    noise = [Image.effect_noise((64, 64), 90) for _ in range(4)]
    noise[0].save(tmp_path / "whole.png", save_all=True, append_images=noise[1:])
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    for path, key in (
        (None, "no_film"),
        ("", "no_film"),
        (tmp_path / "gone.gif", "file_gone"),
        (tmp_path / "text.gif", "not_a_film"),
        (tmp_path / "half.png", "picture_broken"),
        (saved(tmp_path / "long.gif", 1000, (16, 16)), "film_too_long"),
        (saved(tmp_path / "thin.gif", 2, (200, 20)), "picture_too_long"),
    ):
        with pytest.raises(ValidationError) as caught:
            reader.read(path, 64)
        assert caught.value.key == key, path


def test_pictures_larger_than_4k_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "MAX_MEGAPIXELS", 0.001)
    with pytest.raises(ValidationError) as caught:
        reader.read(saved(tmp_path / "clip.gif"), 64)
    assert caught.value.key == "picture_too_large"


def decoder(folder, count, code=0):
    """A program in ffmpeg's place, which says "25 fps" and writes pictures as PPM."""
    path = folder / "ffmpeg"
    path.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "print('Stream #0:0: Video: h264, 24x16, 30 kb/s, 25 fps, 25 tbr', file=sys.stderr)\n"
        f"for n in range({count}):\n"
        "    sys.stdout.buffer.write(b'P6\\n24 16\\n255\\n' + bytes([n]) * 24 * 16 * 3)\n"
        f"sys.exit({code})\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path), "libx264"


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x20ftypisom" + b"\0" * 20)
    return path


def test_a_video_is_read_by_ffmpeg(tmp_path, video, monkeypatch):
    monkeypatch.setattr(writer, "encoder", lambda: decoder(tmp_path, 7))
    clip = reader.read(video, 24)
    assert (len(clip.frames), clip.milliseconds, clip.video) == (7, 40, True)
    assert [frame.getpixel((0, 0))[0] for frame in clip.frames] == list(range(7))


@pytest.mark.parametrize(
    ("count", "code", "key"),
    [(61, 0, "film_too_long"), (0, 0, "picture_broken"), (3, 1, "picture_broken")],
)
def test_videos_that_can_not_be_worked_with_are_refused(
    tmp_path, video, monkeypatch, count, code, key
):
    monkeypatch.setattr(writer, "encoder", lambda: decoder(tmp_path, count, code))
    with pytest.raises(ValidationError) as caught:
        reader.read(video, 24)
    assert caught.value.key == key


def test_without_ffmpeg_a_video_is_refused_with_the_remedy(video, monkeypatch):
    monkeypatch.setattr(writer, "encoder", lambda: None)
    with pytest.raises(ValidationError, match="pip install imageio-ffmpeg"):
        reader.read(video, 24)


@pytest.mark.skipif(writer.encoder() is None, reason="no ffmpeg with an H.264 encoder is here")
def test_a_real_video_is_read(tmp_path):
    writer.save(frames(12, (96, 64)), tmp_path / "clip.mp4", 80)
    clip = reader.read(tmp_path / "clip.mp4", 96)
    assert (len(clip.frames), clip.frames[0].size, clip.milliseconds) == (12, (96, 64), 80)
    for read, drawn in zip(clip.frames, frames(12, (96, 64)), strict=True):
        assert np.abs(np.asarray(read).astype(int)[9, 9] - np.asarray(drawn)[9, 9]).max() < 8
