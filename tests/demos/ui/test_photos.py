"""What a browser can't decode, decoded for it; what nobody can, said in the visitor's language."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.ui import photos

HEIC = Path(__file__).parents[2] / "models" / "mosaic.heic"


@pytest.fixture
def client():
    return TestClient(Starlette(routes=photos.routes()))


def file(picture: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (HEIC.read_bytes(), (96, 72)),
        (file(Image.new("I;16", (40, 30), 4095), "PNG"), (40, 30)),
        (file(Image.new("RGBA", (3000, 1500)), "TIFF"), (1024, 512)),
    ],
)
def test_a_photograph_comes_back_as_jpeg(client, content, size):
    answer = client.post("/photos/decoded", content=content)
    assert answer.status_code == 200
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.size) == ("JPEG", size)
    if content[:4] != HEIC.read_bytes()[:4]:
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"some text", "HEIC"),
        (b"", "HEIC"),
        (HEIC.read_bytes()[:600], "damaged"),
        (file(Image.new("RGB", (3, 3)), "PNG"), "3 x 3 pixels"),
        (file(Image.new("RGB", (1, 5000)), "PNG"), "1 x 5000 pixels"),
        (file(Image.new("RGB", (16, 500)), "PNG"), "8 times"),
    ],
)
def test_what_nobody_can_read_is_refused_with_what_would_be_right(client, content, said):
    answer = client.post("/photos/decoded?lang=en", content=content)
    assert answer.status_code == 400
    assert said in answer.text
    hindi = client.post("/photos/decoded?lang=hi", content=content)
    assert re.search("[\u0900-\u097f]", hindi.text)


def test_a_file_that_is_too_large_is_refused(client, monkeypatch):
    monkeypatch.setattr(photos, "MAX_BYTES", 1 << 20)
    for content, size in ((b"", 2 << 20), (bytes(2 << 20), 0)):
        answer = client.post(f"/photos/decoded?bytes={size}", content=content)
        assert (answer.status_code, "1 MB" in answer.text) == (400, True)
