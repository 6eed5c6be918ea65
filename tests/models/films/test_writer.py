"""Films: GIF and WebP always, MP4 where an encoder is there."""

import io
import stat
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageSequence

from models.films import writer
from models.validation import ValidationError


def frames(count=5, side=32):
    return [Image.new("RGB", (side, side), (40 * n, 90, 200 - 40 * n)) for n in range(count)]


@pytest.fixture
def fresh():
    """The encoder is looked for anew, before and after."""
    writer.encoder.cache_clear()
    yield
    writer.encoder.cache_clear()


def program(folder, name, body):
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{body}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_film_has_its_frames_and_repeats(tmp_path, kind):
    path = tmp_path / f"film.{kind}"
    writer.save(frames(), path, 80)
    with Image.open(path) as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (5, (32, 32), 0)
        for n, frame in enumerate(frames()):
            film.seek(n)
            seen = np.asarray(film.convert("RGB")).astype(int)
            assert np.abs(seen - np.asarray(frame)).mean() < 4
            assert film.info["duration"] == 80


def test_a_gif_s_last_frame_may_stay_longer(tmp_path):
    shown = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    stream = io.BytesIO()
    writer.save_gif(shown, stream, 90, 1500)
    writer.save_gif(shown, tmp_path / "film.gif", 90, 1500)
    assert (tmp_path / "film.gif").read_bytes() == stream.getvalue()
    with Image.open(stream) as film_read:
        assert (film_read.format, film_read.n_frames, film_read.size) == ("GIF", 3, (20, 10))
        assert film_read.info["loop"] == 0
        pages = [(p.convert("RGB").getpixel((9, 9)), p.info["duration"])
                 for p in ImageSequence.Iterator(film_read)]  # fmt: skip
    assert pages == [((255, 0, 0), 90), ((0, 255, 0), 90), ((0, 0, 255), 1500)]


def test_a_gif_of_one_frame():
    stream = io.BytesIO()
    writer.save_gif(frames(1), stream, 90, 1500)
    assert Image.open(stream).n_frames == 1


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_a_film_needs_frames_of_one_size(tmp_path, kind):
    for wrong in ([], [*frames(1), *frames(1, 16)]):
        with pytest.raises(ValueError, match="one size"):
            writer.save(wrong, tmp_path / f"film.{kind}", 80)


def test_without_an_encoder_mp4_is_refused_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "encoder", lambda: None)
    with pytest.raises(ValidationError, match="pip install imageio-ffmpeg"):
        writer.save(frames(), tmp_path / "film.mp4", 80)


def test_the_first_program_with_an_encoder_is_taken(tmp_path, monkeypatch, fresh):
    listed = 'print(" V....D libx265 H.265\\n V....D {} H.264")'
    none = program(tmp_path, "none", "print('no encoders')")
    broken = program(tmp_path, "broken", "raise SystemExit(1)")
    good = program(tmp_path, "good", listed.format("libopenh264"))
    monkeypatch.setattr(writer, "_programs", lambda: [str(tmp_path / "gone"), none, broken, good])
    assert writer.encoder() == (good, "libopenh264")
    writer.encoder.cache_clear()
    monkeypatch.setattr(writer, "_programs", lambda: [none])
    assert writer.encoder() is None


def test_an_encoder_gets_the_frames_as_bytes(tmp_path, monkeypatch):
    """A program that writes what it was told: the format is ffmpeg's own affair."""
    body = (
        "import sys, pathlib\n"
        "content = sys.stdin.buffer.read()\n"
        "pathlib.Path(sys.argv[-1]).write_text(f'{len(content)} {\" \".join(sys.argv[1:-1])}')"
    )
    encoder = program(tmp_path, "ffmpeg", body)
    monkeypatch.setattr(writer, "encoder", lambda: (encoder, "libx264"))
    path = tmp_path / "film.mp4"
    writer.save(frames(), path, 80)
    size, told = path.read_text().split(" ", 1)
    assert int(size) == 5 * 32 * 32 * 3
    assert "-s 32x32 -framerate 12.5 -i - -c:v libx264" in told
    failing = program(tmp_path, "fails", "import sys; print('no', file=sys.stderr); sys.exit(2)")
    monkeypatch.setattr(writer, "encoder", lambda: (failing, "libx264"))
    with pytest.raises(RuntimeError, match="ffmpeg failed: no"):
        writer.save(frames(), path, 80)


@pytest.mark.skipif(writer.encoder() is None, reason="no ffmpeg with an H.264 encoder is here")
def test_an_mp4_plays(tmp_path):
    path = tmp_path / "film.mp4"
    writer.save(frames(12), path, 80)
    assert path.read_bytes()[4:8] == b"ftyp"
    found = writer.encoder()
    assert found is not None
    # Decoded again, as many frames.
    command = [found[0], "-loglevel", "error", "-i", str(path), "-f", "rawvideo"]
    command += ["-pix_fmt", "rgb24", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True).stdout
    pictures = np.frombuffer(decoded, np.uint8).reshape(-1, 32, 32, 3)
    assert len(pictures) == 12
