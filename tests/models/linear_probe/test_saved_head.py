"""A head as a file: it comes back as it was, and what else may come is refused with the reason."""

import json
import struct

import pytest
import torch
from safetensors.torch import save

from models.linear_probe import saved_head
from models.linear_probe.saved_head import FEATURES, FORMAT, SavedHead
from models.validation import ValidationError

NETWORK, WIDTH = next(iter(FEATURES.items()))
NAMES = ("मांजर <b>", "owl")
HEAD = SavedHead(NETWORK, NAMES, torch.arange(2.0 * WIDTH).view(2, WIDTH), torch.tensor([0.5, -1]))
FACTS = {"network": NETWORK, "classes": NAMES}


def file(facts=(), **tensors):
    """A file like that of `HEAD`, but for what is given."""
    changed = {"weight": HEAD.weight, "bias": HEAD.bias} | tensors
    told = json.dumps({**FACTS, **dict(facts)}) if isinstance(facts, (dict, tuple)) else facts
    return save({k: v for k, v in changed.items() if v is not None}, {FORMAT: told})


def test_a_head_comes_back_as_it_was():
    back = saved_head.read(saved_head.write(HEAD))
    assert (back.network, back.names) == (NETWORK, NAMES)
    assert torch.equal(back.weight, HEAD.weight)
    assert torch.equal(back.bias, HEAD.bias)
    assert saved_head.write(back) == saved_head.write(HEAD)


def test_probabilities_are_a_softmax_of_the_linear_function():
    head = SavedHead(NETWORK, NAMES, torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([0.0, 1]))
    found = head.probabilities(torch.tensor([[3.0, 1.0]]))
    assert torch.allclose(found, torch.full((1, 2), 0.5))


def test_heads_are_of_networks_with_that_many_features(lite0):
    assert {NETWORK: WIDTH} == FEATURES
    side = lite0.spec.input_size
    assert lite0.pooled_features(torch.zeros(1, 3, side, side)).shape == (1, WIDTH)


def pickled():
    """A file that runs code where it is unpickled."""
    return b"\x80\x04cposix\nsystem\n(S'true'\ntR."


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "head_empty"),
        (b"PK\x03\x04 a zip of something else", "head_foreign"),
        (pickled(), "head_foreign"),
        (struct.pack("<Q", 2**63) + b"{}", "head_foreign"),
        (struct.pack("<Q", 2) + b"[]", "head_foreign"),
        (struct.pack("<Q", 20_000) + b"[" * 20_000, "head_foreign"),
        (save({"weight": torch.zeros(2, WIDTH)}), "head_foreign"),
        (save({"weight": torch.zeros(2, WIDTH)}, {"format": "pt"}), "head_foreign"),
        (file("no JSON"), "head_foreign"),
        (file("[]"), "head_damaged"),
        (file({"network": None}), "head_damaged"),
        (file({"network": "vgg19"}), "head_network"),
        (file({"network": "x" * 9999}), "head_network"),
        (saved_head.write(HEAD)[:-5], "head_damaged"),
        (saved_head.write(HEAD) + b"more", "head_damaged"),
        (file({"classes": "owl, cat"}), "head_damaged"),
        (file({"classes": [1, 2]}), "head_damaged"),
        (file({"classes": ["owl"]}), "head_damaged"),
        (file({"classes": ["owl", "Owl"]}), "head_damaged"),
        (file({"classes": ["owl", " cat"]}), "head_damaged"),
        (file({"classes": ["a", "x" * 61]}), "head_damaged"),
        (file(bias=None), "head_damaged"),
        (file(more=torch.zeros(1)), "head_damaged"),
        (file(weight=HEAD.weight.half()), "head_damaged"),
        (file(weight=HEAD.weight.log()), "head_damaged"),
        (file(weight=HEAD.weight[:, 1:].contiguous()), "head_shapes"),
        (file(bias=torch.zeros(3)), "head_shapes"),
        (file(bias=torch.tensor(0.0)), "head_shapes"),
        (file({"classes": ["a", "b", "c"]}), "head_shapes"),
        (bytes(saved_head.MAX_BYTES + 1), "file_too_large"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused(content, key):
    with pytest.raises(ValidationError) as caught:
        saved_head.read(content)
    assert caught.value.key == key
