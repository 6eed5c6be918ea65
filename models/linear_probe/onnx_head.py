"""A head of own classes with its network as one ONNX file, which any program can use.

The graph in weights/ (`models/onnx_runtime.py`) has the network's operations up to its last feature
maps; here it gets the weights, and behind them the mean over each map, the head and a softmax.
"""

from __future__ import annotations

import io
import json
import zipfile

import onnx
from onnx import TensorProto, helper, numpy_helper

from models import onnx_runtime, weights
from models.backbones.backbone import Backbone
from models.linear_probe.saved_head import SavedHead

MODEL, LABELS, SCRIPT = "head.onnx", "labels.txt", "use_head.py"
ANSWER = "probabilities"
CODE = """\
# python use_head.py PICTURE    (needs: pip install onnxruntime pillow numpy)
import sys
import numpy, onnxruntime
from PIL import Image, ImageOps
picture = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
pixels = numpy.asarray(ImageOps.fit(picture, (SIDE, SIDE)), "float32") / 255
network = onnxruntime.InferenceSession("head.onnx")
answer = network.run(None, {"pictures": pixels.transpose(2, 0, 1)[None]})[0][0]
names = open("labels.txt", encoding="utf-8").read().splitlines()
for share, name in sorted(zip(answer, names), reverse=True):
    print(f"{share:6.1%} {name}")
"""


def model(head: SavedHead, backbone: Backbone) -> bytes:
    """Pictures (1, 3, side, side) in [0, 1] -> probabilities (1, K), as an ONNX file.

    Raises:
        ValidationError: the network's graph is missing or damaged.
    """
    made = onnx.load_model_from_string(weights.content(onnx_runtime.entry_name(head.network)))
    tensors = backbone.last_part.state_dict()
    for tensor in made.graph.initializer:
        if tensor.external_data:
            value = tensors[tensor.name].float().cpu().contiguous().numpy()
            tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
    for name in ("weight", "bias"):
        value = getattr(head, name).contiguous().numpy()
        made.graph.initializer.append(numpy_helper.from_array(value, f"head.{name}"))
    made.graph.node.extend(
        [
            helper.make_node("GlobalAveragePool", [made.graph.output[0].name], ["head.pooled"]),
            helper.make_node("Flatten", ["head.pooled"], ["head.features"]),
            helper.make_node(
                "Gemm", ["head.features", "head.weight", "head.bias"], ["head.logits"], transB=1
            ),
            helper.make_node("Softmax", ["head.logits"], [ANSWER], axis=1),
        ]
    )
    del made.graph.output[:]
    size = [1, len(head.names)]
    made.graph.output.append(helper.make_tensor_value_info(ANSWER, TensorProto.FLOAT, size))
    facts = {"network": head.network, "classes": json.dumps(head.names, ensure_ascii=False)}
    helper.set_model_props(made, facts)
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString())


def archive(head: SavedHead, backbone: Backbone) -> bytes:
    """A zip of the ONNX file, the names of its classes, one a line, and a script that uses both.

    Raises:
        ValidationError: as `model`.
    """
    contents = {
        MODEL: model(head, backbone),
        LABELS: "".join(f"{name}\n" for name in head.names).encode(),
        SCRIPT: CODE.replace("SIDE", str(backbone.spec.input_size)).encode(),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    return stream.getvalue()
