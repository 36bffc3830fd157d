"""An account in Supabase Auth for somebody by address, made with the project's secret key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx

from infra.access.project import Project
from llm_observe.errors import ConfigurationError

_TIMEOUT: Final = 15.0
_PAGE: Final = 1000
_TAKEN: Final = "email_exists"
_ADDRESS: Final = re.compile(r"https?://[^/\s?#@]+/*")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of Supabase Auth. ``link`` is set where the caller has to pass it on."""

    user_id: str
    mailed: bool = False
    link: str | None = field(default=None, repr=False)


class Inviter:
    """Supabase Auth as its administrator; every request is bounded in time."""

    def __init__(self, http: httpx.Client, dashboard: str) -> None:
        self._http = http
        self._dashboard = dashboard.rstrip("/")

    @classmethod
    def of(cls, project: Project, dashboard: str | None) -> Self:
        """Give the project's; ``dashboard`` is the address that links lead to.

        Raises:
            ConfigurationError: without the secret key.
        """
        key = project.secret_key
        if not key:
            raise ConfigurationError(
                "Set SUPABASE_SECRET_KEY (sb_secret_…): Supabase Auth invites for its holder only."
            )
        url = f"{str(project.settings.supabase_url).rstrip('/')}/auth/v1"
        headers = {"apikey": key, "authorization": f"Bearer {key}"}
        http = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT, trust_env=False)
        return cls(http, _check_address(dashboard or project.dashboard_url or ""))

    def invite(self, email: str) -> Account:
        """Have Auth mail an invitation; whoever has a confirmed account gets none.

        Raises:
            ConfigurationError: if Auth refuses; the message says why.
        """
        params = {"redirect_to": self._dashboard} if self._dashboard else {}
        answer = self._http.post("/invite", params=params, json={"email": email})
        if _is_taken(answer):
            return Account(self._find(email))
        return Account(_read(answer)["id"], mailed=True)

    def make_link(self, email: str) -> Account:
        """Make the invitation's link without a mail, for the caller to pass on."""
        if not self._dashboard:
            raise ConfigurationError(
                "Name the dashboard that the link leads to: --dashboard https://observe.example.com"
            )
        wanted = {"type": "invite", "email": email}
        answer = self._http.post("/admin/generate_link", json=wanted)
        if _is_taken(answer):
            return Account(self._find(email))
        made = _read(answer)
        query = {"token_hash": made["hashed_token"], "type": "invite", "next": "/account"}
        link = f"{self._dashboard}/auth/confirm?{urlencode(query)}"
        return Account(made["id"], link=link)

    def _find(self, email: str) -> str:
        """Look for the user page by page: Auth's filter finds parts of addresses, too."""
        page = 1
        while True:
            wanted: dict[str, str | int] = {"filter": email, "page": page, "per_page": _PAGE}
            users = _read(self._http.get("/admin/users", params=wanted))["users"]
            for user in users:
                if (user.get("email") or "").lower() == email.lower():
                    return str(user["id"])
            if len(users) < _PAGE:
                raise ConfigurationError(f"Supabase Auth has {email} and does not list them.")
            page += 1


def _check_address(dashboard: str) -> str:
    """Hold the address against the form of one: whoever gets the link clicks it."""
    if dashboard and _ADDRESS.fullmatch(dashboard) is None:
        raise ConfigurationError(
            f"The dashboard's address is not {dashboard!r}: it is one such as "
            "https://observe.example.com."
        )
    return dashboard


def _is_taken(answer: httpx.Response) -> bool:
    return answer.is_client_error and _TAKEN in answer.text


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json()
        return body
    raise ConfigurationError(f"Supabase Auth refused: {_explain(answer)}")


def _explain(answer: httpx.Response) -> str:
    """Give Auth's own sentence; the edge in front of it has another shape."""
    try:
        body = answer.json()
        told = body.get("msg") or body.get("message")
    except (ValueError, AttributeError):
        told = None
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return f"{told or 'too often'}. Wait, or make the link yourself: --show-link."
    return f"{told or 'without a reason'} (HTTP {answer.status_code})."
