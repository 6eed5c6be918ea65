"""Losses worked out by hand, and runs on a toy network and on the real one."""

import math
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from models import images
from models.style_transfer import color, optimize
from models.style_transfer.objective import TERMS, Objective, loss_breakdown
from models.style_transfer.optimize import transfer_style
from models.style_transfer.settings import STYLE_LOSSES, StyleSettings
from models.validation import ValidationError


class Toy:
    """A "network" whose only layer is the picture itself."""

    spec = SimpleNamespace(title="Toy", style_layers=("pixels",), content_layer="pixels")
    placement = SimpleNamespace(device=torch.device("cpu"))

    def features(self, pictures, layers, replicate=False):
        return [pictures for _ in layers]


def picture(seed: int, size=(48, 32)) -> Image.Image:
    generator = torch.Generator().manual_seed(seed)
    return images.to_image(torch.rand(3, size[1], size[0], generator=generator))


def run(backbone=None, **settings):
    options = {"size": 64, "steps": 4} | settings
    return list(transfer_style(backbone or Toy(), picture(1), picture(2), StyleSettings(**options)))


def test_average_is_unbiased():
    average = optimize._Average()
    assert average.update(torch.tensor(0.3)).item() == pytest.approx(0.3)
    # After two: (0.9 * 0.3 + 0.5) / 1.9.
    assert average.update(torch.tensor(0.5)).item() == pytest.approx(0.77 / 1.9)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (384, [192, 272, 384]),
        (200, [141, 200]),
        (64, [64]),
        (128, [128]),
        (1024, [256, 362, 512, 724, 1024]),
    ],
)
def test_scales(size, expected):
    assert optimize.scales(size) == expected


def test_steps_are_counted_over_all_scales():
    steps = run(size=384, steps=7)
    assert [step.step for step in steps] == list(range(8))
    assert {step.steps for step in steps} == {7}
    assert steps[0].losses == {}
    assert steps[-1].progress == pytest.approx(1.0)
    progress = [step.progress for step in steps]
    assert progress == sorted(progress)
    assert max(steps[-1].image.shape) == 384


def test_fewer_steps_than_scales_end_at_full_size():
    assert max(run(size=384, steps=1)[-1].image.shape) == 384


def test_starts_from_the_content_or_from_noise():
    first, second = images.fit(picture(1), 64), picture(2)
    content = images.to_tensor(color.match_color(first, second))
    assert torch.equal(run()[0].image, content)
    assert not torch.equal(run(init="noise")[0].image, content)


