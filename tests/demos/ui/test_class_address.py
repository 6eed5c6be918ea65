"""The teacher's page asks where the class opens it, and for a code to scan."""

import xml.etree.ElementTree as ElementTree

import pytest
import segno
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.ui import class_address

URLS = ["https://192.168.1.20:7860/", "https://10.8.0.3:7860/"]


def client(host="127.0.0.1"):
    return TestClient(Starlette(routes=class_address.routes(URLS, True)), client=(host, 1))


def test_only_this_computer_is_told_its_addresses():
    assert client().get("/class/addresses").json() == {"addresses": URLS, "warns": True}
    other = client("192.168.1.55").get("/class/addresses").json()
    assert other == {"addresses": [], "warns": True}


def test_a_code_is_dark_on_light_with_a_quiet_zone():
    answer = client("192.168.1.55").get("/class/code.svg", params={"text": URLS[0]})
    assert answer.headers["content-type"] == "image/svg+xml"
    drawn = ElementTree.fromstring(answer.content)
    modules = segno.make(URLS[0], micro=False).symbol_size(border=4)[0]
    assert drawn.get("viewBox") == f"0 0 {modules} {modules}"
    assert [path.get("fill") or path.get("stroke") for path in drawn] == ["#fff", "#000"]


@pytest.mark.parametrize(
    "text", ["", "a cat", "javascript:alert(1)", "https://" + "a" * class_address.MAX_LETTERS]
)
def test_no_code_of_anything_else(text):
    assert client().get("/class/code.svg", params={"text": text}).status_code == 400
