"""Exploring the generators that ship: every one in one sweep, and the arithmetic by hand."""

import threading

import numpy as np
import pytest
import torch

import models
from models import registry
from models.gan import pretrained
from models.gan.networks import structure
from models.gan.settings import SLIDERS, SampleSettings
from models.images import grid, to_image
from models.validation import ValidationError

CPU = torch.device("cpu")


@pytest.fixture(scope="module", params=registry.GANS)
def any_gan(request):
    return pretrained.load(registry.gan(request.param), CPU)


WITH_DISCRIMINATOR = [name for name in registry.GANS if name != registry.VAE]


@pytest.fixture(scope="module")
def style():
    return pretrained.load(registry.gan("stylegan_cats64"), CPU)


def style_codes(network, seeds, truncation=0.7, sliders=()):
    return network.style_codes(network.latents(seeds), truncation, sliders)


def test_pictures(any_gan):
    pictures = any_gan.synthesize(style_codes(any_gan, range(3)))
    assert pictures.shape == (3, 3, 64, 64)
    assert pictures.dtype == torch.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert pictures.std() > 0.05
    assert not torch.equal(pictures[0], pictures[1])


def test_frozen(any_gan):
    for network in (any_gan.generator, any_gan.discriminator):
        if network is not None:
            assert not network.training
            assert not any(p.requires_grad for p in network.parameters())


def test_the_same_arguments_give_the_same_picture_alone_and_under_load(any_gan):
    w = style_codes(any_gan, [7], 0.7, [1.0, -2.0])
    alone = any_gan.synthesize(w)
    batches, singles = [], []

    def work(count):
        for _ in range(3):
            batches.append(any_gan.synthesize(style_codes(any_gan, range(count)))[:1])
            singles.append(any_gan.synthesize(w))

    threads = [threading.Thread(target=work, args=(n,)) for n in (2, 5, 17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(picture, alone) for picture in singles)
    # A picture in a batch does not depend on how many others are computed with it.
    assert all(torch.equal(picture, batches[0]) for picture in batches)


def test_a_cat_keeps_its_number(any_gan):
    assert torch.equal(any_gan.latents([3, 4])[1], any_gan.latents([4])[0])


def test_truncation_zero_gives_one_face(any_gan):
    pictures = any_gan.synthesize(style_codes(any_gan, range(4), truncation=0))
    assert torch.equal(pictures, pictures[:1].expand(4, -1, -1, -1))


def test_truncation_zero_gives_the_mean_style(style):
    mean = style.generator.mean
    assert torch.equal(style_codes(style, [5], truncation=0), mean.expand(1, 9, -1))


def test_sliders_add_their_directions(any_gan):
    plain, turned = style_codes(any_gan, [1]), style_codes(any_gan, [1], sliders=[0, 2.0])
    expected = (2 * any_gan.directions[1]).expand_as(plain)
    torch.testing.assert_close(turned - plain, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("layers", "moved"), [("coarse", (0, 3)), ("middle", (3, 7)), ("fine", (7, 9)), ("all", (0, 9))]
)
def test_sliders_move_their_group_of_layers(style, layers, moved):
    z = style.latents([1])
    plain, turned = style.style_codes(z), style.style_codes(z, 1.0, [0, 2.0], layers)
    expected = torch.zeros_like(plain)
    expected[:, slice(*moved)] = 2 * style.directions[1]
    torch.testing.assert_close(turned - plain, expected, atol=1e-5, rtol=1e-4)


def test_a_generator_with_one_layer_is_moved_by_every_group():
    gan = pretrained.load(registry.gan("dcgan_cats64"), CPU)
    z = gan.latents([1])
    codes = [gan.style_codes(z, 1.0, [2.0], layers) for layers in ("all", "coarse", "fine")]
    assert all(torch.equal(code, codes[0]) for code in codes)


def test_directions_matter(any_gan):
    """Three deviations along any slider change the picture more than other noise does."""
    still = any_gan.synthesize(style_codes(any_gan, [1]))
    for i in range(len(SLIDERS)):
        sliders = [0.0] * len(SLIDERS)
        sliders[i] = 3.0
        moved = any_gan.synthesize(style_codes(any_gan, [1], sliders=sliders))
        assert (moved - still).abs().mean() > 0.01, i


def test_crossover_at_the_ends_gives_the_parents(any_gan):
    a, b = style_codes(any_gan, [0]), style_codes(any_gan, [1])
    assert torch.equal(any_gan.mix(a, b, 0), b)
    assert torch.equal(any_gan.mix(a, b, any_gan.layers), a)
    last = any_gan.synthesize(any_gan.mix(a, b, any_gan.layers))
    assert torch.equal(last, any_gan.synthesize(a))


def test_mixing_in_between_differs_from_both(style):
    a, b = style_codes(style, [0]), style_codes(style, [1])
    mixed = style.synthesize(style.mix(a, b, 4))
    assert (mixed - style.synthesize(a)).abs().mean() > 0.01
    assert (mixed - style.synthesize(b)).abs().mean() > 0.01
    assert torch.equal(style.swap(a, b, range(9)), b)
    assert torch.equal(style.swap(a, b, []), a)


def test_noise_changes_hairs_and_not_the_cat(style):
    w = style_codes(style, [2])
    a, b = style.synthesize(w, 0), style.synthesize(w, 1)
    assert 0 < (a - b).abs().mean() < 0.1
    assert torch.equal(a, style.synthesize(w, 0))


def test_growth_ends_in_the_picture(any_gan):
    w = style_codes(any_gan, [2])
    grown = any_gan.resolutions(w)
    sides = [4, 8, 16, 32, 64] if any_gan.styled else [64]
    assert [p.shape[-1] for p in grown] == sides
    assert torch.equal(grown[-1], any_gan.synthesize(w))


def test_the_diagram_is_what_the_networks_do(any_gan):
    w = style_codes(any_gan, [0])
    found = {name: tuple(v.shape[1:]) for name, v in any_gan.generator_activations(w).items()}
    drawn = structure.generator_operations(any_gan.spec.kind)
    for step in drawn:
        assert found[step.name] == (*step.output_shape, step.output_shape[1]), step
    assert [name for name in found if name != "start"] == [step.name for step in drawn]
    if any_gan.discriminator is None:
        return
    seen = any_gan.discriminator_activations(any_gan.synthesize(w))
    drawn = structure.discriminator_operations(any_gan.spec.kind)
    assert list(seen) == [step.name for step in drawn]
    for step in drawn:
        assert tuple(seen[step.name].shape[1:]) == (*step.output_shape, step.output_shape[1]), step


def test_what_a_network_lacks_is_refused(any_gan):
    picture = any_gan.synthesize(style_codes(any_gan, [0]))
    parts = {
        "without a discriminator": (any_gan.discriminator, any_gan.discriminate),
        "no encoder": (any_gan.encoder, any_gan.reconstruct),
    }
    missing = {message: use for message, (part, use) in parts.items() if part is None}
    assert len(missing) == 1
    for message, use in missing.items():
        with pytest.raises(ValidationError, match=message):
            use(picture)


@pytest.mark.parametrize("any_gan", WITH_DISCRIMINATOR, indirect=True)
def test_scores(any_gan):
    picture = any_gan.synthesize(style_codes(any_gan, [0]))
    found = any_gan.discriminate(picture)
    assert found.sensitivity.shape == (64, 64)
    assert 0 < found.real < 1
    assert (found.real > 0.5) == (found.score > 0)
    # The same picture has the same score, alone or among others.
    assert any_gan.discriminate(picture).score == found.score


def test_sensitivity_is_the_fall_of_the_score_where_it_is_covered():
    """A discriminator that only adds up the upper left corner."""

    class Corner(torch.nn.Module):
        def forward(self, x, record):
            return x[:, :, :8, :8].sum((1, 2, 3))

    from models.device import Placement

    at = Placement(CPU, torch.float32, torch.contiguous_format, "")
    network = pretrained.PretrainedGan(
        registry.gan("dcgan_cats64"), torch.nn.Identity(), Corner(), torch.eye(8), at
    )
    picture = torch.zeros(1, 3, 64, 64)
    picture[..., :8, :8] = 1
    sensitivity = network.discriminate(picture).sensitivity
    assert sensitivity[0, 0] > 0
    assert sensitivity[20:, 20:].abs().max() == 0


@pytest.mark.parametrize("any_gan", [registry.VAE], indirect=True)
def test_the_vae_gives_a_picture_back(any_gan):
    picture = any_gan.synthesize(style_codes(any_gan, [0]))
    back = any_gan.reconstruct(picture)
    assert back.shape == picture.shape
    assert (back - picture).abs().mean() < 0.1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": -1}, "seed must be from 0"),
        ({"seed": 2**40}, "seed must be from 0"),
        ({"truncation": 2}, "truncation must be from 0 to 1.5"),
        ({"count": 0}, "count must be from 1 to 64"),
        ({"count": 10_000}, "count must be from 1 to 64"),
        ({"d2": 3.1}, "d2 must be from -3"),
        ({"frames": 1}, "frames must be from 2 to 60"),
        ({"crossover": 10}, "crossover must be from 0 to 9"),
        ({"layers": "finest"}, "Choose one of: all, coarse, middle, fine"),
    ],
)
def test_bad_settings_are_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        SampleSettings(**values)


