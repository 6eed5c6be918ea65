"""A generator as one file for a browser that draws by itself (demos/gan_explorer/worker).

The file is in the safetensors format. Its metadata has `network`, a description in JSON that is
made from the PyTorch module: whatever is built of these layers needs no JavaScript of its own.

    z -> w:      z is scaled to length sqrt(latent) if `normalize`; y = leaky(gain W x + b) for each
                 layer of `mapping`; w = mean + truncation (y - mean) + sum_i d_i directions_i
    w -> start:  leaky(scale (W w) + bias), (channels, 4, 4); a constant has no W
    each layer:  y = K * (s x), enlarged before ("nearest") or after ("bilinear") if told so, then
                 leaky(gain y + bias + noise), leaky(v) = max(v, slope v)
    picture:     the sum of all `rgb` layers, each enlarged, or the last layer's tanh

A styled layer has s = A(w) and gain = sqrt(2) k / sqrt(sum_i (s_i k)^2 sum_taps K^2 + 1e-8), with k
its `gain`; the others have s = 1 and batch norm as `scale` and `bias`.

A picture that was inverted may come along as `own`: w+ and the noise map of each layer.

Weights are float16, as in the files that ship: nothing is lost (of those tuned to a photograph,
less than a fifth of a grey level). Maps have eight channels together, (C / 8, height,
width, 8), and kernels eight outputs, (outputs / 8, inputs, taps, 8).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from models.gan.networks.dcgan import DCGenerator
from models.gan.networks.layers import GAIN, NEGATIVE_SLOPE, Linear
from models.gan.networks.stylegan import StyledConv, StyleGenerator, ToRGB
from models.gan.networks.vae import Decoder

LANES = 8
FIRST_SIDE = 4
Tensors = dict[str, torch.Tensor]
Own = tuple[torch.Tensor, Sequence[torch.Tensor]]


def pack(generator: nn.Module, directions: torch.Tensor, own: Own | None = None) -> bytes:
    """The file of a generator; the same weights give the same bytes.

    Args:
        generator: a `StyleGenerator`, `DCGenerator` or `Decoder` whose gains are not folded.
        directions: (8, latent), one standard deviation of each slider.
        own: of a picture that was inverted, w+ (layers, latent) and the noise map of each layer.

    Raises:
        TypeError: another network.
    """
    writer = Writer()
    description: dict[str, Any] = {
        "latent": directions.shape[1],
        "directions": writer.half("directions", directions),
    }
    if isinstance(generator, StyleGenerator):
        description |= _style(writer, generator)
    elif isinstance(generator, DCGenerator):
        description |= _dcgan(writer, generator)
    elif isinstance(generator, Decoder):
        description |= _decoder(writer, generator)
    else:
        raise TypeError(f"no generator that a browser can draw: {type(generator).__name__}")
    if own:
        styles, maps = own
        noise = [writer.full(f"own.noise.{n}", each.flatten()) for n, each in enumerate(maps)]
        description["own"] = {"styles": writer.full("own.styles", styles), "noise": noise}
    return save(writer.tensors, {"network": json.dumps(description)})


class Writer:
    """Collects tensors; each method gives the name under which the description refers to one."""

    def __init__(self) -> None:
        self.tensors: Tensors = {}

    def half(self, name: str, tensor: torch.Tensor) -> str:
        self.tensors[name] = tensor.detach().to("cpu", torch.float16).contiguous()
        return name

    def full(self, name: str, tensor: torch.Tensor) -> str:
        self.tensors[name] = tensor.detach().to("cpu", torch.float32).contiguous()
        return name

    def kernel(self, name: str, weight: torch.Tensor) -> str:
        """(outputs, inputs, h, w) in eights of outputs; what is missing in the last is 0."""
        outputs, inputs, height, width = weight.shape
        padded = weight.new_zeros(-(-outputs // LANES) * LANES, inputs, height * width)
        padded[:outputs] = weight.detach().flatten(2)
        return self.half(name, padded.unflatten(0, (-1, LANES)).permute(0, 2, 3, 1))

    def linear(self, name: str, layer: Linear, slope: float = 1.0) -> dict[str, Any]:
        return {
            "weight": self.half(f"{name}.weight", layer.weight),
            "bias": self.full(f"{name}.bias", layer.bias * layer.lr_multiplier),
            "gain": layer.gain,
            "slope": slope,
        }

    def batch_norm(
        self, name: str, norm: nn.Module | None, own: torch.Tensor | None, outputs: int
    ) -> dict[str, str]:
        """Batch norm and a convolution's own bias as `scale` and `bias`."""
        scale, bias = torch.ones(outputs), torch.zeros(outputs) if own is None else own.detach()
        if isinstance(norm, nn.BatchNorm2d):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            scale = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
            bias = norm.bias.detach() + (bias - norm.running_mean) * scale
        return {
            "scale": self.full(f"{name}.scale", scale),
            "bias": self.full(f"{name}.bias", bias),
        }


def grouped(maps: torch.Tensor) -> torch.Tensor:
    """(channels, 4, 4, ...) in eights of channels: (channels / 8, 4, 4, 8, ...)."""
    return maps.unflatten(0, (-1, LANES)).movedim(1, 3)


