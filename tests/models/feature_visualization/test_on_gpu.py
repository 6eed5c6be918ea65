"""Ideal classes on a GPU."""

import pytest
import torch

from models import images
from models.feature_visualization.fourier import FourierParametrization
from models.feature_visualization.optimize import class_probabilities, visualize
from models.feature_visualization.settings import METHODS, VisualizationSettings
from tests.models.feature_visualization.starts import start
from tests.models.gpu import CPU, backbone, difference


@pytest.fixture(scope="module")
def networks(gpu):
    return [backbone(name, gpu) for name in ("efficientnet_lite0", "efficientnet_lite2")]


@pytest.mark.gpu
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("start", ["noise", "photo"])
def test_every_method(method, start, networks, photo, gpu):
    settings = VisualizationSettings(
        class_name="zebra", method=method, start=start, steps=8, size=128, count=2
    )
    begin = images.open_image(photo("kitten")) if settings.from_photo else None
    first, *_, last = visualize(networks[: len(settings.networks)], settings, begin)
    assert last.image.device.type == gpu.type
    assert last.image.isfinite().all()
    assert not torch.equal(first.image, last.image)
    if method == "plain":
        assert last.score > first.score
    class_probabilities(networks, last.image, settings.class_index)


@pytest.mark.gpu
def test_a_channel_and_a_layer(networks):
    for channel in (3, None):
        settings = VisualizationSettings(layer="blocks.2", channel=channel, steps=4, size=96)
        *_, last = visualize(networks[:1], settings)
        assert last.image.isfinite().all()


@pytest.mark.gpu
@pytest.mark.parametrize("side", [96, 144, 224, 256])
def test_spectra_are_rendered_as_on_the_cpu(side, gpu):
    pictures = []
    for at in (CPU, gpu):
        made = FourierParametrization(start(device=at, size=256, count=2))
        with torch.no_grad():
            made.values.mul_(50)  # as far from grey as pictures get
        pictures.append(made.render(side))
    assert difference(pictures[1], pictures[0]) < 1e-4
