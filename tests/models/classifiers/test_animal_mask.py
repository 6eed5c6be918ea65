"""The animal by one click: where it is in the example photos."""

import numpy as np
import pytest
import torch

from models import images, registry
from models.classifiers.animal_mask import animal_mask, guided_filter
from models.validation import ValidationError


@pytest.fixture(scope="module")
def classifier(store):
    return store.get(registry.DEFAULT_PET_CLASSIFIER)


@pytest.mark.parametrize("name", ["kitten", "german_shepherd"])
def test_the_middle_of_the_animal_is_covered_and_the_corners_are_not(classifier, photo, name):
    image = images.open_image(photo(name))
    mask = np.asarray(animal_mask(classifier, image))
    assert mask.shape == (image.height, image.width)
    assert set(np.unique(mask)) == {0, 255}
    assert 0.1 < (mask > 0).mean() < 0.9
    assert mask[image.height // 2, image.width // 2] == 255


def test_the_filter_keeps_the_guides_edges():
    """A blurred step moves to the edge of the guide; without an edge it stays blurred."""
    steps = torch.linspace(0, 1, 40).repeat(20, 1)[None, None]
    edge = (torch.arange(40) >= 24).float().repeat(1, 3, 20, 1)
    along = guided_filter(steps, edge, 6, 1e-4)[0, 0, 10]
    jump = along[24] - along[23]
    assert jump > 3 * (along[22] - along[21]).abs()
    flat = guided_filter(steps, torch.ones(1, 3, 20, 40), 6, 1e-4)[0, 0, 10]
    assert torch.allclose(flat[12:28], steps[0, 0, 0, 12:28], atol=1e-3)


def test_a_photo_without_an_animal_is_refused(classifier, photo):
    with pytest.raises(ValidationError) as caught:
        animal_mask(classifier, images.open_image(photo("rocket")))
    assert caught.value.key == "no_animal"
