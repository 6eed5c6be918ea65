"""Where in a photo the cat or dog is, roughly: a mask from the pet classifier's activation maps."""

from __future__ import annotations

import torch
from PIL import Image
from torch.nn import functional as F

from models import images
from models.classifiers.pet_classifier import PetClassifier
from models.validation import ValidationError

# The share of the map's peak from which on a place is surely the animal's; Zhou et al. 2016 take
# 0.2 for a box around it.
SURE = 0.4
# The guided filter's picture, its window (a share of the longer side) and how flat a window is one
# thing; and what of its result is the animal: by eye over the example photos.
SIDE, WINDOW, FLAT, SHARE = 256, 1 / 8, 1e-3, 0.4


@torch.no_grad()
def animal_mask(classifier: PetClassifier, photo: Image.Image) -> Image.Image:
    """A mask of the photo's size: white on the animal, black elsewhere.

    The class activation maps of the likely breeds, each by its probability, drawn to the photo's
    edges. The network sees the whole photo, stretched to a square.

    Raises:
        ValidationError: the photo shows neither a cat nor a dog.
    """
    side = classifier.spec.input_size
    square = photo.resize((side, side), Image.Resampling.BICUBIC)
    (seen,) = classifier.predict_batch(images.to_tensor(square))
    if not seen.is_pet:
        raise ValidationError("no_animal")
    probabilities = seen.probabilities.tolist()
    likely = sorted(range(len(probabilities)), key=lambda n: -probabilities[n])[:5]
    maps = [probabilities[n] * classifier.class_activation_map(seen, n) for n in likely]
    found = torch.stack(maps).sum(0).clamp(min=0).cpu()
    small = images.to_tensor(images.fit(photo, SIDE))
    certain = (found / (SURE * found.max()).clamp(min=1e-8))[None, None]
    sized = F.interpolate(certain, small.shape[-2:], mode="bicubic", align_corners=False)
    along = guided_filter(sized.clamp(0, 1), small, round(WINDOW * SIDE), FLAT)
    mask = Image.fromarray((255 * along[0, 0].clamp(0, 1)).byte().numpy())
    level = round(255 * SHARE)
    return mask.resize(photo.size, Image.Resampling.BICUBIC).point(lambda v: 255 * (v > level))


def guided_filter(
    values: torch.Tensor, guide: torch.Tensor, radius: int, flat: float
) -> torch.Tensor:
    """`values` (1, 1, h, w) smoothed, but along the edges of `guide` (1, C, h, w): in each window
    of 2 * radius + 1 pixels what is linear in the guide's colours and nearest to them (He et al.
    2010).

    Args:
        flat: variance of the guide below which a window is averaged.
    """

    def mean(x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, 2 * radius + 1, 1, radius, count_include_pad=False)

    channels = guide.shape[1]
    guide_mean, values_mean = mean(guide), mean(values)
    joint = mean(guide * values) - guide_mean * values_mean
    pairs = (guide[:, :, None] * guide[:, None]).flatten(1, 2)
    means = (guide_mean[:, :, None] * guide_mean[:, None]).flatten(1, 2)
    spread = (mean(pairs) - means)[0].unflatten(0, (channels, channels)).permute(2, 3, 0, 1)
    spread = spread + flat * torch.eye(channels)
    slopes = torch.linalg.solve(spread, joint[0].permute(1, 2, 0)[..., None])
    slopes = slopes[..., 0].permute(2, 0, 1)[None]
    offset = values_mean - (slopes * guide_mean).sum(1, keepdim=True)
    return (mean(slopes) * guide).sum(1, keepdim=True) + mean(offset)
