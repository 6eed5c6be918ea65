"""What a caller reads when an input cannot be used, over HTTP and gradio_client."""

import json

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.serving import post

IDEAL_CLASS_REST = (
    '"", null, "noise", null, 1, true, 1, false, 1]'  # of /ideal_class, from "layer" on
)


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
    ("/gan_sample", {"layers": "most"}, "Choose one of: all, coarse, middle, fine"),
    ("/gan_units", {"layer": "9"}, "layer can't be 9"),
    ("/gan_units", {"units": [64]}, "units must be from 0 to 63, not 64"),
    ("/gan_units", {"units": list(range(33))}, "1 to 32 units at once, not 33"),
    ("/gan_units", {"scale": 6}, "scale must be from 0 to 5"),
    ("/gan_units", {"cells": [64]}, "cells must be from 0 to 63"),
    ("/gan_units", {"seed": -1}, "seed must be from 0"),
    ("/gan_units", {"code": "AAAA"}, "code: This code has 3 bytes"),
    ("/gan_units", {"model": "dcgan_cats64"}, "has no style layers"),
    ("/gan_walk", {"frames": 1}, "frames must be from 2 to 60"),
    ("/gan_mix", {"crossover": 10}, "crossover must be from 0 to 9"),
    ("/gan_mix", {"crossover": -1, "model": "dcgan_cats64"}, "crossover must be from 0 to 9"),
    ("/style_transfer", {"steps": 0}, "steps must be from 1 to 5000, not 0"),
    ("/style_transfer", {"steps": 1.5}, "steps must be a whole number"),
    ("/style_transfer", {"size": -1}, "size must be from 64 to 4096"),
    ("/style_transfer", {"content_weight": None}, "content_weight must be a number"),
    ("/style_transfer", {"backbone": "alexnet"}, "Choose one of: efficientnet_lite0"),
    (
        "/style_transfer",
        {"style_loss": "magic"},
        "Choose one of: moments, gram, wasserstein, neighbours",
    ),
    ("/attack", {"method": "magic"}, "Choose one of: pgd, fgsm"),
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
    ("/explain", {"class_name": []}, "class_name must be a text, not []"),
    ("/ideal_class", {"class_name": "Siamesse cat"}, "The nearest names: Siamese cat"),
    ("/ideal_class", {"size": 9999}, "size must be from 64 to 512"),
    ("/ideal_class", {"method": "accentuate"}, "There is no picture yet"),
    ("/ideal_class", {"photo_weight": 11}, "photo_weight must be from 0 to 10"),
    ("/ideal_class", {"method": "magic"}, "Choose one of: plain"),
]


@pytest.mark.parametrize(("endpoint", "bad", "message"), BAD)
def test_bad_input_gets_a_clear_message(client, photo, painting, endpoint, bad, message):
    pictures = {
        "/style_transfer": ("chelsea", "mosaic"),
        "/attack": ("german_shepherd",),
        "/classify_pet": ("kitten",),
        "/explain": ("kitten",),
        "/explain_pet": ("kitten",),
        "/feature_maps": ("kitten",),
    }
    names = pictures.get(endpoint, ())
    files = [handle_file(f(n)) for f, n in zip((photo, painting), names, strict=False)]
    with pytest.raises(AppError) as caught:
        client.predict(*files, **bad, api_name=endpoint)
    assert message in str(caught.value)


def test_a_bad_picture_gets_a_clear_message(client, tmp_path):
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


def test_nan_over_http_gets_a_clear_message(app_url):
    data = '["zebra", "efficientnet_lite0", "plain", 64, 2, NaN, 0, ' + IDEAL_CLASS_REST
    assert "tv_weight must be a number" in post(app_url, "ideal_class", data)


def test_error_messages_are_in_the_callers_language(app_url):
    data = '["zebra", "efficientnet_lite0", "plain", 64, 0, 1, 0, ' + IDEAL_CLASS_REST
    stream = post(app_url, "ideal_class", data, **{"Accept-Language": "hi-IN,hi;q=0.9"})
    from demos.runtime import i18n

    start = i18n.say("hi", "error.out_of_range", name="steps", low=1, high=2000, value=0)
    message = next(line for line in stream.splitlines() if line.startswith("data: {"))
    assert start in json.loads(message[6:])["error"]
