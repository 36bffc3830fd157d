"""Errors that a caller can meet, each with its HTTP status and its code.

    ApiError
    ├── BadRequestError              400  invalid_request
    ├── TenantMissingError           400  tenant_missing
    ├── UnauthenticatedError         401  unauthenticated
    ├── ForbiddenError               403  forbidden
    ├── NotFoundError                404  not_found
    ├── ConflictError                409  conflict
    ├── GoneError                    410  gone
    ├── BodyTooLargeError            413  body_too_large
    ├── UnsupportedMediaTypeError    415  unsupported_media_type
    ├── ModelUnavailableError        502  model_unavailable
    └── TemporaryError               503  unavailable
        ├── TooManyRequestsError     429  too_many_requests
        └── DatabaseUnavailableError 503  database_unavailable

Whatever else is raised is ours: 500, internal_error.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, ClassVar, Final

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from postgrest.exceptions import APIError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from functions.common.logs import describe_error, note
from llm_observe.supabase.refusals import Refusal, classify, read_status

_log = logging.getLogger("llm_observe.api")


class ErrorDetail(BaseModel):
    """The cause, in words a caller can act on."""

    code: str
    message: str
    request_id: str


class ErrorBody(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class ApiError(Exception):
    """An answer that is an error, with its status and code; its text is for the caller."""

    status: ClassVar[int]
    code: ClassVar[str]


class BadRequestError(ApiError):
    """The request is malformed; sent again unchanged it will fail again."""

    status, code = 400, "invalid_request"


class TenantMissingError(ApiError):
    """The request names no tenant."""

    status, code = 400, "tenant_missing"


class UnauthenticatedError(ApiError):
    """The request carries no credential that is accepted here."""

    status, code = 401, "unauthenticated"


class ForbiddenError(ApiError):
    """The credential is good, but not for this tenant or this route."""

    status, code = 403, "forbidden"


class NotFoundError(ApiError):
    """No such thing, or not this tenant's: the two are not told apart."""

    status, code = 404, "not_found"


class ConflictError(ApiError):
    """The thing is no longer as the request takes it to be."""

    status, code = 409, "conflict"


class GoneError(ApiError):
    """The tenant was deleted, and nobody brings it back through here."""

    status, code = 410, "gone"


class BodyTooLargeError(ApiError):
    """The body, or what it unpacks to, is larger than one request may be."""

    status, code = 413, "body_too_large"


class UnsupportedMediaTypeError(ApiError):
    """The body is in an encoding or of a type that is not taken here."""

    status, code = 415, "unsupported_media_type"


class ModelUnavailableError(ApiError):
    """The model's provider did not answer, or refused."""

    status, code = 502, "model_unavailable"


class TemporaryError(ApiError):
    """The same request may succeed later, after ``retry_after`` seconds."""

    status, code = 503, "unavailable"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooManyRequestsError(TemporaryError):
    """The tenant has used up its rate."""

    status, code = 429, "too_many_requests"


class DatabaseUnavailableError(TemporaryError):
    """The database did not answer in time; the same request may succeed later."""

    code = "database_unavailable"


_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}
_MOST_JITTER: Final = 2.0
"""Callers that were refused together come again apart, after up to so many times what they must."""
_RAISED_BY_DATABASE: Final[Mapping[int | None, type[ApiError]]] = {
    kind.status: kind
    for kind in (
        BadRequestError,
        UnauthenticatedError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        GoneError,
    )
}
"""The codes that our own database functions refuse with, each with a sentence for the caller."""
_FRAMEWORK_CODES: Final = {404: NotFoundError.code, 405: "method_not_allowed"}
"""Codes of the statuses that the framework answers by itself, before an endpoint is reached."""
_UNAVAILABLE: Final = "The database did not answer. Try again in a moment."

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
    note(error_code=code)
    if request.app.state.answer_error is not None:
        answer_error: AnswerError = request.app.state.answer_error
        return answer_error(request, status, message, headers or {})
    detail = ErrorDetail(code=code, message=message, request_id=get_request_id(request))
    body = ErrorBody(error=detail).model_dump()
    return JSONResponse(body, status_code=status, headers=headers)


async def _answer_api_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        return await _answer_unexpected(request, error)
    headers = _CHALLENGE if isinstance(error, UnauthenticatedError) else None
    if isinstance(error, TemporaryError):
        spread = random.uniform(1.0, _MOST_JITTER)  # noqa: S311  # spreads load
        headers = {"Retry-After": str(ceil(error.retry_after * spread))}
    return _answer(request, error.status, error.code, str(error), headers)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """Name the first field that is wrong and why; the value itself may be content."""
    problems: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    told = problems[0] if problems else {"loc": ("body",), "msg": "malformed"}
    place = told["loc"]
    if place[0] == "query":
        # Where one of several types will do, each says why it does not; the last is the widest.
        place = place[:2]
        told = next(each for each in reversed(problems) if each["loc"][:2] == place)
    name = ".".join(str(part) for part in place)
    return await _answer_api_error(request, BadRequestError(f"{name}: {told['msg']}"))


async def _answer_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "Internal error"
    code = _FRAMEWORK_CODES.get(status, BadRequestError.code)
    return _answer(request, status, code, f"{detail}.")


async def _answer_unreachable(request: Request, _error: Exception) -> Response:
    return await _answer_api_error(request, DatabaseUnavailableError(_UNAVAILABLE))


async def _answer_database(request: Request, error: Exception) -> Response:
    """A value the database cannot take is the caller's; a refusal by policy shows nothing."""
    told = _read_refusal(error) if isinstance(error, APIError) else None
    return await _answer_api_error(request, told or DatabaseUnavailableError(_UNAVAILABLE))


def _read_refusal(error: APIError) -> ApiError | None:
    refusal = classify(error.code)
    if refusal is Refusal.LIMIT:
        return read_limit(error)
    if (kind := _RAISED_BY_DATABASE.get(read_status(error.code))) is not None:
        return kind(_quote(error))
    if refusal is Refusal.ROW:
        return BadRequestError("A value in it is malformed.")
    _log.error("database refused: %s", error.code or "")
    return None


def read_limit(error: APIError) -> TooManyRequestsError:
    """Give what a tenant that is over its limit is told, and the seconds to wait."""
    seconds = str(error.details)
    wait = float(seconds) if seconds.isdecimal() else 1.0
    return TooManyRequestsError(_quote(error), retry_after=wait)


def _quote(error: APIError) -> str:
    """Give what happened and what to do, in our database functions' own words."""
    return f"{error.message} {error.hint}" if error.hint else str(error.message)


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    _log.error("unexpected error: %s", type(error).__name__, extra=describe_error(error))
    return _answer(
        request, 500, "internal_error", "This is our mistake. Quote the request id to report it."
    )
