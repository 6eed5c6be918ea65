"""The shipped pet classifier: what it says of example photos, and that its reasons add up."""

import math

import pytest
import torch

from models import images, registry, weights
from models.classifiers import pet_classifier
from models.labels import breeds
from models.validation import ValidationError


@pytest.fixture(scope="module")
def classifier(store):
    spec = registry.pet_classifier(registry.DEFAULT_PET_CLASSIFIER)
    return pet_classifier.load(spec, store.get(spec.backbone))


@pytest.fixture(scope="module")
def shown(classifier, photo):
    def tensor(name):
        image = images.open_image(photo(name))
        return images.to_tensor(images.square(image, classifier.spec.input_size))

    return tensor


def test_odds_of_a_pet_by_hand():
    """With all logits alike, 123 of 1,000 classes are pets."""
    assert pet_classifier.pet_odds(torch.zeros(1, 1000)).item() == pytest.approx(
        math.log(123 / 877), abs=1e-5
    )


@pytest.mark.parametrize(
    ("name", "cat"), [("kitten", True), ("chelsea", True), ("german_shepherd", False)]
)
def test_cats_and_dogs_are_told_apart(classifier, shown, name, cat):
    (seen,) = classifier.predict_batch(shown(name))
    assert seen.is_pet
    assert (seen.cat > 0.5) is cat
    assert seen.probabilities.sum().item() == pytest.approx(1, abs=1e-5)
    assert seen.top(1)[0][0] in (breeds.CATS if cat else breeds.DOGS)


@pytest.mark.parametrize(
    "name", ["owl", "giant_panda", "koala", "giraffes", "coffee", "rocket", "astronaut"]
)
def test_what_is_no_pet_is_refused(classifier, shown, name):
    assert not classifier.predict_batch(shown(name))[0].is_pet


def test_the_same_answer_alone_and_in_company(classifier, shown):
    names = ["kitten", "chelsea", "german_shepherd", "owl", "koala", "coffee", "lemur", "rocket"]
    together = classifier.predict_batch(torch.cat([shown(name) for name in names]))
    for name, seen in zip(names, together, strict=True):
        (alone,) = classifier.predict_batch(shown(name))
        assert torch.equal(alone.probabilities, seen.probabilities)
        assert alone.score == seen.score


def test_the_map_is_exact(classifier, shown):
    """Its mean is the logit less the bias; against another breed, the difference of both."""
    (seen,) = classifier.predict_batch(shown("kitten"))
    network = classifier.network
    logits = network.logits(seen.features, seen.base_maps.mean((1, 2)))
    bias = network.classifier.bias + (network.probe.bias if network.probe else 0)
    a, b = breeds.index("Siamese"), breeds.index("pug")
    plain = classifier.class_activation_map(seen, a).mean()
    assert plain.item() == pytest.approx((logits[a] - bias[a]).item(), abs=1e-3)
    both = classifier.class_activation_map(seen, a, b).mean()
    expected = logits[a] - logits[b] - bias[a] + bias[b]
    assert both.item() == pytest.approx(expected.item(), abs=1e-3)
    assert torch.equal(
        classifier.class_activation_map(seen, a, b, 0.0), classifier.class_activation_map(seen, a)
    )
    assert torch.allclose(
        classifier.class_activation_map(seen, a, b),
        -classifier.class_activation_map(seen, b, a),
        atol=1e-4,
    )


def test_what_is_seen_is_what_the_network_says(classifier, shown):
    """Gradients, of the attacks, are of what it says."""
    (seen,) = classifier.predict_batch(shown("chelsea"))
    whole = (classifier.network(shown("chelsea"))[0] / classifier.temperature).softmax(0)
    assert (seen.probabilities - whole).abs().max() < 1e-4


def test_looking_at_the_mirror_image_too_averages_both(store, shown):
    spec = registry.pet_classifier("pets_lite2")
    assert spec.mirrored
    classifier = pet_classifier.load(spec, store.get(spec.backbone))
    picture = shown("chelsea")
    (seen,) = classifier.predict_batch(picture)
    both = classifier.network(torch.cat([picture, picture.flip(3)])).mean(0)
    expected = (both / classifier.temperature).softmax(0)
    assert (seen.probabilities - expected).abs().max() < 1e-4
    (turned,) = classifier.predict_batch(picture.flip(3))
    assert torch.allclose(turned.probabilities, seen.probabilities, atol=1e-3)
    assert torch.allclose(turned.maps, seen.maps.flip(2), atol=1e-3)


def test_a_breed_against_itself_is_nothing(classifier, shown):
    (seen,) = classifier.predict_batch(shown("chelsea"))
    assert classifier.class_activation_map(seen, 3, 3).abs().max() < 1e-5


def test_similar_breeds_are_of_its_kind(classifier, shown):
    (seen,) = classifier.predict_batch(shown("chelsea"))
    near = classifier.similar(seen)
    assert [v for _, v in near] == sorted((v for _, v in near), reverse=True)
    assert sum(name in breeds.CATS for name, _ in near) >= 4


def test_the_first_stages_are_the_backbones_own(classifier, store):
    base = store.get(classifier.spec.backbone)
    assert classifier.network.trunk[0] is base.network.conv_stem
    assert not any(p.requires_grad for p in classifier.network.parameters())
    assert not classifier.network.training


def test_a_damaged_file_is_refused(tmp_path, monkeypatch, store):
    file = weights.entry("pets_lite0")["file"]
    (tmp_path / "manifest.json").write_bytes((weights.FOLDER / "manifest.json").read_bytes())
    (tmp_path / file).write_bytes((weights.FOLDER / file).read_bytes()[:-1])
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ValidationError, match="damaged"):
        pet_classifier.load(registry.pet_classifier("pets_lite0"), store.get("efficientnet_lite0"))


def test_an_unknown_classifier_is_refused():
    with pytest.raises(ValidationError, match="Choose one of: pets_lite0, pets_lite2"):
        registry.pet_classifier("pets_lite9")
