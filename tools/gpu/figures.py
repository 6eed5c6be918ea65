"""Speed on a GPU: style transfer, attacks, classification, GAN samples and live training, each
beside the plain loop that a user would write.

    python -m tools.gpu.figures --out figures.json

Random weights, which do for timing. The plain loops have PyTorch's defaults (float32 with TF32 in
convolutions, contiguous). One figure's failure is printed, and the rest goes on; the file is
written anew after each.
"""

from __future__ import annotations

import argparse
import json
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.common import machine
from benchmarks.gan_speed import PlainDiscriminator, PlainGenerator, Textbook
from benchmarks.precision import CHOICES
from models import device, registry
from models.attacks.attack import attack
from models.attacks.settings import AttackSettings
from models.device import Placement, place
from models.feature_visualization.optimize import visualize
from models.feature_visualization.settings import VisualizationSettings
from models.gan.networks.stylegan import StyleGenerator
from models.gan.pretrained import PretrainedGan
from models.gan.training import presets
from models.gan.training.data import Pictures, plane
from models.gan.training.trainer import Trainer
from tests.models.gpu import EXACT, backbone, difference
from tools.gpu.style import profile, style
from tools.gpu.timing import defaults, last, seconds, wait

LITE0 = registry.backbone("efficientnet_lite0")
Figures = dict[str, object]


def plain_lite0(at: torch.device) -> nn.Module:
    """timm's network as its user has it, behind a normalization."""
    import timm
    from torchvision.transforms import Normalize

    network = timm.create_model("tf_efficientnet_lite0")
    return nn.Sequential(Normalize(LITE0.mean, LITE0.std), network).eval().to(at)


def ceilings(at: torch.device, short: bool) -> Figures:
    """What the chip does at most: a bfloat16 product, a float32 product, a copy."""
    side = 512 if short else 8192
    found: Figures = {"machine": machine(at), "torch": torch.__version__}
    for name, dtype in (("bf16", torch.bfloat16), ("float32", torch.float32)):
        a = torch.randn(side, side, device=at, dtype=dtype)
        found[f"{name}_tflops"] = 2 * side**3 / seconds(lambda a=a: a @ a, at) / 1e12
    buffer = torch.empty(side, side, 8, device=at)
    taken = seconds(lambda: buffer.clone(), at)
    return found | {"copy_terabytes_a_second": 2 * buffer.numel() * 4 / taken / 1e12}


def attacks(at: torch.device, short: bool) -> Figures:
    """PGD on EfficientNet-Lite0, image-steps a second, in each precision, and by a plain loop."""
    steps, side = (2, 64) if short else (20, 224)
    found: Figures = {}
    plain = plain_lite0(at)

    def pgd(clean: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            labels = plain(clean).argmax(1)
        x = clean + torch.empty_like(clean).uniform_(-4 / 255, 4 / 255)
        for _ in range(steps):
            x = x.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(F.cross_entropy(plain(x), labels), x)
            x = x + gradient.sign() / 255
            x = torch.clamp(clean + torch.clamp(x - clean, -4 / 255, 4 / 255), 0, 1)
        return x.detach()

    settings = AttackSettings(epsilon=4, steps=steps, step_size=1)
    for batch in (2,) if short else (16, 64):
        rng = torch.Generator().manual_seed(batch)
        clean = (torch.rand(batch, 3, side, side, generator=rng) * 255).round().to(at) / 255
        rates: dict[str, float] = {}
        for name, network in variants("efficientnet_lite0", at):
            with flags_of(name):
                taken = seconds(lambda n=network, x=clean: last(attack(n, x, settings)), at, 2)
            rates[name] = batch * steps / taken
        with defaults():
            rates["plain loop"] = batch * steps / seconds(lambda x=clean: pgd(x), at, 2)
            rates |= peers(plain, clean, steps, at)
        found[f"batch_{batch}"] = rates
    return found


def peers(plain: nn.Module, clean: torch.Tensor, steps: int, at: torch.device) -> Figures:
    """Those of benchmarks/attack_speed.py that are installed."""
    from importlib.util import find_spec

    from benchmarks.attack_speed import PEERS

    with torch.no_grad():
        labels = plain(clean).argmax(1)
    found: Figures = {}
    for name, (package, make) in PEERS.items():
        if find_spec(package) and name != "ART":
            run = make(plain, clean, labels, steps)
            found[name] = len(clean) * steps / seconds(lambda run=run: run(0), at)
    return found


def variants(name: str, at: torch.device) -> Iterator[tuple[str, nn.Module]]:
    """The network as it is placed, and in every other precision and layout."""
    spec = registry.backbone(name)
    chosen = place(spec.depthwise, at)
    for title, (dtype, layout) in CHOICES.items():
        mark = ", chosen" if (dtype, layout) == (chosen.dtype, chosen.memory_format) else ""
        network = backbone(name, Placement(at, dtype, layout, ""))
        yield title + mark, network
        if dtype == torch.float32:
            yield title + ", TF32", network


def flags_of(name: str) -> AbstractContextManager[None]:
    """Those that a variant's name asks for."""
    return defaults() if name.endswith("TF32") else nullcontext()


def precision(at: torch.device, short: bool) -> Figures:
    """How far gradients are from those of the CPU in float32, and which share has another sign."""
    found: Figures = {}
    x = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))

    def gradient(network) -> torch.Tensor:
        leaf = x.to(network.placement.device).requires_grad_()
        (found,) = torch.autograd.grad(network(leaf).log_softmax(1)[:, 7].sum(), leaf)
        return found.cpu()

    for name in ("efficientnet_lite0",) if short else ("efficientnet_lite0", "resnet50", "vgg19"):
        expected = gradient(backbone(name, EXACT))
        for title, network in variants(name, at):
            with flags_of(title):
                got = gradient(network)
            flipped = float((got.sign() != expected.sign()).float().mean())
            found[f"{name}, {title}"] = {"apart": difference(got, expected), "flipped": flipped}
    return found


