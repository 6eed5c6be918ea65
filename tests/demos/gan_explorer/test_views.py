"""The explorer's addresses: what they read, what they answer, and their errors."""

import io
import shutil

import numpy as np
import pytest
from markupsafe import escape
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import models
from demos import layout
from demos.gan_explorer import tab, views
from demos.runtime import i18n
from demos.runtime.engine import Engine
from demos.runtime.i18n import say
from models import registry, weights
from models.validation import ValidationError


def test_what_is_missing_has_its_default():
    settings = views.read({}, views.ViewSettings)
    assert (settings.seed, settings.seed_b, settings.noise) == (0, 1, 0)
    assert settings.truncation == 0.7
    assert settings.sliders == (0.0,) * 8


def test_what_is_there_is_read():
    address = {"seed": "7", "d3": "-1.5", "step": "d.rgb", "layers": "fine", "other": "ignored"}
    settings = views.read(address, views.ViewSettings)
    assert settings.layers == "fine"
    assert settings.seed == 7
    assert settings.sliders[2] == -1.5
    assert settings.step == "d.rgb"


@pytest.mark.parametrize(
    "query",
    [
        {"seed": "1.5"}, {"seed": ""}, {"d1": "3.01"}, {"d1": "nan"}, {"direction": "9"},
        {"layers": "most"},
    ],
)  # fmt: skip
def test_nonsense_is_refused(query):
    with pytest.raises(ValidationError):
        views.read(query, views.ViewSettings)


def test_units_and_cells_of_an_address():
    settings = views.read({"units": "6-9-0,4-12-3,6-44-1.5", "cells": "27,28"}, views.ViewSettings)
    assert settings.factors == {6: {9: 0.0, 44: 1.5}, 4: {12: 3.0}}
    assert settings.where == (27, 28)
    nothing = views.read({"units": "", "cells": ""}, views.ViewSettings)
    assert (nothing.factors, nothing.where) == ({}, ())


@pytest.mark.parametrize(
    "query",
    [
        "units?units=6-9", "units?units=6-64-0", "units?units=9-0-0", "units?units=6-9-nan",
        "units?units=x", "units?units=6-1-0&cells=64", "units?units=6-1-0&cells=a",
        "units?units=" + ",".join(["6-1-0"] * 33), "unit?unit=6-64", "unit?unit=x",
        "unit?model=dcgan_cats64", "units?model=vae_cats64&units=6-1-0",
    ],
)  # fmt: skip
def test_nonsense_about_units_is_refused(client, query):
    view, _, rest = query.partition("?")
    answer = client.get(f"/gan/{view}.png?{rest}")
    assert answer.status_code == 400
    assert answer.text


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(Starlette(routes=views.routes(engine)))


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_an_address_without_a_model_is_of_the_default_one(client):
    given = client.get(f"/gan/cat.png?model={registry.DEFAULT_GAN}&seed=2")
    assert client.get("/gan/cat.png?seed=2").content == given.content


def test_addresses_and_python_draw_the_same_picture(engine, client):
    values = {"seed": 3, "seed_b": 5, "crossover": 4, "d2": -1.5, "layers": "middle"}
    values |= {"units": "6-9-0", "cells": "26,27", "unit": "4-12"}
    for view in views.VIEWS:
        answer = client.get(f"/gan/{view}.png", params=values)
        drawn = views.picture(engine, view, registry.DEFAULT_GAN, **values)
        assert np.array_equal(pixels(answer.content), np.asarray(drawn)), view


def test_the_grid_shows_the_samples_of_the_public_function(engine):
    grid = views.picture(engine, "sheet", registry.DEFAULT_GAN, seed=0, truncation=0.7, count=16)
    images = models.load("stylegan_cats64", device="cpu").sample(seeds=range(16), truncation=0.7)
    for number, image in enumerate(images):
        left, top = 64 * (number % 4), 64 * (number // 4)
        cell = grid.crop((left, top, left + 64, top + 64))
        assert np.array_equal(np.asarray(image), np.asarray(cell))


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """The weights folder with one file cut short and one gone."""
    shutil.copytree(weights.FOLDER, tmp_path / "weights")
    monkeypatch.setattr(weights, "FOLDER", tmp_path / "weights")
    path = tmp_path / "weights" / "stylegan_cats64.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    (tmp_path / "weights" / "vae_cats64.safetensors").unlink()


def missing(name):
    path = weights.FOLDER / f"{name}.safetensors"
    return ValidationError("weights_missing", title=name, file=path)


def test_damaged_and_missing_weights_are_said_and_the_rest_works(damaged):
    engine = Engine("cpu")
    engine.warm_up()
    client = TestClient(Starlette(routes=views.routes(engine)))
    answer = client.get("/gan/cat.png")
    assert answer.status_code == 400
    assert "damaged" in answer.text
    answer = client.get("/gan/cat.png?model=vae_cats64&lang=mr")
    assert answer.status_code == 400
    assert answer.text == i18n.error_message("mr", missing("vae_cats64"))
    assert client.get("/gan/cat.png?model=dcgan_cats64").status_code == 200


@pytest.mark.parametrize(("view", "label"), [("sheet", "gan.sheet"), ("cat", "gan.seed")])
def test_an_error_names_the_control_that_the_value_comes_from(view, label):
    client = TestClient(Starlette(routes=views.routes(Engine("cpu"))))
    answer = client.get(f"/gan/{view}.png?seed=-1&lang=ne")
    assert i18n.say("ne", label) in answer.text


def test_the_page_is_built_without_any_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    assert layout.build(Engine("cpu")).page.keys
    assert escape(say("en", "gan.unmeasured")) in tab._quality("en")
