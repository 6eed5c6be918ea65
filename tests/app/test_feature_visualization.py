"""The feature visualization endpoint in the running app."""

from PIL import Image


def test_ideal_class_reports_both_networks(client):
    picture, report = client.predict("zebra", size=96, steps=4, api_name="/ideal_class")
    assert Image.open(picture).size == (96, 96)
    assert report["class"] == "zebra"
    assert set(report["by_model"]) == {"efficientnet_lite0", "efficientnet_lite2"}
    assert report["probability"] == report["by_model"]["efficientnet_lite0"]
