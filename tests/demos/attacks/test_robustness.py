"""The sections below the attack."""

from types import SimpleNamespace

import gradio as gr
import pytest

from demos.attacks import robustness, transforms
from demos.runtime.i18n import say
from demos.runtime.places import HEADER
from models.attacks.transforms import TRANSFORMS
from models.validation import ValidationError

SECTIONS = (
    "curve", "transforms", "transferability", "jpeg", "smoothing", "adversarial_training", "patch",
    "universal",
)  # fmt: skip


def test_the_page_names_every_transform():
    assert tuple(TRANSFORMS) == transforms.TRANSFORMS


def test_experiments_that_cannot_be_run_are_noticed():
    robustness.check(robustness.DEFAULTS)
    for bad in ({"curve_steps": 51}, {"quality": 0}, {"samples": 1}):
        with pytest.raises(ValidationError):
            robustness.check(robustness.DEFAULTS | bad)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_takes_the_values_that_its_event_sends(blocks, section):
    """Without a photo it says so: it has come to know which value is what."""
    title = say("en", f"robustness.{section}.run")
    (button,) = (b for b in blocks.blocks.values() if isinstance(b, gr.Button) and b.value == title)
    (event,) = (e for e in blocks.fns.values() if e.targets[0][0] == button._id and e.fn)
    _, _, *values = (part.value for part in event.inputs)  # the language and the photo
    request = SimpleNamespace(session_hash=section, headers={HEADER: "1"})
    with pytest.raises(gr.Error) as caught:
        list(event.fn(request, "en", None, *values))
    assert say("en", "error.no_picture") in caught.value.message
