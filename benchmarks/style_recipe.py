"""The default style transfer beside the recipe it grew out of, on EfficientNet-Lite0 at 384 px.

    python -m benchmarks.style_recipe --rounds 3

Netglass with Adam is the endpoint's default, with L-BFGS the page's. The recipe: three scales of
40 steps, Adam at 0.05, an average of 0.97, start from the photo as it is. All results are
measured by the same style loss, on the 8-bit picture.
"""

import statistics
from functools import partial

import torch
from torch.nn import functional as F

from benchmarks.common import EXAMPLES, machine, options, ratio, rounds
from models import images, registry
from models.store import Store
from models.style_transfer import optimize
from models.style_transfer.losses import ContentLoss, MomentsLoss, moments, total_variation
from models.style_transfer.settings import StyleSettings

PAIRS = (
    ("chelsea", "starry_night"),
    ("astronaut", "stained_glass"),
    ("scarlet_macaw", "mosaic"),
    ("german_shepherd", "woodcut"),
)


def recipe(network, content, style, size: int) -> torch.Tensor:
    """The picture of the plain recipe, (1, 3, H, W) in [0, 1]."""
    spec, picture = network.spec, None
    for side in optimize.scales(size):
        target, reference = (images.to_tensor(images.fit(i, side)) for i in (content, style))
        with torch.no_grad():
            maps = network.features(reference, spec.style_layers)
            style_losses = [MomentsLoss(moments([m])) for m in maps]
            content_loss = ContentLoss(network.features(target, [spec.content_layer])[0])
        start = target if picture is None else F.interpolate(picture, target.shape[-2:])
        x = start.clone().requires_grad_(True)
        optimizer = torch.optim.Adam([x], lr=0.05, betas=(0.9, 0.99))
        total, weight = 0.0, 0.0
        for _ in range(40):
            *found, deep = network.features(x, (*spec.style_layers, spec.content_layer))
            parts = [loss(m) for loss, m in zip(style_losses, found, strict=True)]
            loss = sum(parts) / len(parts) + 0.05 * content_loss(deep)
            loss = loss + 5 * total_variation(x)
            (x.grad,) = torch.autograd.grad(loss, x)
            optimizer.step()
            with torch.no_grad():
                x.clamp_(0, 1)
                total, weight = 0.97 * total + 0.03 * x, 0.97 * weight + 0.03
        picture = (total / weight).detach()
    return picture


def style_loss_of(network, picture: torch.Tensor, style, size: int) -> float:
    """The style loss of a finished picture."""
    shown = images.to_tensor(images.to_image(picture))
    spec = network.spec
    with torch.no_grad():
        wanted = network.features(images.to_tensor(images.fit(style, size)), spec.style_layers)
        found = network.features(shown, spec.style_layers)
        parts = [MomentsLoss(moments([w]))(f) for w, f in zip(wanted, found, strict=True)]
    return float(sum(parts) / len(parts))


def main() -> None:
    chosen = options(__doc__, rounds=3, size=384)
    network = Store().get(registry.DEFAULT_BACKBONE)
    ours = {
        "Netglass, Adam": StyleSettings(size=chosen.size),
        "Netglass, L-BFGS": StyleSettings(size=chosen.size, optimizer="lbfgs"),
    }
    losses: dict[str, list[float]] = {name: [] for name in ("recipe", *ours)}
    taken: dict[str, list[float]] = {name: [] for name in losses}
    for content_name, style_name in PAIRS:
        content = images.open_image(EXAMPLES / "photos" / f"{content_name}.jpg")
        style = images.open_image(EXAMPLES / "styles" / f"{style_name}.jpg")

        def netglass(_round, settings, content=content, style=style):
            *_, last = optimize.transfer_style(network, content, style, settings)
            return last.image

        variants = {"recipe": lambda _round, c=content, s=style: recipe(network, c, s, chosen.size)}
        variants |= {name: partial(netglass, settings=to) for name, to in ours.items()}
        seconds, pictures = rounds(variants, chosen.rounds)
        for name, picture in pictures.items():
            losses[name].append(style_loss_of(network, picture, style, chosen.size))
            taken[name] += seconds[name]
            median = statistics.median(seconds[name])
            pair = f"{content_name} / {style_name}"
            print(f"{pair:28}{name:18}{median:6.1f} s  style loss {losses[name][-1]:.4f}")
    for name, values in losses.items():
        print(
            f"{name:18}{statistics.median(taken[name]):6.1f} s  mean {statistics.mean(values):.4f}"
        )
    for name in ours:
        print(f"{name}: {ratio(taken, 'recipe', name)}")
    print(machine())


if __name__ == "__main__":
    main()
