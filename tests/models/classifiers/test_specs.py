import pytest

from models import registry
from models.classifiers import breeds
from models.classifiers import specs as classifiers
from models.validation import ValidationError


@pytest.mark.parametrize("name", classifiers.NAMES)
def test_every_classifier_knows_its_classes(name):
    known = classifiers.spec(name)
    assert known.title
    assert known.side >= 128
    assert len(set(known.classes)) == len(known.classes) == (37 if "pets" in name else 1000)


def test_a_class_is_found_by_name_among_its_own():
    assert classifiers.spec("pets_lite0").index("siamese") == breeds.NAMES.index("Siamese")
    assert classifiers.spec(registry.DEFAULT).index("siamese CAT") == 284


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    [("pets_lite0", "pizza", "no breed called"), ("efficientnet_lite0", "Ragdol", "no class")],
)
def test_unknown_classes_are_refused(name, wanted, message):
    with pytest.raises(ValidationError, match=message):
        classifiers.spec(name).index(wanted)


def test_unknown_classifiers_are_refused():
    with pytest.raises(ValidationError, match="pets_lite0"):
        classifiers.spec("nobody")
