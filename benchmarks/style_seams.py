"""What tiles add to a large painting of a flat photo: the same run in one piece beside it.

    python -m benchmarks.style_seams

Both are averaged over squares of 16 x 16 pixels, as eyes do; their differences are told in grey
levels, beside the seams and elsewhere.
"""

import argparse
from functools import partial

import numpy as np
from PIL import Image

from benchmarks.common import EXAMPLES, machine
from models import images, registry
from models.store import Store
from models.style_transfer import large
from models.style_transfer.optimize import transfer_style
from models.style_transfer.settings import StyleSettings
from models.style_transfer.tiles import tiles

NEAR = 16


def painted(network, photo: Image.Image, style: Image.Image, steps: int) -> np.ndarray:
    """The painting, (H / 16, W / 16, 3), in grey levels."""
    settings = StyleSettings(size=max(photo.size), steps=steps)
    *_, last = transfer_style(network, photo, style, settings)
    pixels = np.asarray(images.to_image(last.image), float)
    height, width = (side // NEAR for side in pixels.shape[:2])
    whole = pixels[: height * NEAR, : width * NEAR]
    return whole.reshape(height, NEAR, width, NEAR, 3).mean((1, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--styles", nargs="*", default=["mosaic", "starry_night"])
    options = parser.parse_args()
    network = Store().get(registry.DEFAULT_BACKBONE)
    photo = Image.new("RGB", (options.size, options.size // 4), (128, 128, 128))
    borders = {tile.core[1] for tile in tiles(photo.height, photo.width) if tile.core[1]}
    for name in options.styles:
        style = images.open_image(EXAMPLES / "styles" / f"{name}.jpg")
        large.tiles = tiles
        pieces = painted(network, photo, style, options.steps)
        large.tiles = partial(tiles, side=2 * options.size)
        apart = np.abs(pieces - painted(network, photo, style, options.steps)).mean(2)
        beside = [border // NEAR + n for border in borders for n in (-1, 0)]
        elsewhere = np.delete(apart, beside, axis=1)
        print(f"{name}, {photo.width} x {photo.height}: {apart[:, beside].mean():.3f} grey levels "
              f"beside seams ({apart[:, beside].max():.3f} at most), {elsewhere.mean():.3f} "
              "elsewhere", flush=True)  # fmt: skip
    print(machine())


if __name__ == "__main__":
    main()
