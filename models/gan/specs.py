"""Sizes, limits and layers of the generators that ship. Importing this costs no PyTorch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One operation inside a generator or discriminator.

    Attributes:
        name: what `Gan.activations` calls its result.
        operation: "conv", "conv_up" (transposed), "conv_down" (strided), "double", "halve",
            "activate", "add" or "rgb".
        before, after: shapes (channels, height = width) of what goes in and comes out.
    """

    name: str
    operation: str
    before: tuple[int, int]
    after: tuple[int, int]


SIZES = (4, 8, 16, 32, 64)
STYLE_CHANNELS = (256, 256, 128, 64, 32)
DCGAN_CHANNELS = (512, 256, 128, 64, 3)
VAE_CHANNELS = (256, 128, 64, 32, 32)
SLIDERS = 8
SIDE = 64
MAX_COUNT = 64
MAX_SEED = 2**31 - 1
MAX_TRUNCATION = 1.5
MAX_SHIFT = 3.0
MAX_CROSSOVER = 2 * len(SIZES) - 1


def generator_steps(kind: str) -> tuple[Step, ...]:
    """What a generator of `kind` does between its first 4 x 4 map and the picture, in order."""
    steps: list[Step] = []

    def then(name: str, operation: str, before: tuple, after: tuple) -> None:
        steps.append(Step(name, operation, before, after))

    if kind == "style":
        first = (STYLE_CHANNELS[0], 4)
        then("0.conv", "conv", first, first)
        then("0.activate", "activate", first, first)
        small = first
        for index, (width, size) in enumerate(zip(STYLE_CHANNELS[1:], SIZES[1:], strict=True)):
            thin, large = (width, small[1]), (width, size)
            a, b = 2 * index + 1, 2 * index + 2
            then(f"{a}.conv", "conv", small, thin)
            then(f"{a}.double", "double", thin, large)
            then(f"{a}.activate", "activate", large, large)
            then(f"{b}.conv", "conv", large, large)
            then(f"{b}.activate", "activate", large, large)
            small = large
    elif kind == "dcgan":
        before = (100, 1)
        for index, after in enumerate(zip(DCGAN_CHANNELS, SIZES, strict=True)):
            then(f"{index}.conv", "conv_up", before, after)
            if index < 4:
                then(f"{index}.activate", "activate", after, after)
            before = after
    else:
        before = (VAE_CHANNELS[0], 4)
        for index, (width, size) in enumerate(zip(VAE_CHANNELS[1:], SIZES[1:], strict=True)):
            wide, after = (before[0], size), (width, size)
            then(f"{index}.double", "double", before, wide)
            then(f"{index}.conv", "conv", wide, after)
            then(f"{index}.activate", "activate", after, after)
            before = after
    return tuple(steps)


def discriminator_steps(kind: str) -> tuple[Step, ...]:
    """What a discriminator of `kind` does between the picture and its score, in order."""
    steps: list[Step] = []
    if kind == "style":
        before = (STYLE_CHANNELS[-1], 64)
        steps.append(Step("rgb", "rgb", (3, 64), before))
        for index, width in enumerate(reversed(STYLE_CHANNELS[:-1])):
            half, after = (before[0], before[1] // 2), (width, before[1] // 2)
            steps.append(Step(f"{index}.conv", "conv", before, before))
            steps.append(Step(f"{index}.halve", "halve", before, half))
            steps.append(Step(f"{index}.add", "add", half, after))
            before = after
        steps.append(Step("last", "conv", before, before))
    elif kind == "dcgan":
        before = (3, 64)
        for index, width in enumerate(reversed(DCGAN_CHANNELS[:-1])):
            after = (width, before[1] // 2)
            steps.append(Step(f"{index}.conv", "conv_down", before, after))
            steps.append(Step(f"{index}.activate", "activate", after, after))
            before = after
    return tuple(steps)
