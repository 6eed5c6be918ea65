"""Where in a photograph the face is, by one linear template on an ImageNet network's features.

A window of 64 px is 8 x 8 cells of features; the template is a weight for each of their numbers,
fitted to aligned faces against shifted ones and other windows. A convolution scores all windows of
a size at once (as Dalal & Triggs 2005 with gradients for features).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from models import images
from models.backbones.backbone import Backbone
from models.gan.inversion.settings import LEAST_FACE, Box
from models.gan.networks.structure import SIDE
from models.validation import ValidationError

LAYER = "blocks.2.0.bn1"
CELLS = 8  # on a side of a window
STRIDE = SIDE // CELLS
# The photograph's shorter side, and how far around it what is at its edge goes on.
PHOTO_SIDE, MARGIN = 384, 0.3
SMALLEST, GROWTH, SIZES = 0.16, 1.2, 11  # windows, in parts of the shorter side
KEPT_OF_SIZE, KEPT, REFINED = 12, 24, 2
NEAR = (0.9, 1.0, 1.1), (-0.06, 0.0, 0.06)  # scales, shifts in sides
ALIGNED = (0.787, 0.887, 1.0, 1.127, 1.271), (-0.16, -0.08, 0.0, 0.08, 0.16)
BATCH = 54
# What scores less is no face. What scores more may be none either, hence the box is always shown.
LEAST_SCORE = 0.2
LEAST_CONTRAST = 0.02  # standard deviation of a face's grey levels, of 1


@dataclass(frozen=True)
class Template:
    """score = <weight, cells> + bias.

    Attributes:
        weight: (C, 8, 8).
        bias: a number.
    """

    weight: torch.Tensor
    bias: torch.Tensor

    def __call__(self, cells: torch.Tensor) -> torch.Tensor:
        """Cells (N, C, h, w) -> the scores of all windows in them, (N, h - 7, w - 7)."""
        return F.conv2d(cells, self.weight[None])[:, 0] + self.bias


@dataclass(frozen=True)
class Face:
    """A face that was found: its box, and the template's score."""

    box: Box
    score: float


