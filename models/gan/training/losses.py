"""The losses of a GAN: what the discriminator D and the generator G minimise.

d(x) are D's outputs for real examples and d(G(z)) those for generated ones, as (N,) logits:

    non_saturating  D: E softplus(-d(x)) + E softplus(d(G(z)))     G: E softplus(-d(G(z)))
                    (Goodfellow et al. 2014, section 3)
    minimax         D: the same                                    G: -E softplus(d(G(z)))
                    (Goodfellow et al. 2014, equation 1)
    least_squares   D: (E (d(x) - 1)^2 + E d(G(z))^2) / 2          G: E (d(G(z)) - 1)^2 / 2
                    (Mao et al. 2017)
    hinge           D: E max(0, 1 - d(x)) + E max(0, 1 + d(G(z)))  G: -E d(G(z))
                    (Lim and Ye 2017)
    wasserstein     D: E d(G(z)) - E d(x) + penalty                G: -E d(G(z))
                    (Arjovsky et al. 2017, Gulrajani et al. 2017)
    relativistic    D: E softplus(d(G(z)) - d(x))                  G: E softplus(d(x) - d(G(z)))
                    over pairs (Jolicoeur-Martineau 2018); with R1 and R2: Huang et al. 2024, R3GAN
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

Critic = Callable[[torch.Tensor], torch.Tensor]


def discriminator(
    loss: str, real: torch.Tensor, fake: torch.Tensor, smoothing: float = 0.0
) -> torch.Tensor:
    """D's loss, without penalties.

    Args:
        real, fake: logits (N,) of real and generated examples.
        smoothing: s, for the losses that have labels: real examples have label 1 - s instead of 1
            (one-sided; Salimans et al. 2016).
    """
    if loss == "relativistic":
        return F.softplus(fake - real).mean()
    if loss in ("non_saturating", "minimax"):
        labels = torch.full_like(real, 1 - smoothing)
        return F.binary_cross_entropy_with_logits(real, labels) + F.softplus(fake).mean()
    if loss == "least_squares":
        return ((real - (1 - smoothing)).square().mean() + fake.square().mean()) / 2
    if loss == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    return fake.mean() - real.mean()


def generator(loss: str, fake: torch.Tensor, real: torch.Tensor | None = None) -> torch.Tensor:
    """G's loss.

    Args:
        fake: logits (N,) of generated examples.
        real: those of the real examples that they are paired with; read by "relativistic" only.

    Raises:
        ValueError: "relativistic" without `real`.
    """
    if loss == "relativistic":
        if real is None:
            raise ValueError("the relativistic loss compares pairs")
        return F.softplus(real - fake).mean()
    if loss == "non_saturating":
        return F.softplus(-fake).mean()
    if loss == "minimax":
        return -F.softplus(fake).mean()
    if loss == "least_squares":
        return (fake - 1).square().mean() / 2
    return -fake.mean()


def accuracies(loss: str, real: torch.Tensor, fake: torch.Tensor) -> tuple[float, float]:
    """Shares of real and of generated examples that D takes for what they are.

    The threshold is d = 0; 1/2 for least squares, whose labels are 0 and 1; and halfway between the
    two means for Wasserstein and relativistic, where d is known up to a constant only.
    """
    threshold = {"least_squares": 0.5}.get(loss, 0.0)
    if loss in ("wasserstein", "relativistic"):
        threshold = float(real.mean() + fake.mean()) / 2
    return float((real > threshold).float().mean()), float((fake < threshold).float().mean())


def squared_gradient(critic: Critic, examples: torch.Tensor) -> torch.Tensor:
    """E |grad d(x)|^2 over examples (N, ...).

    gamma / 2 times this is R1 over real examples, and R2 over generated ones (Mescheder 2018).
    """
    examples = examples.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(examples).sum(), examples, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean()


def gradient_penalty(
    critic: Critic, real: torch.Tensor, fake: torch.Tensor, share: torch.Tensor
) -> torch.Tensor:
    """E (|grad d(u)| - 1)^2 at u = share x + (1 - share) G(z) (Gulrajani et al. 2017).

    Args:
        real, fake: (N, ...).
        share: (N,) in [0, 1], one for each pair.
    """
    share = share.view(-1, *[1] * (real.dim() - 1))
    between = torch.lerp(fake, real, share).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
