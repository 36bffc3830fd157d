"""Errors in PostgREST's shape, and the HTTP status of each SQLSTATE.

Codes and statuses: https://docs.postgrest.org/en/v14/references/errors.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import psycopg
from starlette.responses import JSONResponse

_STATUS_BY_SQLSTATE = {
    "21000": 500,
    "22023": 400,
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42501": 403,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "53400": 500,
    "57P01": 503,
    "P0001": 400,
}
_STATUS_BY_CLASS = {
    **dict.fromkeys(("0L", "0P", "28"), 403),
    **dict.fromkeys(("09", "25", "2D", "38", "39", "3B", "40", "54", "55", "57", "58"), 500),
    **dict.fromkeys(("F0", "HV", "P0", "XX"), 500),
    **dict.fromkeys(("08", "53"), 503),
}

_UNAUTHORIZED = 401
_RAISABLE_STATUSES = range(200, 600)


class DataApiError(Exception):
    """An answer other than the one asked for: HTTP status and PostgREST's four fields."""

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        *,
        details: Any = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "details": details, "hint": hint}
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """Render the error as PostgREST does, with its code in Proxy-Status for HEAD."""
        headers = {**self.headers}
        if self.body["code"]:
            headers["Proxy-Status"] = f"PostgREST; error={self.body['code']}"
        return JSONResponse(
            self.body,
            status_code=self.status,
            headers=headers,
            media_type="application/json; charset=utf-8",
        )


def not_implemented(details: str) -> DataApiError:
    """Refuse a feature of PostgREST that the Data API leaves out."""
    return DataApiError(
        400,
        "PGRST127",
        "Feature not implemented",
        details=f"The local Data API does not do {details}.",
        hint="A hosted Supabase project may; the local one speaks only what llm-observe uses.",
    )


def invalid_body(message: str) -> DataApiError:
    """Refuse a request body (PGRST102)."""
    return DataApiError(400, "PGRST102", message)


def invalid_token(code: str, message: str, details: str | None = None) -> DataApiError:
    """Refuse a bearer token: PGRST301 (not decodable) or PGRST303 (claims)."""
    challenge = f'Bearer error="invalid_token", error_description={json.dumps(message)}'
    return DataApiError(
        401, code, message, details=details, headers={"WWW-Authenticate": challenge}
    )


def database_unreachable(error: psycopg.OperationalError) -> DataApiError:
    """No connection to Postgres could be made."""
    return DataApiError(
        503,
        "PGRST000",
        "Database connection error. Retrying the connection.",
        details=str(error).strip(),
    )


def from_postgres(error: psycopg.Error, *, anonymous: bool) -> DataApiError:
    """Translate an error of the database; 42501 is 401 for an anonymous caller."""
    sqlstate = error.sqlstate
    diagnostic = error.diag
    message = diagnostic.message_primary or str(error)
    if sqlstate is None:
        return _without_sqlstate(error)
    if sqlstate == "PGRST":
        return _from_raised_response(message, diagnostic.message_detail)
    status = _status_of(sqlstate, message, anonymous=anonymous)
    return DataApiError(
        status,
        sqlstate,
        message,
        details=diagnostic.message_detail,
        hint=diagnostic.message_hint,
        headers={"WWW-Authenticate": "Bearer"} if status == _UNAUTHORIZED else None,
    )


def _without_sqlstate(error: psycopg.Error) -> DataApiError:
    if isinstance(error, psycopg.DataError):  # psycopg itself refuses a NUL byte in text
        return DataApiError(400, "22021", str(error))
    return DataApiError(
        503, "PGRST001", "Database client error. Retrying the connection.", details=str(error)
    )


def _status_of(sqlstate: str, message: str, *, anonymous: bool) -> int:
    if sqlstate == "42501" and anonymous:
        return _UNAUTHORIZED
    if sqlstate == "21000" and message.endswith("requires a WHERE clause"):
        return 400
    if sqlstate == "22023" and message.startswith("role") and message.endswith("does not exist"):
        return _UNAUTHORIZED
    if sqlstate.startswith("PT"):
        digits = sqlstate[2:]
        return int(digits) if digits.isdigit() and int(digits) in _RAISABLE_STATUSES else 500
    return _STATUS_BY_SQLSTATE.get(sqlstate) or _STATUS_BY_CLASS.get(sqlstate[:2], 400)


def _from_raised_response(message: str, detail: str | None) -> DataApiError:
    """Build the answer that ``RAISE sqlstate 'PGRST'`` spells out in MESSAGE and DETAIL."""
    try:
        body = json.loads(message)
        answer = json.loads(detail or "null")
        return DataApiError(
            int(answer["status"]),
            str(body["code"]),
            str(body["message"]),
            details=body.get("details"),
            hint=body.get("hint"),
            headers={str(name): str(value) for name, value in answer["headers"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return DataApiError(
            500,
            "PGRST121",
            "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error",
            details="MESSAGE needs the keys code and message; DETAIL needs status and headers.",
        )
