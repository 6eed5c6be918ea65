import torch

from models.feature_visualization.pixels import PixelParametrization
from tests.models.feature_visualization.starts import seeds, start


def test_octaves_go_from_small_to_large():
    pixels = PixelParametrization(start(method="plain", octaves=3))
    sides = [pixels.shown(done, 100, seeds(1))[0].shape[-1] for done in (0, 0.3, 0.4, 0.7, 0.99)]
    assert sides == [50, 50, 71, 100, 100]


def test_a_snapshot_stays():
    pixels = PixelParametrization(start(method="variation", count=2))
    render = pixels.snapshot()
    before = render().clone()
    with torch.no_grad():
        pixels.values.add_(1)
    assert before.shape == (2, 3, 64, 64)
    assert torch.equal(render(), before)
    assert not torch.equal(pixels.snapshot()(), before)
