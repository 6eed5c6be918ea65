"""The linear probe's endpoint in the running app."""

from PIL import Image


def test_train_head_reports_its_accuracy_after_each_epoch(client):
    report, picture = client.predict(epochs=5, api_name="/train_head")
    assert report["accuracy"] > 0.8
    assert len(report["curve"]) == 6
    assert report["curve"][-1] == report["accuracy"]
    assert report["examples"] == 6329
    assert Image.open(picture).size[0] > 600
    again, _ = client.predict(epochs=5, api_name="/train_head")
    assert again["curve"] == report["curve"]
    few, _ = client.predict("cats_vs_dogs", 2, api_name="/train_head")
    assert few["examples"] == 4


def test_whole_numbers_may_arrive_as_floats(client):
    options = {"task": "cats_vs_dogs", "per_class": 3.0, "epochs": 3.0, "seed": 3.0}
    report, _ = client.predict(**options, api_name="/train_head")
    assert report["examples"] == 6
    assert len(report["curve"]) == 4
    whole = {name: v if isinstance(v, str) else int(v) for name, v in options.items()}
    assert client.predict(**whole, api_name="/train_head")[0]["curve"] == report["curve"]
