"""Pictures for other tabs, films, and scores."""

import numpy as np
import pytest
from PIL import Image

from demos.gan_explorer import runs, views
from demos.runtime.engine import Engine
from demos.ui import examples
from models import images, registry
from models.gan.settings import UnitSettings
from models.validation import ValidationError


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


def test_cat_a_is_sent_four_times_as_large(engine):
    path = runs.enlarged(engine, "stylegan_cats64", seed=3)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (256, 256)
    drawn = views.picture(engine, "sheet", "stylegan_cats64", seed=3, count=1)
    with Image.open(path) as image:
        small = images.to_tensor(image.resize((64, 64), Image.Resampling.BOX))
    assert (small - images.to_tensor(drawn)).abs().mean() < 0.03


def test_a_film_goes_there_and_back(engine):
    paths = [
        runs.film(engine, "dcgan_cats64", there_and_back=back, seed_b=3, frames=4)
        for back in (False, True)
    ]
    assert [Image.open(path).n_frames for path in paths] == [4, 6]
    assert paths[0].endswith("netglass-walk-dcgan_cats64-0-3.webp")


def test_units_are_ranked_and_the_strongest_is_switched_off(engine):
    picture, report = runs.dissect(engine, registry.DEFAULT_GAN, 0, UnitSettings(layer="8"))
    assert report["layer"] == "8"
    changes = [each["change"] for each in report["ranked"]]
    assert sorted(each["unit"] for each in report["ranked"]) == list(range(32))
    assert changes == sorted(changes, reverse=True)
    both = images.to_tensor(picture)
    assert both.shape == (1, 3, 64, 128)
    # That of the ranking is computed among others, and not rounded to 8 bits.
    change = float((both[..., 64:] - both[..., :64]).abs().mean())
    assert change == pytest.approx(changes[0], abs=0.005)


def test_units_that_are_left_as_they_are_change_nothing(engine):
    settings = UnitSettings(layer="8", units=[0, 1], scale=1)
    both = np.asarray(runs.dissect(engine, registry.DEFAULT_GAN, 3, settings)[0])
    assert np.array_equal(both[:, :64], both[:, 64:])


def test_three_pictures_are_scored(engine):
    photo = examples.example("photos", "kitten")
    cat, upload, noise = runs.score_three(engine, "stylegan_cats64", photo, seed=1)
    assert {overlay.size for overlay, _ in (cat, upload, noise)} == {(192, 192)}
    assert cat[1].score > noise[1].score
    assert upload[1].score == runs.score_upload(engine, "stylegan_cats64", photo)[1].score
    assert runs.score_three(engine, "stylegan_cats64", None)[1] is None


def test_bad_values_are_refused(engine):
    with pytest.raises(ValidationError, match="frames must be from 2 to 60"):
        runs.film(engine, "stylegan_cats64", frames=1)
    with pytest.raises(ValidationError, match="d1 must be from -3 to 3"):
        runs.enlarged(engine, "stylegan_cats64", d1=4)
    with pytest.raises(ValidationError, match="without a discriminator"):
        runs.score_three(engine, "vae_cats64", None)
