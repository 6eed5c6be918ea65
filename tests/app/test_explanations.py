"""The explanations' endpoints, and the patch by itself, in the running app."""

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image


def test_classify_image_names_the_likeliest_classes(client, photo):
    label, report = client.predict(handle_file(photo("giant_panda")), api_name="/classify_image")
    assert label["label"] == report["classes"][0]["name"] == "giant panda"
    assert len(label["confidences"]) == len(report["classes"]) == 5
    values = [each["probability"] for each in report["classes"]]
    assert values == sorted(values, reverse=True)
    _, report = client.predict(
        handle_file(photo("chelsea")), model="pets_lite0", top=37, api_name="/classify_image"
    )
    assert sum(each["probability"] for each in report["classes"]) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("given", "message"),
    [({"top": 38, "model": "pets_lite0"}, "from 1 to 37"), ({"model": "alexnet"}, "Choose one of")],
)
def test_classify_image_says_what_would_be_right(client, photo, given, message):
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(photo("chelsea")), **given, api_name="/classify_image")


@pytest.mark.parametrize("method", ["cam", "integrated_gradients", "occlusion", "smoothgrad"])
def test_explain_draws_and_measures(client, photo, method):
    shown, report = client.predict(
        handle_file(photo("giant_panda")), method=method, path_steps=4, samples=4, window=0.5,
        api_name="/explain",
    )  # fmt: skip
    with Image.open(shown) as image:
        assert (image.format, image.size) == ("PNG", (384, 384))
    assert list(report) == ["class", "probability", "deletion", "insertion"]
    assert report["class"] == "giant panda"
    assert all(0 < report[name] < 1 for name in list(report)[1:])


def test_explain_takes_another_class_and_refuses_one_that_is_none(client, photo):
    picture = handle_file(photo("chelsea"))
    _, report = client.predict(picture, class_name="tiger CAT", api_name="/explain")
    assert report["class"] == "tiger cat"
    for given, message in (
        ({"class_name": "unicorn"}, "no class called unicorn"),
        ({"method": "lime"}, "Choose one of: cam"),
        ({"class_name": "pug", "model": "vae_cats64"}, "Choose one of"),
        ({"window": 0}, "window must be"),
    ):
        with pytest.raises(AppError, match=message):
            client.predict(picture, **given, api_name="/explain")


def test_the_patch_by_itself_is_transparent_outside(client, photo):
    shown, report = client.predict(
        handle_file(photo("german_shepherd")), target="toaster", size=0.5, steps=3,
        api_name="/adversarial_patch",
    )  # fmt: skip
    with Image.open(shown) as image:
        assert (image.format, image.mode) == ("PNG", "RGBA")
        assert image.size == (112, 112)
        assert image.getpixel((0, 0))[3] == 0
        assert image.getpixel((56, 56))[3] == 255
    assert report["side"] == 112
    assert report["steps"] == 3
    assert 0 <= report["elsewhere"] <= 1
    assert len(report["before"]) == len(report["after"]) == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 1.5}, "size must be from 0.05 to 1"),
        ({"target": "unicorn"}, "no class called unicorn"),
        ({"target": "German shepherd"}, "already takes this picture"),
    ],
)
def test_a_patch_that_cannot_be_made_is_refused(client, photo, given, message):
    with pytest.raises(AppError, match=message):
        client.predict(
            handle_file(photo("german_shepherd")), **given, api_name="/adversarial_patch"
        )
