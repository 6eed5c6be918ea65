"""Photographs that a browser can't decode come here from the page and go back as JPEG.

They pass through memory only. The page's side is `static/photos.js`.
"""

from __future__ import annotations

import asyncio
import io

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime import errors, i18n
from models import images
from models.validation import ValidationError

MAX_BYTES = 30 << 20
SIDE = 1024  # the longer side of what goes back


async def body_of(request: Request, limit: int) -> bytes | None:
    """The request's body; None if it is larger than `limit` bytes."""
    body, total = bytearray(), 0
    async for part in request.stream():
        total += len(part)
        # What is too large is read to its end all the same: a browser reads no answer before that.
        if total <= limit:
            body += part
    return bytes(body) if total <= limit else None


def error_response(language: str, error: Exception) -> Response:
    """What is wrong, in the visitor's language."""
    status = 400 if isinstance(error, ValidationError) else 503
    message = i18n.error_message(language, errors.as_validation_error(error))
    return PlainTextResponse(message, status)


def routes() -> list[Route]:
    """The route that the script sends files to, for `app_kwargs` of `launch`.

    Its address has the size of the file: one that is too large is not sent.
    """

    async def decoded(request: Request) -> Response:
        language, size = (request.query_params.get(name, "") for name in ("lang", "bytes"))
        body = await body_of(request, MAX_BYTES)
        try:
            if body is None or (size.isdecimal() and int(size) > MAX_BYTES):
                raise ValidationError("file_too_large", limit=MAX_BYTES >> 20)
            picture = await asyncio.to_thread(_as_jpeg, body)
        except Exception as error:
            return error_response(language, error)
        return Response(picture, media_type="image/jpeg")

    return [Route("/photos/decoded", decoded, methods=["POST"])]


def _as_jpeg(content: bytes) -> bytes:
    picture = images.open_image(content)
    stream = io.BytesIO()
    images.fit(picture, min(SIDE, max(picture.size))).save(stream, "JPEG", quality=95)
    return stream.getvalue()
