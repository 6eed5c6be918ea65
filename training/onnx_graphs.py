"""Makes the graphs that onnxruntime computes: weights/NAME.onnx, operations without weights.

    python -m training.onnx_graphs

A graph depends on a network's layers and input size, not on its weights: those come from the
PyTorch network when the graph is loaded (`models/onnx_runtime.py`). Needs the packages onnx and
onnxscript (requirements-dev.txt).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from models import images, onnx_runtime, registry
from models.classifiers import pet_classifier
from models.gan.training import data, digit_classifier
from models.linear_probe import digits
from models.store import Store
from models.weights import FOLDER
from training.export import add_to_manifest

if TYPE_CHECKING:
    import onnx

# What names pets, what makes features of few-shot classes, and what names digits.
NETWORKS = (*registry.PET_CLASSIFIERS, registry.DEFAULT_BACKBONE, digit_classifier.NAME)
DIGITS = 50  # computed at once; of photographs one
PHOTOS = Path(__file__).parents[1] / "demos" / "examples" / "photos"
COMMAND = "python -m training.onnx_graphs"


@dataclass(frozen=True)
class Source:
    """What a graph is made of.

    Attributes:
        network: has all weights.
        compute: pictures -> outputs, by that network.
        tensors: its weights, by the names that they get in the graph.
        pictures: (N, C, H, W), what the graph is measured on.
        batch: how many it computes at once.
        data: where its weights come from, for the manifest.
    """

    network: nn.Module
    compute: Callable[[torch.Tensor], tuple[torch.Tensor, ...]]
    tensors: Mapping[str, torch.Tensor]
    pictures: torch.Tensor
    batch: int
    data: str


def source(name: str, store: Store) -> Source:
    """What the graph of the network called `name` is made of; the store gives it on the CPU."""
    if name == digit_classifier.NAME:
        network = digit_classifier.load()
        shown = data.scaled(digits.pictures()[0][::50, None])
        compute, tensors = (lambda x: (network(x),)), network.state_dict()
        return Source(network, compute, tensors, shown, DIGITS, f"{name}.safetensors")
    loaded = store.get(name)
    side = loaded.spec.input_size
    shown = torch.cat([images.classifier_input(p, side) for p in sorted(PHOTOS.glob("*.jpg"))])
    if isinstance(loaded, pet_classifier.PetClassifier):
        network = loaded.network
        file = f"{name}.safetensors"
        return Source(network, network.feature_maps, network.stages(), shown, 1, file)
    part = loaded.last_part
    package = registry.backbone(name).weights.replace("_", "-")
    return Source(loaded, lambda x: part(loaded.normalize(x)), part.state_dict(), shown, 1, package)


class Computing(nn.Module):
    """A source as a module, which the exporter wants."""

    def __init__(self, made_of: Source) -> None:
        super().__init__()
        self.network, self.compute = made_of.network, made_of.compute

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.compute(pictures)


def graph(made_of: Source) -> onnx.ModelProto:
    """The network's operations; its weights are named and left out."""
    module = Computing(made_of).eval()
    program = torch.onnx.export(
        module, (made_of.pictures[: made_of.batch],), dynamo=True, input_names=["pictures"]
    )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    names = {value.data_ptr(): name for name, value in made_of.tensors.items()}
    known = {
        key: names[value.data_ptr()]
        for key, value in module.state_dict().items()
        if value.data_ptr() in names
    }
    strip(model, known)
    left_out = {i.name for i in model.graph.initializer if i.external_data}
    assert left_out == set(made_of.tensors), left_out ^ set(made_of.tensors)
    return model


def strip(model: onnx.ModelProto, names: Mapping[str, str]) -> None:
    """Renames the weights in a model and leaves their values out, and what the exporter noted."""
    import onnx

    for tensor in model.graph.initializer:
        if tensor.name not in names:
            continue
        size = str(len(tensor.raw_data))
        tensor.name = names[tensor.name]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", "weights"), ("offset", "0"), ("length", size)):
            tensor.external_data.add(key=key, value=value)
    for node in model.graph.node:
        for index, given in enumerate(node.input):
            node.input[index] = names.get(given, given)
        node.ClearField("doc_string")
    model.graph.ClearField("value_info")
    parts: Iterable = (
        model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output,
        *model.graph.initializer,
    )  # fmt: skip
    for part in parts:
        part.ClearField("metadata_props")


@torch.no_grad()
def difference(name: str, made_of: Source) -> float:
    """The largest difference of any output from what PyTorch computes."""
    run = onnx_runtime.forward(name, made_of.tensors)
    assert run is not None
    pairs = zip(run(made_of.pictures), made_of.compute(made_of.pictures), strict=True)
    return max(float((ours - theirs).abs().max()) for ours, theirs in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args()
    store = Store("cpu")
    for name in NETWORKS:
        made_of = source(name, store)
        path = FOLDER / f"{name}.onnx"
        path.write_bytes(graph(made_of).SerializeToString())
        facts = {"licence": "Apache-2.0", "data": made_of.data, "command": COMMAND}
        entry = onnx_runtime.entry_name(name)
        add_to_manifest(entry, path, facts)
        measured = {
            "largest_difference": float(f"{difference(name, made_of):.1e}"),
            "pictures": len(made_of.pictures),
        }
        add_to_manifest(entry, path, {"measured": measured})


if __name__ == "__main__":
    main()
