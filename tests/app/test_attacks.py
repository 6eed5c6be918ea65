"""The attack endpoint in the running app."""

import numpy as np
import pytest
from gradio_client import handle_file
from PIL import Image


def test_the_report_is_true_of_the_returned_picture(client, photo, lite0):
    from models import images

    dog = handle_file(photo("german_shepherd"))
    adversarial, magnified, report = client.predict(
        dog, target="Siamese cat", steps=20, api_name="/attack"
    )
    assert report["success"]
    assert report["before"][0]["class"] == "German shepherd"
    assert report["after"][0]["class"] == "Siamese cat"
    assert 0 < report["linf"] <= 4
    with Image.open(adversarial) as saved, Image.open(magnified) as shown:
        assert saved.format == shown.format == "PNG"
        assert saved.size == (224, 224)
        attacked = np.asarray(saved).astype(int)
    clean = np.asarray(images.square(images.open_image(photo("german_shepherd")), 224)).astype(int)
    assert abs(attacked - clean).max() == report["linf"]
    assert np.sqrt((((attacked - clean) / 255) ** 2).sum()) == pytest.approx(report["l2"], rel=1e-3)
    shown = client.predict(dog, api_name="/network_input")
    with Image.open(shown) as saved:
        assert np.array_equal(np.asarray(saved), clean)
    # The downloaded file, opened like any upload, is the attacked picture and fools the network.
    seen = images.square(images.open_image(adversarial), 224)
    assert np.array_equal(np.asarray(seen), attacked)
    assert lite0(images.to_tensor(seen)).argmax().item() == 284
    *_, nothing = client.predict(handle_file(adversarial), epsilon=0, steps=1, api_name="/attack")
    assert nothing["before"][0]["class"] == "Siamese cat"
    assert nothing["linf"] == 0


@pytest.mark.parametrize(
    "options",
    [
        {"target": "Siamese"},
        {"method": "deepfool", "norm": "l2"},
        {"method": "mi_fgsm", "norm": "l2", "epsilon": 2, "step_size": 0.25},
    ],
)
def test_a_pet_classifier_is_attacked_at_its_own_size(client, photo, options):
    from models.labels import breeds

    cat = handle_file(photo("chelsea"))
    adversarial, _, report = client.predict(cat, model="pets_lite0", **options, api_name="/attack")
    assert report["success"]
    assert report["after"][0]["class"] in breeds.NAMES
    assert report["after"][0]["class"] == options.get("target", report["after"][0]["class"])
    with Image.open(adversarial) as saved:
        assert saved.size == (256, 256)
    seen = client.predict(handle_file(adversarial), model="pets_lite0", api_name="/classify_pet")
    named = [entry["label"] for entry in seen[0]["confidences"]]
    # DeepFool stops just behind the decision boundary, where bfloat16 may see either class.
    assert report["after"][0]["class"] in named[: 2 if options.get("method") == "deepfool" else 1]


def test_a_picture_smaller_than_the_network_is_enlarged(client, photo, tmp_path):
    path = tmp_path / "small.png"
    with Image.open(photo("german_shepherd")) as image:
        image.resize((40, 40)).save(path)
    adversarial, _, report = client.predict(
        handle_file(str(path)), steps=5, epsilon=8, step_size=2, api_name="/attack"
    )
    assert report["success"]
    with Image.open(adversarial) as saved:
        assert saved.size == (224, 224)
