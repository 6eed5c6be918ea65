"""Breed names: 37 of them, found however they are written."""

import pytest

from models.labels import breeds
from models.validation import ValidationError


def test_there_are_twelve_cats_and_twenty_five_dogs():
    assert len(set(breeds.NAMES)) == 37
    assert breeds.SPECIES.count("cat") == 12
    assert breeds.SPECIES.count("dog") == 25


@pytest.mark.parametrize("name", ["Siamese", "siamese", " SIAMESE "])
def test_capitals_do_not_matter(name):
    assert breeds.index(name) == 10


def test_the_sets_own_folder_names_are_known():
    assert breeds.NAMES[breeds.from_folder("german_shorthaired")] == "German shorthaired pointer"
    assert breeds.NAMES[breeds.from_folder("Egyptian_Mau")] == "Egyptian Mau"
    assert breeds.index("german_shorthaired") == breeds.index("German shorthaired pointer")


def test_a_misspelt_breed_is_told_its_neighbours():
    with pytest.raises(ValidationError, match="nearest names: Siamese"):
        breeds.index("Siamesse")
