import torch

from models.attacks.bpda import BPDA
from models.attacks.transforms import TRANSFORMS


def mean(pictures):
    """One class whose logit is 12 times the mean."""
    return 12 * pictures.mean((1, 2, 3))[:, None]


def test_forward_is_through_the_transform_and_the_gradient_around_it():
    # 7.4/15 and 7.6/15 round to 7/15 and 8/15; the mean has the gradient 12/12 everywhere.
    pictures = torch.stack([torch.full((3, 2, 2), v / 15) for v in (7.4, 7.6)])
    pictures.requires_grad_(True)
    logits = BPDA(mean, TRANSFORMS["bits4"])(pictures)
    assert torch.allclose(logits[:, 0], torch.tensor([12 * 7 / 15, 12 * 8 / 15]), atol=1e-5)
    (gradient,) = torch.autograd.grad(logits.sum(), pictures)
    assert torch.allclose(gradient, torch.ones_like(pictures))


def test_every_transform_lets_gradients_through():
    for transform in TRANSFORMS.values():
        pictures = torch.rand(2, 3, 16, 16, requires_grad=True)
        (gradient,) = torch.autograd.grad(BPDA(mean, transform)(pictures).sum(), pictures)
        assert torch.allclose(gradient, torch.full_like(gradient, 12 / 768))


def test_it_computes_where_the_network_does():
    class Placed:
        placement = "there"

        def __call__(self, pictures):
            return pictures.mean((1, 2, 3))[:, None]

    assert BPDA(Placed(), TRANSFORMS["none"]).placement == "there"
    assert not hasattr(BPDA(mean, TRANSFORMS["none"]), "placement")
