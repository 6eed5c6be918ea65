"""The style-based discriminator as one file for a browser, in the format of `client_file`.

    x -> rgb -> blocks -> last -> hidden -> verdict
    a block: y = halve(conv0(x)), out = sqrt(1/2) (conv1(y) + skip(halve(x)))

Each convolution is leaky(gain (K * x) + bias). The channel of minibatch standard deviation has a
fixed value here: what it adds to the last convolution is `shift`, (256 / 8, 4, 4, 8).
"""

from __future__ import annotations

import json
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save

from models.gan.networks.client_file import FIRST_SIDE, LANES, Writer, grouped
from models.gan.networks.layers import NEGATIVE_SLOPE, Conv2d
from models.gan.networks.structure import SIDE
from models.gan.networks.stylegan import ResidualDown, StyleDiscriminator


def pack(discriminator: StyleDiscriminator) -> bytes:
    """The file of a discriminator whose gains are not folded."""
    writer, side = Writer(), SIDE
    rgb = _conv(writer, "rgb", discriminator.rgb, side)
    blocks = []
    for index, block in enumerate(discriminator.blocks):
        assert isinstance(block, ResidualDown)
        name, half = f"blocks.{index}", side // 2
        blocks.append(
            {
                "conv0": _conv(writer, f"{name}.conv0", block.conv0, side),
                "conv1": _conv(writer, f"{name}.conv1", block.conv1, half),
                "skip": _conv(writer, f"{name}.skip", block.skip, half, slope=1.0),
            }
        )
        side = half
    last = discriminator.conv
    weight = last.weight.detach()
    usual = discriminator.spread.usual.expand(1, 1, FIRST_SIDE, FIRST_SIDE)
    shift = F.conv2d(usual, weight[:, -1:] * last.gain, padding=1)[0]
    hidden = writer.linear("hidden", discriminator.hidden, NEGATIVE_SLOPE)
    # Its inputs are in eights of channels here.
    matrix = discriminator.hidden.weight.detach().unflatten(1, (-1, FIRST_SIDE, FIRST_SIDE))
    writer.half("hidden.weight", grouped(matrix.movedim(0, -1)).movedim(-1, 0).flatten(1))
    description = {
        "rgb": rgb,
        "blocks": blocks,
        "last": _conv(writer, "last", last, side, weight=weight[:, :-1]),
        "shift": writer.full("shift", grouped(shift).flatten()),
        "hidden": hidden,
        "verdict": writer.linear("verdict", discriminator.verdict),
    }
    return save(writer.tensors, {"discriminator": json.dumps(description)})


def _conv(
    writer: Writer,
    name: str,
    conv: Conv2d,
    side: int,
    slope: float = NEGATIVE_SLOPE,
    weight: torch.Tensor | None = None,
) -> dict[str, Any]:
    weight = conv.weight.detach() if weight is None else weight
    outputs, inputs, height, width = weight.shape
    missing = -inputs % LANES  # red, green and blue come with five channels that count nothing
    bias = torch.zeros(outputs) if conv.bias is None else conv.bias
    return {
        "inputs": inputs + missing,
        "outputs": outputs,
        "side": side,
        "taps": height * width,
        "weight": writer.kernel(f"{name}.weight", F.pad(weight, (0, 0, 0, 0, 0, missing))),
        "gain": conv.gain,
        "bias": writer.full(f"{name}.bias", bias),
        "slope": slope,
    }
