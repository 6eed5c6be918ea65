"""Twenty ideal classes, judged by a network that had no part in them: probability, names, seconds.

    python -m benchmarks.ideal_classes --out docs/ideal_classes.webp
    python -m benchmarks.ideal_classes --method fourier
    python -m benchmarks.ideal_classes --fit pets.zip     (LAW in maco.py)

Ten classes were chosen and ten are drawn at random once and for all, with seed 0.
EfficientNet-Lite1 judges: it never climbs, and never chooses among candidates. A picture's copies
are its mirror image, two shifts by a twelfth, a JPEG at 60 and half the size; its name is right if
the judge's likeliest class is the one that was asked for. Pictures have seed 0.
"""

import argparse
import io
import random
import time
import zipfile
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch.nn import functional as F

from benchmarks.common import machine
from models import images
from models.feature_visualization import maco, spectrum
from models.feature_visualization.objectives import Network
from models.feature_visualization.optimize import visualize
from models.feature_visualization.settings import FROM_NOISE, VisualizationSettings
from models.feature_visualization.transforms import resize
from models.labels import imagenet
from models.store import Store

JUDGE = "efficientnet_lite1"
CHOSEN = (
    "Siamese cat", "zebra", "golden retriever", "goldfish", "lemon", "monarch", "flamingo",
    "strawberry", "giant panda", "hammer",
)  # fmt: skip
JPEG, SHIFT = 60, 1 / 12
COLUMNS, CAPTION, GAP = 5, 16, 4
QUALITY = 55  # of the saved sheet
FIT_PHOTOS, FIT_TO = 300, 60  # photographs, and the highest frequency


def classes() -> list[str]:
    """The twenty: those chosen, and ten of all others."""
    others = [name for name in imagenet.class_names() if name not in CHOSEN]
    return [*CHOSEN, *random.Random(0).sample(others, 10)]


def altered(picture: torch.Tensor) -> torch.Tensor:
    """The picture (1, 3, h, h), whole grey levels, and five altered copies of it, (6, 3, h, h)."""
    side = picture.shape[-1]
    by = round(SHIFT * side)
    wide = F.pad(picture, (by,) * 4, mode="reflect")
    saved = io.BytesIO()
    images.to_image(picture).save(saved, "JPEG", quality=JPEG)
    copies = [
        picture,
        picture.flip(3),
        wide[..., :side, :side],
        wide[..., 2 * by :, 2 * by :],
        images.to_tensor(Image.open(saved)),
        resize(resize(picture, side // 2), side),
    ]
    return torch.cat(copies)


@torch.no_grad()
def judged(judge: Network, picture: torch.Tensor, index: int) -> tuple[float, float, bool]:
    """(the class's probability in the picture, its mean in the copies, whether it is named so)."""
    saved = picture.clamp(0, 1).mul(255).round() / 255
    found = judge(resize(altered(saved), judge.spec.input_size)).softmax(1)
    named = int(found[0].argmax()) == index
    return found[0, index].item(), found[1:, index].mean().item(), named


def sheet(pictures: list[Image.Image], captions: list[str]) -> Image.Image:
    """The pictures in rows of five, each below its caption."""
    wide, high = pictures[0].width + GAP, pictures[0].height + CAPTION + GAP
    whole = Image.new("RGB", (COLUMNS * wide, -(-len(pictures) // COLUMNS) * high), "white")
    draw = ImageDraw.Draw(whole)
    for n, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        down, across = divmod(n, COLUMNS)
        draw.text((across * wide, down * high), caption, fill="black")
        whole.paste(picture, (across * wide, down * high + CAPTION))
    return whole


def fit(path: Path) -> None:
    """Prints a and b of a / f^b, and the mean at f = 0, for each color of the photographs in a zip.

    A straight line through the logarithms of the mean magnitudes at each whole frequency, every
    octave weighing the same, over `FIT_PHOTOS` photographs drawn with seed 0.
    """
    axes, side = torch.tensor(spectrum.COLOR_AXES), 224
    with zipfile.ZipFile(path) as packed:
        names = sorted(name for name in packed.namelist() if name.endswith(".jpg"))
        random.Random(0).shuffle(names)
        total = torch.zeros(3, side, side // 2 + 1)
        for name in names[:FIT_PHOTOS]:
            photo = Image.open(io.BytesIO(packed.read(name))).convert("RGB")
            total += spectrum.analyze(images.to_tensor(images.square(photo, side)), axes)[0].abs()
    found, near = total / len(names[:FIT_PHOTOS]), spectrum.frequencies(side).round()
    f = torch.arange(1.0, FIT_TO)
    for color, now in zip(("brightness", "color 1", "color 2"), found, strict=True):
        means = torch.stack([now[near == each].mean() for each in f])
        weights = 1 / f
        x, y = f.log(), means.log()
        x0, y0 = ((weights * each).sum() / weights.sum() for each in (x, y))
        b = -(weights * (x - x0) * (y - y0)).sum() / (weights * (x - x0).square()).sum()
        print(f"{color}: a {(y0 + b * x0).exp():.3f}, b {b:.3f}, mean at 0 {now[0, 0]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="maco", choices=FROM_NOISE)
    parser.add_argument("--only", nargs="*", help="some of the classes")
    parser.add_argument("--out", type=Path, help="the sheet")
    parser.add_argument("--fit", type=Path, help="fit the law to the photographs of a zip instead")
    options = parser.parse_args()
    if options.fit:
        fit(options.fit)
        print(f"now: {maco.LAW}, {maco.MEANS}")
        return
    print(machine())
    store, rows, pictures = Store("cpu"), [], []
    judge = store.get(JUDGE)
    for name in options.only or classes():
        settings = VisualizationSettings(class_name=name, method=options.method)
        assert JUDGE not in settings.networks
        networks = [store.get(each) for each in settings.networks]
        start, busy = time.perf_counter(), time.process_time()
        *_, last = visualize(networks, settings)
        took = time.perf_counter() - start, time.process_time() - busy
        rows.append((*judged(judge, last.image, settings.class_index), *took))
        plain, copies, named, seconds, busy = rows[-1]
        pictures.append((images.to_image(last.image), f"{name} {plain:.2f}/{copies:.2f}"))
        print(f"{name:24} {plain:.2f} {copies:.2f} {'named' if named else '-':5} {seconds:.1f} s")
    plain, copies, named, seconds, busy = (
        sum(each) / len(rows) for each in zip(*rows, strict=True)
    )
    print(
        f"{options.method}: {JUDGE} {plain:.3f}, on altered copies {copies:.3f}; "
        f"{round(named * len(rows))} of {len(rows)} named; {seconds:.1f} s a picture, "
        f"{busy:.1f} s of processor time"
    )
    if options.out:
        shown, captions = zip(*pictures, strict=True)
        sheet(list(shown), list(captions)).save(options.out, quality=QUALITY)


if __name__ == "__main__":
    main()
