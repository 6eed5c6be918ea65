"""The real app, driven as clients drive it: HTTP, gradio_client, MCP."""

import json
import re
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

ROOT = Path(__file__).parents[2]
DREAM_REST = '"", null, "noise", null, 1, true, 1, false]'  # of /ideal_class, from "layer" on


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as reply:
        assert reply.status == 200
        return reply.read()


def test_health(app_url):
    health = json.loads(get(app_url + "/health"))
    assert health["status"] == "ok"
    assert health["device"] == "cpu"
    assert "efficientnet_lite0" in health["models"]


def test_the_page_needs_no_internet(app_url):
    page = get(app_url + "/").decode()
    assert "Netglass" in page
    assert "fonts.googleapis.com" not in page


def test_public_endpoints_are_the_contract(client):
    api = client.view_api(return_format="dict")["named_endpoints"]
    assert set(api) == {
        "/gan_sample", "/gan_walk", "/gan_mix", "/discriminate", "/gan_train",
        "/style_transfer", "/style_preview", "/attack", "/ideal_class",
        "/classify_pet", "/explain_pet", "/feature_maps", "/train_head",
        "/attack_curve", "/attack_survival", "/attack_transfer", "/smoothed",
    }  # fmt: skip
    defaults = {
        name: {p["parameter_name"]: p["parameter_default"] for p in entry["parameters"]}
        for name, entry in api.items()
    }
    sliders = {f"d{i}": 0.0 for i in range(1, 9)}
    model = {"model": "stylegan_cats64"}
    assert defaults["/gan_sample"] == model | {"seed": 0, "truncation": 0.7, "count": 16} | sliders
    walk = {"seed_a": 0, "seed_b": 1, "frames": 24, "truncation": 0.7}
    assert defaults["/gan_walk"] == model | walk
    assert set(defaults["/gan_mix"]) >= {"model", "seed_a", "seed_b", "crossover"}
    assert defaults["/discriminate"] == {"image": None} | model
    assert defaults["/classify_pet"] == {"image": None, "model": "pets_lite0"}
    explain = {"image": None, "breed": None, "against": None}
    assert defaults["/explain_pet"] == explain | {"contrast": 1.0, "model": "pets_lite0"}
    assert list(defaults["/feature_maps"]) == ["image", "model", "layer"]
    head = {"task": "breeds", "per_class": 0, "epochs": 20, "lr": 0.003, "seed": 0}
    assert head.items() <= defaults["/train_head"].items()
    assert defaults["/style_preview"] == {"content": None, "style": None, "strength": 1.0}
    gym = {"data": "", "preset": "ring", "steps": 2000, "lr_d": None, "lr_g": None, "seed": 0}
    assert gym.items() <= defaults["/gan_train"].items()
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
        "strip": False,
    }  # fmt: skip


def test_attack_keeps_its_promise(client, photo, lite0):
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
    # DeepFool stops just behind the border, where bfloat16 may still see the one or the other.
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


def test_gan_sample_is_a_grid_and_repeats(client):
    grids = [np.asarray(Image.open(client.predict(api_name="/gan_sample"))) for _ in range(2)]
    assert grids[0].shape == (256, 256, 3)
    assert np.array_equal(*grids)
    nine = Image.open(client.predict(count=5, seed=3, d1=2.0, api_name="/gan_sample"))
    assert nine.format == "PNG"
    assert nine.size == (192, 128)


def test_gan_walk_moves(client):
    film = Image.open(client.predict(seed_b=4, frames=6, api_name="/gan_walk"))
    assert film.format == "WEBP"
    assert film.n_frames == 6
    assert film.size == (256, 256)
    first = np.asarray(film.convert("RGB")).astype(int)
    film.seek(5)
    assert np.abs(np.asarray(film.convert("RGB")) - first).mean() > 2


def test_gan_mix_shows_parents_and_child(client):
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


