"""The doctor's way to a project: single requests, each under a token that it names."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from llm_observe.supabase.setting_troubles import SENTENCES, recognize
from llm_observe.supabase.tokens import HeldToken, Role, TokenSource

TENANT: Final = "llm-observe-doctor"
"""The tenant that a test span is written for, and taken from again."""
_ACTOR: Final = "command"
"""The ``key_id`` of a token that whoever holds the signing key mints."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the project; ``code`` is the Data API's, None where there is none."""

    status: int
    body: Any
    code: str | None
    trouble: str | None
    """The name of the setting that is wrong, where the answer shows one."""
    skew: float | None
    """Seconds that the project's clock is ahead of this machine's; None: it does not tell."""

    @property
    def is_success(self) -> bool:
        """Whether it did what it was asked for."""
        return httpx.codes.is_success(self.status)

    def explain(self) -> str:
        """Say how it failed, in a code or a number: a message may quote values."""
        return f"status {self.status}" + (f", code {self.code}" if self.code else "")


class ProjectDoor:
    """Asks one project's Data API and Auth."""

    def __init__(
        self, url: str, publishable_key: str, tokens: TokenSource, *, seconds: float
    ) -> None:
        self._tokens = tokens
        headers = {"apikey": publishable_key}
        self._client = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=seconds)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def ask_unnamed(self, path: str) -> Answer:
        """Ask with the publishable key alone.

        Raises:
            httpx.HTTPError: if nobody answers.
        """
        return self._send("GET", path, {}, None)

    def ask(
        self,
        path: str,
        role: Role,
        body: Mapping[str, Any] | None = None,
        *,
        tenant: str = TENANT,
        key_id: str | None = _ACTOR,
    ) -> Answer:
        """Ask the Data API as a role: to read, or with a body to call a function.

        Raises:
            httpx.HTTPError: if nobody answers.
        """
        token = self._tokens.mint(role, tenant, key_id)
        method = "GET" if body is None else "POST"
        return self._send(method, f"/rest/v1/{path}", {"Authorization": f"Bearer {token}"}, body)

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> Answer:
        began = time.time()
        response = self._client.request(method, path, headers=headers, json=body)
        middle = (began + time.time()) / 2
        return _read(response, middle, holds_token=isinstance(self._tokens, HeldToken))


def split(trouble: str) -> tuple[str, str]:
    """Give the sentence of a trouble and what to do about it."""
    message, _, action = SENTENCES[trouble].partition(". ")
    return f"{message}.", action


def _read(response: httpx.Response, at: float, *, holds_token: bool) -> Answer:
    try:
        body = response.json()
    except ValueError:
        body = None
    trouble = recognize(response, holds_token=holds_token)
    if body is None and response.is_success and response.content:
        trouble = "another site"
    code = body.get("code") if isinstance(body, dict) else None
    return Answer(
        response.status_code,
        body,
        code if isinstance(code, str) else None,
        trouble,
        _measure_skew(response.headers.get("date"), at),
    )


def _measure_skew(date: str | None, at: float) -> float | None:
    try:
        told = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
    # The header has whole seconds: half a second later is right on average.
    return told + 0.5 - at
