"""Draw the example style pictures that ship with Netglass.

Every picture is our own drawing: only numpy and Pillow, fixed seeds, no outside images.

    python -m tools.style_examples.draw [--only NAME] [--out DIR]
"""

import argparse
import io
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tools.style_examples import brush, craft, folk, ink, wall

PICTURES = {
    "warli": wall.warli,
    "rangoli": folk.rangoli,
    "mithila": folk.mithila,
    "mosaic": craft.mosaic,
    "stained_glass": craft.stained_glass,
    "azulejo": craft.azulejo,
    "woodcut": brush.woodcut,
    "pointillism": brush.pointillism,
    "ink_wash": ink.ink_wash,
}
STYLES = Path(__file__).parents[2] / "demos" / "examples" / "styles"
LIMIT = 345_000  # bytes: the pictures travel with the app, so each one stays small


def save(picture, path):
    """Write a float RGB picture as JPEG at quality 90, or the first lower one that fits LIMIT."""
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    for quality in range(90, 60, -2):
        data = io.BytesIO()
        image.save(data, "JPEG", quality=quality, optimize=True, progressive=True)
        if data.tell() <= LIMIT:
            break
    path.write_bytes(data.getvalue())
    return image.size, quality, data.tell()


def main():
    """Draw every picture, or the one that --only names."""
    parser = argparse.ArgumentParser(description="Draw the example style pictures.")
    parser.add_argument("--only", choices=PICTURES, help="draw just this picture")
    parser.add_argument("--out", type=Path, default=STYLES)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for seed, (name, draw) in enumerate(PICTURES.items(), start=1):
        if args.only not in (None, name):
            continue
        start = time.perf_counter()
        size, quality, length = save(draw(np.random.default_rng(seed)), args.out / f"{name}.jpg")
        took = time.perf_counter() - start
        print(f"{name}: {size[0]}x{size[1]}, q{quality}, {length / 1000:.0f} kB, {took:.1f} s")


if __name__ == "__main__":
    main()
