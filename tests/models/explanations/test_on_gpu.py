"""Explanations on a GPU against the CPU."""

import pytest

from models import images
from models.explanations.compare import compare
from models.explanations.sanity import check
from models.explanations.settings import METHODS, ExplanationSettings
from tests.models.gpu import EXACT, backbone, difference

QUICK = ExplanationSettings(path_steps=4, samples=2, window=0.5)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["efficientnet_lite0", "resnet50"])
def test_every_method_agrees_with_the_cpu(name, gpu, photo):
    picture = images.classifier_input(photo("kitten"), 224)
    found = []
    for at in (gpu, EXACT):
        network = backbone(name, at)
        shown = picture.to(network.placement.device)
        *_, last = compare(network, shown, 281, QUICK)
        found.append(last)
    there, here = found
    assert list(there.found) == list(METHODS)
    for method in METHODS:
        assert there.found[method].map.isfinite().all()
    # The noise of SmoothGrad is drawn on the device, and a gradient turns with a ReLU.
    for method in ("cam", "occlusion"):
        apart = difference(there.found[method].map, here.found[method].map)
        assert apart < 0.1, method


@pytest.mark.gpu
def test_the_check_with_random_weights(gpu, photo):
    network = backbone("efficientnet_lite0", gpu)
    picture = images.classifier_input(photo("kitten"), 224).to(gpu)
    *_, last = check(network, picture, 281, QUICK)
    assert set(last.found) == set(METHODS)