def test_the_same_seed_gives_the_same_picture():
    first, again, other = (run(init="noise", seed=seed)[-1].image for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_content_alone_changes_nothing():
    steps = run(style_weight=0.0, tv_weight=0.0)
    assert torch.allclose(steps[-1].image, steps[0].image, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("style_loss", STYLE_LOSSES)
def test_the_loss_falls(optimizer, style_loss):
    steps = run(optimizer=optimizer, style_loss=style_loss, steps=30)
    assert steps[-1].losses["total"] < steps[1].losses["total"]
    assert all(math.isfinite(value) for value in steps[-1].losses.values())
    assert steps[-1].image.min() >= 0
    assert steps[-1].image.max() <= 1


def test_kept_colours_are_the_contents():
    steps = run(keep_colors=True, steps=10)
    _, blue, red = images.fit(picture(1), 64).convert("YCbCr").split()
    painted = images.to_image(steps[-1].image).convert("YCbCr").split()
    # Bright and dark extremes can't hold every colour; most pixels can.
    for own, kept in zip(painted[1:], (blue, red), strict=True):
        differences = [
            abs(a - b)
            for a, b in zip(own.get_flattened_data(), kept.get_flattened_data(), strict=True)
        ]
        assert sorted(differences)[len(differences) // 2] <= 4


def test_the_rate_falls_by_half_a_cosine():
    settings = StyleSettings()
    assert optimize.rate(settings, 0.0) == pytest.approx(0.018)
    assert optimize.rate(settings, 0.5) == pytest.approx(0.018 * 0.6)
    assert optimize.rate(settings, 1.0) == pytest.approx(0.018 * 0.2)


@pytest.mark.parametrize(
    ("size", "steps", "expected"),
    [
        (384, 120, [(192, 60), (272, 36), (384, 24)]),
        (384, 3, [(192, 1), (272, 1), (384, 1)]),
        (384, 2, [(272, 1), (384, 1)]),
        (64, 7, [(64, 7)]),
        (1024, 120, [(256, 49), (362, 30), (512, 19), (724, 13), (1024, 9)]),
    ],
)
def test_schedule(size, steps, expected):
    assert optimize.schedule(StyleSettings(size=size, steps=steps)) == expected


def test_the_papers_way_stays_at_one_size():
    settings = StyleSettings(size=384, steps=120, coarse_to_fine=False)
    assert optimize.schedule(settings) == [(384, 120)]


def test_two_identical_pictures_work():
    same = picture(1)
    steps = list(transfer_style(Toy(), same, same, StyleSettings(size=64, steps=3)))
    assert all(math.isfinite(value) for value in steps[-1].losses.values())


def test_flat_pictures_work():
    flat = Image.new("RGB", (32, 32), (90, 90, 90))
    steps = list(transfer_style(Toy(), flat, flat, StyleSettings(size=64, steps=3)))
    assert all(math.isfinite(value) for value in steps[-1].losses.values())
    steps = list(
        transfer_style(Toy(), flat, flat, StyleSettings(size=64, steps=3, keep_colors=True))
    )
    assert steps[-1].image.isfinite().all()


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        ({"size": 63}, "out_of_range"),
        ({"size": 4097}, "out_of_range"),
        ({"steps": 0}, "out_of_range"),
        ({"steps": 2.5}, "not_whole"),
        ({"seed": -1}, "out_of_range"),
        ({"content_weight": -0.1}, "out_of_range"),
        ({"style_weight": math.nan}, "not_a_number"),
        ({"tv_weight": None}, "number_missing"),
        ({"style_loss": "magic"}, "unknown_choice"),
        ({"init": None}, "unknown_choice"),
        ({"optimizer": "sgd"}, "unknown_choice"),
        ({"color_method": "none"}, "unknown_choice"),
        ({"style_scale": 0.1}, "out_of_range"),
        ({"blend": 1.5}, "out_of_range"),
        ({"keep_colors": "yes"}, "not_a_switch"),
        ({"coarse_to_fine": None}, "not_a_switch"),
        ({"layer_weights": (1.0, -1.0)}, "out_of_range"),
        ({"layer_weights": (0.0, 0.0)}, "no_style_layer"),
        ({"content_weight": 0, "style_weight": 0, "tv_weight": 0}, "nothing_to_minimise"),
    ],
)
def test_bad_settings_are_refused(bad, key):
    with pytest.raises(ValidationError) as caught:
        StyleSettings(**bad)
    assert caught.value.key == key


def test_whole_numbers_may_come_as_floats():
    settings = StyleSettings(size=96.0, steps=3.0, seed=1.0)
    assert (settings.size, settings.steps, settings.seed) == (96, 3, 1)
    assert isinstance(settings.steps, int)


class Two(Toy):
    """A "network" with two layers, the second at half the size."""

    spec = SimpleNamespace(
        title="Two", style_layers=("pixels", "half"), content_layer="half", name="two"
    )

    def features(self, pictures, layers, replicate=False):
        half = torch.nn.functional.avg_pool2d(pictures, 2)
        return [pictures if layer == "pixels" else half for layer in layers]


def objective(settings, styles=None, backbone=None):
    content, style = (images.to_tensor(picture(number)) for number in (1, 2))
    return Objective(backbone or Two(), content, styles or [style], settings)


def test_a_layer_weight_scales_its_part():
    x = images.to_tensor(picture(3))
    both, first, twice = (
        objective(StyleSettings(layer_weights=weights)).terms(x)["style"].item()
        for weights in ((1.0, 1.0), (1.0, 0.0), (2.0, 0.0))
    )
    assert twice == pytest.approx(2 * first)
    assert first < both


@pytest.mark.parametrize("style_loss", STYLE_LOSSES)
def test_style_may_be_off_altogether(style_loss):
    off = StyleSettings(style_weight=0, layer_weights=(0, 0), style_loss=style_loss)
    assert objective(off).terms(images.to_tensor(picture(3)))["style"].item() == 0


def test_layer_weights_must_fit_the_network():
    with pytest.raises(ValidationError, match="2 layer weights, not 3"):
        objective(StyleSettings(layer_weights=(1.0, 1.0, 1.0)))


def test_the_content_layer_can_be_chosen():
    x = images.to_tensor(picture(3))
    usual, other = (
        objective(StyleSettings(content_layer=layer)).terms(x)["content"].item()
        for layer in ("", "pixels")
    )
    assert usual == objective(StyleSettings(content_layer="half")).terms(x)["content"].item()
    assert usual != other
    with pytest.raises(ValidationError, match="Choose one of: pixels, half"):
        objective(StyleSettings(content_layer="middle"))


def test_gradient_shares_add_up():
    x = images.to_tensor(picture(3))
    chosen = objective(StyleSettings())
    losses, found = loss_breakdown(chosen, x)
    assert sum(found.values()) == pytest.approx(1)
    norms = {}
    for name in TERMS:
        leaf = x.clone().requires_grad_(True)
        term = chosen.terms(leaf)[name]
        assert losses[name] == pytest.approx(term.item())
        norms[name] = torch.autograd.grad(term, leaf)[0].norm().item()
    for name, norm in norms.items():
        assert found[name] == pytest.approx(norm / sum(norms.values()), rel=1e-3)


def test_a_knob_turned_during_a_run_counts_at_once():
    turned = {}
    losses = []
    for step in transfer_style(
        Toy(), picture(1), picture(2), StyleSettings(size=64, steps=6), changed=lambda: turned
    ):
        if step.step == 3:
            turned["tv_weight"] = 10.0
        losses.append(step.losses.get("variation"))
    assert losses[4] > 5 * losses[3]


def test_lbfgs_forgets_its_curvature_when_a_knob_is_turned_and_can_be_stopped():
    turned, losses = {}, []
    settings = StyleSettings(size=64, steps=12, optimizer="lbfgs")
    going = transfer_style(Toy(), picture(1), picture(2), settings, changed=lambda: turned)
    for step in going:
        if step.step == 6:
            turned["style_weight"] = 0.0
        if step.step == 9:
            going.close()
        losses.append(step.losses)
    assert len(losses) == 10  # the start and nine steps
    assert losses[8]["style"] == 0
    assert losses[9]["total"] <= losses[8]["total"]
    assert step.image.isfinite().all()


def test_a_blend_is_neither_style():
    def painted(**settings):
        chosen = StyleSettings(size=64, steps=4, **settings)
        return list(transfer_style(Toy(), picture(1), picture(2), chosen, picture(3)))[-1].image

    first, middle, last = (painted(blend=share) for share in (0.0, 0.5, 1.0))
    assert not torch.equal(first, middle)
    assert not torch.equal(middle, last)
    *_, alone = transfer_style(Toy(), picture(1), picture(3), StyleSettings(size=64, steps=4))
    assert torch.allclose(last, alone.image, atol=1e-4)


def test_a_blend_needs_two_styles():
    with pytest.raises(ValidationError, match="second style"):
        run(blend=0.5)


def test_a_small_style_is_not_enlarged():
    assert optimize._shrunk(picture(2, (40, 30)), 384).size == (40, 30)
    assert optimize._shrunk(picture(2, (400, 300)), 200).size == (200, 150)


def test_adams_moments_are_carried_up():
    first = torch.zeros(1, 3, 8, 8, requires_grad=True)
    before = optimize._optimizer("adam", first)
    first.grad = torch.ones_like(first)
    before.step()
    second = torch.zeros(1, 3, 16, 16, requires_grad=True)
    after = optimize._optimizer("adam", second, before)
    state = after.state[second]
    assert state["exp_avg"].shape == state["exp_avg_sq"].shape == second.shape
    # A fifth of the gradient 1, over four times as many pixels.
    assert state["exp_avg"].mean().item() == pytest.approx(0.2 / 4)
    assert state["exp_avg_sq"].mean().item() == pytest.approx(0.1 / 16)
    assert state["step"].item() == 1


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("method", ["luminance", "histogram"])
def test_original_colours_of_a_grey_picture(grey, method):
    content = picture(1).convert("L").convert("RGB") if grey else picture(1)
    chosen = StyleSettings(size=64, steps=4, keep_colors=True, color_method=method)
    image = images.to_image(list(transfer_style(Toy(), content, picture(2), chosen))[-1].image)
    spread = torch.cov(images.to_tensor(image)[0].flatten(1))
    assert spread.isfinite().all()
    if grey and method == "luminance":
        red, green, blue = image.split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()


def test_on_the_real_network(lite0, photo, painting):
    content, style = (
        images.open_image(photo("chelsea")),
        images.open_image(painting("starry_night")),
    )
    settings = StyleSettings(size=128, steps=20)
    first = list(transfer_style(lite0, content, style, settings))
    assert first[-1].losses["style"] < 0.5 * first[1].losses["style"]
    again = list(transfer_style(lite0, content, style, settings))
    assert torch.equal(first[-1].image, again[-1].image)
    half = transfer_style(lite0, content, style, settings)
    for _ in range(5):
        next(half)
    half.close()
    assert not any(p.grad is not None for p in lite0.parameters())
