"""Clips in one pass a picture."""

import pytest
from PIL import Image

from models import images
from models.style_transfer import fast
from models.style_transfer.film import paint_film
from models.validation import ValidationError


def test_a_still_clip_does_not_flicker(photo, painting, monkeypatch):
    still, style = images.open_image(photo("kitten")), images.open_image(painting("mosaic"))
    asked, predicted = [], fast._predicted
    monkeypatch.setattr(fast, "_predicted", lambda p: asked.append(p) or predicted(p))
    steps = list(paint_film([still, still.copy()], style, 0.7))
    assert [(step.step, step.steps) for step in steps] == [(1, 2), (2, 2)]
    assert steps[0].image.tobytes() == steps[1].image.tobytes()
    assert len(asked) == 2  # the style's numbers and the first picture's, once


def test_films_want_even_sides(painting):
    style = images.open_image(painting("mosaic"))
    (step,) = paint_film([Image.new("RGB", (90, 100), "teal")], style)
    assert step.image.size == (346, 384)
    (step,) = paint_film([Image.new("RGB", (101, 90), "teal")], style)
    assert step.image.size == (384, 342)


def test_a_bad_strength_is_refused(painting):
    style = images.open_image(painting("mosaic"))
    with pytest.raises(ValidationError, match="strength must be from 0 to 1"):
        next(paint_film([style], style, 2.0))
