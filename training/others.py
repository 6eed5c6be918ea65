"""Pictures that are neither cats nor dogs, by kind, to measure rejection on; none is committed.

    apt-get download gcompris-qt-data && dpkg -x gcompris-qt-data_*.deb gcompris
    python -m training.evaluate_pets pets_lite0 --others gcompris/usr/share/gcompris-qt/rcc

Animals, objects, buildings and paintings come from the photographs of the Debian package
gcompris-qt-data (free licences; its .rcc files hold pictures one after another, uncompressed);
faces from the kaokore set, digits from weights/digits.png; textures and noise are made here.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from models.linear_probe import digits
from training import data

MIN_BYTES = 12_000
# By activity, the numbers of its pictures in the order of its file; cats and dogs are left out.
ANIMALS = {
    "explore_world_animals": range(18),
    "explore_farm_animals": [*range(4), 5, 6, *range(8, 10)],
    "erase": range(32),
    "categorization": range(46, 70),
}
BUILDINGS = {"explore_monuments": range(52), "clickgame": range(9)}
OBJECTS = {"categorization": [*range(26, 46), *range(78, 80), *range(96, 103)]}
PAINTINGS = {"paintings": range(46), "details": [2, 4, 7, 8, 10, 12, 15, 19]}


def webp_files(path: Path) -> list[bytes]:
    """The WebP files inside an .rcc file, in order, without small ones."""
    content, found = path.read_bytes(), []
    for match in re.finditer(rb"RIFF(....)WEBP", content, re.S):
        size = struct.unpack("<I", match.group(1))[0] + 8
        if size > MIN_BYTES:
            found.append(content[match.start() : match.start() + size])
    return found


def from_package(folder: Path, wanted: dict[str, range | list[int]]) -> list[Image.Image]:
    """The wanted pictures, each once."""
    known: dict[str, Image.Image] = {}
    for activity, numbers in wanted.items():
        files = webp_files(folder / f"{activity}.rcc")
        for number in numbers:
            if number >= len(files):
                continue
            try:
                image = Image.open(io.BytesIO(files[number])).convert("RGB")
            except (UnidentifiedImageError, OSError):
                continue
            if min(image.size) >= 100:
                known.setdefault(hashlib.sha256(image.tobytes()).hexdigest(), image)
    return list(known.values())


def textures(count: int, rng: np.random.Generator, side: int = 256) -> list[Image.Image]:
    """Random fields with a power-law spectrum, stripes and checks, in two random colours."""
    y, x = np.mgrid[:side, :side]
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    frequency[0, 0] = 1
    shown = []
    for number in range(count):
        if number % 3 == 0:
            spectrum = np.fft.fft2(rng.normal(size=(side, side))) / frequency ** rng.uniform(0.5, 2)
            field = np.fft.ifft2(spectrum).real
        else:
            angle, period = rng.uniform(0, np.pi), rng.uniform(6, 60)
            field = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
            if number % 3 == 2:
                field = field * np.sin((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / period)
        share = (field - field.min()) / np.ptp(field)
        first, last = rng.uniform(0, 255, (2, 3))
        pixels = first + share[..., None] * (last - first)
        shown.append(Image.fromarray(pixels.astype(np.uint8)))
    return shown


def noise(count: int, rng: np.random.Generator, side: int = 256) -> list[Image.Image]:
    """Every pixel at random: uniform, or normal around a random colour."""
    shown = []
    for number in range(count):
        if number % 2:
            pixels = rng.uniform(0, 255, (side, side, 3))
        else:
            pixels = rng.normal(rng.uniform(0, 255, 3), rng.uniform(5, 80), (side, side, 3))
        shown.append(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    return shown


def kinds(package: Path, count: int = 100) -> dict[str, list[Image.Image]]:
    """All kinds; at most `count` pictures of those of which there are many."""
    rng = np.random.default_rng(0)
    faces = data.pictures(data.SHARED / "kaokore64.zip")
    faces = faces[rng.choice(len(faces), count, replace=False)]
    cells, _ = digits.pictures()
    cells = cells[rng.choice(len(cells), count, replace=False)]
    return {
        "other animals": from_package(package, ANIMALS),
        "buildings, landscapes": from_package(package, BUILDINGS),
        "objects": from_package(package, OBJECTS),
        "paintings": from_package(package, PAINTINGS),
        "painted faces": [Image.fromarray(face.permute(1, 2, 0).numpy()) for face in faces],
        "digits": [Image.fromarray(digit).convert("RGB") for digit in cells.numpy()],
        "textures": textures(count, rng),
        "noise": noise(count, rng),
    }
