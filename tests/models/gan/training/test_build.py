"""The GAN lab's networks: shapes, sizes counted by hand, norms, and that the shipped DCGAN fits."""

import pytest
import torch
from torch import nn

from models import weights
from models.gan.networks import dcgan
from models.gan.training.build import build_networks
from models.gan.training.settings import TrainingSettings

PICTURES = [(1, 28, 28), (3, 32, 32), (3, 64, 64)]
FITTING = [("mlp", (2,))] + [(name, shape) for name in ("dense", "dcgan") for shape in PICTURES]


def tiny(**values):
    return TrainingSettings(**{"width": 4, "latent": 5, "r1": 0.0} | values)


def kinds(network, kind):
    return [module for module in network.modules() if isinstance(module, kind)]


@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize(("architecture", "shape"), FITTING)
def test_shapes_and_ranges(architecture, shape, spectral):
    torch.manual_seed(0)
    generator, discriminator = build_networks(
        tiny(architecture=architecture, spectral=spectral), shape
    )
    for count in (2, 6):
        made = generator(torch.randn(count, 5))
        assert made.shape == (count, *shape)
        if len(shape) == 3:
            assert made.abs().max() <= 1
        assert discriminator(made).shape == (count,)
    assert generator.eval()(torch.randn(1, 5)).shape == (1, *shape)
    assert discriminator.eval()(torch.zeros(1, *shape)).shape == (1,)


def test_weights_counted_by_hand():
    def count(network):
        return sum(weight.numel() for weight in network.parameters())

    generator, discriminator = build_networks(TrainingSettings(width=8, latent=3), (2,))
    assert count(generator) == (3 * 8 + 8) + (8 * 8 + 8) + (8 * 2 + 2)
    assert count(discriminator) == (2 * 8 + 8) + (8 * 8 + 8) + (8 + 1)
    generator, discriminator = build_networks(tiny(architecture="dense"), (1, 28, 28))
    norms = 2 * (4 + 8 + 16)
    assert count(generator) == (5 * 4 + 4) + (4 * 8 + 8) + (8 * 16 + 16) + norms + 17 * 784
    assert count(discriminator) == 785 * 16 + 17 * 8 + 9 * 4 + 5
    generator, discriminator = build_networks(tiny(architecture="dcgan"), (1, 28, 28))
    # 5 -> 8 at 7 px, 8 -> 4 at 14 px, 4 -> 1 at 28 px with a bias; and back, 4 at 14, 8 at 7 px.
    assert count(generator) == 5 * 8 * 49 + 8 * 4 * 16 + (4 * 16 + 1) + 2 * (8 + 4)
    assert count(discriminator) == (4 * 16 + 4) + 4 * 8 * 16 + 2 * 8 + (8 * 49 + 1)


@pytest.mark.parametrize(
    ("side", "expected"),
    [(8, (4, 1)), (14, (7, 1)), (16, (4, 2)), (28, (7, 2)), (32, (4, 3)), (56, (7, 3)),
     (64, (4, 4)), (4096, (4, 10))],
)  # fmt: skip
def test_where_a_side_starts(side, expected):
    assert dcgan.start_of(side) == expected


@pytest.mark.parametrize("side", [-8, 0, 1, 4, 7, 9, 12, 20, 27, 30, 31, 33, 48, 63, 65, 100])
def test_odd_sides_are_refused(side):
    with pytest.raises(ValueError, match=f"no network for pictures of {side} px"):
        dcgan.start_of(side)
    with pytest.raises(ValueError, match="no network"):
        build_networks(tiny(architecture="dcgan"), (3, side, side))


def test_linear_layers_take_any_side():
    generator, discriminator = build_networks(tiny(architecture="dense"), (3, 9, 9))
    assert discriminator(generator(torch.zeros(2, 5))).shape == (2,)


@pytest.mark.parametrize(
    ("architecture", "shape"), [("mlp", (1, 28, 28)), ("dense", (2,)), ("dcgan", (2,))]
)
def test_what_does_not_go_together(architecture, shape):
    with pytest.raises(ValueError, match=f"{architecture} does not make examples of shape"):
        build_networks(tiny(architecture=architecture), shape)


@pytest.mark.parametrize(
    ("values", "norms"),
    [
        ({}, 2),
        ({"loss": "hinge"}, 2),
        ({"r1": 0.1}, 0),
        ({"loss": "wasserstein"}, 0),
        ({"spectral": True}, 0),
    ],
)
def test_batch_norm_leaves_where_single_examples_count(values, norms):
    generator, discriminator = build_networks(tiny(architecture="dcgan", **values), (3, 32, 32))
    assert len(kinds(generator, nn.BatchNorm2d)) == 3
    assert len(kinds(discriminator, nn.BatchNorm2d)) == norms
    # A bias before batch norm would be taken off again.
    assert [conv.bias is None for conv in discriminator.convs] == [False] + [norms > 0] * 2
    if not norms:
        x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        discriminator.eval()
        torch.testing.assert_close(discriminator(x)[:2], discriminator(x[:2]))


