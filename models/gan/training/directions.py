"""Sliders for a generator that nobody has named any for, found in seconds.

GANSpace (Haerkoenen et al. 2020) looks for the principal components of what a generator makes of
many z, and asks which z go with them. Here both are one step, and what is looked at are the
pictures themselves: the best linear prediction of a picture x from its z is

    x ~ mean + z B,   B = (Z^T Z)^-1 Z^T X   (latent x pixels),

and with B = U S V^T the directions are the columns of U: orthonormal, and the first moves the
picture most, the second most of what is left, and so on. For a linear generator these are exactly
its principal components; for others B is the mean of the Jacobian dG/dz (Stein's lemma).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

BATCH = 64  # pictures in a turn
MIN_SAMPLES, SAMPLES_PER_NUMBER = 1024, 8
MAX_DIRECTIONS = 4
Generate = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Directions:
    """What was found.

    Attributes:
        vectors: (K, latent), orthonormal, K at most `MAX_DIRECTIONS`; towards + pictures grow
            brighter.
        shares: of the pictures' variance that each explains, falling.
        samples: how many pictures were looked at.
        rounds: how far the generator was trained then.
    """

    vectors: torch.Tensor
    shares: tuple[float, ...]
    samples: int
    rounds: int = 0

    def moved(self, z: torch.Tensor, sliders: Sequence[float]) -> torch.Tensor:
        """z (N, latent) + sum_k sliders_k u_k; sliders of directions that there are not stay out.

        z ~ N(0, I) has standard deviation 1 along each direction, so that is what sliders count in.
        """
        known = torch.tensor([float(value) for value in sliders[: len(self.vectors)]])
        return z + known @ self.vectors[: len(known)]


class Search:
    """Looks at a generator's pictures batch by batch, so that others can have their turns between.

    Args:
        generate: z (N, latent) -> examples (N, ...), on the CPU.
        latent: numbers in z.
        rounds: noted in the result.
    """

    def __init__(self, generate: Generate, latent: int, rounds: int = 0):
        self.generate, self.latent, self.rounds = generate, latent, rounds
        self.samples = max(MIN_SAMPLES, SAMPLES_PER_NUMBER * latent)
        self.found: Directions | None = None

    def turns(self) -> Iterator[float]:
        """Looks at one batch a turn and gives the share done; at the end `found` is there.

        z come in pairs with -z: what a picture has of even order in z then cancels out.

        Raises:
            ArithmeticError: all pictures are alike, or not finite.
        """
        rng = torch.Generator().manual_seed(0)
        done, half = 0, BATCH // 2
        covariance = torch.zeros(self.latent, self.latent, dtype=torch.float64)
        total = products = squares = torch.zeros((), dtype=torch.float64)
        while done < self.samples:
            drawn = torch.randn(half, self.latent, generator=rng)
            z = torch.cat([drawn, -drawn])
            x = self.generate(z).flatten(1).double()
            covariance += z.T.double() @ z.double()
            products = products + z.T.double() @ x
            squares = squares + x.square().sum(0)
            total = total + x.sum(0)
            done += len(z)
            yield min(done / self.samples, 1.0)
        mean = total / done
        variance = float((squares / done - mean.square()).clamp_min(0).sum())
        if not variance > 1e-12 or not bool(products.isfinite().all()):
            raise ArithmeticError("the pictures do not differ")
        self.found = self._directions(torch.linalg.solve(covariance, products), variance, done)

    def _directions(self, b: torch.Tensor, variance: float, samples: int) -> Directions:
        """From B (latent, pixels): its left singular vectors, by the smaller matrix B B^T."""
        values, vectors = torch.linalg.eigh(b @ b.T)
        count = min(MAX_DIRECTIONS, self.latent)
        strongest = vectors[:, -count:].flip(1).T
        brighter = (strongest @ b).sum(1)
        signs = torch.where(brighter < 0, -1.0, 1.0)[:, None]
        shares = [min(max(float(value) / variance, 0.0), 1.0) for value in values[-count:].flip(0)]
        return Directions((strongest * signs).float(), tuple(shares), samples, self.rounds)
