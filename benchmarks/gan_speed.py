"""DCGAN training at 64 px: Netglass against the textbook's float32 loop, side by side.

    python -m benchmarks.gan_speed --pictures ../shared/data/catfaces64.zip --images 6400

Both train the same networks (Radford et al. 2015) from the same weights on the same batches of the
same pictures, in turns of a few steps; the ratio is of medians over the turns. At the end the
Frechet distance between 1,024 samples of each and 1,024 pictures that neither saw says whether the
speed was paid for in quality (features: the shipped VAE's encoder, which never saw ImageNet).
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import nn

from benchmarks.common import machine, ratio
from models import registry
from models.device import pick
from models.gan import pretrained
from models.gan.networks.dcgan import DCDiscriminator, DCGenerator
from models.gan.training import data as gan_data
from models.gan.training.settings import TrainingSettings
from models.gan.training.trainer import Trainer
from training import data
from training.evaluate_gan import frechet

BATCH, LATENT, WIDTH, SIDE = 32, 100, 64, 64
RATE, BETAS = 2e-4, (0.5, 0.99)
HELD, SAMPLES = 1024, 1024


class Textbook:
    """The DCGAN loop as tutorials have it: float32, contiguous, two backward passes for D."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, pictures: torch.Tensor):
        self.G, self.D, self.pictures = generator, discriminator, pictures
        self.adam_g = torch.optim.Adam(self.G.parameters(), RATE, BETAS)
        self.adam_d = torch.optim.Adam(self.D.parameters(), RATE, BETAS)
        self.loss = nn.BCEWithLogitsLoss()

    def step(self) -> None:
        at = next(self.G.parameters()).device
        real = gan_data.scaled(self.pictures[torch.randint(len(self.pictures), (BATCH,))]).to(at)
        ones, zeros = torch.ones(BATCH, device=at), torch.zeros(BATCH, device=at)
        self.D.zero_grad()
        self.loss(self.D(real), ones).backward()
        fake = self.G(torch.randn(BATCH, LATENT, device=at))
        self.loss(self.D(fake.detach()), zeros).backward()
        self.adam_d.step()
        self.G.zero_grad()
        self.loss(self.D(fake), ones).backward()
        self.adam_g.step()


class PlainGenerator(DCGenerator):
    """The same layers without a hint on memory layout."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = z[:, :, None, None]
        for conv, norm in zip(self.convs, self.norms, strict=False):
            x = torch.relu(norm(conv(x)))
        return self.convs[-1](x).tanh()


class PlainDiscriminator(DCDiscriminator):
    """The same layers without a hint on memory layout."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index, conv in enumerate(self.convs):
            x = conv(x)
            if index:
                x = self.norms[index - 1](x)
            x = nn.functional.leaky_relu(x, 0.2)
        return self.verdict(x).flatten()


@torch.no_grad()
def codes(encoder: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    """The VAE encoder's means of pictures (N, 3, 64, 64) in [-1, 1]."""
    found = [encoder(part) for part in pictures.split(64)]
    return torch.cat([mean for mean, _ in found]).double()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, default=data.SHARED / "catfaces64.zip")
    parser.add_argument("--images", type=int, default=6400, help="real pictures shown to each")
    parser.add_argument("--turn", type=int, default=20, help="steps in a turn")
    chosen = parser.parse_args()
    torch.manual_seed(0)
    everything = data.pictures(chosen.pictures)
    held, shown = everything[:HELD], everything[HELD:]
    settings = TrainingSettings(
        architecture="dcgan", lr_d=RATE, lr_g=RATE, beta1=BETAS[0], batch=BATCH, r1=0.0,
        latent=LATENT, width=WIDTH,
    )  # fmt: skip
    ours = Trainer(gan_data.Pictures("own", shown, held), settings, pick("auto"))
    plain = PlainGenerator(WIDTH, LATENT, 3, SIDE), PlainDiscriminator(WIDTH, 3, SIDE)
    for network, start in zip(plain, (ours.G, ours.D), strict=True):
        network.load_state_dict(copy.deepcopy(start.state_dict()))
        network.to(ours.device, memory_format=torch.contiguous_format)
    textbook = Textbook(*plain, shown)
    times: dict[str, list[float]] = {"textbook": [], "Netglass": []}
    for turn in range(chosen.images // (BATCH * chosen.turn)):
        for name in ("textbook", "Netglass") if turn % 2 else ("Netglass", "textbook"):
            start = perf_counter()
            if name == "textbook":
                for _ in range(chosen.turn):
                    textbook.step()
            else:
                ours.train(rounds=chosen.turn)
            if turn:  # the first warms up
                times[name].append(perf_counter() - start)
    rate = {name: BATCH * chosen.turn / median(taken) for name, taken in times.items()}
    print(f"{'':10}{'images/s':>10}{'Frechet distance':>18}")
    judge = pretrained.load(registry.gan(registry.VAE), torch.device("cpu")).encoder.float()
    real = codes(judge, gan_data.scaled(held))
    z = torch.randn(SAMPLES, LATENT, generator=torch.Generator().manual_seed(1))
    plain[0].eval()
    with torch.no_grad():
        made = {
            "textbook": torch.cat([plain[0](part).cpu() for part in z.to(ours.device).split(64)])
        }
    made["Netglass"] = torch.cat([ours.sample(part) for part in z.split(64)])
    for name in times:
        distance = frechet(codes(judge, made[name]), real)
        print(f"{name:10}{rate[name]:10.1f}{distance:18.2f}")
    print("\n" + ratio(times, "textbook", "Netglass"))
    print(machine(ours.device))


if __name__ == "__main__":
    main()
