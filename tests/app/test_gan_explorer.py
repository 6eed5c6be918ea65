"""The GAN explorer in the running app: its endpoints, and its pictures by address."""

import re
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.serving import get


def test_gan_sample_is_a_grid_and_reproducible(client):
    grids = [np.asarray(Image.open(client.predict(api_name="/gan_sample"))) for _ in range(2)]
    assert grids[0].shape == (256, 256, 3)
    assert np.array_equal(*grids)
    nine = Image.open(client.predict(count=5, seed=3, d1=2.0, api_name="/gan_sample"))
    assert nine.format == "PNG"
    assert nine.size == (192, 128)


def test_gan_walk_is_an_animation(client):
    film = Image.open(client.predict(seed_b=4, frames=6, api_name="/gan_walk"))
    assert film.format == "WEBP"
    assert film.n_frames == 6
    assert film.size == (256, 256)
    first = np.asarray(film.convert("RGB")).astype(int)
    film.seek(5)
    assert np.abs(np.asarray(film.convert("RGB")) - first).mean() > 2


def test_gan_walk_goes_through_several_pictures_as_gif(client):
    given = {"stops": [2, 9, 4], "closed": True, "format": "gif", "frames": 3}
    film = Image.open(client.predict(**given, api_name="/gan_walk"))
    assert film.format == "GIF"
    assert film.n_frames == 6
    with pytest.raises(AppError, match="stops: A walk goes through 2 to 8 pictures, not 1"):
        client.predict(stops=[2], api_name="/gan_walk")


def test_gan_mix_shows_both_parents_and_their_mix(client):
    def cells(crossover):
        mixed = Image.open(client.predict(crossover=crossover, api_name="/gan_mix"))
        return np.split(np.asarray(mixed), 3, axis=1)

    a, all_b, b = cells(0)
    assert np.array_equal(all_b, b)
    a, all_a, b = cells(9)
    assert np.array_equal(all_a, a)
    client.predict(model="dcgan_cats64", api_name="/gan_mix")
    a, child, b = cells(4)
    assert not np.array_equal(child, a)
    assert not np.array_equal(child, b)


def test_sliders_act_on_a_group_of_layers(client):
    drawn = {}
    for layers in ("all", "coarse", "fine"):
        found = client.predict(count=1, d1=3.0, layers=layers, api_name="/gan_sample")
        drawn[layers] = np.asarray(Image.open(found)).tobytes()
    assert len(set(drawn.values())) == 3
    mixed = [
        np.asarray(Image.open(client.predict(d1=3.0, layers=layers, api_name="/gan_mix")))
        for layers in ("coarse", "fine")
    ]
    assert not np.array_equal(*mixed)


def test_gan_units_shows_both_pictures_and_ranks_the_channels(client):
    picture, report = client.predict(layer="8", units=[4], scale=3, api_name="/gan_units")
    before, after = np.split(np.asarray(Image.open(picture)), 2, axis=1)
    plain = Image.open(client.predict(count=1, api_name="/gan_sample"))
    assert np.array_equal(before, np.asarray(plain))
    assert not np.array_equal(before, after)
    assert report["layer"] == "8"
    assert len(report["ranked"]) == 32


@pytest.mark.parametrize("model", ["stylegan_cats64", "stylegan_kaokore64", "dcgan_cats64"])
def test_discriminate_reports_a_score(client, photo, model):
    report = client.predict(handle_file(photo("kitten")), model=model, api_name="/discriminate")
    assert report["real"] == pytest.approx(1 / (1 + np.exp(-report["score"])))


@pytest.mark.parametrize("size", [(16, 128), (500, 90), (1, 1)])
def test_discriminate_takes_pictures_of_any_shape(client, tmp_path, size):
    path = tmp_path / "shape.png"
    Image.new("RGBA", size, (90, 20, 20, 128)).save(path)
    if size == (1, 1):
        with pytest.raises(AppError, match="at least 16"):
            client.predict(handle_file(str(path)), api_name="/discriminate")
        return
    assert 0 <= client.predict(handle_file(str(path)), api_name="/discriminate")["real"] <= 1


@pytest.mark.parametrize("view", ["cat", "sheet", "strip", "mix", "parts", "growth", "noise",
                                  "step", "rebuilt"])  # fmt: skip
def test_views_by_address(app_url, view):
    once, again = (get(f"{app_url}/gan/{view}.png?seed=3&d2=-1.5") for _ in range(2))
    assert once == again
    assert once.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("cat.png?seed=-1", "must be from 0"),
        ("cat.png?seed=1e30", "must be from 0"),
        ("cat.png?seed=cat", "must be a whole number from 0"),
        ("cat.png?d8=nan", "must be a number"),
        ("cat.png?d8=3.5", "must be from -3"),
        ("cat.png?truncation=inf", "must be a number"),
        ("sheet.png?model=biggan", "stylegan_cats64"),
        ("step.png?step=g.99.conv", "g.0.activate"),
        ("score?model=vae_cats64", "without a discriminator"),
    ],
)
def test_a_bad_address_is_answered_with_an_error_message(app_url, address, message):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{app_url}/gan/{address}")
    assert caught.value.code == 400
    assert message in caught.value.read().decode()


def test_an_error_by_address_is_in_the_visitors_language(app_url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{app_url}/gan/cat.png?seed=-1&lang=hi")
    assert re.search("[\u0900-\u097f]", caught.value.read().decode())


def test_unknown_views_are_not_found(app_url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{app_url}/gan/secret.png")
    assert caught.value.code == 404


def test_thirty_requests_at_once_give_the_same_pictures_as_one_by_one(app_url):
    addresses = [f"{app_url}/gan/cat.png?seed={i}&d1={i / 10}" for i in range(30)]
    alone = [get(address) for address in addresses]
    with ThreadPoolExecutor(30) as pool:
        together = list(pool.map(get, addresses * 2))
    assert together == alone * 2