@pytest.mark.parametrize("model", ["stylegan_cats64", "stylegan_kaokore64", "dcgan_cats64"])
def test_discriminate_reports_a_score(client, photo, model):
    report = client.predict(handle_file(photo("kitten")), model=model, api_name="/discriminate")
    assert report["real"] == pytest.approx(1 / (1 + np.exp(-report["score"])))


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
        ("cat.png?seed=cat", "must be a number"),
        ("cat.png?d8=nan", "must be a number"),
        ("cat.png?d8=3.5", "must be from -3"),
        ("cat.png?truncation=inf", "must be a number"),
        ("sheet.png?model=biggan", "stylegan_cats64"),
        ("step.png?step=g.99.conv", "g.0.activate"),
        ("score?model=vae_cats64", "without a discriminator"),
    ],
)
def test_bad_addresses_are_answered_with_a_sentence(app_url, address, message):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{app_url}/gan/{address}")
    assert caught.value.code == 400
    assert message in caught.value.read().decode()


def test_an_error_by_address_speaks_the_visitors_language(app_url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{app_url}/gan/cat.png?seed=-1&lang=hi")
    assert re.search("[\u0900-\u097f]", caught.value.read().decode())


def test_unknown_views_are_not_found(app_url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{app_url}/gan/secret.png")
    assert caught.value.code == 404


def test_thirty_at_once_get_the_pictures_they_would_get_alone(app_url):
    addresses = [f"{app_url}/gan/cat.png?seed={i}&d1={i / 10}" for i in range(30)]
    alone = [get(address) for address in addresses]
    with ThreadPoolExecutor(30) as pool:
        together = list(pool.map(get, addresses * 2))
    assert together == alone * 2


def test_ideal_class_reports_both_networks(client):
    picture, report = client.predict("zebra", size=96, steps=4, api_name="/ideal_class")
    assert Image.open(picture).size == (96, 96)
    assert report["class"] == "zebra"
    assert set(report["by_model"]) == {"efficientnet_lite0", "efficientnet_lite2"}
    assert report["probability"] == report["by_model"]["efficientnet_lite0"]


def test_classify_pet_names_and_refuses(client, photo):
    label, report = client.predict(handle_file(photo("kitten")), api_name="/classify_pet")
    assert report["species"] == "cat"
    assert report["is_pet"] is True
    assert 0 < report["confidence"] <= 1
    assert label["label"] == report["breed"]
    assert len(label["confidences"]) == 37
    assert sum(c["confidence"] for c in label["confidences"]) == pytest.approx(1, abs=0.01)
    _, report = client.predict(handle_file(photo("coffee")), api_name="/classify_pet")
    assert report["is_pet"] is False


def test_thirty_photos_at_once_get_the_answers_they_would_get_alone(client, photo):
    names = ["kitten", "chelsea", "german_shepherd", "lemur", "owl", "koala"] * 5

    def report(name):
        return client.predict(handle_file(photo(name)), api_name="/classify_pet")[1]

    alone = {name: report(name) for name in set(names)}
    with ThreadPoolExecutor(30) as pool:
        together = list(pool.map(report, names))
    assert together == [alone[name] for name in names]


def test_explain_pet_draws_over_the_photo(client, photo):
    def explained(**options):
        shown = client.predict(handle_file(photo("chelsea")), api_name="/explain_pet", **options)
        with Image.open(shown) as image:
            assert image.format == "PNG"
            assert image.size == (384, 384)
            return np.asarray(image)

    plain = explained(breed="siamese")
    assert not np.array_equal(plain, explained(breed="Siamese", against="Bengal"))
    assert np.array_equal(plain, explained(breed="Siamese", against="Bengal", contrast=0))


def test_feature_maps_say_their_shape(client, photo):
    shown, report = client.predict(
        handle_file(photo("kitten")), layer="blocks.6", api_name="/feature_maps"
    )
    assert report == {"layer": "blocks.6", "shape": [320, 7, 7], "shown": 64}
    assert Image.open(shown).size == (8 * 66 - 2, 8 * 66 - 2)


def test_train_head_reports_its_course(client):
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


BAD = [
    ("/explain_pet", {"breed": "Siamesse"}, "nearest names: Siamese"),
    ("/explain_pet", {"breed": "pug", "contrast": 2}, "contrast must be from 0 to 1"),
    ("/classify_pet", {"model": "pets_lite9"}, "Choose one of: pets_lite0, pets_lite2"),
    ("/feature_maps", {"layer": "blocks.9"}, "Choose one of: bn1, blocks.0"),
    ("/feature_maps", {"model": "alexnet"}, "Choose one of: efficientnet_lite0"),
    ("/train_head", {"task": "horses"}, "Choose one of: breeds, cats_vs_dogs, digits"),
    ("/train_head", {"epochs": 0}, "epochs must be from 1 to 200"),
    ("/train_head", {"per_class": -3}, "per_class must be from 0"),
    ("/train_head", {"lr": None}, "lr must be a number"),
    ("/train_head", {"features": "pixels"}, "Choose one of: imagenet, untrained"),
    ("/gan_sample", {"seed": -1}, "seed must be from 0 to"),
    ("/gan_sample", {"seed": 10**30}, "seed must be from 0 to"),
    ("/gan_sample", {"count": 0}, "count must be from 1 to 64, not 0"),
    ("/gan_sample", {"count": 10_000}, "count must be from 1 to 64"),
    ("/gan_sample", {"d3": 4}, "d3 must be from -3"),
    ("/gan_sample", {"truncation": None}, "truncation must be a number"),
    ("/gan_sample", {"model": "biggan"}, "Choose one of: stylegan_cats64"),
    ("/gan_walk", {"frames": 1}, "frames must be from 2 to 60"),
    ("/gan_mix", {"crossover": 10}, "crossover must be from 0 to 9"),
    ("/gan_mix", {"crossover": -1, "model": "dcgan_cats64"}, "crossover must be from 0 to 9"),
    ("/style_transfer", {"steps": 0}, "steps must be from 1 to 5000, not 0"),
    ("/style_transfer", {"steps": 1.5}, "steps must be a whole number"),
    ("/style_transfer", {"size": -1}, "size must be from 64 to 1024"),
    ("/style_transfer", {"content_weight": None}, "content_weight must be a number"),
    ("/style_transfer", {"backbone": "alexnet"}, "Choose one of: efficientnet_lite0"),
    ("/style_transfer", {"style_loss": "magic"}, "Choose one of: moments, gram, wasserstein"),
    ("/attack", {"method": "magic"}, "Choose one of: fgsm, pgd"),
    ("/attack", {"norm": "l7"}, "linf"),
    ("/attack", {"target": "Siamesse cat"}, "The nearest names: Siamese cat"),
    ("/attack", {"target": "German shepherd"}, "already takes this picture for German shepherd"),
    ("/attack", {"epsilon": 2.5}, "epsilon must be a whole number"),
    ("/attack", {"epsilon": 65}, "epsilon must be from 0 to 64"),
    ("/attack", {"steps": 0}, "steps must be from 1 to 1000"),
    ("/attack", {"model": "pets_lite9"}, "Choose one of: efficientnet_lite0"),
    ("/attack", {"model": "pets_lite0", "target": "Siamse"}, "The nearest names: Siamese"),
    ("/attack", {"method": "deepfool", "target": "pizza"}, "DeepFool only drives"),
    ("/attack", {"method": "patch", "patch_size": 1.5}, "patch_size must be from 0.05 to 1"),
    ("/ideal_class", {"class_name": "Siamesse cat"}, "The nearest names: Siamese cat"),
    ("/ideal_class", {"size": 9999}, "size must be from 64 to 512"),
    ("/ideal_class", {"method": "magic"}, "Choose one of: fourier"),
]


@pytest.mark.parametrize(("endpoint", "bad", "message"), BAD)
def test_bad_input_is_said(client, photo, painting, endpoint, bad, message):
    pictures = {
        "/style_transfer": ("chelsea", "mosaic"),
        "/attack": ("german_shepherd",),
        "/classify_pet": ("kitten",),
        "/explain_pet": ("kitten",),
        "/feature_maps": ("kitten",),
    }
    names = pictures.get(endpoint, ())
    files = [handle_file(f(n)) for f, n in zip((photo, painting), names, strict=False)]
    with pytest.raises(AppError) as caught:
        client.predict(*files, **bad, api_name=endpoint)
    assert message in str(caught.value)


def test_bad_pictures_are_said(client, tmp_path):
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    tiny = tmp_path / "tiny.png"
    Image.new("RGB", (1, 1)).save(tiny)
    for endpoint in ("/attack", "/discriminate", "/classify_pet", "/feature_maps"):
        for path, message in ((text, "not a picture that can be read"), (tiny, "at least 16")):
            with pytest.raises(AppError, match=message):
                client.predict(handle_file(str(path)), api_name=endpoint)
        with pytest.raises(AppError, match="There is no picture yet"):
            client.predict(None, api_name=endpoint)


@pytest.mark.parametrize("size", [(16, 128), (500, 90), (1, 1)])
def test_the_discriminator_takes_any_shape_that_is_a_picture(client, tmp_path, size):
    path = tmp_path / "shape.png"
    Image.new("RGBA", size, (90, 20, 20, 128)).save(path)
    if size == (1, 1):
        with pytest.raises(AppError, match="at least 16"):
            client.predict(handle_file(str(path)), api_name="/discriminate")
        return
    assert 0 <= client.predict(handle_file(str(path)), api_name="/discriminate")["real"] <= 1


def post(app_url: str, endpoint: str, data: str, **headers) -> str:
    """One call over plain HTTP; `data` is JSON text, so that NaN can be sent. Its event stream."""
    url = f"{app_url}/gradio_api/call/{endpoint}"
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, f'{{"data": {data}}}'.encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        event = json.loads(reply.read())["event_id"]
    return get(f"{url}/{event}").decode()


def test_nan_over_http_is_said(app_url):
    data = '["zebra", "efficientnet_lite0", "plain", 64, 2, NaN, 0, ' + DREAM_REST
    assert "tv_weight must be a number" in post(app_url, "ideal_class", data)


def test_api_errors_follow_the_callers_language(app_url):
    data = '["zebra", "efficientnet_lite0", "plain", 64, 0, 1, 0, ' + DREAM_REST
    stream = post(app_url, "ideal_class", data, **{"Accept-Language": "hi-IN,hi;q=0.9"})
    from demos.runtime import i18n

    start = i18n.say("hi", "error.out_of_range", name="steps", low=1, high=2000, value=0)
    message = next(line for line in stream.splitlines() if line.startswith("data: {"))
    assert start in json.loads(message[6:])["error"]


def test_a_cancelled_run_frees_the_worker(client, photo, painting):
    pictures = handle_file(photo("chelsea")), handle_file(painting("mosaic"))
    jobs = [
        client.submit(*pictures, size=256, steps=5000, api_name="/style_transfer")
        for _ in range(2)  # as many as may run at once
    ]
    deadline = time.monotonic() + 60
    while not all(job.outputs() for job in jobs):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for job in jobs:
        job.cancel()
    _, report = client.submit(*pictures, size=64, steps=1, api_name="/style_transfer").result(60)
    assert report["steps"] == 1


def test_every_endpoint_explains_itself(blocks):
    from gradio.utils import get_function_description

    public = [f for f in blocks.fns.values() if f.api_visibility == "public"]
    assert len(public) == 17
    for function in public:
        description, parameters, returns = get_function_description(function.fn)
        assert len(description) > 40
        assert returns
        parameters.pop("request", None)
        assert all(text.endswith(".") for text in parameters.values()), parameters
