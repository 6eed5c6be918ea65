"""The explorer's addresses: what they read, and what they say when weights are missing."""

import shutil

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos import layout
from demos.gan_explorer import tab as gan_explorer
from demos.gan_explorer import views as gan_views
from demos.runtime import i18n
from demos.runtime.engine import Engine
from demos.runtime.i18n import say
from models import registry, weights
from models.validation import ValidationError


def test_what_is_missing_has_its_default():
    wish = gan_views.read({})
    assert wish.model == registry.DEFAULT_GAN
    assert (wish.seed, wish.seed_b, wish.noise, wish.truncation) == (0, 1, 0, 0.7)
    assert wish.sliders == (0.0,) * 8


def test_what_is_there_is_read():
    wish = gan_views.read({"seed": "7", "d3": "-1.5", "step": "d.rgb", "other": "ignored"})
    assert wish.seed == 7
    assert wish.sliders[2] == -1.5
    assert wish.step == "d.rgb"


@pytest.mark.parametrize(
    "query", [{"seed": "1.5"}, {"seed": ""}, {"d1": "3.01"}, {"d1": "nan"}, {"direction": "9"}]
)
def test_nonsense_is_refused(query):
    with pytest.raises(ValidationError):
        gan_views.read(query)


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
    client = TestClient(Starlette(routes=gan_views.routes(engine)))
    answer = client.get("/gan/cat.png")
    assert answer.status_code == 400
    assert "damaged" in answer.text
    answer = client.get("/gan/cat.png?model=vae_cats64&lang=mr")
    assert answer.status_code == 400
    assert answer.text == i18n.error_message("mr", missing("vae_cats64"))
    assert client.get("/gan/cat.png?model=dcgan_cats64").status_code == 200


def test_the_page_is_built_without_any_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    assert layout.build(Engine("cpu")).page.keys
    assert say("en", "gan.unmeasured").replace("'", "&#x27;") in gan_explorer._quality("en")
