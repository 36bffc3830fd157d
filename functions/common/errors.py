"""Errors a caller can meet, and the one map from exception to HTTP status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from postgrest.exceptions import APIError
from starlette.exceptions import HTTPException

from functions.common.models import ErrorBody, ErrorDetail

_log = logging.getLogger("llm_observe.api")


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


class ModelUnavailableError(ApiError):
    """The model's provider did not answer, or refused."""


class DatabaseUnavailableError(ApiError):
    """The database did not answer in time; the same request may succeed later."""


_ANSWERS: Final[Mapping[type[ApiError], tuple[int, str]]] = {
    BadRequestError: (400, "invalid_request"),
    TenantMissingError: (400, "tenant_missing"),
    UnauthenticatedError: (401, "unauthenticated"),
    ForbiddenError: (403, "forbidden"),
    NotFoundError: (404, "not_found"),
    ConflictError: (409, "conflict"),
    ModelUnavailableError: (502, "model_unavailable"),
    DatabaseUnavailableError: (503, "database_unavailable"),
}
_HEADERS: Final = {
    401: {"WWW-Authenticate": "Bearer"},
    503: {"Retry-After": "1"},
}
_REFUSALS: Final[Mapping[str, type[ApiError]]] = {
    "22023": BadRequestError,
    "PT401": UnauthenticatedError,
    "PT404": NotFoundError,
    "PT409": ConflictError,
}
"""What our own database functions raise, each with a sentence for the caller."""


def handle_errors(app: FastAPI) -> None:
    """Give every error of an app the one shape, and keep exceptions' texts out of the log."""
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


def _answer(request: Request, status: int, code: str, message: str) -> JSONResponse:
    detail = ErrorDetail(code=code, message=message, request_id=get_request_id(request))
    body = ErrorBody(error=detail).model_dump()
    return JSONResponse(body, status_code=status, headers=_HEADERS.get(status))


async def _answer_api_error(request: Request, error: Exception) -> JSONResponse:
    kind = next(kind for kind in type(error).__mro__ if kind in _ANSWERS)
    status, code = _ANSWERS[kind]
    return _answer(request, status, code, str(error))


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """Name the first field that is wrong and why; the value itself may be content."""
    problems: list[Any] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    first = problems[0] if problems else {"loc": ("body",), "msg": "malformed"}
    place = ".".join(str(part) for part in first["loc"])
    return await _answer_api_error(request, BadRequestError(f"{place}: {first['msg']}"))


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "Internal error"
    return _answer(request, status, detail.lower().replace(" ", "_"), f"{detail}.")


async def _answer_unreachable(request: Request, _error: Exception) -> JSONResponse:
    return await _answer_api_error(request, DatabaseUnavailableError(_UNAVAILABLE))


async def _answer_database(request: Request, error: Exception) -> JSONResponse:
    """A value the database cannot take is the caller's; a refusal by policy shows nothing."""
    code = (error.code or "") if isinstance(error, APIError) else ""
    if code in _REFUSALS and isinstance(error, APIError):
        return await _answer_api_error(request, _REFUSALS[code](str(error.message)))
    if code.startswith("22"):
        return await _answer_api_error(request, BadRequestError("A value in it is malformed."))
    _log.error("database refused: %s", code)
    return await _answer_api_error(request, DatabaseUnavailableError(_UNAVAILABLE))


async def _answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("unexpected error: %s", type(error).__name__)
    return _answer(
        request, 500, "internal_error", "This is our mistake. Quote the request id to report it."
    )


_UNAVAILABLE: Final = "The database did not answer. Try again in a moment."
