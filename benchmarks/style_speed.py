"""Gatys with VGG-19 at 256 px: iterations per second, Netglass against the textbook loop.

    python -m benchmarks.style_speed --rounds 5 --steps 10

Same random weights (they do for timing), same layers, same Gram and content losses, same Adam, the
same number of steps. The textbook loop is what tutorials write: contiguous float32, the losses in
plain tensor operations, `loss.backward()`.
"""

import argparse
import statistics

import torch
import torchvision
from torch.nn import functional as F

from benchmarks.common import EXAMPLES, machine, ratio, rounds
from models import device, images, registry, style_transfer
from models.backbones import Backbone


def textbook(network, spec, content, style, settings) -> float:
    """The loop of the tutorials; returns the final total loss."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (spec.mean, spec.std))
    wanted = {int(layer.split(".")[1]): layer for layer in (*spec.style_layers, spec.content_layer)}

    def features(picture):
        x, found = (picture - mean) / std, {}
        for index, layer in enumerate(network.features[: max(wanted) + 1]):
            x = layer(x)
            if index in wanted:
                found[wanted[index]] = x
        return found

    def gram(maps):
        flat = maps.flatten(2)[0]
        return flat @ flat.T / flat.shape[1]

    def deviation(maps):
        return maps.flatten(2)[0].std(1, correction=0) + style_transfer.DEVIATION_FLOOR

    with torch.no_grad():
        style_maps, content_maps = features(style), features(content)
        scales = {name: 1 / deviation(style_maps[name]) for name in spec.style_layers}
        grams = {
            name: gram(style_maps[name]) * torch.outer(scales[name], scales[name])
            for name in spec.style_layers
        }
        target = content_maps[spec.content_layer]
        spread = deviation(target).view(1, -1, 1, 1)
    picture = content.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([picture], betas=(0.9, 0.99))
    for number in range(settings.steps):
        optimizer.param_groups[0]["lr"] = style_transfer.rate(settings, number / settings.steps)
        optimizer.zero_grad()
        found = features(picture)
        loss = style_transfer.CONTENT_BALANCE * (
            F.mse_loss(found[spec.content_layer] / spread, target / spread)
        )
        for name in spec.style_layers:
            own = gram(found[name]) * torch.outer(scales[name], scales[name])
            part = (own - grams[name]).square().sum() / grams[name].square().sum()
            loss = loss + part / len(spec.style_layers)
        down = (picture[..., 1:, :] - picture[..., :-1, :]).square().mean()
        across = (picture[..., 1:] - picture[..., :-1]).square().mean()
        loss = loss + style_transfer.TV_BALANCE * (down + across)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
    return loss.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()

    spec, cpu = registry.spec("vgg19"), torch.device("cpu")
    torch.manual_seed(0)
    plain = torchvision.models.vgg19(weights=None).eval().requires_grad_(False)
    for module in plain.features:
        if hasattr(module, "inplace"):
            module.inplace = False
    copy = torchvision.models.vgg19(weights=None)
    copy.load_state_dict(plain.state_dict())
    ours = Backbone(spec, copy, device.place(spec.depthwise, cpu))
    photo = images.open_image(EXAMPLES / "photos" / "astronaut.jpg")
    painting = images.open_image(EXAMPLES / "styles" / "starry_night.jpg")
    content = images.to_tensor(images.square(photo, options.size))
    style = images.to_tensor(images.square(painting, options.size))
    settings = style_transfer.Settings(size=options.size, style_loss="gram", steps=options.steps)

    def netglass(_round) -> float:
        objective = style_transfer.Objective(ours, content, style, settings)
        *_, (_, losses) = style_transfer.descend(objective, content, settings, options.steps)
        return losses["total"]

    sides = {
        "textbook": lambda _round: textbook(plain, spec, content, style, settings),
        "Netglass": netglass,
    }
    seconds, losses = rounds(sides, options.rounds)
    print(f"Gatys et al. 2016, {spec.title}, {options.size} px, {options.steps} Adam steps,")
    print(f"medians of {options.rounds} rounds\n")
    print(f"{'':12}{'iterations/s':>14}{'final total loss':>18}")
    for name, taken in seconds.items():
        rate = options.steps / statistics.median(taken)
        print(f"{name:12}{rate:14.2f}{losses[name]:18.5f}")
    print("\n" + ratio(seconds, "textbook", "Netglass"))
    print(machine())


if __name__ == "__main__":
    main()
