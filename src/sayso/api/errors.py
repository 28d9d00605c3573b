"""The one table from our errors to HTTP, and the handlers that put every failure into the envelope."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from sayso import errors
from sayso.api.answers import Answer
from sayso.wire.openai import error_body
from sayso.wire.responses import failure, speech_failure

STATUS: dict[type[errors.SaysoError], HTTPStatus] = {
    errors.SaysoError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.Rejected: HTTPStatus.BAD_REQUEST,
    errors.BadRequest: HTTPStatus.BAD_REQUEST,
    errors.BadAudio: HTTPStatus.BAD_REQUEST,
    errors.NotBase64: HTTPStatus.BAD_REQUEST,
    errors.NotWav: HTTPStatus.BAD_REQUEST,
    errors.CutOff: HTTPStatus.BAD_REQUEST,
    errors.WrongSize: HTTPStatus.BAD_REQUEST,
    errors.BadRate: HTTPStatus.BAD_REQUEST,
    errors.NotFinite: HTTPStatus.BAD_REQUEST,
    errors.Silent: HTTPStatus.BAD_REQUEST,
    errors.NoSamples: HTTPStatus.BAD_REQUEST,
    errors.BadDataset: HTTPStatus.BAD_REQUEST,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyChannels: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.TooLittleSpeech: HTTPStatus.BAD_REQUEST,
    errors.OtherLanguage: HTTPStatus.BAD_REQUEST,
    errors.OtherSpeaker: HTTPStatus.BAD_REQUEST,
    errors.ConsentMissing: HTTPStatus.FORBIDDEN,
    errors.NotOffered: HTTPStatus.NOT_IMPLEMENTED,
    errors.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Throttled: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BadSettings: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.BadArtifact: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Every class has its own line: a new error fails a test until somebody has thought about its status."""

_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "5"},
}

log = logging.getLogger("sayso.api")


class UnsupportedType(errors.BadRequest):
    """The body is of a content type that the route does not read. Only HTTP knows such a thing."""


STATUS[UnsupportedType] = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def status_of(error: errors.SaysoError) -> HTTPStatus:
    """The HTTP status of `error`."""
    return STATUS[type(error)]


def refusal(request: Request, error: errors.SaysoError) -> Answer:
    """The answer to `error`, in the form of the server that was asked: the API or the synthesis."""
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return oops(request, error)
    fields = error.fields if isinstance(error, errors.Rejected) else {}
    message = str(error)
    body = failure(message, fields)
    if is_synthesis(request.scope["path"]):
        body = speech_failure(message, type(error).__name__, fields, [message])
    elif is_openai(request.scope["path"]):
        body = error_body(message, status, type(error).__name__, next(iter(fields), None))
    headers = _HEADERS.get(status)
    if isinstance(error, errors.Throttled):
        headers = {"Retry-After": str(error.retry_after_s)}
    return Answer(body, status, headers)


def oops(request: Request, error: BaseException) -> Answer:
    """The answer to a fault of ours: logged with its trace, told without it."""
    reference = request.scope.get("sayso.request_id", "")
    log.error("request %s failed", reference, exc_info=error)
    message = f"something went wrong on our side; the log knows more under {reference}"
    body = failure(message)
    if is_synthesis(request.scope["path"]):
        body = speech_failure(message, "InternalError", {}, [message])
    elif is_openai(request.scope["path"]):
        body = error_body(message, HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError")
    return Answer(body, HTTPStatus.INTERNAL_SERVER_ERROR)


def is_synthesis(path: str) -> bool:
    """Whether `path` belongs to the synthesis server, whose failures have more fields."""
    return path.rsplit("/", 1)[-1] in {"synthesize", "stream"} and not path.startswith("/api/")


def is_openai(path: str) -> bool:
    """Whether `path` is in OpenAI's form, and so are its failures."""
    return path.startswith("/v1/")


def install(app: FastAPI) -> None:
    """Give `app` the handlers that leave nothing outside the envelope."""
    app.add_exception_handler(errors.SaysoError, _sayso_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(ClientDisconnect, _gone)
    # Starlette raises this one again after answering; sayso.api.edge swallows it there, so that
    # the connection stays open for the client's next request.
    app.add_exception_handler(Exception, _any_error)


async def _sayso_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.SaysoError)  # noqa: S101  (what it was registered for)
    return refusal(request, error)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    where = f"{request.method} {request.url.path}"
    match error.status_code:
        case 404:
            message = f"there is no {where} here; see /docs for what there is"
            if request.url.path.startswith("/apiv2"):
                message = f"there is no {where} here: the base URL needs a slash at its end, …/api/"
        case 405:
            # The framework names the methods of the first route with this path, not of all.
            allowed = ", ".join(_methods(request))
            message = f"{where} is not possible; allowed: {allowed}"
            return Answer(_refused(request, message, 405), 405, {"Allow": allowed})
        case _:
            message = str(error.detail)
    return Answer(_refused(request, message, error.status_code), error.status_code, error.headers)


def _refused(request: Request, message: str, status: int) -> Mapping[str, Any]:
    if is_openai(request.scope["path"]):
        return error_body(message, status, "BadRequest")
    return failure(message)


def _methods(request: Request) -> list[str]:
    """The methods that all routes of this path have together."""
    path = request.scope["path"]
    contexts = iter_route_contexts(request.app.routes)
    return sorted({method for c in contexts if c.path_regex.match(path) for method in c.methods or ()})


async def _validation_error(_: Request, error: Exception) -> Response:
    # Routes declare their parameters as plain strings and check them in sayso.wire; this is the net
    # below, for a route that forgets.
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = {str(fault["loc"][-1]): str(fault["msg"]) for fault in error.errors()}
    message = "; ".join(f"{name}: {fact}" for name, fact in fields.items())
    return Answer(failure(message, fields), HTTPStatus.BAD_REQUEST)


async def _gone(_: Request, __: Exception) -> Response:
    # Nobody is there to read it, and it is nobody's fault: no trace in the log, only the access line.
    return Answer(failure("the client left before its request was complete"), 499)


async def _any_error(request: Request, error: Exception) -> Response:
    return oops(request, error)
