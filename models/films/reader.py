"""Moving pictures that people upload: GIF, WebP and APNG, and clips where ffmpeg is there.

MP4, MOV and WebM take the optional program of `models.films.writer`; it opens the one file it is
given, as the format that the file's first bytes say.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from PIL import Image, ImageSequence

from models import images
from models.films import writer
from models.validation import ValidationError

MOST = 60  # pictures of a clip
MAX_MEGAPIXELS = 9  # of one picture: 4K
DECODE_SECONDS = 60
USUAL, LEAST = 100, 20  # milliseconds a picture: where a file says none, and what browsers show
PPM = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s")
RATE = re.compile(rb", ([\d.]+) (?:fps|tbr)")


@dataclass(frozen=True)
class Clip:
    """A moving picture.

    Attributes:
        frames: RGB, all of one size, their longer side as asked for; at least one.
        milliseconds: each is shown, on average.
        video: it came as a video file.
    """

    frames: list[Image.Image]
    milliseconds: int
    video: bool


def read(source: str | Path | None, longer: int) -> Clip:
    """A clip of at most 60 pictures; a still picture is a clip of one.

    Args:
        longer: what the longer side becomes.

    Raises:
        ValidationError: `None`, unreadable, damaged, too long or too large; a video without ffmpeg.
    """
    if not source:
        raise ValidationError("no_film")
    if kind := _video_kind(source):
        return _video(source, kind, longer)
    try:
        images.open_image(source)
    except ValidationError as error:
        raise ValidationError("not_a_film") if error.key == "not_a_picture" else error from None
    with Image.open(str(source), formats=images.FORMATS) as film:
        count, (width, height) = getattr(film, "n_frames", 1), film.size
        if count > MOST:
            raise _too_long()
        if count > 1 and width * height > MAX_MEGAPIXELS * 1e6:
            given = {"width": width, "height": height, "limit": MAX_MEGAPIXELS}
            raise ValidationError("picture_too_large", **given)
        try:
            pairs = [
                (images.fit(images.open_image(frame.copy()), longer), frame.info.get("duration"))
                for frame in ImageSequence.Iterator(film)
            ]
        except ValidationError:
            raise
        except (OSError, SyntaxError, EOFError, ValueError) as error:
            raise _broken() from error
    frames, durations = zip(*pairs, strict=True)
    return Clip(list(frames), max(LEAST, round(mean(d or USUAL for d in durations))), video=False)


def _video_kind(source: str | Path) -> str:
    """What ffmpeg calls the file's format; "" where it is no video."""
    try:
        with Path(source).open("rb") as file:
            first = file.read(12)
    except OSError:
        return ""
    if first[4:8] == b"ftyp" and first[8:12] not in (b"avif", b"avis", b"heic", b"heix", b"mif1"):
        return "mov"
    return "matroska" if first.startswith(b"\x1a\x45\xdf\xa3") else ""


def _video(source: str | Path, kind: str, longer: int) -> Clip:
    found = writer.encoder()
    if found is None:
        raise ValidationError("package_missing", title="MP4", package="imageio-ffmpeg")
    command = [
        found[0], "-nostdin", "-threads", "1", "-protocol_whitelist", "file", "-f", kind,
        "-i", str(source), "-an", "-sn", "-frames:v", str(MOST + 1),
        "-vf", f"scale={longer}:{longer}:force_original_aspect_ratio=decrease:flags=lanczos",
        "-f", "image2pipe", "-c:v", "ppm", "-",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=DECODE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise _broken() from error
    frames = [images.fit(frame, longer) for frame in _pictures(done.stdout)]
    if not frames:
        raise _broken()
    if len(frames) > MOST:
        raise _too_long()
    images.open_image(frames[0])  # not too long and thin
    rate = RATE.search(done.stderr)
    return Clip(frames, max(LEAST, round(1000 / float(rate[1]))) if rate else USUAL, video=True)


def _pictures(stream: bytes) -> Iterator[Image.Image]:
    """The pictures of a row of PPM files."""
    at = 0
    while header := PPM.match(stream, at):
        size = int(header[1]), int(header[2])
        at = header.end() + 3 * size[0] * size[1]
        yield Image.frombytes("RGB", size, stream[header.end() : at])


def _broken() -> ValidationError:
    return ValidationError("picture_broken")


def _too_long() -> ValidationError:
    return ValidationError("film_too_long", limit=MOST)
