"""What the browser sends of painted regions."""

import json

import pytest

from demos.style_transfer import controls, regions_panel
from demos.style_transfer.controls import DEFAULTS
from models import registry
from models.validation import ValidationError

GIVEN = json.dumps({"content": ["012", "000"], "style": ["3"]})


def asked(area, cells):
    values = controls.values(registry.DEFAULT_BACKBONE, DEFAULTS | {"area": area})
    return controls.request("photo.png", "style.png", None, *values, cells)


def test_cells_are_read_where_they_are_chosen():
    found = asked("painted", GIVEN)
    assert [grid.tolist() for grid in found.cells] == [[[0, 1, 2], [0, 0, 0]], [[3]]]
    assert found.settings["area"] == "all"
    assert asked("background", GIVEN).cells is None
    assert asked("painted", None).cells is None  # of an estimate


@pytest.mark.parametrize(
    "text",
    [
        None, "", "{}", "[]", "nonsense", '{"content": [], "style": []}',
        '{"content": ["4"], "style": ["1"]}', '{"content": ["01", "0"], "style": ["1"]}',
        json.dumps({"content": ["0" * 65] * 64, "style": ["1"]}),
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_nothing_painted(text):
    with pytest.raises(ValidationError) as caught:
        regions_panel.read(text)
    assert caught.value.key == "nothing_painted"
