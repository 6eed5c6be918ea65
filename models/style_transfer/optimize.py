"""Neural style transfer by optimizing a picture (Gatys, Ecker & Bethge, CVPR 2016).

The picture x minimises   alpha L_content + beta L_style + gamma L_tv   with the settings' three
weights, each term scaled so that the weight 1 is balanced for any backbone and pair of pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch.nn import functional as F

from models import images
from models.backbones.backbone import Backbone
from models.style_transfer import color, large
from models.style_transfer.large import LARGE, LargeObjective
from models.style_transfer.objective import Objective, gradient_shares, loss_breakdown
from models.style_transfer.regions import Regions, laid_over, match_color
from models.style_transfer.settings import StyleSettings
from models.style_transfer.sizes import smallest_size
from models.validation import ValidationError

SMALLEST_SCALE = 128

AVERAGING = 0.9
# A short memory: within tens of steps the gradients change by an order of magnitude.
BETAS = (0.8, 0.9)
# Adam's rate at the start of a scale, by where the run starts: from the photo, larger steps cover
# faces and strong styles with high-frequency artifacts; from noise, more has to change.
RATE = {"content": 0.018, "noise": 0.05}
# The share of that rate that is left at the end of a scale.
RATE_LEFT = 0.2
# A total that is rounding errors, as of two flat pictures, which are at their goal: Adam would make
# full steps of its gradient.
SETTLED = 1e-5
LBFGS_HISTORY = 10  # twice as many cost memory and changed nothing
# Parts of the steps from the coarsest scale to the finest.
SHARES = (0.5, 0.3, 0.2)
# Steps between two loss breakdowns: each costs a second backward pass.
BREAKDOWN_EVERY = 16
PREVIEW_SIDE = 192
Found = tuple[torch.Tensor, dict[str, float], dict[str, float]]


@dataclass(frozen=True)
class StyleStep:
    """One step of a run.

    Attributes:
        step, steps: steps done, steps in all.
        image: the picture so far, (1, 3, H, W) in [0, 1]; its size grows from scale to scale.
        progress: share of the work done, 0..1 (steps at fine scales take longer).
        losses: weighted "content", "style", "variation", and their "total"; empty at step 0 and
            between two tiles of a picture above 1,024 pixels.
        gradient_shares: the norm of each term's gradient over the sum of the three norms, by term,
            as last measured: at the first step of a scale and every sixteenth; empty at step 0.
    """

    step: int
    steps: int
    progress: float
    image: torch.Tensor
    losses: dict[str, float]
    gradient_shares: dict[str, float] = field(default_factory=dict)


def breakdown_of_preview(
    backbone: Backbone,
    content: Image.Image,
    style: Image.Image,
    settings: StyleSettings,
    second: Image.Image | None,
    picture: Image.Image,
) -> tuple[dict[str, float], dict[str, float]]:
    """The loss breakdown of a pair at any picture, such as a preview, 192 pixels large or as large
    as it must be.

    Raises:
        ValidationError: as `transfer_style`.
    """
    smallest = smallest_size(backbone, settings, content, style, second)
    small = settings.replace(size=max(PREVIEW_SIDE, smallest))
    content, styles, _ = _prepared(backbone, content, style, small, second)
    side, device = max(content.size), backbone.placement.device
    references = [images.to_tensor(s, device) for s in styles]
    objective = Objective(backbone, images.to_tensor(content, device), references, small)
    return loss_breakdown(objective, images.to_tensor(images.fit(picture, side), device))


class _Average:
    """Exponential average of the iterates, unbiased from the first step on (Kingma & Ba 2015)."""

    def __init__(self) -> None:
        self.sum, self.weight = torch.zeros(()), 0.0

    def update(self, picture: torch.Tensor) -> torch.Tensor:
        self.sum = AVERAGING * self.sum + (1 - AVERAGING) * picture
        self.weight = AVERAGING * self.weight + (1 - AVERAGING)
        return (self.sum / self.weight).clamp(0, 1)  # rounding may step out


def scales(size: int, smallest: int = SMALLEST_SCALE) -> list[int]:
    """Longer sides from coarse to fine, a factor of sqrt(2) apart, at most three up to 512 pixels;
    larger pictures start as small. None is below `smallest`, unless `size` is."""
    count = 3 if size <= 512 else 3 + math.ceil(2 * math.log2(size / 512))
    sides = [round(size * 0.5 ** (index / 2)) for index in reversed(range(count))]
    return [side for side in sides if side >= smallest] or [size]


def schedule(settings: StyleSettings, smallest: int = SMALLEST_SCALE) -> list[tuple[int, int]]:
    """(longer side, steps) of each scale, coarse to fine; coarse ones are cheap and get more."""
    sides = scales(settings.size, smallest) if settings.coarse_to_fine else [settings.size]
    sides = sides[-settings.steps :]
    ratio = SHARES[-1] / SHARES[-2]
    weights = [*SHARES, *(SHARES[-1] * ratio**n for n in range(1, len(sides) - 2))][-len(sides) :]
    ends = [
        round(settings.steps * sum(weights[: index + 1]) / sum(weights))
        for index in range(len(sides))
    ]
    # However few the steps are, every scale gets one.
    last = len(sides) - 1
    ends = [max(i + 1, min(end, settings.steps - (last - i))) for i, end in enumerate(ends)]
    return [(side, end - start) for side, start, end in zip(sides, [0, *ends], ends, strict=False)]


def rate(settings: StyleSettings, done: float) -> float:
    """Adam's rate when the part `done` (0..1) of a scale's steps is behind: half a cosine."""
    left = RATE_LEFT + (1 - RATE_LEFT) * (1 + math.cos(math.pi * done)) / 2
    return RATE[settings.init] * left


def _optimizer(
    name: str, picture: torch.Tensor, before: torch.optim.Optimizer | None = None
) -> torch.optim.Optimizer:
    """The optimizer of one scale; Adam goes on with the moments of the scale `before`."""
    if name == "lbfgs":
        return torch.optim.LBFGS([picture], max_iter=1, history_size=LBFGS_HISTORY)
    optimizer = torch.optim.Adam([picture], betas=BETAS)
    if before is not None:
        (state,) = before.state.values()
        share = state["exp_avg"].numel() / picture.numel()
        optimizer.state[picture] = {
            "step": state["step"],
            # Losses are means, so twice the pixels have half the gradient each.
            "exp_avg": share * _resized(state["exp_avg"], picture, "bicubic"),
            # Bilinear keeps squares positive.
            "exp_avg_sq": share**2 * _resized(state["exp_avg_sq"], picture, "bilinear"),
        }
    return optimizer


def _resized(values: torch.Tensor, like: torch.Tensor, mode: str) -> torch.Tensor:
    return F.interpolate(values, like.shape[-2:], mode=mode, align_corners=False)


def _prepared(
    backbone: Backbone,
    content: Image.Image,
    style: Image.Image,
    settings: StyleSettings,
    second: Image.Image | None,
    regions: Regions | None = None,
) -> tuple[Image.Image, list[Image.Image], Image.Image | None]:
    """Content and styles in the colours they are compared in, and the colours laid over at last."""
    if settings.blend and second is None:
        raise ValidationError("second_style")
    content = images.fit(content, settings.size)
    largest = round(settings.size * max(1.0, settings.style_scale))
    used = [style, second] if settings.blend and second else [style]
    styles = [_shrunk(s, largest) for s in used]
    if settings.keep_colors and settings.color_method == "luminance":
        grey = color.luminance(content)
        levelled = [color.match_levels(color.luminance(s), grey) for s in styles]
        return grey, levelled, content
    if settings.keep_colors:
        return content, [color.match_histogram(s, content) for s in styles], None
    if not settings.style_weight:
        return content, list(styles), None
    # Departure from Gatys et al. 2016: the photo starts out in the style's colours, so that the
    # steps go into strokes; in the paper they move every pixel's colour first.
    shares = [1.0] if len(styles) == 1 else [1 - settings.blend, settings.blend]
    if regions is not None:
        return match_color(content, styles, shares, regions), list(styles), None
    return color.match_color(content, *styles, shares=shares), list(styles), None


def transfer_style(
    backbone: Backbone,
    content: Image.Image,
    style: Image.Image,
    settings: StyleSettings,
    second: Image.Image | None = None,
    changed: Callable[[], dict[str, float]] = dict,
    regions: Regions | None = None,
) -> Iterator[StyleStep]:
    """Paints `content` in the manner of `style`.

    Yields the start picture at once, then a `StyleStep` after every optimizer step; may be closed
    at any yield. The result is the last `StyleStep.image`.

    Args:
        backbone: shared and frozen; gradients are taken with respect to the picture only.
        content, style: RGB pictures of any size.
        settings: the knobs.
        second: the style that `settings.blend` blends in.
        changed: asked before each step for the weights (`StyleSettings.LIVE`) that have been
            changed meanwhile.
        regions: what is painted, and like which part of `style`; None paints all like all.

    Raises:
        ValidationError: a blend without a second style, or as `smallest_size`.
    """
    large.check(settings, regions)
    device = backbone.placement.device
    smallest = smallest_size(backbone, settings, content, style, second)
    photo = content
    content, styles, overlay = _prepared(backbone, content, style, settings, second, regions)

    def shown(picture: torch.Tensor) -> torch.Tensor:
        colored = color.with_colors_of(picture, overlay)
        return colored if regions is None else laid_over(colored, photo, regions)

    plan = schedule(settings, max(SMALLEST_SCALE, smallest))
    total = sum(side**2 * steps for side, steps in plan)
    done, work = 0, 0.0
    picture: torch.Tensor | None = None
    image = torch.empty(0)
    optimizer: torch.optim.Optimizer | None = None
    latest: dict[str, float] = {}
    for side, steps in plan:
        target = images.to_tensor(images.fit(content, side), device)
        references = [
            images.to_tensor(_shrunk(s, round(side * settings.style_scale)), device) for s in styles
        ]
        if picture is None:
            picture = target.clone() if settings.init == "content" else _noise(target, settings)
            image = shown(picture)
            yield StyleStep(0, settings.steps, 0.0, image, {})
        else:
            picture = F.interpolate(picture, target.shape[-2:], mode="bicubic").clamp(0, 1)
        # Neighbours are found for the photo, and then for what was painted of it.
        start = picture if done else target
        if side > LARGE:
            tiled = LargeObjective(backbone, target, references, settings)
            going = _large_steps(tiled, picture, settings, steps, changed)
        else:
            objective = Objective(backbone, target, references, settings, start, regions)
            descent = Descent(objective, picture, settings, steps, optimizer)
            optimizer = descent.optimizer
            going = descent.run(changed)
        for found in going:
            if found is None:  # between two tiles
                yield StyleStep(done, settings.steps, min(work, 1.0), image, {}, latest)
                continue
            picture, losses, shares = found
            done += 1
            work += side**2 / total
            latest = shares or latest
            progress = min(work, 1.0)
            image = shown(picture)
            yield StyleStep(done, settings.steps, progress, image, losses, latest)


def _shrunk(style: Image.Image, side: int) -> Image.Image:
    """The style picture at `side` pixels; never enlarged: enlarging only blurs."""
    return images.fit(style, min(side, max(style.size)))


class Descent:
    """The steps at one scale.

    Args:
        before: the optimizer of the scale before, whose moments are carried up.
    """

    def __init__(
        self,
        objective: Objective,
        start: torch.Tensor,
        settings: StyleSettings,
        steps: int,
        before: torch.optim.Optimizer | None = None,
    ) -> None:
        self.objective, self.settings, self.steps = objective, settings, steps
        self.picture = start.clone().requires_grad_(True)
        self.optimizer = _optimizer(settings.optimizer, self.picture, before)

    def _change(self, changes: dict[str, float]) -> None:
        before = self.objective.settings
        self.objective.settings = before.replace(**changes)
        if self.settings.optimizer == "lbfgs" and self.objective.settings != before:
            # L-BFGS remembers curvature of the function before the change.
            self.optimizer = _optimizer("lbfgs", self.picture)

    def run(self, changed: Callable[[], dict[str, float]] = dict) -> Iterator[Found]:
        """After each step: the averaged picture, the losses before it, and the gradient shares if
        due.
        """
        picture, objective, average = self.picture, self.objective, _Average()
        losses: dict[str, torch.Tensor] = {}
        gradients: dict[str, torch.Tensor] = {}

        def closure() -> torch.Tensor:
            if due:
                found, grads = objective.gradients(picture)
                gradients.update(grads)
                gradient = grads["total"]
            else:
                with torch.enable_grad():
                    found = objective(picture)
                    (gradient,) = torch.autograd.grad(found["total"], picture)
            picture.grad = gradient * (found["total"] > SETTLED)
            losses.update(found)
            return found["total"]

        for done in range(self.steps):
            due = done % BREAKDOWN_EVERY == 0
            if changes := changed():
                self._change(changes)
            if self.settings.optimizer == "adam":
                self.optimizer.param_groups[0]["lr"] = rate(self.settings, done / self.steps)
            self.optimizer.step(closure)  # type: ignore[arg-type]  # a tensor serves as the loss
            with torch.no_grad():
                picture.clamp_(0, 1)
                smooth = average.update(picture)
            # All at once: each transfer from a GPU waits for it.
            values = dict(zip(losses, torch.stack([*losses.values()]).tolist(), strict=True))
            yield smooth, values, gradient_shares(gradients) if due else {}


def _large_steps(
    objective: LargeObjective,
    start: torch.Tensor,
    settings: StyleSettings,
    steps: int,
    changed: Callable[[], dict[str, float]],
) -> Iterator[Found | None]:
    """As `Descent.run`, by Adam and without gradient shares; None between two tiles."""
    for _ in objective.prepare():
        yield None
    picture, average = start.clone().requires_grad_(True), _Average()
    optimizer = torch.optim.Adam([picture], betas=BETAS)
    for done in range(steps):
        if changes := changed():
            objective.settings = objective.settings.replace(**changes)
        for _ in objective.step(picture.detach()):
            yield None
        losses = {name: value.item() for name, value in objective.losses.items()}
        picture.grad = objective.gradient * (losses["total"] > SETTLED)
        optimizer.param_groups[0]["lr"] = rate(settings, done / steps)
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
            smooth = average.update(picture)
        yield smooth, losses, {}


def _noise(like: torch.Tensor, settings: StyleSettings) -> torch.Tensor:
    generator = torch.Generator().manual_seed(settings.seed)
    noise = torch.rand(like.shape, generator=generator).to(like.device)
    return 0.25 + 0.5 * noise
