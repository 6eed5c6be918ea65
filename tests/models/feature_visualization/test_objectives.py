from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from models.feature_visualization.objectives import (
    Accentuated,
    Activation,
    ClassScore,
    channels,
)
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


def test_candidates_are_compared_by_log_probability():
    merits = ClassScore(0).merit(torch.tensor([0.5, 0.0, 1e-9]))
    torch.testing.assert_close(merits, torch.tensor([-0.693147, -8.0, -8.0]))
    assert Activation(Two(), "early", 0).merit(torch.tensor([-2.0])).tolist() == [-2]


def test_views_of_a_picture_share_its_scale():
    objective = Activation(Two(), "early", 1)
    both = torch.cat((colour(0.2, 0.4), colour(0.2, 0.2)))
    objective(Two(), both)
    twice, _ = objective(Two(), both.repeat_interleave(2, 0))
    once, _ = objective(Two(), both)
    torch.testing.assert_close(twice, once.repeat_interleave(2))


def test_leaving_the_photo_costs_its_part_of_the_activations():
    objective = Accentuated(Activation(Two(), "early", 0), weight=2.0)
    objective.objective.scale = torch.ones(1)
    shown = torch.cat((colour(0.2, 0.4), colour(0.2, 0.2)))
    maximized, reported = objective(Two(), shown)
    # Of the photo's maps of 0.2 and 2 one became 4: 4 / (0.04 + 4) of their square.
    assert reported.tolist() == pytest.approx([0.2])
    assert maximized.tolist() == pytest.approx([0.2 - 2 * 4 / 4.04])
    objective.weight = 0
    assert objective(Two(), shown)[0].tolist() == pytest.approx([0.2])
    assert objective.merit(torch.tensor([0.3])).tolist() == pytest.approx([0.3])


class Deaf(Two):
    """Its first channel is silent; its second needs the blue to be above `threshold`."""

    spec = SimpleNamespace(name="deaf", title="Deaf", input_size=64, map_layers=("blocks.0",))
    threshold = 0.8

    def features(self, pictures, layers):
        assert layers == ["blocks.0"]
        loud = (pictures[:, 2] - self.threshold).relu()
        return [torch.stack((0 * loud, loud), 1)]


def test_a_silent_channel_is_heard_of():
    objective = Activation(Deaf(), "blocks.0", 1)
    half = colour(0.0, 0.9)
    half[..., :4] = 0
    shown = torch.cat((colour(0.0, 0.5), half))
    assert objective.silent(Deaf(), shown).tolist() == [True, False]
    assert torch.equal(objective.loudest(Deaf(), shown), half)
    assert objective.loudest(Deaf(), shown[:1]) is None
    assert not Activation(Deaf(), "blocks.0", None).silent(Deaf(), shown).any()


@pytest.mark.parametrize("method", ["fourier", "maco", "plain"])
def test_a_silent_start_gives_way_to_what_excites_the_channel(method):
    chosen = VisualizationSettings(
        size=64, steps=8, method=method, layer="blocks.0", channel=1, tv_weight=0.1
    )
    first, *_, end = visualize([Deaf()], chosen)
    assert first.score > 0
    assert end.score > first.score


@pytest.mark.parametrize("method", ["fourier", "maco", "variation"])
def test_a_channel_that_nothing_excites_says_so(method):
    chosen = VisualizationSettings(size=64, steps=8, method=method, layer="blocks.0", channel=0)
    with pytest.raises(ValidationError, match=r"Nothing excites channel 0 of blocks\.0"):
        next(visualize([Deaf()], chosen))


def test_a_photo_that_leaves_the_channel_silent_says_so():
    chosen = VisualizationSettings(size=64, layer="blocks.0", channel=1, start="photo")
    black = Image.new("RGB", (64, 64))
    with pytest.raises(ValidationError, match="start from another photo"):
        next(visualize([Deaf()], chosen, black))


def test_an_accentuated_photo_stays_near_it():
    photo = Image.new("RGB", (64, 64), (100, 100, 100))
    far, near = (
        list(
            visualize(
                [Two8()],
                VisualizationSettings(
                    size=64, steps=24, method="accentuate", layer="blocks.0", channel=1,
                    photo_weight=weight,
                ),
                photo,
            )
        )
        for weight in (0.0, 10.0)
    )  # fmt: skip
    for steps in (far, near):
        torch.testing.assert_close(steps[0].image, torch.full((1, 3, 64, 64), 100 / 255))
    moved = [(steps[-1].image - steps[0].image).abs().mean() for steps in (far, near)]
    assert moved[1] < moved[0]
    assert far[-1].image[:, 2].mean() > 100 / 255 + 0.02


class Two8(Two):
    """The same at a layer that settings know."""

    spec = SimpleNamespace(**vars(Two.spec) | {"map_layers": ("blocks.0",)})

    def features(self, pictures, layers):
        return super().features(pictures, ["early"])