@dataclass(frozen=True)
class Photo:
    """A photograph with a margin, (1, 3, H, W), and how many of its pixels one of its file has."""

    pixels: torch.Tensor
    scale: float

    @classmethod
    def of(cls, image: Image.Image) -> Photo:
        scale = PHOTO_SIDE / min(image.size)
        width, height = (max(1, round(side * scale)) for side in image.size)
        pixels = images.to_tensor(image.resize((width, height), Image.Resampling.BICUBIC))
        return cls(F.pad(pixels, [MARGIN_PIXELS] * 4, mode="replicate"), scale)

    def to_file(self, box: Box) -> Box:
        """A box of `pixels` in those of the file."""
        x, y = box.x - MARGIN_PIXELS, box.y - MARGIN_PIXELS
        return Box(x / self.scale, y / self.scale, box.side / self.scale)

    def from_file(self, box: Box) -> Box:
        x, y = box.x * self.scale + MARGIN_PIXELS, box.y * self.scale + MARGIN_PIXELS
        return Box(x, y, box.side * self.scale)

    def windows(self, boxes: Sequence[Box]) -> torch.Tensor:
        """What is in the boxes (of `pixels`), (N, 3, 64, 64)."""
        return torch.cat([self._window(box) for box in boxes])

    def _window(self, box: Box) -> torch.Tensor:
        height, width = self.pixels.shape[2:]
        (x, y), blur = box.middle, max(1, int(box.side / SIDE))
        theta = [
            [box.side / width, 0, 2 * x / width - 1],
            [0, box.side / height, 2 * y / height - 1],
        ]
        pixels = self.pixels if blur == 1 else F.avg_pool2d(self.pixels, blur, 1, blur // 2)
        grid = F.affine_grid(torch.tensor([theta]), [1, 3, SIDE, SIDE], align_corners=False)
        return F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


MARGIN_PIXELS = int(PHOTO_SIDE * MARGIN)


class FaceFinder:
    """Finds faces, and straightens a box that was drawn by hand.

    Args:
        backbone: EfficientNet-Lite0, shared and frozen.
        finder: the template of faces against all else.
        scorer: the template of well aligned faces against shifted ones.
    """

    def __init__(self, backbone: Backbone, finder: Template, scorer: Template) -> None:
        self.backbone, self.finder, self.scorer = backbone, finder, scorer

    @torch.no_grad()
    def find(self, image: Image.Image) -> list[Face]:
        """The faces of a picture, in its pixels, the highest score first; at least one, which may
        be none: the score says how sure it is."""
        photo = Photo.of(image)
        found = self._all(photo)
        refined = [self._best(photo, face.box, *NEAR, self.finder) for face in found[:REFINED]]
        best = sorted([*refined, *found[REFINED:]], key=lambda face: -face.score)
        return [Face(photo.to_file(face.box), face.score) for face in _apart(best, 0.5, math.inf)]

    @torch.no_grad()
    def straighten(self, image: Image.Image, box: Box) -> Box:
        """The box near `box` in which the face lies best as in the training pictures.

        Of 125 boxes, shifted by up to 0.16 of the side and up to 1.27 times as large.
        """
        photo = Photo.of(image)
        found = self._best(photo, photo.from_file(box), *ALIGNED, self.scorer)
        return photo.to_file(found.box)

    def cells(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, h, w) in [0, 1] -> features (N, C, h / 8, w / 8)."""
        (features,) = self.backbone.features(pictures, [LAYER])
        return F.avg_pool2d(features.float().cpu(), 2)

    def _all(self, photo: Photo) -> list[Face]:
        """The best windows of every size."""
        height, width = photo.pixels.shape[2:]
        found: list[Face] = []
        for number in range(SIZES):
            side = PHOTO_SIDE * SMALLEST * GROWTH**number
            scale = SIDE / side
            size = max(SIDE, round(height * scale)), max(SIDE, round(width * scale))
            pixels = F.interpolate(photo.pixels, size, mode="bilinear", antialias=True)
            scores = self.finder(self.cells(pixels))[0]
            best = scores.flatten().topk(min(KEPT_OF_SIZE, scores.numel()))
            for score, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                row, column = divmod(place, scores.shape[1])
                x = (column * STRIDE + SIDE / 2) * width / size[1]
                y = (row * STRIDE + SIDE / 2) * height / size[0]
                found.append(Face(Box.around(x, y, side), score))
        found.sort(key=lambda face: -face.score)
        kept = _apart(found, 0.125, 0.15)[:KEPT]
        again = self._scores(photo, [face.box for face in kept], self.finder)
        exact = [Face(face.box, score) for face, score in zip(kept, again, strict=True)]
        return sorted(exact, key=lambda face: -face.score)

    def _scores(self, photo: Photo, boxes: Sequence[Box], template: Template) -> list[float]:
        parts = torch.split(photo.windows(boxes), BATCH)
        return torch.cat([template(self.cells(part))[:, 0, 0] for part in parts]).tolist()

    def _best(
        self,
        photo: Photo,
        box: Box,
        scales: Sequence[float],
        shifts: Sequence[float],
        template: Template,
    ) -> Face:
        x, y = box.middle
        near = [
            Box.around(x + a * box.side, y + b * box.side, box.side * scale)
            for scale in scales
            for a in shifts
            for b in shifts
        ]
        scores = self._scores(photo, near, template)
        best = int(np.argmax(scores))
        return Face(near[best], scores[best])


def _apart(faces: Sequence[Face], shift: float, growth: float) -> list[Face]:
    """Those of `faces` that no better one is near to: within `shift` sides, and `growth` as the
    logarithm of their sizes' ratio."""
    kept: list[Face] = []
    for face in faces:
        x, y = face.box.middle
        for other in kept:
            apart = math.hypot(x - other.box.middle[0], y - other.box.middle[1])
            ratio = abs(math.log(face.box.side / other.box.side))
            if apart <= shift * other.box.side and ratio <= growth:
                break
        else:
            kept.append(face)
    return kept


def crop(image: Image.Image, box: Box) -> torch.Tensor:
    """What is in a box of a picture, (1, 3, 64, 64) in [0, 1]; beyond the edge it goes on as it
    ends there."""
    left, top = max(0, math.ceil(-box.x)), max(0, math.ceil(-box.y))
    right = max(0, math.ceil(box.x + box.side - image.width))
    bottom = max(0, math.ceil(box.y + box.side - image.height))
    if left or top or right or bottom:
        pixels = np.pad(np.asarray(image), ((top, bottom), (left, right), (0, 0)), mode="edge")
        image = Image.fromarray(pixels)
    x, y = box.x + left, box.y + top
    edges = x, y, min(x + box.side, image.width), min(y + box.side, image.height)
    return images.to_tensor(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=edges))


def found_face(finder: FaceFinder, image: Image.Image) -> Box:
    """The box of the face that the finder takes for the likeliest.

    Raises:
        ValidationError: there is none, or it is too small.
    """
    face = finder.find(image)[0]
    if face.score < LEAST_SCORE or crop(image, face.box).std() < LEAST_CONTRAST:
        raise ValidationError("no_face")
    if face.box.side < LEAST_FACE:
        raise ValidationError("face_too_small", side=round(face.box.side), least=LEAST_FACE)
    return Box(*face.box.values)
