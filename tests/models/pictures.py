"""Pictures that the tests of `models.images` make."""

import io

from PIL import Image

RED = (254, 0, 0)


def file(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def plain(colour=RED, size=(32, 24), mode="RGB") -> Image.Image:
    return Image.new(mode, size, colour)
