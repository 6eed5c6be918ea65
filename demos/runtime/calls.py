"""Answers to calls whose parameters don't fit the endpoint, for scripts and curl.

POST /gradio_api/call/v2/ENDPOINT takes a JSON object of an endpoint's parameters by name. To a name
that it does not know Gradio answers with a bare 500; here it is a sentence, as JSON.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from demos.runtime import i18n
from models.validation import ValidationError

CALLS = "/gradio_api/call/v2/"


async def explain(request: Request, error: Exception) -> JSONResponse:
    """404 for an endpoint that isn't there, 422 for a parameter too many or too few; any other
    error is raised again."""
    _root, calls, name = request.url.path.rstrip("/").rpartition(CALLS)
    if not calls:
        raise error
    app = request.app
    endpoints = (app.api_info or app.get_blocks().get_api_info())["named_endpoints"]
    if f"/{name}" not in endpoints:
        names = ", ".join(each.removeprefix("/") for each in endpoints)
        return _answer(404, ValidationError("unknown_endpoint", value=name, names=names))
    parameters = endpoints[f"/{name}"]["parameters"]
    known = [each["parameter_name"] for each in parameters]
    given = await request.json()
    for value in given:
        if value not in known:
            names = ", ".join(known)
            return _answer(422, ValidationError("unknown_parameter", value=value, names=names))
    for each in parameters:
        if not each["parameter_has_default"] and each["parameter_name"] not in given:
            missing = ValidationError("missing_parameter", name=each["parameter_name"])
            return _answer(422, missing)
    raise error


def _answer(status: int, error: ValidationError) -> JSONResponse:
    return JSONResponse({"error": i18n.error_message(i18n.requested.get(), error)}, status)
