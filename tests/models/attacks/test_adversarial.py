"""The public function, as the documentation writes it."""

import pytest
import torch

import models
from models import images
from models.validation import ValidationError


def test_a_shepherd_becomes_a_siamese_cat(lite0, photo, tmp_path):
    path = photo("german_shepherd")
    found = models.adversarial("efficientnet_lite0", path, target="Siamese cat", epsilon=4)
    assert found.image.size == (224, 224)
    assert found.report.success
    assert found.report.before[0][0] == "German shepherd"
    assert found.report.after[0][0] == "Siamese cat"
    assert 0 < found.report.linf <= 4
    # The file fools, and another call gives the same picture.
    found.image.save(tmp_path / "cat.png")
    assert lite0.predict(tmp_path / "cat.png").top(1)[0][0] == "Siamese cat"
    with images.open_image(path) as image:
        again = models.adversarial(lite0, image, target="Siamese cat", epsilon=4)
    assert torch.equal(images.to_tensor(again.image), images.to_tensor(found.image))


def test_other_settings_and_pet_classifiers(store, photo):
    found = models.adversarial(store.get("pets_lite0"), photo("chelsea"), method="fgsm", epsilon=8)
    assert found.report.steps == 1
    assert found.report.success


def test_what_cannot_be_is_refused(lite0, photo):
    for options, key in (
        ({"epsilon": 65}, "out_of_range"),
        ({"target": "unicorn"}, "unknown_class"),
        ({"target": "German shepherd"}, "target_is_prediction"),
        ({"method": "magic"}, "unknown_choice"),
    ):
        with pytest.raises(ValidationError) as caught:
            models.adversarial(lite0, photo("german_shepherd"), **options)
        assert caught.value.key == key
