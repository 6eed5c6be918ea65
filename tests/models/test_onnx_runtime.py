"""Forward passes by onnxruntime: what PyTorch computes, for every network that has a graph."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from models import onnx_runtime, registry, weights
from models.classifiers import pet_classifier
from models.validation import ValidationError
from training.onnx_graphs import NETWORKS, source

PICTURES = 3


@pytest.fixture(scope="module", params=NETWORKS)
def both(request, store):
    """(onnxruntime's forward pass, PyTorch's, pictures) of a network."""
    made_of = source(request.param, store)
    run = onnx_runtime.forward(request.param, made_of.tensors)
    return run, made_of.compute, made_of.pictures[:PICTURES]


def test_every_graph_is_tested():
    graphs = {name for name in weights.manifest(weights.FOLDER) if name.endswith("_graph")}
    assert graphs == {onnx_runtime.entry_name(name) for name in NETWORKS}


@torch.no_grad()
def test_results_are_those_of_pytorch(both):
    run, compute, pictures = both
    found, expected = run(pictures), compute(pictures)
    assert [x.shape for x in found] == [x.shape for x in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours - theirs).abs().max() < 1e-4


def test_the_same_bits_alone_at_any_place_and_beside_others(both):
    run, _, pictures = both
    together = run(pictures)
    for n in range(PICTURES):
        for alone, among in zip(run(pictures[n : n + 1]), together, strict=True):
            assert torch.equal(alone[0], among[n])
    with ThreadPoolExecutor(3) as threads:
        for found in threads.map(run, [pictures.flip(0)] * 6):
            for turned, among in zip(found, together, strict=True):
                assert torch.equal(turned.flip(0), among)


def test_graphs_have_no_weights():
    for name in NETWORKS:
        assert weights.entry(onnx_runtime.entry_name(name))["bytes"] < 60_000


def test_only_on_the_cpu_and_only_with_a_graph():
    assert onnx_runtime.forward("pets_lite0", {}, torch.device("cuda")) is None
    assert onnx_runtime.forward("vgg16", {}) is None


def test_without_a_manifest_pytorch_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    assert onnx_runtime.forward("pets_lite0", {}) is None


@pytest.mark.parametrize(("content", "sentence"), [(b"graph", "damaged"), (None, "missing")])
def test_a_graph_that_is_damaged_or_missing_is_named(tmp_path, monkeypatch, content, sentence):
    entry = weights.entry("pets_lite0_graph")
    (tmp_path / "manifest.json").write_text(json.dumps({"pets_lite0_graph": entry}))
    if content:
        (tmp_path / entry["file"]).write_bytes(content)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ValidationError, match=sentence):
        onnx_runtime.forward("pets_lite0", {})


def test_pytorch_weights_are_read_when_gradients_are_wanted(store):
    spec = registry.pet_classifier("pets_lite0")
    classifier = pet_classifier.load(spec, store.get(spec.backbone))
    picture = torch.rand(1, 3, spec.input_size, spec.input_size)
    (before,) = classifier.predict_batch(picture)
    held = classifier.bytes
    picture.requires_grad_(True)
    (gradient,) = torch.autograd.grad(classifier(picture).sum(), picture)
    assert gradient.abs().sum() > 0
    assert classifier.bytes > held
    (after,) = classifier.predict_batch(picture.detach())
    assert torch.equal(before.maps, after.maps)
    shown = classifier(picture).softmax(1)[0].detach()
    assert torch.allclose(shown, after.probabilities, atol=1e-4)
