"""Pictures for other tabs, films, and scores."""

import numpy as np
import pytest
from PIL import Image

from demos.gan_explorer import runs, views, walking
from demos.runtime.engine import Engine
from demos.ui import examples
from models import images, registry
from models.films import writer
from models.gan.settings import MAX_STOPS, UnitSettings, WalkSettings
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
        runs.film(engine, "dcgan_cats64", closed=back, seed_b=3, frames=4) for back in (False, True)
    ]
    assert [Image.open(path).n_frames for path in paths] == [4, 6]
    assert paths[0].endswith("netglass-walk-dcgan_cats64-0-3.webp")


def test_a_film_goes_through_several_cats_as_walks_from_each_to_the_next(engine):
    gan = engine.gan("dcgan_cats64")
    settings = WalkSettings(stops=[4, 0, 9], frames=9)
    (path,) = runs.walk_films(engine, gan.spec.name, settings, ["gif"])
    assert path.endswith("netglass-walk-dcgan_cats64-4-0-9.gif")
    with Image.open(path) as film:
        assert (film.n_frames, film.size) == (17, (256, 256))
        film.seek(8)  # cat 0, in 256 colours
        shown = np.asarray(film.convert("RGB").resize((64, 64), Image.Resampling.BOX))
    cat = np.asarray(gan.sample([0])[0])
    assert np.abs(shown.astype(int) - cat).mean() < 8


def test_a_film_that_no_encoder_is_there_for_is_refused_and_gif_is_made(engine, monkeypatch):
    monkeypatch.setattr(writer, "encoder", lambda: None)
    with pytest.raises(ValidationError, match="pip install imageio-ffmpeg"):
        runs.film(engine, "dcgan_cats64", format="mp4", frames=2)
    assert runs.film(engine, "dcgan_cats64", format="gif", frames=2).endswith(".gif")


def test_the_cats_on_the_way_are_read_from_a_text():
    assert walking.numbers("") is None
    assert walking.numbers(" , ;") is None
    assert walking.numbers("3, 5;7 9") == [3, 5, 7, 9]
    assert walking.numbers("३, 4") == [3, 4]
    assert walking.numbers("3, x, -1") == [3, "x", "-1"]
    assert walking.numbers("9" * 30) == ["9" * 30]


def test_the_cats_on_the_way_are_shown_while_their_numbers_are_right():
    assert walking.pictures("3, 5").count("<img") == 2
    assert walking.pictures("7").count("<img") == 1
    assert walking.pictures(", ".join(map(str, range(30)))).count("<img") == MAX_STOPS
    assert "<img" not in walking.pictures("")
    assert walking.pictures("3, <b>") == ""


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
    for stops, text in (
        ([1], "2 to 8 pictures, not 1"),
        (list(range(9)), "2 to 8 pictures, not 9"),
        ([1, -1], "stops must be from 0 to"),
        ([1, "x"], "stops must be a whole number"),
        ([1, 2.5], "stops must be a whole number"),
        ("1, 2", "stops must be a list"),
    ):
        with pytest.raises(ValidationError, match=text):
            runs.film(engine, "stylegan_cats64", stops=stops)
    with pytest.raises(ValidationError, match="webp, gif, mp4"):
        runs.film(engine, "stylegan_cats64", format="avi")
    with pytest.raises(ValidationError, match="d1 must be from -3 to 3"):
        runs.enlarged(engine, "stylegan_cats64", d1=4)
    with pytest.raises(ValidationError, match="without a discriminator"):
        runs.score_three(engine, "vae_cats64", None)
