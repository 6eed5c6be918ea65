"""Generators by address, for browsers that draw by themselves."""

import base64
import hashlib
import json
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.gan_explorer import client_engine
from demos.ui import assets
from models import registry
from models.gan import pretrained
from models.gan.settings import MAX_SEED
from tests.serving import get


@pytest.fixture(scope="module")
def client():
    return TestClient(Starlette(routes=client_engine.routes()))


@pytest.mark.parametrize("suffix", ["", client_engine.DISCRIMINATOR])
def test_the_parts_make_up_the_file_and_have_its_hashes(client, suffix):
    name = registry.DEFAULT_GAN + suffix
    content = b""
    for part in client.get(f"/gan/networks/{name}.json").json():
        answer = client.get(f"/gan/networks/{part['name']}.bin")
        digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
        assert part["integrity"] == f"sha256-{digest}"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert len(answer.content) <= client_engine.PART_BYTES
        content += answer.content
    spec = registry.gan(registry.DEFAULT_GAN)
    assert content == pretrained.client_file(spec, discriminator=bool(suffix))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("unknown.json", 400),
        ("dcgan_cats64.discriminator.json", 400),
        ("vae_cats64.discriminator.json", 400),
        ("unknown.0123456789abcdef.bin", 400),
        (f"{registry.DEFAULT_GAN}.bin", 400),
        (f"{registry.DEFAULT_GAN}.0123456789abcdef.bin", 404),
        ("..%2f..%2fapp.py.bin", 404),
    ],
)
def test_no_other_file_is_served(client, path, status):
    assert client.get(f"/gan/networks/{path}").status_code == status


@pytest.mark.parametrize("language", ["en", "hi", "mr", "ne"])
def test_the_line_has_what_the_script_needs(page, language):
    written = next(
        props(language)["value"]
        for _, props in page._localized
        if "gan-engine" in str(props(language).get("value"))
    )
    texts = re.search('data-texts="(.+?)"', written)[1].replace("&#34;", '"')
    assert set(json.loads(texts)) == set(client_engine.STATES)
    settings = json.loads(re.search("data-settings='(.+?)'", written)[1])
    assert settings["seed"] == [0, 0, MAX_SEED, True]
    assert settings["d3"] == [0.0, -3, 3, False]
    layers = json.loads(re.search("data-layers='(.+?)'", written)[1])
    assert layers == {
        "all": [*range(9)], "coarse": [0, 1, 2], "middle": [3, 4, 5, 6], "fine": [7, 8]
    }  # fmt: skip
    assert re.search("data-worker='ui/gan_explorer_worker[.][0-9a-f]{12}/worker.js'", written)
    assert assets.worker_address("gan_explorer") in written


def test_addresses_do_not_depend_on_the_process(app_url):
    """Behind Ray Serve a visitor may meet several processes; the app is another than this one."""
    for name in registry.GANS:
        told = json.loads(get(f"{app_url}/gan/networks/{name}.json"))
        assert told == client_engine.described(name)
    assert get(f"{app_url}/{assets.worker_address('gan_explorer')}")
