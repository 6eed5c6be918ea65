"""What the generators and discriminators that ship are made of.

Importing this does not import PyTorch. Shapes are (channels, height = width).
"""

from __future__ import annotations

from dataclasses import dataclass

Shape = tuple[int, int]

SIDE = 64
SIZES = (4, 8, 16, 32, 64)
STYLE_CHANNELS = (256, 256, 128, 64, 32)
DCGAN_CHANNELS = (512, 256, 128, 64, 3)
VAE_CHANNELS = (256, 128, 64, 32, 32)
STYLE_LAYERS = 2 * len(SIZES) - 1
# Style layers by what they draw at: 4 and 8 px, 16 and 32 px, 64 px.
LAYER_GROUPS = {
    "all": range(STYLE_LAYERS), "coarse": range(3), "middle": range(3, 7), "fine": range(7, 9),
}  # fmt: skip
# Of the progressively grown networks, and the index of the largest.
SIDES = (4, 8, 16, 32)
LAST = len(SIDES) - 1


def style_shape(layer: int) -> Shape:
    """What a style layer makes: (channels, height = width)."""
    return STYLE_CHANNELS[(layer + 1) // 2], SIZES[(layer + 1) // 2]


@dataclass(frozen=True)
class Operation:
    """One operation inside a generator or discriminator.

    Attributes:
        name: its key in `PretrainedGan.generator_activations` or `discriminator_activations`.
        type: "conv", "conv_up" (transposed), "conv_down" (strided), "double" (upsampling), "halve"
            (downsampling), "activate", "add" or "rgb".
        input_shape, output_shape: (channels, height = width).
    """

    name: str
    type: str
    input_shape: Shape
    output_shape: Shape


def generator_operations(kind: str) -> tuple[Operation, ...]:
    """The operations of a generator between its first 4 x 4 map and the picture, in order.

    Args:
        kind: "style", "dcgan" or "vae", as in `registry.GanSpec`.
    """
    operations: list[Operation] = []

    def add(name: str, type_: str, before: Shape, after: Shape) -> None:
        operations.append(Operation(name, type_, before, after))

    if kind == "style":
        before = (STYLE_CHANNELS[0], 4)
        add("0.conv", "conv", before, before)
        add("0.activate", "activate", before, before)
        for index, (width, size) in enumerate(zip(STYLE_CHANNELS[1:], SIZES[1:], strict=True)):
            small, large = (width, before[1]), (width, size)
            a, b = 2 * index + 1, 2 * index + 2
            add(f"{a}.conv", "conv", before, small)
            add(f"{a}.double", "double", small, large)
            add(f"{a}.activate", "activate", large, large)
            add(f"{b}.conv", "conv", large, large)
            add(f"{b}.activate", "activate", large, large)
            before = large
    elif kind == "dcgan":
        before = (100, 1)
        for index, after in enumerate(zip(DCGAN_CHANNELS, SIZES, strict=True)):
            add(f"{index}.conv", "conv_up", before, after)
            if index < 4:
                add(f"{index}.activate", "activate", after, after)
            before = after
    else:
        before = (VAE_CHANNELS[0], 4)
        for index, after in enumerate(zip(VAE_CHANNELS[1:], SIZES[1:], strict=True)):
            doubled = (before[0], after[1])
            add(f"{index}.double", "double", before, doubled)
            add(f"{index}.conv", "conv", doubled, after)
            add(f"{index}.activate", "activate", after, after)
            before = after
    return tuple(operations)


def discriminator_operations(kind: str) -> tuple[Operation, ...]:
    """The operations of a discriminator between the picture and its score, in order.

    Args:
        kind: as in `generator_operations`; a VAE has none.
    """
    operations: list[Operation] = []

    def add(name: str, type_: str, before: Shape, after: Shape) -> None:
        operations.append(Operation(name, type_, before, after))

    if kind == "style":
        before = (STYLE_CHANNELS[-1], SIDE)
        add("rgb", "rgb", (3, SIDE), before)
        for index, width in enumerate(reversed(STYLE_CHANNELS[:-1])):
            halved, after = (before[0], before[1] // 2), (width, before[1] // 2)
            add(f"{index}.conv", "conv", before, before)
            add(f"{index}.halve", "halve", before, halved)
            add(f"{index}.add", "add", halved, after)
            before = after
        add("last", "conv", before, before)
    elif kind == "dcgan":
        before = (3, SIDE)
        for index, width in enumerate(reversed(DCGAN_CHANNELS[:-1])):
            after = (width, before[1] // 2)
            add(f"{index}.conv", "conv_down", before, after)
            add(f"{index}.activate", "activate", after, after)
            before = after
    return tuple(operations)