def _style(writer: Writer, generator: StyleGenerator) -> dict[str, Any]:
    layers = []
    for index, (conv, side) in enumerate(
        zip(generator.convs, generator.noise_sizes(), strict=True)
    ):
        assert isinstance(conv, StyledConv)
        name, (outputs, inputs, *_) = f"layers.{index}", conv.conv.weight.shape
        layers.append(
            {
                "inputs": inputs,
                "outputs": outputs,
                "side": side // 2 if conv.upsample else side,
                "taps": 9,
                "after": "bilinear" if conv.upsample else None,
                "weight": writer.kernel(f"{name}.weight", conv.conv.weight),
                "gain": conv.conv.gain,
                "activation_gain": GAIN,
                "style": writer.linear(f"{name}.style", conv.style),
                "bias": writer.full(f"{name}.bias", conv.bias),
                "noise": conv.strength.item(),
                "slope": NEGATIVE_SLOPE,
                "rgb": None if index % 2 else _rgb(writer, name, generator.rgb[index // 2]),
            }
        )
    mapping = [
        writer.linear(f"mapping.{index}", layer, NEGATIVE_SLOPE)
        for index, layer in enumerate(generator.mapping.layers)
        if isinstance(layer, Linear)
    ]
    start = grouped(generator.start[0]).flatten()
    return {
        "normalize": True,
        "mapping": mapping,
        "mean": writer.full("mean", generator.mean),
        "start": {"weight": None, "bias": writer.full("start.bias", start), "slope": 1.0},
        "layers": layers,
    }


def _rgb(writer: Writer, name: str, rgb: nn.Module) -> dict[str, Any]:
    assert isinstance(rgb, ToRGB)
    assert rgb.conv.bias is not None
    return {
        "weight": writer.half(f"{name}.rgb.weight", rgb.conv.weight.flatten(1)),
        "bias": writer.full(f"{name}.rgb.bias", rgb.conv.bias),
        "gain": rgb.conv.gain,
        "style": writer.linear(f"{name}.rgb.style", rgb.style),
    }


def _dcgan(writer: Writer, generator: DCGenerator) -> dict[str, Any]:
    first, *convs = generator.convs
    if first.kernel_size != (FIRST_SIDE, FIRST_SIDE):
        raise TypeError(f"no generator that a browser can draw: it starts at {first.kernel_size}")
    # From 1 x 1 to 4 x 4 a transposed convolution is a matrix.
    matrix = grouped(first.weight.detach().movedim(0, -1))  # type: ignore[operator]
    width = first.weight.shape[1]  # type: ignore[index]
    norm = writer.batch_norm("first", generator.norms[0], None, int(width))
    layers = []
    for index, conv in enumerate(convs, 1):
        assert isinstance(conv, nn.ConvTranspose2d)
        last = index == len(convs)
        layers.append(
            {
                "inputs": conv.in_channels,
                "outputs": conv.out_channels,
                "side": FIRST_SIDE << index,
                "taps": 16,  # transposed, stride 2
                "weight": writer.kernel(f"layers.{index}.weight", conv.weight.transpose(0, 1)),
                "slope": 1.0 if last else 0.0,
                **writer.batch_norm(
                    f"layers.{index}",
                    None if last else generator.norms[index],
                    conv.bias,
                    conv.out_channels,
                ),
            }
        )
    start = {"weight": writer.half("start.weight", matrix.flatten(0, 3)), "slope": 0.0}
    start |= _per_pixel(writer, norm)
    return {"start": start, "layers": layers}


def _per_pixel(writer: Writer, norm: dict[str, str]) -> dict[str, str]:
    """The scale and bias of channels as those of every number of the first map."""
    found = {}
    for key, name in norm.items():
        channels = writer.tensors.pop(name)
        maps = channels[:, None, None].expand(-1, FIRST_SIDE, FIRST_SIDE)
        found[key] = writer.full(f"start.{key}", grouped(maps).flatten())
    return found


def _decoder(writer: Writer, decoder: Decoder) -> dict[str, Any]:
    channels = decoder.convs[0].in_channels
    shape = (channels, FIRST_SIDE, FIRST_SIDE)
    layers = []
    convs = [*decoder.convs, decoder.rgb]
    for index, conv in enumerate(convs):
        assert isinstance(conv, nn.Conv2d)
        last = conv is decoder.rgb
        layers.append(
            {
                "inputs": conv.in_channels,
                "outputs": conv.out_channels,
                "side": FIRST_SIDE << min(index + 1, len(convs) - 1),
                "taps": 9,
                "before": None if last else "nearest",
                "weight": writer.kernel(f"layers.{index}.weight", conv.weight),
                "slope": 1.0 if last else NEGATIVE_SLOPE,
                **writer.batch_norm(
                    f"layers.{index}",
                    None if last else decoder.norms[index],
                    conv.bias,
                    conv.out_channels,
                ),
            }
        )
    matrix = grouped(decoder.start.weight.detach().unflatten(0, shape))
    bias = grouped(decoder.start.bias.detach().unflatten(0, shape))
    start = {
        "weight": writer.half("start.weight", matrix.flatten(0, 3)),
        "scale": writer.full("start.scale", torch.ones(bias.numel())),
        "bias": writer.full("start.bias", bias.flatten()),
        "slope": 1.0,
    }
    return {"start": start, "layers": layers}
