import pytest

from models.labels import breeds, imagenet
from models.validation import ValidationError


def test_thousand_different_names():
    names = [name.lower() for name in imagenet.class_names()]
    assert len(set(names)) == 1000
    assert imagenet.class_names()[284] == "Siamese cat"


@pytest.mark.parametrize("name", ["Siamese cat", "siamese CAT", "  Siamese cat "])
def test_class_index_is_forgiving(name):
    assert imagenet.class_index(name) == 284


@pytest.mark.parametrize("name", ["siamese", None, "no such thing", "Siamesse cat"])
def test_unknown_class_is_refused(name):
    with pytest.raises(ValidationError, match="ImageNet has no class called"):
        imagenet.class_index(name)


def test_a_near_miss_is_helped():
    with pytest.raises(ValidationError, match="Siamese cat"):
        imagenet.class_index("Siamesse cat")


@pytest.mark.parametrize("name", ["", "  "])
@pytest.mark.parametrize(
    ("index", "example"), [(imagenet.class_index, "tabby"), (breeds.index, "Abyssinian")]
)
def test_no_name_is_refused_with_an_example(index, example, name):
    with pytest.raises(ValidationError, match=f"No class is named. Name one, such as {example}"):
        index(name)
