"""Pet classifiers on a GPU against the CPU."""

import pytest
import torch

from models import images, registry
from tests.models.gpu import CPU, difference, loaded


@pytest.mark.gpu
@pytest.mark.parametrize("name", registry.PET_CLASSIFIERS)
def test_pet_classifiers_agree_with_the_cpu(name, gpu, photo):
    there, here = loaded(name, gpu), loaded(name, CPU)
    names = "kitten", "german_shepherd"
    side = there.spec.input_size
    pictures = torch.cat([images.classifier_input(photo(name), side) for name in names])
    with torch.no_grad():
        assert difference(there(pictures), here(pictures)) < 1e-3
    # The CPU's by onnxruntime.
    for found, expected in zip(
        there.predict_batch(pictures), here.predict_batch(pictures), strict=True
    ):
        assert found.probabilities.sum() == pytest.approx(1, abs=1e-4)
        assert torch.allclose(found.probabilities, expected.probabilities, atol=0.05)
        heat = there.class_activation_map(found, 0, against=1)
        assert difference(heat, here.class_activation_map(expected, 0, against=1)) < 0.1
        assert len(there.similar(found)) == 5
