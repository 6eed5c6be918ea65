"""Training against attacks, on a network worked out by hand."""

import torch

from training import evaluate_robust
from training.pets_robust import perturb, withstood


class Brightness(torch.nn.Module):
    """Logits (m - 0.5, 0.5 - m) for a picture whose mean is m: class 0 is bright, 1 is dark."""

    def forward(self, pictures):
        mean = pictures.mean((1, 2, 3))
        return torch.stack([mean - 0.5, 0.5 - mean], 1) * 100


def flat(*values):
    return torch.stack([torch.full((3, 4, 4), value) for value in values])


def test_the_step_goes_to_the_edge_of_the_ball():
    """A bright picture is darkened: from anywhere in the ball, 1.25 radii end at its edge or
    within a quarter of the radius above it."""
    x = flat(0.9, 0.002)
    y = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    moved = perturb(Brightness(), x, y, 0.01)
    assert (moved[0] <= 0.9 - 0.0025 + 1e-6).all()
    assert (moved[0] >= 0.89 - 1e-6).all()
    assert (moved[1] >= 0.002 + 0.0025 - 1e-6).all()
    assert not moved.requires_grad
    assert ((moved >= 0) & (moved <= 1)).all()


def test_what_is_far_from_the_border_withstands():
    """Two grey levels move the mean by 2/255 = 0.0078: 0.52 stays bright, 0.505 does not; what is
    called bright and is dark was wrong from the start."""
    x = flat(0.52, 0.505, 0.4)
    labels = torch.tensor([0, 0, 0])
    assert withstood(Brightness(), x, labels, 2.0).tolist() == [True, False, False]
    assert withstood(Brightness(), x, labels, 8.0).tolist() == [False, False, False]
    assert withstood(Brightness(), x, labels, 2.0, restarts=3, batch=2).tolist() == [
        True,
        False,
        False,
    ]


def test_what_fell_within_a_small_radius_has_fallen_within_a_large_one():
    """0.503 is darkened below a half by one grey level of 255, 0.506 by two, 0.53 by none."""
    x, labels = flat(0.503, 0.506, 0.53, 0.4), torch.tensor([0, 0, 0, 0])
    found = evaluate_robust.curve(Brightness(), x, labels)
    assert found["clean"].tolist() == [True, True, True, False]
    assert found["pgd20_1"].tolist() == [False, True, True, False]
    assert found["pgd20_2"].tolist() == [False, False, True, False]
    assert found["pgd20_4"].tolist() == [False, False, True, False]


def test_signs_of_hidden_gradients_by_hand():
    """An honest network: an attack without a bound darkens everything, restarts find no more."""
    x, labels = flat(0.503, 0.53, 0.4), torch.tensor([0, 0, 0])
    found = evaluate_robust.masking_checks(Brightness(), x, labels, (x, x - 0.01))
    assert found["photos"] == 2
    assert found["pgd20_2"] == found["pgd20_2_of_4_restarts"] == found["pgd100_2"] == 0.5
    assert found["transferred_2"] == 0.5
    assert found["pgd50_64"] == 0.0
