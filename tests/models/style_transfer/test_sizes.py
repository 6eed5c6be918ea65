"""Any pair of pictures is painted, with losses that a plot can show, or the smallest size told."""

import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from models import images
from models.style_transfer import losses, sizes
from models.style_transfer.optimize import transfer_style
from models.style_transfer.settings import INITS, OPTIMIZERS, STYLE_LOSSES, StyleSettings
from models.validation import ValidationError

MOST = 1e3
SIDE = 32  # two places at the last of four halvings


class Halving:
    """Four layers, each at half the side of the one before; pooling drops an odd row."""

    spec = SimpleNamespace(title="Halving", style_layers=tuple("abcd"), content_layer="c")
    placement = SimpleNamespace(device=torch.device("cpu"))

    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.weights = [
            torch.randn(8, 3 if layer == "a" else 8, 3, 3, generator=generator)
            for layer in self.spec.style_layers
        ]

    def features(self, pictures, layers, replicate=False):
        found, x = {}, pictures - 0.5
        for layer, weight in zip(self.spec.style_layers, self.weights, strict=True):
            x = nn.functional.conv2d(x, weight, padding=1).relu()
            found[layer] = x = nn.functional.max_pool2d(x, 2)
            if layer == max(layers):
                break
        return [found[layer] for layer in layers]


HALVING = Halving()


