import pytest

from models import registry
from models.validation import ValidationError


def test_thousand_different_names():
    names = [name.lower() for name in registry.class_names()]
    assert len(set(names)) == 1000
    assert registry.class_names()[284] == "Siamese cat"


@pytest.mark.parametrize("name", ["Siamese cat", "siamese CAT", "  Siamese cat "])
def test_class_index_is_forgiving(name):
    assert registry.class_index(name) == 284


@pytest.mark.parametrize("name", ["siamese", "", None, "no such thing", "Siamesse cat"])
def test_unknown_class_is_refused(name):
    with pytest.raises(ValidationError, match="ImageNet has no class called"):
        registry.class_index(name)


def test_a_near_miss_is_helped():
    with pytest.raises(ValidationError, match="Siamese cat"):
        registry.class_index("Siamesse cat")


def test_unknown_network_is_refused():
    with pytest.raises(ValidationError, match="efficientnet_lite0"):
        registry.spec("alexnet")