@pytest.mark.parametrize(
    ("architecture", "shape", "layers"),
    [("mlp", (2,), 3), ("dense", (1, 28, 28), 4), ("dcgan", (1, 28, 28), 3)],
)
def test_spectral_norm_is_one(architecture, shape, layers):
    torch.manual_seed(0)
    settings = tiny(architecture=architecture, spectral=True)
    generator, discriminator = build_networks(settings, shape)
    for _ in range(60):
        discriminator(torch.zeros(2, *shape))
    discriminator.eval()
    found = [
        float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2))
        for layer in kinds(discriminator, nn.Linear | nn.Conv2d)
    ]
    assert found == pytest.approx([1.0] * layers, abs=0.02)
    assert not any("parametrizations" in name for name in generator.state_dict())


def test_convolutions_start_small():
    torch.manual_seed(0)
    networks = build_networks(tiny(architecture="dcgan", width=32), (3, 32, 32))
    for network in networks:
        for conv in kinds(network, nn.Conv2d | nn.ConvTranspose2d):
            assert float(conv.weight.detach().std()) == pytest.approx(0.02, rel=0.2)
        gains = torch.cat([norm.weight.detach() for norm in kinds(network, nn.BatchNorm2d)])
        assert float(gains.mean()) == pytest.approx(1, abs=0.01)
        assert float(gains.std()) == pytest.approx(0.02, rel=0.3)


@pytest.fixture(scope="module")
def shipped():
    tensors = weights.load("dcgan_cats64")
    return {
        part: {k.removeprefix(f"{part}."): v for k, v in tensors.items() if k.startswith(part)}
        for part in ("generator", "discriminator")
    }


def test_the_shipped_dcgan_fits_and_paints_the_same(shipped):
    ours, theirs = dcgan.DCGenerator(64, 100, 3, 64).eval(), dcgan.DCGenerator().eval()
    ours.load_state_dict(shipped["generator"])
    theirs.load_state_dict(shipped["generator"])
    z = torch.randn(2, 100, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        made = ours(z)
        torch.testing.assert_close(made, theirs(z))
    assert made.std() > 0.1
    judge, critic = dcgan.DCDiscriminator(64, 3, 64).eval(), dcgan.DCDiscriminator().eval()
    judge.load_state_dict(shipped["discriminator"])
    critic.load_state_dict(shipped["discriminator"])
    with torch.inference_mode():
        torch.testing.assert_close(judge(made), critic(made))


def test_the_shipped_networks_are_those_that_settings_build(shipped):
    settings = TrainingSettings(architecture="dcgan", latent=100, width=64, r1=0.0)
    generator, discriminator = build_networks(settings, (3, 64, 64))
    generator.load_state_dict(shipped["generator"])
    discriminator.load_state_dict(shipped["discriminator"])
    with pytest.raises(RuntimeError, match="norms"):
        dcgan.DCDiscriminator(64, 3, 64, norm=False).load_state_dict(shipped["discriminator"])


def test_conditional_weights_counted_by_hand():
    def count(network):
        return sum(weight.numel() for weight in network.parameters())

    plain = build_networks(tiny(architecture="dcgan"), (1, 28, 28))
    generator, discriminator = build_networks(
        tiny(architecture="dcgan", classes=[1, 4, 7]), (1, 28, 28)
    )
    # An embedding of 16 numbers a class, which the first layer reads behind z; and the projection.
    assert count(generator) == count(plain[0]) + 3 * 16 + 16 * 8 * 49
    assert count(discriminator) == count(plain[1]) + 3 * 8 * 49
    assert discriminator(generator(torch.randn(2, 5), torch.tensor([0, 2])), torch.tensor([0, 2]))\
        .shape == (2,)  # fmt: skip


def test_spectral_normalisation_takes_the_projection_too():
    _, discriminator = build_networks(
        tiny(architecture="dense", classes=[1, 7], spectral=True), (1, 28, 28)
    )
    for _ in range(30):  # its power iteration
        discriminator(torch.zeros(2, 1, 28, 28), torch.tensor([0, 1]))
    norm = torch.linalg.matrix_norm(discriminator.embedding.weight.detach(), 2)
    assert float(norm) == pytest.approx(1, abs=1e-3)


def test_r2_looks_at_single_examples_as_r1_does():
    networks = build_networks(tiny(architecture="dcgan", r2=1.0), (1, 28, 28))
    assert kinds(networks[1], nn.BatchNorm2d) == []
