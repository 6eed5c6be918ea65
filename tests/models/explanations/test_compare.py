"""Several methods of one photo, on every classifier, and the one-call function."""

import pytest
import torch
from PIL import Image

import models
from models import images, registry, validation
from models.explanations import activation_map, curves
from models.explanations.compare import compare
from models.explanations.methods import STEPS
from models.explanations.settings import METHODS, ExplanationSettings
from tests.models.explanations.toys import Smooth, last_map, noise_picture

QUICK = ExplanationSettings(path_steps=2, samples=2, window=0.5)


def test_methods_come_one_after_the_other_and_are_measured():
    steps = [*compare(Smooth(), noise_picture(), 3, QUICK)]
    shares = [step.step for step in steps]
    assert shares == sorted(shares)
    assert (steps[-1].step, steps[-1].steps) == (4, 4)
    assert list(steps[-1].found) == list(METHODS)
    assert steps[0].found["cam"].areas is None
    for found in steps[-1].found.values():
        assert len(found.deletion) == len(found.insertion) == curves.INTERVALS + 1
        assert all(0 < area < 1 for area in found.areas)
    p = Smooth()(noise_picture())[0].softmax(0)[3].item()
    assert steps[-1].probability == pytest.approx(p)
    for found in steps[-1].found.values():
        assert found.deletion[0][1] == pytest.approx(p)
        assert found.insertion[-1][1] == pytest.approx(p)


def test_without_a_class_it_is_the_networks_verdict():
    *_, last = compare(Smooth(), noise_picture(), None, QUICK, ["cam"])
    assert last.target == Smooth()(noise_picture()).argmax()
    assert list(last.found) == ["cam"]


def _hooks_and_gradients(network):
    for module in network.modules():
        yield from (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
    yield from ([each.grad] for each in network.parameters() if each.grad is not None)


def available(name):
    spec = registry.classifier(name)
    return not isinstance(spec, registry.BackboneSpec) or registry.has_weights(spec)


@pytest.mark.parametrize("name", registry.CLASSIFIERS)
def test_every_classifier_can_be_explained_and_keeps_no_trace_of_it(store, photo, name):
    if not available(name):
        pytest.skip("its weights are not on this machine")
    network, side = store.get(name), registry.classifier(name).input_size
    picture = images.classifier_input(photo("chelsea"), side)
    for method, steps in STEPS.items():
        found = last_map(steps(network, picture, 0, QUICK))
        assert found.isfinite().all(), method
        assert found.std() > 0, method
    maps, logits = network.maps_and_logits(picture)
    torch.testing.assert_close(logits, network(picture), rtol=1e-4, atol=1e-4)
    assert maps.shape[2] < side / 8
    module = network.network
    assert not any(_hooks_and_gradients(module))


@pytest.mark.parametrize("name", ["efficientnet_lite0", "pets_lite0"])
def test_the_mean_of_the_activation_map_is_the_logit_less_the_bias(store, photo, name):
    network, side = store.get(name), registry.classifier(name).input_size
    picture = images.classifier_input(photo("kitten"), side)
    logits = network(picture)[0]
    target = int(logits.argmax())
    found = last_map(activation_map.steps(network, picture, target, QUICK))
    if name == "pets_lite0":
        layers = [layer for layer in (network.network.classifier, network.network.probe) if layer]
        bias = sum(layer.bias[target] for layer in layers) / network.temperature
    else:
        bias = network.network.classifier.bias[target]
    assert found.mean().item() == pytest.approx((logits[target] - bias).item(), rel=1e-4)


def test_explained_in_one_call(photo):
    found = models.explain("efficientnet_lite0", photo("giant_panda"), "Giant Panda")
    assert found.class_name == "giant panda"
    assert found.image.size == (384, 384)
    assert found.map.shape == (7, 7)
    assert 0 <= found.deletion < found.insertion <= 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"class_name": "unicorn"}, "no class called unicorn"),
        ({"method": "lime"}, "Choose one of: cam"),
        ({"model": "alexnet"}, "Choose one of: efficientnet_lite0"),
        ({"window": 0}, "window must be from 0.05 to 1"),
        ({"path_steps": 1.5}, "path_steps must be a whole number"),
        ({"samples": 0}, "samples must be from 1"),
        ({"noise": float("nan")}, "noise must be a number"),
        ({"baseline": "pink"}, "Choose one of: grey, black, white"),
    ],
)
def test_bad_input_is_refused(photo, bad, message):
    asked = {"model": "efficientnet_lite0", "image": photo("chelsea")} | bad
    with pytest.raises(validation.ValidationError, match=message):
        models.explain(**asked)


def test_a_plain_photo_is_explained_too():
    found = models.explain("efficientnet_lite0", Image.new("RGB", (64, 64), "grey"))
    assert found.map.isfinite().all()