def layouts(at: torch.device, short: bool) -> Figures:
    """Milliseconds of a forward and backward pass at 256 px, as benchmarks/precision.py."""
    found: Figures = {}
    for name in ("efficientnet_lite0", "mobilenet_v3_large", "resnet50", "vgg19"):
        for batch in (1,) if short else (1, 16):
            picture = torch.rand(batch, 3, 64 if short else 256, 64 if short else 256, device=at)
            for title, network in variants(name, at):

                def run(network=network, picture=picture) -> None:
                    leaf = picture.clone().requires_grad_()
                    maps = network.features(leaf, network.spec.style_layers)
                    loss = sum(layer.float().square().mean() for layer in maps)
                    torch.autograd.grad(loss, leaf)

                with flags_of(title):
                    found[f"{name}, batch {batch}, {title}"] = seconds(run, at, 3) * 1000
    return found


def classification(at: torch.device, short: bool) -> Figures:
    """EfficientNet-Lite0, images a second from pictures on the GPU."""
    found: Figures = {}
    plain = plain_lite0(at)
    for batch in (2,) if short else (1, 16, 256):
        pictures = torch.rand(batch, 3, 224, 224, device=at)
        networks = {"ours": backbone("efficientnet_lite0", at), "plain": plain}
        with torch.inference_mode():
            for name, network in networks.items():
                taken = seconds(lambda n=network, x=pictures: n(x).argmax(1).tolist(), at, 5)
                found[f"{name}, batch {batch}"] = batch / taken
    return found


def gan_samples(at: torch.device, short: bool) -> Figures:
    """Style-based generator, 64 px, samples a second, transfer included; a plain one beside it."""
    torch.manual_seed(0)
    plain = StyleGenerator().eval().requires_grad_(False)
    network = StyleGenerator()
    network.load_state_dict(plain.state_dict())
    spec, count = registry.gan("stylegan_cats64"), 16 if short else 1024
    ours = PretrainedGan(spec, network, None, torch.randn(8, 128), place(False, at))
    plain.to(at)
    z = ours.latents(range(count))

    def by_plain() -> torch.Tensor:
        with torch.inference_mode():
            parts = []
            for part in z.split(16):
                w = plain.mapping(part)[:, None].repeat(1, plain.LAYERS, 1)
                parts.append((plain(w, plain.noise(1)).clamp(-1, 1) * 0.5 + 0.5).cpu())
            return torch.cat(parts)

    w = ours.style_codes(z)

    def by_ours() -> torch.Tensor:
        return ours.synthesize(ours.style_codes(z))

    found: Figures = {
        "ours, in batches of 16": count / seconds(by_ours, at),
        "ours, codes known": count / seconds(lambda: ours.synthesize(w), at),
        "ours, one alone": 1 / seconds(lambda: ours.synthesize(w[:1]), at, 9),
    }
    with defaults():
        found["plain, in batches of 16"] = count / seconds(by_plain, at)
    return found


