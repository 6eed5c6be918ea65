"""Style transfer on a GPU: every loss, both optimizers, and the estimate of its cost."""

import pytest
import torch

from models import images
from models.style_transfer.estimate import RunEstimator, available
from models.style_transfer.optimize import breakdown_of_preview, transfer_style
from models.style_transfer.settings import STYLE_LOSSES, StyleSettings
from tests.models.gpu import CPU, backbone, difference


@pytest.fixture(scope="module")
def pair(photo, painting):
    return images.open_image(photo("kitten")), images.open_image(painting("starry_night"))


@pytest.fixture(scope="module", params=["efficientnet_lite0", "vgg19"])
def network(request, gpu):
    return backbone(request.param, gpu)


def run(network, pair, **settings):
    options = {"size": 192, "steps": 12} | settings
    return list(transfer_style(network, *pair, StyleSettings(**options)))


@pytest.mark.gpu
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("loss", STYLE_LOSSES)
def test_the_loss_falls(network, pair, loss, optimizer, gpu):
    steps = run(network, pair, style_loss=loss, optimizer=optimizer, coarse_to_fine=False)
    assert steps[-1].image.device.type == gpu.type
    assert all(step.image.isfinite().all() for step in steps)
    assert steps[-1].losses["total"] < steps[1].losses["total"]
    assert sum(steps[1].gradient_shares.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.gpu
def test_from_noise_in_kept_colours_with_two_styles(network, pair):
    for method in ("luminance", "histogram"):
        final = run(network, pair, init="noise", keep_colors=True, color_method=method, steps=3)[-1]
        assert final.image.isfinite().all()
    blended = StyleSettings(size=160, steps=3, blend=0.5)
    *_, final = transfer_style(network, *pair, blended, second=pair[0])
    assert final.image.isfinite().all()


@pytest.mark.gpu
def test_the_same_transfer_gives_the_same_bits(network, pair):
    first, second = (run(network, pair, steps=4)[-1].image for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.gpu
def test_a_transfer_ends_as_on_the_cpu(pair, gpu):
    there, here = (
        run(backbone("efficientnet_lite0", at), pair, steps=4, size=128)[-1] for at in (gpu, CPU)
    )
    assert difference(there.image, here.image) < 0.02
    assert there.losses["total"] == pytest.approx(here.losses["total"], rel=0.02)


@pytest.mark.gpu
def test_cost_is_estimated(network, pair, gpu):
    settings, estimator = StyleSettings(size=256, steps=10), RunEstimator()
    assert 0 < estimator.seconds(network, settings) < 60
    assert 0 < estimator.bytes(network, settings) < available(gpu)
    estimator.check(network, settings)
    losses, shares = breakdown_of_preview(network, *pair, settings, None, pair[0])
    assert losses.keys() == shares.keys()
