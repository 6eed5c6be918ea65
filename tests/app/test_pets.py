"""The pet tab's endpoints in the running app."""

from concurrent.futures import CancelledError, ThreadPoolExecutor

import numpy as np
import pytest
from gradio_client import handle_file
from PIL import Image


def test_classify_pet_names_the_breed_and_rejects_other_pictures(client, photo):
    label, report = client.predict(handle_file(photo("kitten")), api_name="/classify_pet")
    assert report["species"] == "cat"
    assert report["is_pet"] is True
    assert 0 < report["confidence"] <= 1
    assert label["label"] == report["breed"]
    assert len(label["confidences"]) == 37
    assert sum(c["confidence"] for c in label["confidences"]) == pytest.approx(1, abs=0.01)
    _, report = client.predict(handle_file(photo("coffee")), api_name="/classify_pet")
    assert report["is_pet"] is False


def test_thirty_photos_at_once_get_the_same_answers_as_one_by_one(client, photo):
    names = ["kitten", "chelsea", "german_shepherd", "lemur", "owl", "koala"] * 5

    def report(name):
        try:
            return client.predict(handle_file(photo(name)), api_name="/classify_pet")[1]
        except CancelledError:  # Gradio's race between threads of one client, see docs/tabs.md
            return report(name)

    alone = {name: report(name) for name in set(names)}
    with ThreadPoolExecutor(30) as pool:
        together = list(pool.map(report, names))
    assert together == [alone[name] for name in names]


def test_explain_pet_draws_the_class_activation_map_over_the_photo(client, photo):
    def explained(**options):
        shown = client.predict(handle_file(photo("chelsea")), api_name="/explain_pet", **options)
        with Image.open(shown) as image:
            assert image.format == "PNG"
            assert image.size == (384, 384)
            return np.asarray(image)

    plain = explained(breed="siamese")
    assert not np.array_equal(plain, explained(breed="Siamese", against="Bengal"))
    assert np.array_equal(plain, explained(breed="Siamese", against="Bengal", contrast=0))


def test_feature_maps_report_their_shape(client, photo):
    shown, report = client.predict(
        handle_file(photo("kitten")), layer="blocks.6", api_name="/feature_maps"
    )
    assert report == {"layer": "blocks.6", "shape": [320, 7, 7], "shown": 64}
    assert Image.open(shown).size == (8 * 66 - 2, 8 * 66 - 2)
