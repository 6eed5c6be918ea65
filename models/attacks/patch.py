"""A sticker that anyone may see, and that decides all the same what the network sees.

Brown et al. 2017, "Adversarial patch". The round patch p is laid over the picture at a place and
angle T; expected over many of them, the log-probability of the target (or minus the label's) is
raised (Athalye et al. 2018 call it expectation over transformation):

    p' = p + a * sign(v)      v <- mu v + g / |g|_1,  g = mean over T of grad_p log P(t | T(p, x))

Departures: only places and angles are drawn, not sizes, which is a knob; and the steps are those of
MI-FGSM with mu = 0.9, so that a patch is grey levels all the time. One patch is made for all
pictures of a batch.

Reads `target`, `steps`, `step_size`, `seed` and the `patch_` fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F

from models.attacks.evaluation import Look, Network, Step, choose, likelihood, look
from models.attacks.settings import Settings

TURN = 45.0  # degrees to both sides, at the full spread
DRAWN = 3  # places tried in each step besides the one it is shown at
MOMENTUM = 0.9


def steps(network: Network, clean: Look, settings: Settings) -> Iterator[Step]:
    """The attack, from a look at the clean pictures on.

    Every picture that is looked at has whole levels under the patch and is untouched around it.
    """
    canvas = _Canvas(clean.levels, settings)
    generator = torch.Generator().manual_seed(settings.seed)
    patch = canvas.blank(generator)
    velocity, best = torch.zeros_like(patch), None
    for step in range(settings.steps + 1):
        grids = canvas.places(generator)
        now, slope = _tried(network, clean, canvas, patch, grids, step < settings.steps)
        best = now if best is None else choose(now.fooled | ~best.fooled, now, best)
        if step == settings.steps:
            break
        if step:
            yield now.step(step, settings.steps)
        velocity = MOMENTUM * velocity + slope / slope.abs().sum().clamp(min=1e-30)
        patch = (patch + settings.step_size * velocity.sign()).clamp_(0, 255)
    yield best.step(settings.steps, settings.steps)


def _tried(
    network: Network,
    clean: Look,
    canvas: _Canvas,
    patch: torch.Tensor,
    places: torch.Tensor,
    wanted: bool,
) -> tuple[Look, torch.Tensor | None]:
    """The patch at several places: what the network sees at the first, and the mean slope."""
    count = len(clean.levels)
    with torch.set_grad_enabled(wanted):
        leaf = patch.detach().requires_grad_(wanted)
        painted = canvas.painted(clean.levels, leaf, places if wanted else places[:1])
        labels = clean.labels.repeat(len(painted) // count)
        # The file's whole levels are what is looked at; the slope passes straight through.
        levels = painted.detach().round()
        found = look(network, levels, labels, clean.target, likelihood if wanted else None)
        slope = None
        if wanted:
            (slope,) = torch.autograd.grad(painted, leaf, found.gradient)
    return found.only(slice(count)), slope


class _Canvas:
    """Pictures (N, 3, H, W), and where on them a round patch may lie."""

    def __init__(self, levels: torch.Tensor, settings: Settings):
        self.height, self.width = levels.shape[2:]
        self.device, self.settings = levels.device, settings
        self.side = max(2, round(settings.patch_size * min(self.height, self.width)))
        rows = torch.arange(self.height, device=self.device) + 0.5
        columns = torch.arange(self.width, device=self.device) + 0.5
        self.y, self.x = torch.meshgrid(rows, columns, indexing="ij")

    def blank(self, generator: torch.Generator) -> torch.Tensor:
        """A patch (1, 3, side, side) to begin with: grey, with a little noise."""
        size = (1, 3, self.side, self.side)
        return torch.randint(112, 145, size, generator=generator).float().to(self.device)

    def places(self, generator: torch.Generator) -> torch.Tensor:
        """(V, 3): share of the room across, share down, degrees. The first is where it is shown."""
        knobs = self.settings
        shown = torch.tensor([[knobs.patch_x, knobs.patch_y, knobs.patch_angle]])
        if not knobs.patch_spread:
            return shown
        drawn = torch.rand(DRAWN, 3, generator=generator)
        drawn[:, 2] = knobs.patch_angle + TURN * (2 * drawn[:, 2] - 1)
        return torch.cat([shown, torch.lerp(shown, drawn, knobs.patch_spread)])

    def painted(
        self, levels: torch.Tensor, patch: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """(V * N, 3, H, W): all pictures with the patch at each place, by place."""
        masks, grids = zip(*(self._where(*place) for place in places.tolist()), strict=True)
        mask = torch.stack(masks)[:, None, None]
        laid = F.grid_sample(
            patch.expand(len(places), -1, -1, -1), torch.stack(grids),
            padding_mode="border", align_corners=False,
        )  # fmt: skip
        return torch.lerp(levels[None], laid[:, None], mask).flatten(0, 1)

    def _where(self, x: float, y: float, degrees: float) -> tuple[torch.Tensor, torch.Tensor]:
        """How much of each pixel the patch covers (H, W), and which of its points lies there."""
        radius, turn = self.side / 2, math.radians(degrees)
        across = self.x - (radius + x * (self.width - self.side))
        down = self.y - (radius + y * (self.height - self.side))
        cover = (radius + 0.5 - torch.hypot(across, down)).clamp(0, 1)
        # Turned clockwise: what lies to the right of the centre was above it, at 90 degrees.
        u = across * math.cos(turn) + down * math.sin(turn)
        v = down * math.cos(turn) - across * math.sin(turn)
        return cover, torch.stack([u, v], -1) / radius