def test_three_lines_sample_a_generator():
    images = models.load("stylegan_cats64", device="cpu").sample(seeds=range(16), truncation=0.7)
    assert [image.size for image in images] == [(64, 64)] * 16
    network = models.load("stylegan_cats64", device="cpu")
    sheet = to_image(grid(network.synthesize(style_codes(network, range(16))), 4))
    for number, image in enumerate(images):
        left, top = 64 * (number % 4), 64 * (number // 4)
        cell = sheet.crop((left, top, left + 64, top + 64))
        assert np.array_equal(np.asarray(image), np.asarray(cell))


def test_samples_follow_their_arguments(any_gan):
    (plain,) = any_gan.sample([3])
    (same,) = any_gan.sample(iter([3]), truncation=0.7, sliders=(0,) * 8, noise=0)
    (moved,) = any_gan.sample([3], sliders=[0, 0, 3])
    assert plain.mode == "RGB"
    assert np.array_equal(np.asarray(plain), np.asarray(same))
    assert not np.array_equal(np.asarray(plain), np.asarray(moved))
    assert any_gan.sample([]) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": [-1]}, "seed must be from 0"),
        ({"seeds": [0.5]}, "whole number"),
        ({"truncation": 2}, "truncation must be from 0 to 1.5"),
        ({"sliders": [0, 3.1]}, "d2 must be from -3"),
        ({"noise": -1}, "noise must be from 0"),
        ({"layers": ""}, "Choose one of: all, coarse"),
    ],
)
def test_bad_arguments_are_refused(style, arguments, message):
    with pytest.raises(ValidationError, match=message):
        style.sample(**arguments)


def test_unknown_generators_are_refused():
    with pytest.raises(ValidationError, match="stylegan_cats64"):
        registry.gan("biggan")
