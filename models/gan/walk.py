"""Walks through several pictures of a generator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F

from models.gan.pretrained import BATCH, PretrainedGan


def slerp(a: torch.Tensor, b: torch.Tensor, t: float) -> torch.Tensor:
    """Spherical interpolation between vectors a and b, (latent,); exactly a at t = 0 and b at 1.

    sin((1 - t) o) / sin o a + sin(t o) / sin o b with o the angle between them (Shoemake 1985;
    White 2016). In d dimensions samples of N(0, I) have lengths near sqrt(d); a straight line
    passes through shorter vectors, on which the generator was never trained.
    """
    if t in (0.0, 1.0):
        return a.clone() if t == 0 else b.clone()
    cosine = F.cosine_similarity(a, b, dim=0).clamp(-1, 1)
    angle = torch.acos(cosine)
    if angle < 1e-4:
        return torch.lerp(a, b, t)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def latents(
    gan: PretrainedGan, stops: Sequence[int], frames: int, closed: bool = False
) -> torch.Tensor:
    """z on the great circles from stop to stop, (N, latent).

    Args:
        stops: numbers of two pictures or more.
        frames: on each stretch, both ends included.
        closed: goes on to the first stop again, whose second visit is left out: a film repeats.
    """
    ends = gan.latents([*stops, stops[0]] if closed else stops)
    shares = [float(t) for t in torch.linspace(0, 1, frames)]
    found = [ends[0]]
    for a, b in pairwise(ends):
        found += [slerp(a, b, t) for t in shares[1:]]
    return torch.stack(found[:-1] if closed else found)


def turns(codes: torch.Tensor) -> list[torch.Tensor]:
    """Style codes (N, ...) in parts for a turn each, of which one after the other
    `PretrainedGan.synthesize` makes the same pictures as of all at once: one picture alone it
    computes in another shape.
    """
    parts = list(torch.split(codes, BATCH))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts
