"""The contract with clients: endpoints, parameters, defaults, descriptions, health."""

import json

from tests.app import api_snapshot
from tests.serving import get


def test_health(app_url):
    health = json.loads(get(app_url + "/health"))
    assert health["status"] == "ok"
    assert health["device"] == "cpu"
    assert "efficientnet_lite0" in health["models"]


def test_the_page_needs_no_internet(app_url):
    page = get(app_url + "/").decode()
    assert "Netglass" in page
    assert "fonts.googleapis.com" not in page


def test_endpoints_and_defaults_are_those_of_the_contract(client):
    api = client.view_api(return_format="dict")["named_endpoints"]
    assert set(api) == {
        "/gan_sample", "/gan_walk", "/gan_mix", "/gan_invert", "/gan_units", "/discriminate",
        "/gan_train",
        "/style_transfer", "/style_preview", "/style_film", "/attack", "/ideal_class",
        "/classify_pet", "/explain_pet", "/feature_maps", "/train_head",
        "/attack_curve", "/attack_survival", "/attack_transfer", "/smoothed",
        "/network_input", "/adversarial_patch", "/classify_image", "/explain",
        "/universal_perturbation",
    }  # fmt: skip
    defaults = {
        name: {p["parameter_name"]: p["parameter_default"] for p in entry["parameters"]}
        for name, entry in api.items()
    }
    sliders = {f"d{i}": 0.0 for i in range(1, 9)} | {"layers": "all"}
    model = {"model": "stylegan_cats64"}
    sample = {"seed": 0, "truncation": 0.7, "count": 16, "code": None} | sliders
    assert defaults["/gan_sample"] == model | sample
    invert = {"image": None, "box": None, "steps": 40, "space": "tuned", "seed": 0}
    assert defaults["/gan_invert"] == model | invert
    walk = {"seed_a": 0, "seed_b": 1, "frames": 24, "truncation": 0.7, "code": None}
    film = {"stops": None, "closed": False, "format": "webp"}
    assert defaults["/gan_walk"] == model | walk | {"code_b": None} | sliders | film
    units = {"seed": 0, "code": None, "layer": "", "units": None, "scale": 0.0, "cells": None}
    assert defaults["/gan_units"] == model | units
    assert list(defaults["/gan_units"]) == ["model", *units]
    assert set(defaults["/gan_mix"]) >= {"model", "seed_a", "seed_b", "crossover"}
    assert defaults["/discriminate"] == {"image": None} | model
    assert defaults["/classify_pet"] == {"image": None, "model": "pets_lite0"}
    explain = {"image": None, "breed": None, "against": None}
    assert defaults["/explain_pet"] == explain | {"contrast": 1.0, "model": "pets_lite0"}
    model = {"model": "efficientnet_lite0"}
    assert defaults["/classify_image"] == {"image": None} | model | {"top": 5}
    asked = {"image": None, "class_name": None} | model | {"method": "cam"}
    assert asked.items() <= defaults["/explain"].items()
    assert list(defaults["/explain"])[:4] == list(asked)
    patch = {"image": None} | model | {"target": "toaster", "size": 0.35, "steps": 60, "seed": 0}
    assert defaults["/adversarial_patch"] == patch
    assert list(defaults["/adversarial_patch"]) == list(patch)
    made = {"photos": 8, "epsilon": 10.0, "steps": 40, "step_size": 1.0, "more": None}
    assert defaults["/universal_perturbation"] == {"image": None} | model | made
    assert defaults["/network_input"] == {"image": None, "model": "efficientnet_lite0"}
    assert list(defaults["/feature_maps"]) == ["image", "model", "layer"]
    head = {"task": "breeds", "per_class": 0, "epochs": 20, "lr": 0.003, "seed": 0}
    assert head.items() <= defaults["/train_head"].items()
    for preview in ("/style_preview", "/style_film"):
        assert defaults[preview] == {"content": None, "style": None, "strength": 1.0}
    training = {"data": "", "preset": "ring", "steps": 2000, "lr_d": None, "lr_g": None, "seed": 0}
    assert training.items() <= defaults["/gan_train"].items()
    style = {
        "content": None, "style": None, "backbone": "efficientnet_lite0", "size": 384,
        "steps": 120, "style_loss": "moments", "content_weight": 1.0, "style_weight": 1.0,
        "tv_weight": 1.0, "init": "content", "optimizer": "adam", "keep_colors": False, "seed": 0,
    }  # fmt: skip
    assert style.items() <= defaults["/style_transfer"].items()
    attack = {
        "image": None, "model": "efficientnet_lite0", "method": "pgd", "norm": "linf",
        "target": None, "epsilon": 4.0, "steps": 20, "step_size": 1.0, "seed": 0,
    }  # fmt: skip
    assert attack.items() <= defaults["/attack"].items()
    assert defaults["/ideal_class"] == {
        "class_name": "Siamese cat", "model": "efficientnet_lite0", "method": "fourier",
        "size": 224, "steps": 256, "tv_weight": 1.0, "seed": 0, "layer": "", "channel": None,
        "start": "noise", "image": None, "octaves": 1, "decorrelated": True, "count": 1,
        "strip": False, "photo_weight": 1.0,
    }  # fmt: skip


def test_the_api_is_a_superset_of_its_snapshot(client):
    """Same endpoints, parameters, order, types and defaults; new parameters come last, with a
    default. `tests/app/api_snapshot.py` says how to add to the snapshot."""
    snapshot = json.loads(api_snapshot.PATH.read_text(encoding="utf-8"))
    today = api_snapshot.summarize(client.view_api(return_format="dict"))
    assert set(snapshot) <= set(today)
    for endpoint, before in snapshot.items():
        for kind, entries in before.items():
            kept = today[endpoint][kind][: len(entries)]
            # As JSON: 4 and 4.0, or 1 and true, are equal in Python.
            assert json.dumps(kept) == json.dumps(entries), (endpoint, kind)
        added = today[endpoint]["parameters"][len(before["parameters"]) :]
        assert all("default" in parameter for parameter in added), (endpoint, added)


def test_every_endpoint_has_a_description(blocks):
    from gradio.utils import get_function_description

    public = [f for f in blocks.fns.values() if f.api_visibility == "public"]
    assert len(public) == 25
    for function in public:
        description, parameters, returns = get_function_description(function.fn)
        assert len(description) > 40
        assert returns
        parameters.pop("request", None)
        assert all(text.endswith(".") for text in parameters.values()), parameters
