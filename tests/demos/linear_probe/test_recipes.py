"""The code of own classes: what an address may name, and how."""

import ast
import json

import pytest

from demos.linear_probe import recipes
from models.validation import ValidationError


def code(classes, **more):
    given = recipes.OWN.read({"classes": json.dumps(classes), **more})
    return recipes.OWN.python(given)


def test_classes_without_files_are_folders_that_any_system_can_have():
    written = code([['../a"b', []], ["मांजर", []], ["..", []]])
    (classes,) = (node.value for node in ast.parse(written).body[:1])
    assert ast.literal_eval(classes) == {
        '../a"b': "photos/_a_b", "मांजर": "photos/मांजर", "..": "photos/_"
    }  # fmt: skip
    assert "classify(photo)" not in written


def test_a_file_is_named_by_no_path_but_an_examples():
    example = "demos/examples/photos/owl.jpg"
    written = code([["a", ["/etc/passwd", "my cat.jpg"]], ["b", [example]]], photo="../../x.jpg")
    (classes,) = (node.value for node in ast.parse(written).body[:1])
    assert ast.literal_eval(classes) == {"a": ["passwd", "my cat.jpg"], "b": [example]}
    assert 'photo = "x.jpg"' in written


@pytest.mark.parametrize(
    "classes",
    [
        [], [["a", []]], [["a", []], ["a", []]], [["a", []], ["", []]], [["a"], ["b"]], {}, "x",
        [1, 2], [[1, []], ["b", []]], [["a", 1], ["b", []]], [["a", [1]], ["b", []]],
    ],
)  # fmt: skip
def test_what_names_no_classes_is_refused(classes):
    with pytest.raises(ValidationError):
        code(classes)
