"""Style transfer in one call: the last picture is the last step's."""

import pytest

import models
from models import images
from models.validation import ValidationError

SMALL = {"size": 64, "steps": 3, "device": "cpu"}


def test_the_picture_is_that_of_the_last_step(photo, painting):
    pair = photo("chelsea"), painting("starry_night")
    *_, last = models.stylize_steps(*pair, **SMALL)
    assert (last.step, last.steps) == (3, 3)
    image = models.stylize(*pair, **SMALL)
    assert max(image.size) == 64
    assert image.tobytes() == images.to_image(last.image).tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 9}, "size must be from 64 to 4096, not 9"),
        ({"backbone": "pets_lite0"}, "model can't be pets_lite0"),
        ({"blend": 0.5}, "A blend needs a second style"),
    ],
)
def test_bad_options_are_refused(photo, painting, options, message):
    with pytest.raises(ValidationError, match=message):
        models.stylize(photo("chelsea"), painting("starry_night"), **SMALL | options)
