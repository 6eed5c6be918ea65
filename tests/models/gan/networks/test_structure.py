"""What is listed of the networks costs no PyTorch; that it is true, `test_pretrained` checks."""

import itertools
import subprocess
import sys

import pytest

from models.gan.networks import structure


def test_importing_it_costs_no_pytorch():
    script = "import sys, models.gan.settings; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("kind", ["style", "dcgan", "vae"])
def test_every_operation_takes_what_the_one_before_made(kind):
    operations = structure.generator_operations(kind)
    pairs = list(itertools.pairwise(operations))
    assert all(first.output_shape == second.input_shape for first, second in pairs)
    assert operations[-1].output_shape[1] == structure.SIDE


def test_a_vae_has_no_discriminator():
    assert structure.discriminator_operations("vae") == ()
    assert structure.discriminator_operations("dcgan")[0].input_shape == (3, structure.SIDE)
