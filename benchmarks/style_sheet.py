"""Style transfer as a visitor gets it: seconds a picture, seconds to the first one, and a sheet.

python -m benchmarks.style_sheet --out docs/style_sheet.jpg
"""

import argparse
import statistics
import time
from pathlib import Path

from PIL import Image

from benchmarks.common import EXAMPLES, machine
from models import images, registry, style_transfer
from models.store import Store

PAIRS = (
    ("chelsea", "starry_night"),
    ("astronaut", "stained_glass"),
    ("scarlet_macaw", "mosaic"),
    ("german_shepherd", "woodcut"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("style_sheet.jpg"))
    parser.add_argument("--backbone", default=registry.DEFAULT, choices=registry.NAMES)
    parser.add_argument("--pairs", nargs="*", help="content/style ...; default: the README's four")
    options = parser.parse_args()
    pairs = [tuple(pair.split("/")) for pair in options.pairs or ()] or PAIRS

    network = Store().get(options.backbone)
    settings = style_transfer.Settings()
    results, firsts, wholes = [], [], []
    for content_name, style_name in pairs:
        content = images.open_image(EXAMPLES / "photos" / f"{content_name}.jpg")
        style = images.open_image(EXAMPLES / "styles" / f"{style_name}.jpg")
        start, first = time.perf_counter(), None
        for step in style_transfer.transfer(network, content, style, settings):
            if first is None:
                images.to_image(step.image)
                first = time.perf_counter() - start
        wholes.append(time.perf_counter() - start)
        firsts.append(first)
        results.append(images.to_image(step.image))
        size = "x".join(map(str, results[-1].size))
        print(f"{content_name} / {style_name}: {size}, {wholes[-1]:.1f} s, first {first:.2f} s")
    print(f"median {statistics.median(wholes):.1f} s, first picture {max(firsts):.2f} s at most")
    print(f"{settings.size} px, {settings.steps} steps; {machine()}")
    width = sum(result.width for result in results) + 8 * (len(results) - 1)
    sheet = Image.new("RGB", (width, max(result.height for result in results)), "white")
    left = 0
    for result in results:
        sheet.paste(result, (left, 0))
        left += result.width + 8
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.out, quality=90)


if __name__ == "__main__":
    main()
