"""Every content in every style, on one sheet; seconds a picture and seconds to the first one.

    python -m benchmarks.style_sheet --out docs/style_sheet.jpg
    python -m benchmarks.style_sheet --styles FOLDER --set steps=200 style_loss=wasserstein

Rows are contents, columns are styles, both shown along the edges. The last row is painted in the
content's own colours (`keep_colors`). Settings are the page's: the defaults, with L-BFGS.
"""

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

from PIL import Image

from benchmarks.common import EXAMPLES, machine
from models import images, registry
from models.store import Store
from models.style_transfer import optimize
from models.style_transfer.settings import StyleSettings

CONTENTS = ("chelsea", "astronaut", "scarlet_macaw", "german_shepherd")
STYLES = ("starry_night", "stained_glass", "mosaic", "woodcut")
GAP, THUMB = 8, 128


def paint(network, content, style, settings) -> tuple[Image.Image, float, float]:
    """The result, seconds to the first picture, seconds in all."""
    start, first = time.perf_counter(), None
    for step in optimize.transfer_style(network, content, style, settings):
        if first is None:
            images.to_image(step.image)
            first = time.perf_counter() - start
    return images.to_image(step.image), first, time.perf_counter() - start


def changed(settings: StyleSettings, items: list[str]) -> StyleSettings:
    """The settings with changes such as "steps=200"."""
    changes = {}
    for name, value in (item.split("=") for item in items):
        kind = type(getattr(settings, name))
        changes[name] = value == "True" if kind is bool else kind(value)
    return replace(settings, **changes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("style_sheet.jpg"))
    parser.add_argument("--backbone", default=registry.DEFAULT_BACKBONE, choices=registry.BACKBONES)
    parser.add_argument("--contents", nargs="*", default=CONTENTS, help="example photos")
    parser.add_argument("--styles", nargs="*", default=STYLES, help="example styles, or a folder")
    parser.add_argument("--set", nargs="*", default=[], help="settings, such as steps=200")
    options = parser.parse_args()
    settings = changed(StyleSettings(optimizer="lbfgs"), options.set)

    network = Store().get(options.backbone)
    contents = [images.open_image(EXAMPLES / "photos" / f"{n}.jpg") for n in options.contents]
    if Path(options.styles[0]).is_dir():
        files = sorted(f for f in Path(options.styles[0]).iterdir() if f.suffix != ".md")[:6]
    else:
        files = [EXAMPLES / "styles" / f"{name}.jpg" for name in options.styles]
    styles = [images.open_image(file) for file in files]
    rows = [(content, settings) for content in contents]
    rows.append((contents[0], replace(settings, keep_colors=True)))

    cell, firsts, wholes = settings.size + GAP, [], []
    sheet = Image.new("RGB", (THUMB + GAP + cell * len(styles),) * 2, "white")
    tops = [THUMB + GAP]
    for row, (content, chosen) in enumerate(rows):
        sheet.paste(images.fit(content, THUMB), (0, tops[-1]))
        height = 0
        for column, style in enumerate(styles):
            result, first, whole = paint(network, content, style, chosen)
            firsts.append(first)
            wholes.append(whole)
            left = THUMB + GAP + column * cell
            if not row:
                sheet.paste(images.fit(style, THUMB), (left, 0))
            if tops[-1] + result.height > sheet.height:
                sheet = sheet.crop((0, 0, sheet.width, tops[-1] + result.height))
            sheet.paste(result, (left, tops[-1]))
            height = max(height, result.height)
            print(f"{row} {files[column].stem}: {'x'.join(map(str, result.size))}, {whole:.1f} s")
        tops.append(tops[-1] + height + GAP)
    print(f"median {statistics.median(wholes):.1f} s, first picture {max(firsts):.2f} s at most")
    print(f"{settings.size} px, {settings.steps} steps; {machine()}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    paper = Image.new("RGB", (sheet.width, tops[-1] - GAP), "white")
    paper.paste(sheet)
    paper.save(options.out, quality=88)


if __name__ == "__main__":
    main()
