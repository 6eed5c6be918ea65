"""The inversion of a photograph on a GPU, with random weights."""

import pytest
import torch

from models import registry
from models.device import Placement
from models.gan import pretrained
from models.gan.inversion.encoder import CodeEncoder
from models.gan.inversion.inverter import STAGES, Inverter
from models.gan.inversion.objective import FeatureDistance
from models.gan.inversion.whitening import Whitening, mapped
from models.gan.networks.layers import fold_gains
from models.gan.networks.stylegan import LATENT, StyleGenerator
from tests.models.gpu import backbone

STEPS = 12


@pytest.fixture(scope="module")
def inverter(gpu):
    torch.manual_seed(0)
    generator = StyleGenerator((8, 8, 8, 8, 8)).eval().requires_grad_(False)
    whitening = Whitening.of(mapped(generator.mapping, LATENT, 600))
    fold_gains(generator)
    at = Placement(gpu, torch.float32, torch.contiguous_format, "as the product's")
    network = pretrained.PretrainedGan(
        registry.gan("stylegan_cats64"), generator, None, torch.randn(8, LATENT), at
    )
    distance = FeatureDistance(backbone("efficientnet_lite0", gpu))
    return Inverter(network, distance, whitening, CodeEncoder(network.layers, LATENT), None)


@pytest.mark.gpu
@pytest.mark.parametrize("space", STAGES)
def test_every_space(space, inverter):
    target = inverter.inversion(inverter.codes_of_drawn(1)[0].float()).draw()
    before = [value.clone() for value in inverter.generator.parameters()]
    first, *_, last = inverter.steps(target, STAGES[space], STEPS)
    assert last.step == last.steps == STEPS * len(STAGES[space])
    assert last.picture.device.type == "cpu"
    assert last.loss < first.loss
    assert last.found[space].draw().isfinite().all()
    for value, kept in zip(inverter.generator.parameters(), before, strict=True):
        assert torch.equal(value, kept)
