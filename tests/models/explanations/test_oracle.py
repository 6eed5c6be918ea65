"""The same network and picture through captum (which hangs hooks on networks: an oracle only)."""

import pytest
import torch

from models.explanations import activation_map, integrated_gradients, occlusion, smoothgrad
from models.explanations.settings import ExplanationSettings
from tests.models.explanations.toys import Smooth, last_map, noise_picture

captum = pytest.importorskip(
    "captum.attr", reason="captum is not installed (pip install -r requirements-dev.txt)"
)
TARGET = 2


def ours(method, **settings):
    chosen = ExplanationSettings(**settings)
    return last_map(method.steps(Smooth(), noise_picture(), TARGET, chosen))


def same(found, expected):
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-6)


def test_the_activation_map_is_captums_grad_cam_times_the_number_of_places():
    network = Smooth()
    theirs = captum.LayerGradCam(network, network.last).attribute(noise_picture(), TARGET)
    same(ours(activation_map), theirs[0, 0] * 36)


@pytest.mark.parametrize(("baseline", "value"), [("grey", 0.5), ("black", 0.0), ("white", 1.0)])
def test_integrated_gradients_are_captums(baseline, value):
    theirs = captum.IntegratedGradients(Smooth()).attribute(
        noise_picture(), value, TARGET, n_steps=9, method="riemann_middle"
    )
    same(ours(integrated_gradients, baseline=baseline, path_steps=9), theirs.sum(1)[0])


@pytest.mark.parametrize(("window", "side", "stride"), [(0.5, 6, 3), (0.2, 2, 1)])
def test_occlusion_is_captums(window, side, stride):
    theirs = captum.Occlusion(Smooth()).attribute(
        noise_picture(), (3, side, side), (3, stride, stride), 0.5, TARGET
    )
    assert theirs[0, 0].equal(theirs[0, 2])
    same(ours(occlusion, window=window), theirs[0, 0])


def test_smoothgrad_without_noise_is_captums_saliency():
    theirs = captum.Saliency(Smooth()).attribute(noise_picture(), TARGET)
    same(ours(smoothgrad, noise=0, samples=3), theirs.amax(1)[0])


def test_smoothgrad_is_the_mean_of_captums_gradients_of_the_same_copies():
    noise = torch.randn(4, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    copies = noise_picture() + 0.15 * noise
    theirs = captum.Saliency(Smooth()).attribute(copies, TARGET, abs=False)
    same(ours(smoothgrad, samples=4), theirs.mean(0).abs().amax(0))