def flat(level: int, size=(48, 48)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


def drawn(kind: str, size: tuple[int, int]) -> Image.Image:
    if kind.isdigit():
        return flat(int(kind), size)
    if kind == "point":
        picture = flat(0, size)
        picture.putpixel((3, 3), (255, 255, 255))
        return picture
    noise = torch.rand(3, size[1], size[0], generator=torch.Generator().manual_seed(sum(size)))
    return images.to_image(noise)


def totals(backbone, content, style, **chosen) -> list[float]:
    steps = transfer_style(backbone, content, style, StyleSettings(**({"steps": 3} | chosen)))
    found = [step.losses for step in steps if step.losses]
    assert all(math.isfinite(value) for step in found for value in step.values())
    return [step["total"] for step in found]


PICTURES = st.builds(
    drawn,
    st.sampled_from(["0", "128", "255", "point", "noise"]),
    st.tuples(st.integers(16, 128), st.integers(16, 128)),
)


@seed(0)
@settings(max_examples=40, deadline=None, database=None)
@given(
    PICTURES,
    PICTURES,
    st.fixed_dictionaries(
        {
            "size": st.integers(64, 140),
            "style_loss": st.sampled_from(STYLE_LOSSES),
            "init": st.sampled_from(INITS),
            "optimizer": st.sampled_from(OPTIMIZERS),
            "style_scale": st.sampled_from([0.25, 1.0, 2.0]),
            "style_weight": st.sampled_from([0.0, 1.0, 1000.0]),
            "content_weight": st.sampled_from([0.0, 1.0, 1000.0]),
            "keep_colors": st.booleans(),
        }
    ),
)
def test_every_pair_is_painted_or_refused_with_what_would_do(content, style, chosen):
    if min(style.size) < SIDE:
        with pytest.raises(ValidationError, match=f"Halving needs at least {SIDE}"):
            totals(HALVING, content, style, **chosen)
        return
    try:
        found = totals(HALVING, content, style, **chosen)
    except ValidationError as error:
        smallest = error.values["smallest"]
        found = totals(HALVING, content, style, **chosen | {"size": smallest})
    assert -MOST < min(found) <= max(found) < MOST


def test_the_smallest_side_has_two_by_two_places_at_every_layer_that_counts():
    assert sizes.smallest_side(HALVING, StyleSettings()) == 32
    assert sizes.smallest_side(HALVING, StyleSettings(layer_weights=(1, 1, 1, 0))) == 16
    shallow = StyleSettings(layer_weights=(1, 0, 0, 0), content_layer="a")
    assert sizes.smallest_side(HALVING, shallow) == 4


@pytest.mark.parametrize(
    ("content", "style", "chosen", "smallest"),
    [
        ((48, 48), (48, 48), {}, 64),
        ((480, 60), (48, 48), {}, 256),  # 32 on the shorter side
        ((48, 48), (480, 60), {}, 256),
        ((48, 48), (300, 300), {"style_scale": 0.25}, 128),
        ((48, 48), (300, 200), {"style_scale": 0.5}, 96),
        ((480, 60), (480, 60), {"layer_weights": (1, 1, 1, 0)}, 128),
    ],
)
def test_the_smallest_size_of_a_pair(content, style, chosen, smallest):
    pair = flat(0, content), flat(0, style)
    at = StyleSettings(size=1024, **chosen)
    assert sizes.smallest_size(HALVING, at, *pair) == smallest
    totals(HALVING, *pair, size=smallest, steps=1, **chosen)
    if smallest > 64:
        with pytest.raises(ValidationError, match=f"The smallest size is {smallest} pixels"):
            totals(HALVING, *pair, size=smallest - 1, **chosen)


def test_a_style_that_is_too_small_at_any_size_is_refused():
    with pytest.raises(ValidationError, match=r"is 40 x 31 pixels\. Halving needs at least 32"):
        totals(HALVING, flat(0), flat(0, (40, 31)), size=1024)
    blended = StyleSettings(blend=0.5)
    with pytest.raises(ValidationError, match="is 16 x 16 pixels"):
        next(transfer_style(HALVING, flat(0), flat(0), blended, flat(0, (16, 16))))


def test_coarse_scales_that_are_too_small_are_left_out():
    pair = flat(0, (480, 60)), flat(0)
    sides = [
        max(step.image.shape) for step in transfer_style(HALVING, *pair, StyleSettings(steps=3))
    ]
    assert set(sides) == {272, 384}  # 192 would be 24 on the shorter side


@pytest.mark.parametrize("style_loss", STYLE_LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_flat_on_flat_stays_as_it_is(lite0, style_loss, optimizer):
    chosen = {"style_loss": style_loss, "optimizer": optimizer, "size": 64}
    for level, other in ((0, 0), (128, 0)):
        assert max(totals(lite0, *(flat(n, (64, 64)) for n in (level, other)), **chosen)) < 1e-4


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("style_loss", STYLE_LOSSES)
def test_a_flat_style_on_the_real_network(lite0, photo, style_loss, init):
    content = images.open_image(photo("chelsea"))
    for level in (0, 128):
        chosen = {"size": 64, "style_loss": style_loss, "init": init}
        assert max(totals(lite0, content, flat(level), **chosen)) < MOST


def test_the_largest_weight_on_the_real_network(lite0, photo):
    chosen = {"content_weight": 0.0, "style_weight": 1000.0, "init": "noise", "optimizer": "lbfgs"}
    pair = images.open_image(photo("chelsea")), flat(128)
    assert max(totals(lite0, *pair, size=64, coarse_to_fine=False, **chosen)) < MOST


def test_weights_count_by_their_ratio():
    assert StyleSettings().loss_weights == (1, 1, 1)
    assert StyleSettings(style_weight=10.0, tv_weight=0.0).loss_weights == (1, 10, 0)
    assert StyleSettings(style_weight=1000.0).loss_weights == pytest.approx((0.01, 10, 0.01))


def test_no_number_is_tempered_above_441():
    huge = torch.tensor([0.0, 5.0, 5 * math.e, 3.4e38], requires_grad=True)
    found = losses.tempered(huge)
    assert found.tolist() == pytest.approx([0, 5, 10, 440.6], rel=1e-4)
    found.sum().backward()
    assert huge.grad[0].item() == 1
    assert huge.grad[2].item() == pytest.approx(1 / math.e)


@pytest.mark.parametrize("kind", losses.STYLE_LOSSES)
def test_no_style_loss_is_below_zero(kind):
    torch.manual_seed(0)
    maps = torch.randn(1, 60, 3, 3)  # fewer places than channels: most eigenvalues are 0
    assert losses.STYLE_LOSSES[kind](losses.moments([maps]))(maps).item() >= 0
