import torch

from models.feature_visualization.candidates import square
from models.roles import ROLES


def greys(*values):
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, 16, 16)


def test_four_candidates_in_a_square():
    shown = square(greys(0.1, 0.2, 0.3, 0.4), 36)
    assert shown.shape == (1, 3, 36, 36)
    # Cells of 16 pixels, 4 of white between.
    row = [0.1] * 16 + [1.0] * 4 + [0.2] * 16
    torch.testing.assert_close(shown[0, 0, 0], torch.tensor(row))
    torch.testing.assert_close(shown[0, :, 20:, :16], torch.full((3, 16, 16), 0.3))
    torch.testing.assert_close(shown[0, :, 20:, 20:], torch.full((3, 16, 16), 0.4))


def test_the_chosen_one_has_a_frame():
    two = square(greys(*[0.5] * 8), 36, torch.tensor([0, 3]))
    made = torch.tensor(ROLES["made"]) / 255
    torch.testing.assert_close(two[0, :, 0, 15], made)
    torch.testing.assert_close(two[0, :, 4:12, 4:12], torch.full((3, 8, 8), 0.5))
    torch.testing.assert_close(two[0, :, 20:, 20:], torch.full((3, 16, 16), 0.5))
    torch.testing.assert_close(two[1, :, 35, 20], made)
    torch.testing.assert_close(two[1, :, :16, :16], torch.full((3, 16, 16), 0.5))


def test_odd_sizes_fill_the_square_too():
    assert square(greys(0.0, 0.0, 0.0, 0.0), 65).shape == (1, 3, 65, 65)
