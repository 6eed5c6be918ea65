"""The class activation map: the last feature maps, weighed by what a class makes of them.

With the last feature maps A_k and the logit z_c of a class:

    M(x, y) = sum_k alpha_k A_k(x, y),   alpha_k = sum_(x, y) dz_c / dA_k(x, y)

Where the maps are averaged and a linear layer follows, alpha_k is its weight w_k: this is CAM (Zhou
et al. 2016), whose mean is the logit less the bias. Elsewhere it is Grad-CAM (Selvaraju et al.
2017).

Departure from Grad-CAM: the sum is not divided by the number of places, and negative values are
kept: they speak against the class.
"""

from __future__ import annotations

from collections.abc import Generator

import torch

from models.explanations.gradients import MapStep, Network
from models.explanations.settings import ExplanationSettings


def steps(
    network: Network, picture: torch.Tensor, target: int, settings: ExplanationSettings
) -> Generator[MapStep]:
    """The map (h, w) of class `target` for a picture (1, 3, H, W), in logits; in one step."""
    with torch.enable_grad():
        maps, logits = network.maps_and_logits(picture.detach().requires_grad_())
        (gradient,) = torch.autograd.grad(logits[0, target], maps)
    weights = gradient[0].float().sum((1, 2))
    found = torch.einsum("k,khw->hw", weights, maps.detach()[0].float())
    yield MapStep(1, 1, found.cpu())
