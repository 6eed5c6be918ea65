"""A visible sticker that decides what the network sees.

Brown et al. 2017, "Adversarial patch". The round patch p is laid over the picture at a place and
angle T; the log-probability of the target (or minus the label's), expected over many of them, is
maximized (expectation over transformation, Athalye et al. 2018):

    p' = p + a * sign(v)      v <- mu v + g / |g|_1,  g = mean over T of grad_p log P(t | T(p, x))

Departures: only places and angles are drawn at random, the size is a setting; and the steps are
those of MI-FGSM with mu = 0.9, so that a patch always has whole grey levels if the step size has.
One patch is made for all pictures of a batch.

Reads `target`, `steps`, `step_size`, `seed` and the `patch_` fields.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import replace

import torch
import torch.nn.functional as F
from PIL import Image

from models import images
from models.attacks.evaluation import (
    AttackStep,
    Evaluation,
    Network,
    evaluate,
    likelihood,
    where,
)
from models.attacks.settings import AttackSettings

MAX_TURN = 45.0  # degrees to both sides, at the full spread
RANDOM_PLACES = 3  # tried in each step besides the one where the patch is shown
MOMENTUM = 0.9


def steps(network: Network, clean: Evaluation, settings: AttackSettings) -> Generator[AttackStep]:
    """The attack, from the evaluation of the clean pictures on.

    Every picture that is evaluated has whole levels under the patch and is unchanged around it. The
    last step has the patch of the last iterate that was as good for all pictures.
    """
    canvas = Canvas(clean.levels, settings)
    generator = torch.Generator().manual_seed(settings.seed)
    patch = canvas.first_patch(generator)
    velocity, best, kept = torch.zeros_like(patch), clean, patch
    for step in range(settings.steps + 1):
        last = step == settings.steps
        places = canvas.places(generator)
        now, gradient = _evaluate(network, clean, canvas, patch, places, not last)
        better = now.fooled | ~best.fooled
        best = now if step == 0 else where(better, now, best)
        kept = patch if step == 0 or better.all() else kept
        if gradient is None:
            break
        if step:
            yield replace(now.step(step, settings.steps), patch=patch / 255)
        velocity = MOMENTUM * velocity + gradient / gradient.abs().sum().clamp(min=1e-30)
        patch = (patch + settings.step_size * velocity.sign()).clamp_(0, 255)
    yield replace(best.step(settings.steps, settings.steps), patch=kept / 255)


def cutout(patch: torch.Tensor) -> Image.Image:
    """A patch (1, 3, side, side) in [0, 1] by itself: RGBA, transparent outside the circle, its
    edge as it is laid over pictures."""
    side = patch.shape[3]
    distance = torch.arange(side, device=patch.device) + 0.5 - side / 2
    cover = _cover(side / 2, distance[None], distance[:, None])
    image = images.to_image(patch)
    image.putalpha(images.to_image(cover.expand(3, -1, -1)).getchannel(0))
    return image


def _cover(radius: float, across: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """How much of each pixel a patch covers, by its distance from the centre."""
    return (radius + 0.5 - torch.hypot(across, down)).clamp(0, 1)


def _evaluate(
    network: Network,
    clean: Evaluation,
    canvas: Canvas,
    patch: torch.Tensor,
    places: torch.Tensor,
    differentiate: bool,
) -> tuple[Evaluation, torch.Tensor | None]:
    """The patch at several places: the evaluation at the first, and the summed gradient."""
    count = len(clean.levels)
    with torch.set_grad_enabled(differentiate):
        leaf = patch.detach().requires_grad_(differentiate)
        painted = canvas.paint(clean.levels, leaf, places if differentiate else places[:1])
        labels = clean.labels.repeat(len(painted) // count)
        # What is evaluated has the file's whole levels; the gradient passes straight through.
        levels = painted.detach().round()
        objective = likelihood if differentiate else None
        found = evaluate(network, levels, labels, clean.target, objective)
        if not differentiate:
            return found.select(slice(count)), None
        (gradient,) = torch.autograd.grad(painted, leaf, found.gradient)
    return found.select(slice(count)), gradient


class Canvas:
    """Pictures (N, 3, H, W), and where on them a round patch may lie."""

    def __init__(self, levels: torch.Tensor, settings: AttackSettings):
        self.height, self.width = levels.shape[2:]
        self.device, self.settings = levels.device, settings
        self.side = max(2, round(settings.patch_size * min(self.height, self.width)))
        rows = torch.arange(self.height, device=self.device) + 0.5
        columns = torch.arange(self.width, device=self.device) + 0.5
        self.y, self.x = torch.meshgrid(rows, columns, indexing="ij")

    def first_patch(self, generator: torch.Generator) -> torch.Tensor:
        """A patch (1, 3, side, side) to begin with: grey, with a little noise."""
        size = (1, 3, self.side, self.side)
        return torch.randint(112, 145, size, generator=generator).float().to(self.device)

    def places(self, generator: torch.Generator) -> torch.Tensor:
        """(V, 3): x and y as shares of the free room, degrees. The first is where it is shown."""
        chosen = self.settings
        shown = torch.tensor([[chosen.patch_x, chosen.patch_y, chosen.patch_angle]])
        if not chosen.patch_spread:
            return shown
        drawn = torch.rand(RANDOM_PLACES, 3, generator=generator)
        drawn[:, 2] = chosen.patch_angle + MAX_TURN * (2 * drawn[:, 2] - 1)
        return torch.cat([shown, torch.lerp(shown, drawn, chosen.patch_spread)])

    def paint(
        self, levels: torch.Tensor, patch: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """(V * N, 3, H, W): all pictures with the patch at each place, by place."""
        masks, grids = zip(*(self._mask_and_grid(*place) for place in places.tolist()), strict=True)
        mask = torch.stack(masks)[:, None, None]
        laid = F.grid_sample(
            patch.expand(len(places), -1, -1, -1), torch.stack(grids),
            padding_mode="border", align_corners=False,
        )  # fmt: skip
        return torch.lerp(levels[None], laid[:, None], mask).flatten(0, 1)

    def _mask_and_grid(
        self, x: float, y: float, degrees: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """How much of each pixel the patch covers (H, W), and which of its points lies there, as
        `grid_sample` wants it (H, W, 2)."""
        radius, turn = self.side / 2, math.radians(degrees)
        across = self.x - (radius + x * (self.width - self.side))
        down = self.y - (radius + y * (self.height - self.side))
        cover = _cover(radius, across, down)
        # Clockwise: at 90 degrees, what lies to the right of the centre was above it.
        u = across * math.cos(turn) + down * math.sin(turn)
        v = down * math.cos(turn) - across * math.sin(turn)
        return cover, torch.stack([u, v], -1) / radius
