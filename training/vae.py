"""Trains the small VAE on the cat faces; goes on from its last checkpoint when run again.

python -m training.vae --images 400000 --into ../runs/vae_cats64
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import torch
from torch import nn

from models.gan.networks import vae
from training import data
from training.gan.files import save_sheet

BATCH = 64
RATE = 1e-3
# Standard deviation of p(x|z), on [-1, 1]. With 0.2 and 0.7 reconstructions were sharper, but
# q(z|x) so narrow that a random z lay outside of it, and samples were no faces.
DEVIATION = 2**0.5


class VAE(nn.Module):
    """Encoder and decoder, trained to raise the evidence lower bound."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = vae.Encoder(), vae.Decoder()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pictures -> (reconstruction, mean, log-variance), with z drawn from q(z | x)."""
        mean, log_variance = self.encoder(x)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return self.decoder(z), mean, log_variance


def loss(
    x: torch.Tensor,
    reconstruction: torch.Tensor,
    mean: torch.Tensor,
    log_variance: torch.Tensor,
    beta: float = 1.0,
) -> torch.Tensor:
    """Negative evidence lower bound, up to a constant, averaged over the pictures.

    |x - reconstruction|^2 / (2 s^2) + beta KL(q(z|x) || N(0, I)), with a Gaussian p(x|z) of fixed
    deviation s = `DEVIATION`. The best answer to a squared error is the mean of all the pictures
    that z may stand for, which is why a VAE's pictures are blurred.
    """
    error = (x - reconstruction.float()).square().sum((1, 2, 3)) / (2 * DEVIATION**2)
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
    return (error + beta * divergence).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, required=True, help="pictures shown in all")
    parser.add_argument("--into", type=Path, required=True, help="folder of the checkpoints")
    chosen = parser.parse_args()
    torch.manual_seed(0)
    faces = data.pictures(data.SHARED / "catfaces64.zip")
    network = VAE().to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(network.parameters(), RATE, foreach=True)
    seen, last = 0, chosen.into / "last.pt"
    chosen.into.mkdir(parents=True, exist_ok=True)
    if last.exists():
        state = torch.load(last, weights_only=True)
        network.load_state_dict(state["network"])
        adam.load_state_dict(state["adam"])
        seen = state["seen"]
    saved = reported = time.time()
    before = seen
    while seen < chosen.images:
        for group in adam.param_groups:
            group["lr"] = RATE * min(1.0, max(0.02, (chosen.images - seen) / (chosen.images * 0.5)))
        pictures = data.batch(faces, BATCH)
        with torch.autocast("cpu", torch.bfloat16):
            reconstruction, mean, log_variance = network(pictures)
        error = loss(pictures, reconstruction, mean, log_variance)
        adam.zero_grad()
        error.backward()
        adam.step()
        seen += BATCH
        now = time.time()
        if (seen // BATCH) % 200 == 0:
            print(
                f"{seen} seen, loss {error.item():.1f}, {(seen - before) / (now - reported):.0f}/s",
                flush=True,
            )
            before, reported = seen, now
        if now - saved > 150 or seen >= chosen.images:
            state = {"network": network.state_dict(), "adam": adam.state_dict(), "seen": seen}
            torch.save(state, chosen.into / "new.pt")
            os.replace(chosen.into / "new.pt", last)
            saved = now
            network.eval()
            with torch.no_grad():
                samples = network.decoder(torch.randn(32, vae.LATENT))
                shown = torch.cat([pictures[:16], network(pictures[:16])[0], samples])
            network.train()
            levels = ((shown.clamp(-1, 1) + 1) * 127.5).round().byte()
            save_sheet(levels.contiguous(), chosen.into / f"{seen:08d}.png", 16)


if __name__ == "__main__":
    main()
