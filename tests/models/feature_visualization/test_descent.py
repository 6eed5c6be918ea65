import pytest
import torch

from models.feature_visualization.descent import Adam, PictureAdam, cosine


def test_the_cosine():
    assert [cosine(p, 0.3) for p in (0, 0.5, 1)] == pytest.approx([1, 0.65, 0.3])


def test_a_first_step_of_both():
    gradient = torch.tensor([[3.0, -4.0], [0.0, 1.0]])
    # Of Euclidean length 0.1 in each picture, along its own gradient.
    values = torch.zeros(2, 2)
    PictureAdam(values, 0.1).step(gradient, 0)
    torch.testing.assert_close(values, torch.tensor([[-0.06, 0.08], [0.0, -0.1]]))
    # 0.1 for each number, whatever its gradient.
    values = torch.zeros(2, 2)
    Adam(values, 0.1).step(gradient, 0)
    torch.testing.assert_close(values, torch.tensor([[-0.1, 0.1], [0.0, -0.1]]))


@pytest.mark.parametrize("kind", [PictureAdam, Adam])
def test_what_is_kept_goes_on_as_alone(kind):
    both, alone = torch.zeros(2, 3), torch.zeros(1, 3)
    gradients = torch.rand(2, 2, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    pair, single = kind(both, 0.1), kind(alone, 0.1)
    pair.step(gradients[0], 0)
    single.step(gradients[0, 1:], 0)
    kept = both[1:].clone()
    pair.keep(kept, torch.tensor([1]))
    pair.step(gradients[1, 1:], 0.5)
    single.step(gradients[1, 1:], 0.5)
    torch.testing.assert_close(kept, alone)
