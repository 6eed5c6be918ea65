from types import SimpleNamespace

import pytest
import torch

from models.feature_visualization.objectives import Activation, ClassScore, channels
from models.feature_visualization.optimize import visualize
from models.feature_visualization.settings import VisualizationSettings
from models.validation import ValidationError


class Two:
    """One layer with two channels: red, and 10 times the blue."""

    spec = SimpleNamespace(name="two", title="Two", input_size=64, map_layers=("early",))
    placement = SimpleNamespace(device=torch.device("cpu"))

    def features(self, pictures, layers):
        assert layers == ["early"]
        return [torch.stack((pictures[:, 0], 10 * pictures[:, 2]), 1)]


def colour(red, blue):
    return torch.tensor([red, 0.0, blue]).view(1, 3, 1, 1).repeat(1, 1, 8, 8)


def test_the_score_and_the_logit_of_a_class():
    def network(_):
        return torch.tensor([[0.0, 0.0], [2.0, 0.0]]).log_softmax(1) + 3

    maximized, reported = ClassScore(0)(network, None)
    torch.testing.assert_close(maximized, torch.tensor([-0.693147, -0.126928]))
    torch.testing.assert_close(reported, torch.tensor([0.5, 0.880797]))
    maximized, _ = ClassScore(0, logit=True)(network, None)
    torch.testing.assert_close(maximized, torch.tensor([2.306853, 2.873072]))


def test_a_channel_reports_its_mean():
    objective = Activation(Two(), "early", 1)
    maximized, reported = objective(Two(), colour(0.2, 0.4))
    assert reported.tolist() == pytest.approx([4.0])
    # The layer's 64 values of 0.2 and 64 of 4: their deviation is 1.9 * sqrt(128 / 127).
    assert maximized.tolist() == pytest.approx([4 / 1.90747], rel=1e-4)
    # The scale stays that of the first activations.
    assert objective(Two(), colour(0.2, 0.8))[0].tolist() == pytest.approx([8 / 1.90747], rel=1e-4)


def test_a_whole_layer_reports_its_mean_square():
    maximized, reported = Activation(Two(), "early", None)(Two(), colour(0.2, 0.4))
    assert reported.tolist() == pytest.approx([(0.04 + 16) / 2])
    assert maximized.tolist() == pytest.approx([8.02 / 1.90747**2], rel=1e-4)


def test_pictures_of_a_batch_do_not_meet():
    both = torch.cat((colour(0.2, 0.4), colour(0.9, 0.1)))
    together, _ = Activation(Two(), "early", 0)(Two(), both)
    alone = [Activation(Two(), "early", 0)(Two(), one[None])[0] for one in both]
    torch.testing.assert_close(together, torch.cat(alone))


@pytest.mark.parametrize("method", ["fourier", "variation", "plain"])
def test_a_visualization_of_a_channel_fills_with_its_colour(method):
    chosen = VisualizationSettings(
        size=64, steps=20, method=method, layer="blocks.0", channel=1, tv_weight=0.1
    )
    network = Two()
    network.spec = SimpleNamespace(**vars(Two.spec) | {"map_layers": ("blocks.0",)})
    network.features = lambda pictures, layers: Two().features(pictures, ["early"])
    first, *_, end = visualize([network, None], chosen)
    assert end.image[:, 2].mean() > first.image[:, 2].mean() + 0.02
    assert end.score > first.score
    assert "layer" in end.losses


def test_bad_layers_and_channels_are_refused():
    with pytest.raises(ValidationError, match="Choose one of: early"):
        Activation(Two(), "late", 0)
    with pytest.raises(ValidationError, match="channel must be from 0 to 1, not 2"):
        Activation(Two(), "early", 2)
    no_layers = SimpleNamespace(spec=SimpleNamespace(title="Pets"))
    with pytest.raises(ValidationError, match="Pets shows no layers"):
        Activation(no_layers, "early", 0)


def test_a_real_layer_has_the_channels_it_has(lite0):
    assert channels(lite0, "bn1") == 32
    assert channels(lite0, "blocks.6") == 320
    chosen = VisualizationSettings(layer="blocks.6", channel=320, size=64, steps=1)
    with pytest.raises(ValidationError, match="channel must be from 0 to 319, not 320"):
        next(visualize([lite0], chosen))


def test_a_real_channel_is_excited(lite0):
    chosen = VisualizationSettings(layer="blocks.3", channel=11, size=64, steps=16)
    first, *_, end = visualize([lite0], chosen)
    assert end.score > first.score + 1
