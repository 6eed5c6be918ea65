"""Two ways to 32 px: shapes at every side, and what fading in does at its ends."""

import pytest
import torch

from models.gan.networks import progressive as gan
from models.gan.networks.progressive import (
    Generator,
    GrowingDiscriminator,
    MultiScaleDiscriminator,
)
from models.gan.training.progressive_schedule import SIDES


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", range(4))
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_shapes_while_growing(channels, scale, alpha):
    generator, discriminator = Generator(channels), GrowingDiscriminator(channels)
    alpha = alpha if scale else 1.0
    picture = generator.fade_in(torch.randn(4, gan.LATENT), scale, alpha)
    assert picture.shape == (4, channels, SIDES[scale], SIDES[scale])
    assert discriminator(picture, scale, alpha).shape == (4,)


@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_all_at_once(channels):
    generator, discriminator = Generator(channels), MultiScaleDiscriminator(channels)
    pictures = generator.all_scales(torch.randn(4, gan.LATENT))
    assert [picture.shape for picture in pictures] == [(4, channels, s, s) for s in SIDES]
    assert discriminator(pictures).shape == (4,)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_alpha_0_is_the_smaller_picture_and_1_the_larger(scale):
    generator = Generator(1)
    z = torch.randn(3, gan.LATENT)
    every = generator.all_scales(z)
    before = generator.fade_in(z, scale - 1)
    assert torch.equal(generator.fade_in(z, scale, 0.0), gan.upsample(before))
    assert torch.equal(generator.fade_in(z, scale, 1.0), every[scale])
    half = (gan.upsample(every[scale - 1]) + every[scale]) / 2
    torch.testing.assert_close(generator.fade_in(z, scale, 0.5), half)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_at_alpha_0_the_discriminator_sees_only_the_smaller_picture(scale):
    discriminator = GrowingDiscriminator(1)
    pictures = gan.pyramid(torch.randn(4, 1, 32, 32))
    logits = discriminator(pictures[scale], scale, 0.0)
    torch.testing.assert_close(logits, discriminator(pictures[scale - 1], scale - 1))


def test_every_picture_counts_for_the_logits_of_all_sides():
    generator, discriminator = Generator(1), MultiScaleDiscriminator(1)
    pictures = [picture.detach() for picture in generator.all_scales(torch.randn(4, gan.LATENT))]
    before = discriminator(pictures)
    for scale in range(4):
        changed = [*pictures]
        changed[scale] = changed[scale] + 1
        assert not torch.allclose(discriminator(changed), before)


def test_both_have_the_same_blocks_but_for_the_pictures_laid_beside():
    growing = Generator(3), GrowingDiscriminator(3)
    multi = Generator(3), MultiScaleDiscriminator(3)
    assert [w.shape for w in growing[0].parameters()] == [w.shape for w in multi[0].parameters()]
    sizes = [
        [conv.weight.shape[:2] for block in pair[1].blocks for conv in (block.conv0, block.conv1)]
        for pair in (growing, multi)
    ]
    # One block a side, smallest first: only the first convolutions at 8 and 16 px get 3 more.
    assert sizes[0] == [(64, 64), (64, 64), (32, 32), (64, 32), (16, 16), (32, 16)]
    assert sizes[1] == [(64, 67), (64, 64), (32, 35), (64, 32), (16, 16), (32, 16)]


def test_pixel_norm_by_hand():
    # (3, 4) has length 5; sqrt(2) / 5 of it has mean square 1.
    normed = gan.pixel_norm(torch.tensor([[[[3.0]], [[4.0]]]])).flatten()
    torch.testing.assert_close(normed, torch.tensor([3.0, 4.0]) * 2**0.5 / 5, atol=1e-4, rtol=0)
    assert gan.pixel_norm(torch.zeros(1, 2, 1, 1)).tolist() == [[[[0.0]], [[0.0]]]]


def test_pyramid_and_fading_by_hand():
    picture = torch.zeros(1, 1, 32, 32)
    picture[..., 0, 0] = 64.0
    sizes = gan.pyramid(picture)
    assert [size.shape[-1] for size in sizes] == [4, 8, 16, 32]
    assert [size[0, 0, 0, 0].item() for size in sizes] == [1.0, 4.0, 16.0, 64.0]
    assert gan.fade_real(sizes, 3, 1.0) is sizes[3]
    assert torch.equal(gan.fade_real(sizes, 3, 0.0), gan.upsample(sizes[2]))
    assert gan.fade_real(sizes, 3, 0.25)[0, 0, 0, 0].item() == 0.75 * 16 + 0.25 * 64
    assert gan.fade_real(sizes, 3, 0.25)[0, 0, 1, 1].item() == 0.75 * 16


def test_padding_frames_in_black():
    framed = gan.pad(torch.full((2, 1, 28, 28), 9, dtype=torch.uint8))
    assert framed.shape == (2, 1, 32, 32)
    assert framed[0, 0, 1].tolist() == [0] * 32
    assert framed[0, 0, 2].tolist() == [0, 0] + [9] * 28 + [0, 0]
    whole = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    assert torch.equal(gan.pad(whole), whole)


def test_pictures_that_are_too_large_are_refused():
    with pytest.raises(ValueError, match="64 px"):
        gan.pad(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
