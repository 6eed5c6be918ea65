"""One table of all networks: kinds, topics, classes."""

import pytest

import models
from models import registry
from models.labels import breeds
from models.registry import BackboneSpec, GanSpec, PetSpec
from models.validation import ValidationError


def test_fourteen_networks_in_three_topics():
    assert len(models.list_models()) == len(set(models.list_models())) == 14
    topics = [models.list_models(topic) for topic in ("imagenet", "gan", "pets")]
    assert [len(names) for names in topics] == [7, 4, 3]
    assert [*topics[0], *topics[1], *topics[2]] == models.list_models()


def test_an_unknown_topic_is_refused():
    with pytest.raises(ValidationError, match="imagenet, gan, pets"):
        models.list_models("dogs")


@pytest.mark.parametrize("name", registry.CLASSIFIERS)
def test_every_classifier_knows_its_classes(name):
    known = registry.classifier(name)
    assert known.title
    assert known.input_size >= 128
    assert len(set(known.classes)) == len(known.classes) == (37 if "pets" in name else 1000)


def test_a_class_is_found_by_name_among_its_own():
    assert registry.classifier("pets_lite0").class_index("siamese") == breeds.NAMES.index("Siamese")
    assert registry.classifier(registry.DEFAULT_BACKBONE).class_index("siamese CAT") == 284


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    [("pets_lite0", "pizza", "no breed called"), ("efficientnet_lite0", "Ragdol", "no class")],
)
def test_unknown_classes_are_refused(name, wanted, message):
    with pytest.raises(ValidationError, match=message):
        registry.classifier(name).class_index(wanted)


@pytest.mark.parametrize(
    ("find", "message"),
    [
        (registry.backbone, "efficientnet_lite0"),
        (registry.classifier, "pets_lite0"),
        (registry.pet_classifier, "pets_lite2"),
        (registry.gan, "vae_cats64"),
    ],
)
def test_unknown_networks_are_refused(find, message):
    for name in ("alexnet", "", None, 3):
        with pytest.raises(ValidationError, match=message):
            find(name)


def test_a_network_of_another_kind_is_refused():
    for find, kind in ((registry.backbone, PetSpec), (registry.gan, BackboneSpec)):
        with pytest.raises(ValidationError):
            find(registry.names(kind)[0])
    with pytest.raises(ValidationError):
        registry.classifier(registry.names(GanSpec)[0])
