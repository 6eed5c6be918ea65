"""Trains a GAN on 64 x 64 faces; goes on from its last checkpoint when run again.

    python -m training.gan stylegan_cats64 --images 500000 --into ../runs/stylegan_cats64

Both kinds play the non-saturating logistic game (Goodfellow et al. 2014): with logits d(x),
    the discriminator lowers  softplus(-d(real)) + softplus(d(fake)),
    the generator lowers      softplus(-d(fake)).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from models.gan.networks import dcgan, stylegan
from models.gan.training.augment import augment
from models.gan.training.ema import EMA
from training import data
from training.aid import Aid


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        generator, discriminator: what makes the two networks.
        latent: numbers in z.
        data: file name of the zip.
        batch: real and generated pictures per step, each.
        lr: Adam's rate for both; betas: its averages.
        r1: gamma of R1, gamma/2 |grad d(real)|^2 (Mescheder et al. 2018), 0 for none.
        r1_every: steps between its uses, each weighted by that many (Karras et al. 2020).
        policy: DiffAugment's changes.
        half_life: of the generator's running average, in images.
        mixing: share of batches whose fine layers take their style from another z.
        aid: weight of the second judge's loss (see `training.aid`), 0 for none.
        aid_from: images after which it joins; until then colours are augmented too.
        cool: the last share of the run, over which the rate falls to a twentieth.
    """

    generator: Callable[[], nn.Module]
    discriminator: Callable[[], nn.Module]
    latent: int
    data: str = "catfaces64.zip"
    batch: int = 32
    lr: float = 2.5e-3
    betas: tuple[float, float] = (0.0, 0.99)
    r1: float = 0.3
    r1_every: int = 16
    policy: tuple[str, ...] = ("translation",)
    half_life: float = 8_000.0
    mixing: float = 0.3
    aid: float = 0.0
    aid_from: int = 0
    cool: float = 0.3


STYLE = Recipe(
    stylegan.StyleGenerator,
    stylegan.StyleDiscriminator,
    stylegan.LATENT,
    aid=1.0,
    aid_from=34_000,
)
RECIPES = {
    "stylegan_cats64": STYLE,
    "stylegan_kaokore64": replace(STYLE, data="kaokore64.zip", aid_from=0),
    # The paper's networks; mirrored and shifted data, a running average and the aid are added, and
    # smaller batches at a higher rate (128 at 2e-4 in the paper) make more of few pictures.
    "dcgan_cats64": Recipe(
        dcgan.DCGenerator,
        dcgan.DCDiscriminator,
        dcgan.LATENT,
        lr=6e-4,
        betas=(0.5, 0.999),
        r1=0.0,
        aid=1.0,
    ),
}
SAVE_SECONDS = 150
SHEET = 64


