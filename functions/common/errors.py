"""Errors a caller can meet, and the one map from exception to HTTP status."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Final

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from postgrest.exceptions import APIError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from llm_observe.supabase.refusals import Refusal, classify

_log = logging.getLogger("llm_observe.api")


class ErrorDetail(BaseModel):
    """What happened, in words a caller can act on."""

    code: str
    message: str
    request_id: str


class ErrorBody(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class ApiError(Exception):
    """An answer that is an error; the subclass is in the map below, the text is for the caller."""


class BadRequestError(ApiError):
    """The request is malformed; sent again unchanged it will fail again."""


class TenantMissingError(ApiError):
    """The request names no tenant."""


class UnauthenticatedError(ApiError):
    """The request carries no credential that is accepted here."""


class ForbiddenError(ApiError):
    """The credential is good, but not for this tenant or this route."""


class NotFoundError(ApiError):
    """No such thing, or not this tenant's: the two are not told apart."""


class ConflictError(ApiError):
    """The thing is no longer as the request takes it to be."""


class GoneError(ApiError):
    """The tenant was deleted, and nobody brings it back through here."""


class BodyTooLargeError(ApiError):
    """The body, or what it unpacks to, is larger than one request may be."""


class UnsupportedMediaTypeError(ApiError):
    """The body is in an encoding or of a type that is not taken here."""


class TemporaryError(ApiError):
    """The same request may succeed later, after ``retry_after`` seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooManyRequestsError(TemporaryError):
    """The tenant has used up its rate."""


class ModelUnavailableError(ApiError):
    """The model's provider did not answer, or refused."""


class DatabaseUnavailableError(TemporaryError):
    """The database did not answer in time; the same request may succeed later."""


_ANSWERS: Final[Mapping[type[ApiError], tuple[int, str]]] = {
    BadRequestError: (400, "invalid_request"),
    TenantMissingError: (400, "tenant_missing"),
    UnauthenticatedError: (401, "unauthenticated"),
    ForbiddenError: (403, "forbidden"),
    NotFoundError: (404, "not_found"),
    ConflictError: (409, "conflict"),
    GoneError: (410, "gone"),
    BodyTooLargeError: (413, "body_too_large"),
    UnsupportedMediaTypeError: (415, "unsupported_media_type"),
    TooManyRequestsError: (429, "too_many_requests"),
    ModelUnavailableError: (502, "model_unavailable"),
    DatabaseUnavailableError: (503, "database_unavailable"),
}
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}
_MOST_JITTER: Final = 2.0
"""Callers that were refused together come again apart, after up to so many times what they must."""
_REFUSALS: Final[Mapping[str, type[ApiError]]] = {
    "22023": BadRequestError,
    "PT401": UnauthenticatedError,
    "PT403": ForbiddenError,
    "PT404": NotFoundError,
    "PT409": ConflictError,
    "PT410": GoneError,
}
"""What our own database functions raise, each with a sentence for the caller."""


AnswerError = Callable[[Request, int, str, Mapping[str, str]], Response]
"""Writes an error with a status, a message and headers in a protocol's own shape."""


def handle_errors(app: FastAPI, answer_error: AnswerError | None = None) -> None:
    """Give every error of an app the one shape, and keep exceptions' texts out of the log.

    ``answer_error`` is for an app whose protocol has a shape of its own.
    """
    app.state.answer_error = answer_error
    # Mangum logs what went through the handler below once more, with a traceback; an exception's
    # text may quote a prompt.
    logging.getLogger("mangum.http").setLevel(logging.CRITICAL)
    app.add_exception_handler(ApiError, _answer_api_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(httpx.HTTPError, _answer_unreachable)
    app.add_exception_handler(APIError, _answer_database)
    app.add_exception_handler(Exception, _answer_unexpected)


def get_request_id(request: Request) -> str:
    """Give the Lambda request id, or ``local`` where there is no Lambda context."""
    return str(getattr(request.scope.get("aws.context"), "aws_request_id", "local"))


def _answer(
    request: Request, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    if request.app.state.answer_error is not None:
        answer_error: AnswerError = request.app.state.answer_error
        return answer_error(request, status, message, headers or {})
    detail = ErrorDetail(code=code, message=message, request_id=get_request_id(request))
    body = ErrorBody(error=detail).model_dump()
    return JSONResponse(body, status_code=status, headers=headers)


async def _answer_api_error(request: Request, error: Exception) -> Response:
    kind = next(kind for kind in type(error).__mro__ if kind in _ANSWERS)
    status, code = _ANSWERS[kind]
    headers = _CHALLENGE if isinstance(error, UnauthenticatedError) else None
    if isinstance(error, TemporaryError):
        spread = random.uniform(1.0, _MOST_JITTER)  # noqa: S311  # spreads load
        headers = {"Retry-After": str(ceil(error.retry_after * spread))}
    return _answer(request, status, code, str(error), headers)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Name the first field that is wrong and why; the value itself may be content."""
    problems: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    first = problems[0] if problems else {"loc": ("body",), "msg": "malformed"}
    place = ".".join(str(part) for part in first["loc"])
    return await _answer_api_error(request, BadRequestError(f"{place}: {first['msg']}"))


async def _answer_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "Internal error"
    return _answer(request, status, detail.lower().replace(" ", "_"), f"{detail}.")


async def _answer_unreachable(request: Request, _error: Exception) -> Response:
    return await _answer_api_error(request, DatabaseUnavailableError(_UNAVAILABLE))


async def _answer_database(request: Request, error: Exception) -> Response:
    """A value the database cannot take is the caller's; a refusal by policy shows nothing."""
    code = (error.code or "") if isinstance(error, APIError) else ""
    if classify(code) is Refusal.LIMIT and isinstance(error, APIError):
        return await _answer_api_error(request, read_limit(error))
    if code in _REFUSALS and isinstance(error, APIError):
        return await _answer_api_error(request, _REFUSALS[code](_quote(error)))
    if classify(code) is Refusal.ROW:
        return await _answer_api_error(request, BadRequestError("A value in it is malformed."))
    _log.error("database refused: %s", code)
    return await _answer_api_error(request, DatabaseUnavailableError(_UNAVAILABLE))


def read_limit(error: APIError) -> TooManyRequestsError:
    """Give what a tenant that is over its limit is told, and the seconds to wait."""
    seconds = str(error.details)
    wait = float(seconds) if seconds.isdecimal() else 1.0
    return TooManyRequestsError(_quote(error), retry_after=wait)


def _quote(error: APIError) -> str:
    """Give what happened and what to do, in our database functions' own words."""
    return f"{error.message} {error.hint}" if error.hint else str(error.message)


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    _log.error("unexpected error: %s", type(error).__name__)
    return _answer(
        request, 500, "internal_error", "This is our mistake. Quote the request id to report it."
    )


_UNAVAILABLE: Final = "The database did not answer. Try again in a moment."
