"""VGG-19 to 384 px: Netglass, coarse to fine, beside the textbook loop.

    python -m benchmarks.style_speed --rounds 3 --steps 6

Same random weights (they do for timing), same layers, same Gram and content losses. The textbook
loop is what tutorials write: one size, contiguous float32, the losses in plain tensor operations,
`loss.backward()`. Netglass gets as many steps as fit into the textbook's time; both results are
then measured by the textbook's loss in float32.
"""

import statistics
import time
from dataclasses import replace

import torch
import torchvision
from torch.nn import functional as F

from benchmarks.common import EXAMPLES, machine, options, ratio, rounds
from models import device, images, registry
from models.backbones.backbone import Backbone
from models.style_transfer import optimize
from models.style_transfer.losses import DEVIATION_FLOOR
from models.style_transfer.objective import CONTENT_BALANCE, TV_BALANCE
from models.style_transfer.settings import StyleSettings


def textbook(network, spec, content, style, settings, evaluated=None):
    """The loop of the tutorials: its picture; or, given `evaluated`, the loss of that picture."""
    at = content.device
    mean, std = (torch.tensor(v, device=at).view(1, 3, 1, 1) for v in (spec.mean, spec.std))
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
        return maps.flatten(2)[0].std(1, correction=0) + DEVIATION_FLOOR

    with torch.no_grad():
        style_maps, content_maps = features(style), features(content)
        scales = {name: 1 / deviation(style_maps[name]) for name in spec.style_layers}
        grams = {
            name: gram(style_maps[name]) * torch.outer(scales[name], scales[name])
            for name in spec.style_layers
        }
        target = content_maps[spec.content_layer]
        spread = deviation(target).view(1, -1, 1, 1)

    def objective(picture):
        found = features(picture)
        loss = CONTENT_BALANCE * (F.mse_loss(found[spec.content_layer] / spread, target / spread))
        for name in spec.style_layers:
            own = gram(found[name]) * torch.outer(scales[name], scales[name])
            part = (own - grams[name]).square().sum() / grams[name].square().sum()
            loss = loss + part / len(spec.style_layers)
        down = (picture[..., 1:, :] - picture[..., :-1, :]).square().mean()
        across = (picture[..., 1:] - picture[..., :-1]).square().mean()
        return loss + TV_BALANCE * (down + across)

    if evaluated is not None:
        with torch.no_grad():
            return objective(evaluated).item()
    picture = content.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([picture], lr=0.02)
    for _ in range(settings.steps):
        optimizer.zero_grad()
        objective(picture).backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
    return picture.detach()


def main() -> None:
    chosen = options(__doc__, rounds=3, steps=6, size=384)

    spec, cpu = registry.backbone("vgg19"), torch.device("cpu")
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
    photo, painting = (images.square(picture, chosen.size) for picture in (photo, painting))
    content, style = images.to_tensor(photo), images.to_tensor(painting)
    settings = StyleSettings(size=chosen.size, style_loss="gram", steps=chosen.steps)

    def netglass(steps: int) -> torch.Tensor:
        *_, last = optimize.transfer_style(ours, photo, painting, replace(settings, steps=steps))
        return last.image

    def work(steps: int) -> float:
        plan = optimize.schedule(replace(settings, steps=steps))
        return sum(side**2 * count for side, count in plan)

    start = time.perf_counter()
    textbook(plain, spec, content, style, settings)
    budget = time.perf_counter() - start
    netglass(10)
    start = time.perf_counter()
    netglass(20)
    steps = round(20 * budget / (time.perf_counter() - start))
    variants = {
        "textbook": lambda _round: textbook(plain, spec, content, style, settings),
        "Netglass": lambda _round: netglass(steps),
    }
    seconds, pictures = rounds(variants, chosen.rounds)
    done = {"textbook": chosen.size**2 * chosen.steps, "Netglass": work(steps)}
    print(f"Gatys et al. 2016, {spec.title} (random weights), to {chosen.size} px, Gram matrices,")
    print(f"{chosen.steps} steps against {steps} coarse to fine; {chosen.rounds} rounds\n")
    print(f"{'':12}{'seconds':>9}{'Mpixel steps/s':>16}{'textbook loss':>15}")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        loss = textbook(plain, spec, content, style, settings, evaluated=pictures[name])
        print(f"{name:12}{median:9.2f}{done[name] / median / 1e6:16.3f}{loss:15.5f}")
    per_work = {name: [t / done[name] for t in taken] for name, taken in seconds.items()}
    print("\npixels x steps a second: " + ratio(per_work, "textbook", "Netglass"))
    print(machine())


if __name__ == "__main__":
    main()
