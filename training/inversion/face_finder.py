"""Fits the face finder's template and the alignment scorer: ridge regressions on features.

Faces of the generator's data, and their mirror images, against the same faces shifted and scaled
and windows of photographs without such a face; then once more against the windows of other
photographs that the first fit takes for faces. Of photographs of cats nothing is taken but their
corners: where their faces are nobody has noted.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from PIL import Image

from models.backbones.backbone import Backbone
from models.gan.inversion.face_finder import (
    MARGIN_PIXELS,
    PHOTO_SIDE,
    SMALLEST,
    FaceFinder,
    Photo,
    Template,
)
from models.gan.inversion.settings import Box
from models.labels import breeds
from training.pet_data import photos, pictures

FACES = 750  # each with its mirror image
SHIFTED = 900
FIRST_PHOTOS, WINDOWS, HARD_PHOTOS, HARD = 200, 6, 60, 12
ALIGNED = 400
RIDGE = 3000.0
FLOOR = 0.05  # added to a feature's deviation
BATCH = 50


def no_template() -> Template:
    return Template(torch.zeros(1, 1, 1), torch.zeros(()))


def fit(positive: torch.Tensor, negative: torch.Tensor) -> Template:
    """The ridge regression of +1 and -1 on cells (N, C, 8, 8), both kinds with equal weight.

    w = argmin sum_n c_n (<w, z_n> - y_n)^2 + ridge |w|^2, z standardized; solved in the dual.
    """
    cells = torch.cat([positive, negative])
    x = cells.flatten(1)
    y = torch.cat([torch.ones(len(positive)), -torch.ones(len(negative))])
    mean, deviation = x.mean(0), x.std(0) + FLOOR
    share = torch.where(y > 0, 1 / len(positive), 1 / len(negative)) * len(y) / 2
    weighted = (x - mean) / deviation * share.sqrt()[:, None]
    gram = weighted @ weighted.T + RIDGE * torch.eye(len(y))
    w = weighted.T @ torch.linalg.solve(gram, share.sqrt() * y) / deviation
    return Template(w.view(cells.shape[1:]), -(mean * w).sum())


def warped(face: torch.Tensor, x: float, y: float, scale: float) -> torch.Tensor:
    """A face (1, 3, 64, 64) in a frame shifted by (x, y) sides and `scale` times as large."""
    theta = torch.tensor([[[scale, 0, 2 * x], [0, scale, 2 * y]]])
    grid = F.affine_grid(theta, list(face.shape), align_corners=False)
    return F.grid_sample(face, grid, padding_mode="reflection", align_corners=False)


def shifted(
    faces: torch.Tensor, far: tuple[float, float], growth: float, draws: torch.Generator
) -> torch.Tensor:
    """Each face off by `far` of its side in any direction, and up to exp(`growth`) larger."""
    out = []
    for face in faces.split(1):
        a, b, c = torch.rand(3, generator=draws).tolist()
        angle, shift = torch.tensor(a * 2 * torch.pi), far[0] + b * (far[1] - far[0])
        x, y = float(shift * angle.cos()), float(shift * angle.sin())
        out.append(warped(face, x, y, float(torch.tensor(growth * (2 * c - 1)).exp())))
    return torch.cat(out)


def random_windows(image: Image.Image, draws: torch.Generator) -> torch.Tensor:
    """`WINDOWS` windows of any size, anywhere."""
    photo = Photo.of(image)
    height, width = photo.pixels.shape[2:]
    boxes = []
    for _ in range(WINDOWS):
        a, b, c = torch.rand(3, generator=draws).tolist()
        side = PHOTO_SIDE * SMALLEST ** (1 - a)
        boxes.append(Box(b * (width - side), c * (height - side), side))
    return photo.windows(boxes)


def corners(image: Image.Image) -> torch.Tensor:
    """The lower corners of a photograph, a third of its shorter side: bodies, seldom faces."""
    photo = Photo.of(image)
    height, width = (side - MARGIN_PIXELS for side in photo.pixels.shape[2:])
    side = PHOTO_SIDE / 3
    places = (MARGIN_PIXELS, height - side), (width - side, height - side)
    return photo.windows([Box(x, y, side) for x, y in places])


@torch.no_grad()
def templates(backbone: Backbone, faces: torch.Tensor) -> tuple[Template, Template]:
    """Finder and scorer for the faces of a generator, uint8 (N, 3, 64, 64)."""
    draws = torch.Generator().manual_seed(0)
    eyes = FaceFinder(backbone, no_template(), no_template())

    def cells(windows: torch.Tensor) -> torch.Tensor:
        return torch.cat([eyes.cells(part) for part in windows.split(BATCH)])

    chosen = faces[torch.randperm(len(faces), generator=draws)[:FACES]].float() / 255
    aligned = torch.cat([chosen, chosen.flip(3)])
    known = [photo for photo in photos() if photo.use == "train"]
    order = torch.randperm(len(known), generator=draws).tolist()
    dogs = [known[n] for n in order if breeds.SPECIES[known[n].breed] == "dog"]
    cats = [known[n] for n in order if breeds.SPECIES[known[n].breed] == "cat"][:FIRST_PHOTOS]
    negative = [shifted(aligned[:SHIFTED], (0.08, 0.3), 0.4, draws)]
    negative += [random_windows(image, draws) for image in pictures(dogs[:FIRST_PHOTOS])]
    negative += [corners(image) for image in pictures(cats)]
    positive, against = cells(aligned), cells(torch.cat(negative))
    first = FaceFinder(backbone, fit(positive, against), no_template())
    print(f"first fit: {len(positive)} faces, {len(against)} others", flush=True)
    hard = []
    for image in pictures(dogs[FIRST_PHOTOS : FIRST_PHOTOS + HARD_PHOTOS]):
        photo = Photo.of(image)
        hard.append(photo.windows([face.box for face in first._all(photo)[:HARD]]))
    against = torch.cat([against, cells(torch.cat(hard))])
    finder = fit(positive, against)
    straight = aligned[:ALIGNED]
    off = shifted(straight, (0.06, 0.2), 0.3, draws)
    print(f"second fit: {len(against)} others", flush=True)
    return finder, fit(cells(straight), cells(off))
