"""Answers in Supabase Auth's shapes: errors by version of the API, times and JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

VERSION_HEADER: Final = "x-supabase-api-version"
_VERSION: Final = "2024-01-01"
"""The first version that names errors in ``code``; before it, ``code`` was the status."""


class AuthError(Exception):
    """An answer other than the one asked for; ``extra`` stands beside code and message."""

    def __init__(
        self, status: int, code: str, message: str, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = dict(extra or {})


class OAuthError(Exception):
    """A refusal in OAuth's own shape, which a few of Auth's still have."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


def invalid(message: str) -> AuthError:
    """Refuse a request whose fields do not fit."""
    return AuthError(400, "validation_failed", message)


def render_error(request: Request, error: Exception) -> JSONResponse:
    """Answer an AuthError or an OAuthError; anything else is raised on."""
    if isinstance(error, OAuthError):
        return JSONResponse(error.body, 400)
    if not isinstance(error, AuthError):
        raise error
    headers = {"x-sb-error-code": error.code}
    body: dict[str, Any]
    if _is_new(request.headers.get(VERSION_HEADER, "")):
        body = {"code": error.code, "message": error.message}
        headers[VERSION_HEADER] = _VERSION
    else:
        body = {"code": error.status, "error_code": error.code, "msg": error.message}
    return JSONResponse(body | error.extra, error.status, headers)


def write_time(moment: datetime | None) -> str | None:
    """Write a time as Auth does, in UTC with a Z."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _is_new(version: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", version, re.ASCII) is not None and (
        version >= _VERSION
    )
