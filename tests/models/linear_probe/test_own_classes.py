"""`models.own_classes`: files and folders in, a head out; what can't be trained is refused."""

import pytest

import models
from models.validation import ValidationError
from tests.serving import ROOT

PHOTOS = ROOT / "demos/examples/photos"
CATS, BIRDS = (
    [PHOTOS / f"{name}.jpg" for name in names]
    for names in (("chelsea", "kitten"), ("owl", "scarlet_macaw"))
)


def test_a_folder_is_the_list_of_its_files(tmp_path):
    folder = tmp_path / "birds"
    (folder / "of last year").mkdir(parents=True)
    (folder / ".DS_Store").write_bytes(b"no picture")
    for path in BIRDS:
        (folder / path.name).write_bytes(path.read_bytes())
    listed = models.own_classes({" cats": CATS, "none": [], "birds": BIRDS}, device="cpu")
    read = models.own_classes({"cats": [*map(str, CATS)], "birds": folder}, device="cpu")
    assert listed.head.names == read.head.names == ("cats", "birds")
    assert listed.positions == (0, 2)
    assert [len(each) for each in read.predicted] == [2, 2]
    right = sum(given == label for label, each in enumerate(read.predicted) for given in each)
    assert read.accuracy == right / 4
    found = read.classify(PHOTOS / "polar_bear.jpg")
    assert found == pytest.approx(listed.classify(PHOTOS / "polar_bear.jpg"))
    assert sum(found.values()) == pytest.approx(1)
    assert max(read.classify(CATS[0]), key=read.classify(CATS[0]).get) == "cats"


@pytest.mark.parametrize(
    ("classes", "key"),
    [
        ({"cats": CATS}, "own_classes"),
        ({"cats": CATS, "birds": BIRDS[:1]}, "own_photos"),
        ({"cats": CATS, "birds": [*BIRDS, CATS[0]]}, "own_same_photo"),
        ({"cats": CATS, "birds": "no_such_folder"}, "file_gone"),
        ({"cats": CATS, "birds": BIRDS[0]}, "own_photos"),
        ({"cats": CATS, "birds": [*BIRDS, PHOTOS / "missing.jpg"]}, "file_gone"),
        ({"cats": CATS, "birds": [*BIRDS, PHOTOS]}, "not_a_picture"),
        ({"cats": CATS, "birds": [*BIRDS, ROOT / "app.py"]}, "not_a_picture"),
    ],
)
def test_what_can_not_be_trained_is_refused(classes, key):
    with pytest.raises(ValidationError) as caught:
        models.own_classes(classes, device="cpu")
    assert caught.value.key == key
