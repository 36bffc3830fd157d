"""A request as the endpoints take it: its JSON body, its parameters and its credentials."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from starlette.requests import Request

from infra.local.auth.answers import AuthError, invalid

_MOST_BYTES: Final = 1 << 20
"""Supabase Auth's limit of a body."""
_LONGEST_EMAIL: Final = 255
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL: Final = re.compile(
    rf"[\w.!#$%&'*+/=?^`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been read; ``bearer`` is None without the header."""

    body: Mapping[str, Any] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    path: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)

    @property
    def bearer(self) -> str:
        """The token of the Authorization header; raises AuthError 401 without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
        return token.strip()

    def text(self, name: str) -> str:
        """The string of the body under ``name``, empty where it is not given."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, str):
            raise _not_json(f"{name} is no string")
        return value or ""

    def record(self, name: str) -> dict[str, Any] | None:
        """The object of the body under ``name``, None where it is not given."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, dict):
            raise _not_json(f"{name} is no object")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """The boolean of the body under ``name``."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, bool):
            raise _not_json(f"{name} is no boolean")
        return default if value is None else value

    def email(self, name: str = "email") -> str:
        """The e-mail address under ``name``, in lower case; raises AuthError 400."""
        return read_email(self.text(name))

    def carries(self, secret_key: str) -> bool:
        """Whether the request comes with the project's secret key.

        A hosted project's edge puts a token of service_role in its place; there is none here.
        """
        presented = self.headers.get("authorization", "").removeprefix("Bearer ").strip()
        presented = presented or self.headers.get("apikey", "")
        return hmac.compare_digest(presented.encode(), secret_key.encode())


def read_email(text: str) -> str:
    """Give an e-mail address in lower case; raises AuthError 400 where it is none."""
    if not text:
        raise invalid("An email address is required")
    if len(text) > _LONGEST_EMAIL:
        raise invalid("An email address is too long")
    if _EMAIL.fullmatch(text) is None:
        raise invalid("Unable to validate email address: invalid format")
    return text.lower()


async def read_call(request: Request) -> Call:
    """Read a request; raises AuthError for a body that is too long or no JSON object."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise AuthError(
                413,
                "request_entity_too_large",
                f"Request body too large (max {_MOST_BYTES} bytes)",
            )
    body = _parse(bytes(content)) if content else {}
    return Call(body, request.query_params, request.path_params, request.headers)


def _parse(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _not_json("it is malformed") from error
    if not isinstance(value, dict):
        raise _not_json("it is no object")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _not_json(reason: str) -> AuthError:
    return AuthError(400, "bad_json", f"Could not parse request body as JSON: {reason}")
