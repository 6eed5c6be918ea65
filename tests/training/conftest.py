"""A made-up Oxford-IIIT Pet set, and photographs that are only listed."""

import pytest
from PIL import Image

from models.labels import breeds
from training.pet_data import Photo


@pytest.fixture
def oxford(tmp_path):
    """A folder laid out like the Oxford-IIIT Pet set, two photographs a breed and split."""
    root = tmp_path / "oxford-iiit-pet"
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    for split, numbers in (("trainval", (1, 2)), ("test", (3,))):
        lines = []
        for place, name in enumerate(breeds.NAMES):
            stem = name.replace(" ", "_").replace("_pointer", "")
            for number in numbers:
                colour = (place * 6, number * 60, 200 - place * 5)
                Image.new("RGB", (40, 30), colour).save(root / "images" / f"{stem}_{number}.jpg")
                lines.append(f"{stem}_{number} {place + 1} 1 1")
        (root / "annotations" / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def made_up():
    """Makes a list of photographs of three breeds, from two collections in turn."""

    def made(count=60):
        origins = ("oxford", "elsewhere")
        return [Photo(f"{n}.jpg", n % 3, "train", origins[n % 2], "", n) for n in range(count)]

    return made
