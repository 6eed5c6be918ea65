"""Trained generators on a GPU against the CPU."""

import pytest
import torch

from models import registry
from models.gan import walk
from models.store import Store
from tests.models.gpu import needs

PIXEL = 0.02  # mean difference of a colour value; bfloat16 has eight bits


@pytest.fixture(scope="module", params=registry.GANS)
def pair(request, gpu_store):
    """(on the GPU, on the CPU)."""
    needs(request.param)
    return gpu_store.get(request.param), Store("cpu").get(request.param)


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    assert a.device.type == b.device.type == "cpu"
    assert a.isfinite().all()
    return float((a - b).abs().mean())


@pytest.mark.gpu
def test_the_same_seeds_give_the_same_pictures(pair):
    there, here = pair
    codes = [gan.style_codes(gan.latents(range(20)), 0.7, (1.0, -1.0)) for gan in pair]
    assert apart(codes[0].cpu(), codes[1]) < 1e-3
    pictures = there.synthesize(codes[0], noise=3)
    assert apart(pictures, here.synthesize(codes[1], noise=3)) < PIXEL
    assert torch.equal(pictures, there.synthesize(codes[0], noise=3))
    # A picture does not depend on how many others are drawn with it.
    assert torch.equal(pictures[:5], there.synthesize(codes[0][:5], noise=3))
    walks = [gan.style_codes(walk.latents(gan, [1, 2], 5), 0.7) for gan in pair]
    assert apart(there.synthesize(walks[0]), here.synthesize(walks[1])) < PIXEL
    assert len(there.sample(range(2))) == 2


@pytest.mark.gpu
def test_layers_and_mixing(pair):
    there, here = pair
    a, b = (there.style_codes(there.latents([seed])) for seed in (1, 2))
    there.synthesize(there.mix(a, b, 4))
    there.synthesize(there.swap(a, b, [0]))
    found = there.generator_activations(a)
    assert found.keys() == here.generator_activations(a.cpu()).keys()
    assert all(value.isfinite().all() for value in found.values())
    sizes = zip(there.resolutions(a), here.resolutions(a.cpu()), strict=True)
    assert all(apart(x, y) < PIXEL for x, y in sizes)


@pytest.mark.gpu
def test_discriminator_and_encoder(pair):
    there, here = pair
    picture = here.synthesize(here.style_codes(here.latents([5])))
    if there.discriminator is not None:
        found, expected = there.discriminate(picture), here.discriminate(picture)
        assert found.score == pytest.approx(expected.score, rel=0.05, abs=0.2)
        assert apart(found.sensitivity, expected.sensitivity) < 0.3
        assert there.discriminator_activations(picture)
    if there.encoder is not None:
        assert apart(there.encode(picture).cpu(), here.encode(picture)) < 0.05
        assert apart(there.reconstruct(picture), here.reconstruct(picture)) < PIXEL
