"""Ideal-class pictures: from noise, uphill, to what a network takes for a class.

Gradient ascent on the picture, three ways. "plain" climbs on pixels: noise to us, certainty to the
network (Erhan et al. 2009; Simonyan et al. 2014). "variation" adds a total-variation loss, and
noise turns into fur and stripes (Mahendran & Vedaldi 2015). "fourier" climbs on a Fourier spectrum
seen through random views (Olah et al. 2017, "Feature visualization"), and a child recognises it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from models.backbones import Backbone
from models.refusals import choice, number
from models.registry import class_index

METHODS = ("fourier", "variation", "plain")

# "plain" and "variation": deviation of the noise, and of a step, in pixel values.
PIXEL_NOISE, PIXEL_RATE, PIXEL_VARIATION = 0.05, 0.01, 10_000.0
JITTER = 16  # pixels

# "fourier", found by trying on a dozen classes.
STAGES = ((0.6, 144), (1.0, 224))  # (until this part of the steps, picture's side in pixels)
SPECTRUM_NOISE, SPECTRUM_RATE, SPECTRUM_VARIATION = 0.01, 4.7, 13.0
DECAY = 0.9  # coefficients are divided by frequency to this power
GREY = 7.0  # weight of the loss against darkness
TURN, SCALE, SHIFT = 10, 0.15, 0.05  # of a view: degrees, log of the scale, part of the picture
CONTRAST, LIGHT, TINT = 0.25, 0.1, 0.12  # of a view
SPOTLIGHT, WALL = (0.7, 1.2), 0.5  # radius in half pictures; deviation from grey of the wall
CALM_FROM, CALM = 0.75, 0.3  # the last part of the steps has no spotlight and smaller moves

MOMENTS, LAST_RATE = (0.95, 0.99), 0.15  # decay of the two running means; the last rate, in rates

# Columns: brightness and two colour axes of natural pictures (Olah et al. 2017), divided by the
# length of the first. Departure: colour is held back to 0.7, or it turns garish.
COLOURS = (
    (0.5628, 0.1364, 0.0303),
    (0.5845, 0.0000, -0.0758),
    (0.5845, -0.1364, 0.0455),
)


@dataclass(frozen=True)
class Settings:
    """What to dream of, and how.

    Raises:
        Refusal: a value is of the wrong kind or out of its range, or there is no such class.
    """

    class_name: str = "Siamese cat"  # any ImageNet class; capitals don't matter
    method: str = "fourier"  # one of METHODS
    size: int = 224  # side of the picture in pixels, 64..512; 224 is what Lite0 was trained on
    steps: int = 256  # 1..2000; fewer is rougher, more adds detail and contrast
    tv_weight: float = 1.0  # 0..10 times the method's own weight: 0 rough, 10 smooth; not for plain
    seed: int = 0  # 0..2**31 - 1; the noise it starts from and the views: another picture

    def __post_init__(self):
        class_index(self.class_name)
        choice("method", self.method, METHODS)
        for name, low, high in (("size", 64, 512), ("steps", 1, 2000), ("seed", 0, 2**31 - 1)):
            whole = number(name, getattr(self, name), low, high, whole=True)
            object.__setattr__(self, name, whole)
        object.__setattr__(self, "tv_weight", number("tv_weight", self.tv_weight, 0, 10))


@dataclass(frozen=True)
class Step:
    """The picture after `step` of `steps` steps.

    Attributes:
        step: 0 (the noise) to `steps`.
        steps: how many there will be.
        image: (1, 3, size, size) in [0, 1], detached, on the networks' device.
        probability: of the class, as the lead network last saw the picture (for "fourier" through
            a random view), so one or two steps old; `probabilities` judges the picture itself.
        losses: what the step went down on: "class" (-log probability in nats; for "variation" the
            negative logit), "variation" (weighted total variation, 0 for "plain") and, for
            "fourier", "grey" (against darkness); empty at step 0.
    """

    step: int
    steps: int
    image: torch.Tensor
    probability: float
    losses: dict[str, float]


def partner(name: str) -> str:
    """The network that "fourier" takes turns with when the network called `name` leads."""
    lites = {"efficientnet_lite0": "efficientnet_lite2", "efficientnet_lite1": "efficientnet_lite2"}
    return lites.get(name, "efficientnet_lite0")


def dream(networks: Sequence[Backbone], settings: Settings) -> Iterator[Step]:
    """Climbs from noise to the class, one `Step` at a time.

    With p the class's probability and TV the total variation, each step goes down on

        loss = -log p(view of the picture) + weight * TV(picture)

    ("variation": minus the logit instead), by momentum over the gradient's length (`_Descent`). On
    one CPU the same networks and settings give the same picture, bit for bit; CUDA adds gradients
    of the views in any order.

    Args:
        networks: the lead, then those that "fourier" takes turns with (see `partner`); the other
            methods use the lead alone. They are only ever differentiated by their input.
        settings: what to dream of.

    Yields:
        The noise at once, then the picture after each step. It may be closed at any yield.
    """
    lead, target = networks[0], class_index(settings.class_name)
    placement = getattr(lead, "placement", None)
    device = placement.device if placement else torch.device("cpu")
    generator = torch.Generator().manual_seed(settings.seed)
    kind = _Spectrum if settings.method == "fourier" else _Pixels
    canvas = kind(settings, generator, device)
    descent = _Descent(canvas.values, canvas.rate)
    probability, losses = probabilities([lead], canvas.picture(), target)[lead.spec.name], {}
    for step in range(settings.steps + 1):
        yield Step(step, settings.steps, canvas.picture(), probability, losses)
        if step == settings.steps:
            return
        done = step / settings.steps
        network = networks[step % len(networks)] if settings.method == "fourier" else lead
        # Grad mode belongs to the thread; it must not stay switched across a yield.
        with torch.enable_grad():
            view, priors = canvas.look(done, network.spec.size, generator)
            logits = network(view)
            log_probability = logits.log_softmax(1)[0, target]
            # Simonyan et al. climb the logit. Log-probability is what "plain" is about, and makes
            # one clean face in "fourier"; once certain it stops, too soon for fur and stripes.
            score = logits[0, target] if settings.method == "variation" else log_probability
            terms = {"class": -score, **priors}
            (gradient,) = torch.autograd.grad(sum(terms.values()), canvas.values)
        descent.step(gradient, done)
        canvas.clamp()
        losses = {name: term.item() for name, term in terms.items()}
        if network is lead:
            probability = log_probability.exp().item()


class _Descent:
    """d <- d - rate * m / (1 - b1^t) / ||g||: Adam with one second moment for all numbers together.

    Adam's own (one second moment a number) moves every number equally far at every step; in a
    spectrum that fills the picture with murk, and broad shapes never form.

    Args:
        values: what is moved, in place.
        rate: Euclidean length of a step, while gradients agree.
    """

    def __init__(self, values: torch.Tensor, rate: float):
        self.values, self.rate, self.time = values, rate, 0
        self.mean, self.square = torch.zeros_like(values), 0.0

    @torch.no_grad()
    def step(self, gradient: torch.Tensor, done: float) -> None:
        """One step down `gradient`; `done` (0..1) of all steps lie behind, and the rate falls."""
        self.time += 1
        b1, b2 = MOMENTS
        self.mean.lerp_(gradient, 1 - b1)
        self.square = b2 * self.square + (1 - b2) * gradient.square().sum().item()
        rate = self.rate * (LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2)
        length = math.sqrt(self.square / (1 - b2**self.time)) + 1e-12
        self.values.sub_(self.mean, alpha=rate / (1 - b1**self.time) / length)


class _Pixels:
    """The picture as its own pixels, for "plain" and "variation"."""

    def __init__(self, settings: Settings, generator: torch.Generator, device: torch.device):
        shape = (1, 3, settings.size, settings.size)
        noise = torch.randn(shape, generator=generator) * PIXEL_NOISE + 0.5
        self.values = noise.clamp(0, 1).to(device).requires_grad_()
        self.rate = PIXEL_RATE * math.sqrt(noise.numel())
        self.smooth = settings.method == "variation"
        self.variation_weight = PIXEL_VARIATION * settings.tv_weight if self.smooth else 0.0

    def picture(self) -> torch.Tensor:
        return self.values.detach().clone()

    def look(self, done: float, side: int, generator: torch.Generator):
        """The picture as a network of this size sees it, and the losses that hold it back."""
        variation = self.variation_weight * total_variation(self.values)
        view = self.values
        if self.smooth:
            # Mahendran & Vedaldi (2016) shake the picture, so that nothing hangs on the strides.
            shift = torch.randint(-JITTER, JITTER + 1, (2,), generator=generator).tolist()
            view = view.roll(shift, (2, 3))
        return _resize(view, side), {"variation": variation}

    @torch.no_grad()
    def clamp(self) -> None:
        self.values.clamp_(0, 1)


class _Spectrum:
    """The picture as the Fourier spectrum of three decorrelated colours, for "fourier"."""

    def __init__(self, settings: Settings, generator: torch.Generator, device: torch.device):
        self.size, self.weight = settings.size, settings.tv_weight
        # Finer than this the networks see nothing; a larger picture is drawn from these waves.
        self.side = min(settings.size, STAGES[-1][1])
        shape = (1, 3, self.side, self.side // 2 + 1, 2)
        noise = torch.randn(shape, generator=generator) * SPECTRUM_NOISE
        self.values = noise.to(device).requires_grad_()
        self.rate = SPECTRUM_RATE
        self.scale = spectrum_scale(self.side).to(device)
        self.colours = torch.tensor(COLOURS, device=device)

    @torch.no_grad()
    def picture(self) -> torch.Tensor:
        return self.draw(self.size)

    def draw(self, side: int) -> torch.Tensor:
        """The picture at `side` x `side` pixels: waves that don't fit are left out, exactly."""
        waves = torch.view_as_complex(self.values) * self.scale
        if side < self.side:
            rows = (waves[:, :, : (side + 1) // 2], waves[:, :, -(side // 2) :])
            waves = torch.cat(rows, dim=2)[..., : side // 2 + 1]
        elif side > self.side:
            middle = self.side // 2 + self.side % 2
            gap = waves.new_zeros(*waves.shape[:2], side - self.side, waves.shape[-1])
            waves = torch.cat((waves[:, :, :middle], gap, waves[:, :, middle:]), dim=2)
        planes = torch.fft.irfft2(waves, s=(side, side), norm="forward")
        return torch.einsum("ij,bjhw->bihw", self.colours, planes).sigmoid()

    def look(self, done: float, side: int, generator: torch.Generator):
        """A random view for a network of this size, and the losses that hold the picture back."""
        # Coarse to fine: broad shapes come first, and cost less.
        stage = next(pixels for end, pixels in STAGES if done < end)
        picture = self.draw(min(stage, self.size))
        # Small pictures have steeper differences; they count as if drawn as large as the others.
        variation = total_variation(picture) * (picture.shape[-1] / stage) ** 2
        # Not in the papers: holds each sixteenth of the picture near middle grey, against darkness.
        grey = F.adaptive_avg_pool2d(picture.mean(1, keepdim=True), 4) - 0.5
        priors = {
            "variation": SPECTRUM_VARIATION * self.weight * variation,
            "grey": GREY * grey.square().mean(),
        }
        # A network made for larger pictures looks at larger views.
        view_side = round(stage * side / STAGES[-1][1])
        return _view(picture, view_side, done >= CALM_FROM, generator), priors

    def clamp(self) -> None:
        pass


def spectrum_scale(side: int) -> torch.Tensor:
    """What each wave's coefficient is multiplied by: 1 / max(f, 1)^0.9 / 4.

    f is the wave's frequency in periods per picture. The exponent is 1 in Olah et al. (2017): a
    little less gives crisper detail.

    Returns:
        (side, side // 2 + 1), laid out as torch.fft.rfft2 does, in (0, 1/4].
    """
    rows = torch.fft.fftfreq(side)[:, None] * side
    columns = torch.fft.rfftfreq(side)[None] * side
    return (rows.square() + columns.square()).sqrt().clamp(min=1).pow(-DECAY) / 4


def _view(picture: torch.Tensor, side: int, calm: bool, generator: torch.Generator) -> torch.Tensor:
    """The picture turned, scaled, shifted, relit, and at first under a round spotlight."""

    def swing(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=generator) * 2 - 1

    turn, scale, *shift = swing(4).tolist()
    hold = CALM if calm else 1.0
    angle = math.radians(TURN) * turn * hold
    zoom = math.exp(-SCALE * hold * scale)
    cos, sin = math.cos(angle) * zoom, math.sin(angle) * zoom
    across, down = (2 * SHIFT * hold * value for value in shift)
    matrix = torch.tensor([[[cos, -sin, across], [sin, cos, down]]], device=picture.device)
    grid = F.affine_grid(matrix, [1, 3, side, side], align_corners=False)
    view = F.grid_sample(picture, grid, padding_mode="reflection", align_corners=False)
    # Not in the papers: light and colour change from view to view, so neither can stand for the
    # class, and the picture stays neither dark nor garish.
    contrast, light, tint = (swing(1, n, 1, 1).to(view) * hold for n in (1, 1, 3))
    radius, wall = swing(1).item(), swing(1, 3, 1, 1)
    view = (view - 0.5) * (1 + CONTRAST * contrast) + 0.5 + LIGHT * light
    view = view * (1 + TINT * tint)
    if calm:
        return view
    # Not in the papers: a round spotlight on a wall of any colour. The class has to stand in the
    # middle, once and whole, instead of in pieces everywhere and in the corners.
    ruler = torch.linspace(-1, 1, side, device=view.device)
    distance = (ruler[:, None].square() + ruler.square()).sqrt()
    low, high = SPOTLIGHT
    spot = torch.sigmoid(((low + high + (high - low) * radius) / 2 - distance) / 0.1)
    return view * spot + (0.5 + WALL * wall.to(view)) * (1 - spot)


@torch.no_grad()
def probabilities(
    networks: Sequence[Backbone], image: torch.Tensor, class_index: int
) -> dict[str, float]:
    """How sure each network is of the picture as it will be saved.

    Args:
        networks: any number of them.
        image: (1, 3, H, W) in [0, 1]; it is rounded to 8 bits first, and each network is shown
            the whole of it at its own size (bilinear, anti-aliased).
        class_index: 0..999.

    Returns:
        The network's name -> the class's probability.
    """
    saved = image.clamp(0, 1).mul(255).round() / 255
    found = {}
    for network in networks:
        logits = network(_resize(saved, network.spec.size))
        found[network.spec.name] = logits.softmax(1)[0, class_index].item()
    return found


def _resize(picture: torch.Tensor, side: int) -> torch.Tensor:
    if picture.shape[-2:] == (side, side):
        return picture
    return F.interpolate(picture, (side, side), mode="bilinear", antialias=True)


def total_variation(picture: torch.Tensor) -> torch.Tensor:
    """TV = mean (x[i, j+1] - x[i, j])^2 + mean (x[i+1, j] - x[i, j])^2: how rough a picture is.

    Mahendran & Vedaldi's (2015) with their beta = 2, as means instead of sums.

    Args:
        picture: (N, C, H, W), H and W at least 2.

    Returns:
        A scalar, 0 for a uniform picture.
    """
    across = picture[..., :, 1:] - picture[..., :, :-1]
    down = picture[..., 1:, :] - picture[..., :-1, :]
    return across.square().mean() + down.square().mean()
