import torch

from models.attacks.bpda import Behind
from models.attacks.transforms import TREATMENTS


def mean(pictures):
    """One class whose logit is 12 times the mean."""
    return 12 * pictures.mean((1, 2, 3))[:, None]


def test_forward_is_behind_the_treatment_and_the_gradient_before_it():
    # 7.4/15 and 7.6/15 round to 7/15 and 8/15; the mean has the gradient 12/12 everywhere.
    pictures = torch.stack([torch.full((3, 2, 2), v / 15) for v in (7.4, 7.6)])
    pictures.requires_grad_(True)
    logits = Behind(mean, TREATMENTS["bits4"])(pictures)
    assert torch.allclose(logits[:, 0], torch.tensor([12 * 7 / 15, 12 * 8 / 15]), atol=1e-5)
    (slope,) = torch.autograd.grad(logits.sum(), pictures)
    assert torch.allclose(slope, torch.ones_like(pictures))


def test_every_treatment_lets_gradients_through():
    for treatment in TREATMENTS.values():
        pictures = torch.rand(2, 3, 16, 16, requires_grad=True)
        (slope,) = torch.autograd.grad(Behind(mean, treatment)(pictures).sum(), pictures)
        assert torch.allclose(slope, torch.full_like(slope, 12 / 768))


def test_it_computes_where_the_network_does():
    class Placed:
        placement = "there"

        def __call__(self, pictures):
            return pictures.mean((1, 2, 3))[:, None]

    assert Behind(Placed(), TREATMENTS["none"]).placement == "there"
    assert not hasattr(Behind(mean, TREATMENTS["none"]), "placement")