class Run:
    """A training run in a folder: networks, optimisers and what has been seen so far."""

    def __init__(self, recipe: Recipe, folder: Path, start: Path | None = None):
        self.recipe, self.folder = recipe, folder
        self.real = data.pictures(data.SHARED / recipe.data)
        self.G, self.D = recipe.generator(), recipe.discriminator()
        for network in (self.G, self.D):
            network.to(memory_format=torch.channels_last)
        self.ema = EMA(self.G)
        self.adam_g = self._adam(self.G)
        self.adam_d = self._adam(self.D)
        self.aid = None
        if recipe.aid:
            self.aid = Aid(data.batch(self.real, 256, torch.Generator().manual_seed(0)))
            self.adam_a = _adam(self.aid.heads, recipe.lr, recipe.betas)
        self.seen = 0
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "last.pt").exists():
            self._load(folder / "last.pt", whole=True)
        elif start:
            self._load(start, whole=False)

    def _adam(self, network: nn.Module) -> torch.optim.Adam:
        recipe, share = self.recipe, 1.0
        if recipe.r1 and network is self.D:
            # Lazy regularisation takes extra steps: rate and averages are corrected for them.
            share = recipe.r1_every / (recipe.r1_every + 1)
        betas = tuple(beta**share for beta in recipe.betas)
        return _adam(network, recipe.lr * share, betas)

    def _parts(self) -> dict:
        parts = {"G": self.G, "D": self.D, "average": self.ema.module}
        return parts | ({"aid": self.aid.heads} if self.aid else {})

    def _adams(self) -> dict:
        adams = {"adam_g": self.adam_g, "adam_d": self.adam_d}
        return adams | ({"adam_a": self.adam_a} if self.aid else {})

    def _load(self, path: Path, whole: bool) -> None:
        state = torch.load(path, weights_only=True)
        for name, network in self._parts().items():
            if name in state:  # the aid may join later
                network.load_state_dict(state[name])
        if whole:
            for name, adam in self._adams().items():
                if name in state:
                    rate = adam.param_groups[0]["initial_lr"]
                    adam.load_state_dict(state[name])
                    adam.param_groups[0]["initial_lr"] = rate
            self.seen = state["seen"]

    def save(self) -> None:
        state = {name: network.state_dict() for name, network in self._parts().items()}
        state |= {name: adam.state_dict() for name, adam in self._adams().items()}
        torch.save(state | {"seen": self.seen}, self.folder / "new.pt")
        os.replace(self.folder / "new.pt", self.folder / "last.pt")
        samples = sample(self.ema.module, self.recipe, SHEET)
        save_sheet(samples, self.folder / f"{self.seen:08d}.png")

    def rate(self, images: int) -> float:
        """The learning rate's factor: 1, then down in a straight line over the last share."""
        left = (images - self.seen) / (images * self.recipe.cool)
        return max(0.05, min(1.0, left))

    def step(self, number: int, images: int) -> dict[str, torch.Tensor]:
        recipe, n = self.recipe, self.recipe.batch
        for adam in self._adams().values():
            for group in adam.param_groups:
                group["lr"] = group["initial_lr"] * self.rate(images)
        real = data.batch(self.real, n)
        aid = self.aid if self.seen >= recipe.aid_from else None
        policy = recipe.policy if aid or not self.aid else ("color", *recipe.policy)
        with torch.autocast("cpu", torch.bfloat16):
            fake = self.generate(n)
            both = torch.cat([augment(fake.detach(), policy), augment(real, policy)])
            if recipe.r1:
                score_fake, score_real = self.D(both).chunk(2)
            else:
                # Batch norm: real and generated pictures each have their own statistics.
                score_fake, score_real = (self.D(half) for half in both.chunk(2))
            loss_d = F.softplus(score_fake).mean() + F.softplus(-score_real).mean()
        self.adam_d.zero_grad()
        loss_d.backward()
        self.adam_d.step()
        if aid:
            aided = aid.loss_d(*both.float().chunk(2))
            self.adam_a.zero_grad()
            aided.backward()
            self.adam_a.step()
        lazy = recipe.r1 and number % recipe.r1_every == 0
        slope = self.regularize(real[: n // 2]) if lazy else 0.0
        # One set of generated pictures serves both players: a forward pass less.
        self.D.requires_grad_(False)
        shown = augment(fake, policy)
        with torch.autocast("cpu", torch.bfloat16):
            loss_g = F.softplus(-self.D(shown)).mean()
        whole = loss_g
        if aid:
            aid.heads.requires_grad_(False)
            whole = whole + recipe.aid * aid.loss_g(shown)
        self.adam_g.zero_grad()
        whole.backward()
        self.D.requires_grad_(True)
        if aid:
            aid.heads.requires_grad_(True)
        self.adam_g.step()
        self.seen += n
        self.ema.update(self.G, self.decay())
        report = {"loss_d": loss_d, "loss_g": loss_g, "real": score_real.mean()}
        if aid:
            report["aided"] = aided
        return report | {"fake": score_fake.mean(), "slope": slope}

    def generate(self, n: int) -> torch.Tensor:
        z = torch.randn(n, self.recipe.latent)
        if not isinstance(self.G, stylegan.StyleGenerator):
            return self.G(z).float()
        w = self.G.mapping(z)
        with torch.no_grad():
            self.G.mean.lerp_(w.detach().float().mean(0), 0.005)
        styles = w[:, None].repeat(1, self.G.LAYERS, 1)
        if torch.rand(()) < self.recipe.mixing:
            cut = int(torch.randint(1, self.G.LAYERS, ()))
            other = self.G.mapping(torch.randn(n, self.recipe.latent))
            styles = torch.cat([styles[:, :cut], other[:, None].expand_as(styles)[:, cut:]], 1)
        return self.G(styles, self.G.noise(n)).float()

    def regularize(self, real: torch.Tensor) -> torch.Tensor:
        """One step on R1, in float32: its gradient of a gradient is small."""
        real = augment(real, self.recipe.policy).detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.D(real).sum(), real, create_graph=True)
        penalty = slope.square().sum((1, 2, 3)).mean()
        self.adam_d.zero_grad()
        (penalty * self.recipe.r1 / 2 * self.recipe.r1_every).backward()
        self.adam_d.step()
        return penalty

    def decay(self) -> float:
        """Of the moving average for this step; its half-life is short at first, so that the early
        weights are soon forgotten."""
        half_life = min(self.recipe.half_life, max(self.seen * 0.05, 1.0))
        return 0.5 ** (self.recipe.batch / half_life)


def _adam(network: nn.Module, rate: float, betas: tuple[float, float]) -> torch.optim.Adam:
    groups = [{"params": list(network.parameters()), "initial_lr": rate}]
    return torch.optim.Adam(groups, rate, betas, foreach=True)


@torch.no_grad()
def sample(network: nn.Module, recipe: Recipe, count: int, seed: int = 0) -> torch.Tensor:
    """`count` pictures of a generator, without truncation, uint8 (count, 3, 64, 64)."""
    generator = torch.Generator().manual_seed(seed)
    out = []
    for start in range(0, count, 64):
        n = min(64, count - start)
        z = torch.randn(n, recipe.latent, generator=generator)
        if isinstance(network, stylegan.StyleGenerator):
            styles = network.mapping(z)[:, None].expand(-1, network.LAYERS, -1)
            pictures = network(styles, network.noise(n, generator))
        else:
            pictures = network(z)
        out.append(((pictures.float().clamp(-1, 1) + 1) * 127.5).round().byte())
    return torch.cat(out)


def save_sheet(pictures: torch.Tensor, path: Path, columns: int = 8) -> None:
    """Pictures (N, 3, H, W) in uint8 as one PNG, `columns` wide."""
    n, _, h, w = pictures.shape
    grid = pictures.permute(0, 2, 3, 1).reshape(n // columns, columns, h, w, 3)
    Image.fromarray(grid.transpose(1, 2).reshape(n // columns * h, columns * w, 3).numpy()).save(
        path
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=RECIPES)
    parser.add_argument("--images", type=int, required=True, help="real pictures shown in all")
    parser.add_argument("--into", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--start", type=Path, help="checkpoint of another run to begin from")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    torch.manual_seed(chosen.seed)
    run = Run(RECIPES[chosen.network], chosen.into, chosen.start)
    print(f"{chosen.network}: {len(run.real)} pictures, {run.seen} seen", flush=True)
    saved = told = time.time()
    before, number = run.seen, 0
    while run.seen < chosen.images:
        report = run.step(number, chosen.images)
        number += 1
        now = time.time()
        if number % 100 == 0:
            figures = {name: round(float(value), 3) for name, value in report.items()}
            figures["per_second"] = round((run.seen - before) / (now - told), 1)
            print(json.dumps({"seen": run.seen} | figures), flush=True)
            before, told = run.seen, now
        if now - saved > SAVE_SECONDS or run.seen >= chosen.images:
            run.save()
            saved = time.time()


if __name__ == "__main__":
    main()
