"""A row of pictures as a film: GIF, WebP, and MP4 where the machine has an encoder.

MP4 takes ffmpeg, which runs as a program of its own. It is optional: the wheel `imageio-ffmpeg`
(BSD-2) carries one, 65 MB to download and 165 MB on the disk, more than all of Netglass's weights,
and that build is under the GPL, version 3, for its x264. So Netglass neither needs nor ships it,
and takes what is there: `pip install imageio-ffmpeg`, or the system's own ffmpeg.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from models.validation import ValidationError

CODECS = ("libx264", "libopenh264", "h264_videotoolbox")  # H.264 plays in every browser
ENCODE_SECONDS = 120
QUALITY = {"libx264": ["-preset", "veryfast", "-crf", "18"]}


def save(frames: Sequence[Image.Image], path: str | Path, milliseconds: int) -> None:
    """Writes a film of the format that the path ends in; GIF and WebP repeat for ever.

    Args:
        frames: RGB, all of one size, both sides even.
        milliseconds: each is shown; GIF counts in hundredths of a second.

    Raises:
        ValidationError: MP4, and no encoder is there.
        ValueError: no frames, or of several sizes.
        RuntimeError: the encoder failed.
    """
    kind = Path(path).suffix.lstrip(".")
    writers: dict[str, Callable[[Sequence[Image.Image], str | Path, int], None]]
    writers = {"gif": save_gif, "webp": _webp, "mp4": _mp4}
    writers[kind](frames, path, milliseconds)


def save_gif(
    frames: Sequence[Image.Image],
    path_or_stream: str | Path | BinaryIO,
    milliseconds: int,
    last: int | None = None,
) -> None:
    """Writes an animated GIF that repeats for ever, each frame in 256 colours of its own.

    Args:
        frames: all of one size.
        milliseconds: each is shown, in hundredths of a second.
        last: milliseconds of the last of several.

    Raises:
        ValueError: no frames, or of several sizes.
    """
    _check(frames)
    # Undithered: dither would flicker from frame to frame.
    first, *rest = (f.convert("RGB").quantize(256, dither=Image.Dither.NONE) for f in frames)
    times = [milliseconds] * len(rest) + [last] if last and rest else milliseconds
    first.save(path_or_stream, "GIF", save_all=True, append_images=rest, duration=times, loop=0)


def _check(frames: Sequence[Image.Image]) -> None:
    if not frames or len({frame.size for frame in frames}) > 1:
        raise ValueError("a film needs frames of one size")


def _webp(frames: Sequence[Image.Image], path: str | Path, milliseconds: int) -> None:
    _check(frames)
    first, *rest = frames
    first.save(
        path, "WEBP", save_all=True, append_images=rest, duration=milliseconds, loop=0, quality=85,
        method=2,
    )  # fmt: skip


@cache
def encoder() -> tuple[str, str] | None:
    """(ffmpeg, its H.264 encoder); None where there is none."""
    for program in _programs():
        try:
            listed = subprocess.run(
                [program, "-hide_banner", "-encoders"],
                capture_output=True, text=True, timeout=ENCODE_SECONDS, check=True,
            ).stdout  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            continue
        names = {parts[1] for line in listed.splitlines() if len(parts := line.split()) > 1}
        for codec in CODECS:
            if codec in names:
                return program, codec
    return None


def _programs() -> list[str]:
    found = [shutil.which("ffmpeg")]
    try:
        import imageio_ffmpeg

        found.insert(0, imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):  # not installed; a wheel without a program
        pass
    return [program for program in found if program]


def _mp4(frames: Sequence[Image.Image], path: str | Path, milliseconds: int) -> None:
    _check(frames)
    found = encoder()
    if found is None:
        raise ValidationError("package_missing", title="MP4", package="imageio-ffmpeg")
    program, codec = found
    width, height = frames[0].size
    command = [
        program, "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-framerate", f"{1000 / milliseconds:g}", "-i", "-",
        "-c:v", codec, *QUALITY.get(codec, ["-b:v", "2M"]), "-threads", "1",
        # Players of phones take no other colours, and begin before the file's end is there.
        "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    pixels = b"".join(frame.convert("RGB").tobytes() for frame in frames)
    try:
        subprocess.run(
            command, input=pixels, capture_output=True, timeout=ENCODE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", None) or b""
        raise RuntimeError(f"ffmpeg failed: {told.decode(errors='replace')[-500:]}") from error