def live_training(at: torch.device, short: bool) -> Figures:
    """Rounds a second of the lab's runs, here and on one core; DCGAN beside the textbook's loop."""
    rng = torch.Generator().manual_seed(0)
    digits = Pictures("digits", torch.randint(0, 256, (900, 1, 28, 28), generator=rng).byte(),
                      torch.randint(0, 256, (100, 1, 28, 28), generator=rng).byte())  # fmt: skip
    cats = Pictures("own", torch.randint(0, 256, (900, 3, 64, 64), generator=rng).byte(),
                    digits.held_out)  # fmt: skip
    runs = {"ring": (plane("ring"), presets.POINTS), "dense": (digits, presets.DENSE),
            "digits": (digits, presets.DIGITS)}  # fmt: skip
    found: Figures = {}
    limit = 0.2 if short else 1.0
    for name, (data, settings) in runs.items():
        threads = torch.get_num_threads()
        for where in dict.fromkeys((at, torch.device("cpu"))):
            trainer = Trainer(data, settings, where)
            trainer.train(limit / 4)
            torch.set_num_threads(1 if where.type == "cpu" else threads)
            start = time.perf_counter()
            done = trainer.train(limit)
            wait(at)
            found[f"{name}, {where.type}"] = done / (time.perf_counter() - start)
            torch.set_num_threads(threads)
    settings = presets.PICTURES.replace(lr_d=2e-4, lr_g=2e-4, batch=32, latent=100, width=64, ema=0)
    ours = Trainer(cats, settings, at)
    plain = [n.to(at) for n in (PlainGenerator(64, 100, 3, 64), PlainDiscriminator(64, 3, 64))]
    by_textbook, rounds = Textbook(*plain, cats.train), 2 if short else 30
    for name, step in (("ours", ours.round), ("textbook", by_textbook.step)):
        with defaults() if name == "textbook" else nullcontext():
            taken = seconds(lambda step=step: [step() for _ in range(rounds)], at)
        found[f"dcgan 64 px, pictures a second, {name}"] = 32 * rounds / taken
    return found


def ideal_class(at: torch.device, short: bool) -> Figures:
    """The page's default ideal class, two networks, 224 px: seconds."""
    networks = [backbone(name, at) for name in ("efficientnet_lite0", "efficientnet_lite2")]
    settings = VisualizationSettings(class_name="zebra", steps=4 if short else 256)
    last(visualize(networks, settings.replace(steps=4)))
    start = time.perf_counter()
    last(visualize(networks, settings)).image.cpu()
    return {"seconds": time.perf_counter() - start}


FIGURES = (
    ceilings, style, profile, attacks, precision, classification, gan_samples, live_training,
    ideal_class, layouts,
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto", choices=device.DEVICES)
    parser.add_argument("--out", type=Path, default=Path("figures.json"))
    parser.add_argument("--only", nargs="*", default=[run.__name__ for run in FIGURES])
    parser.add_argument("--short", action="store_true", help="small, to try the program")
    options = parser.parse_args()
    at, found, failed = device.pick(options.device), {}, []
    for run in FIGURES:
        if run.__name__ not in options.only:
            continue
        start = time.perf_counter()
        try:
            found[run.__name__] = run(at, options.short)
        except Exception:
            traceback.print_exc()
            failed.append(run.__name__)
            found[run.__name__] = {"failed": traceback.format_exc()}
        taken = time.perf_counter() - start
        print(
            f"{run.__name__} ({taken:.1f} s)", json.dumps(found[run.__name__], indent=1), flush=True
        )
        options.out.write_text(json.dumps(found, indent=1))
        if at.type == "cuda":
            torch.cuda.empty_cache()
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
