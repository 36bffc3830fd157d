"""An Auth under test, with the official client's ways into it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from supabase import Client, ClientOptions, create_client

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Target:
    """A project's URL and keys; ``database_url`` where the suite may write the clock's hands."""

    url: str
    publishable_key: str
    secret_key: str = field(repr=False)
    http: httpx.Client = field(repr=False)
    database_url: str | None = field(default=None, repr=False)

    def connect(self, key: str | None = None) -> Client:
        """Make a client with a session of its own."""
        options = ClientOptions(
            persist_session=False, auto_refresh_token=False, httpx_client=self.http
        )
        return create_client(self.url, key or self.publishable_key, options)

    def admin(self) -> Client:
        """Make a client that may do everything."""
        return self.connect(self.secret_key)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send bare HTTP to Auth, with the publishable key."""
        headers = {"apikey": self.publishable_key} | options.pop("headers", {})
        return self.http.request(method, f"{self.url}/auth/v1{path}", headers=headers, **options)


def make_email() -> str:
    """Give an address that nobody has yet."""
    return f"conformance-{uuid.uuid4().hex[:12]}@example.com"


@dataclass(frozen=True)
class Mailbox:
    """The local mailbox, as a program reads it."""

    target: Target

    def read(self, email: str) -> list[dict[str, str]]:
        """Give the mails to an address, the newest first."""
        answer = self.target.http.get(
            f"{self.target.url}/mails", params={"to": email}, headers={"Accept": "application/json"}
        )
        mails: list[dict[str, str]] = answer.raise_for_status().json()["mails"]
        return mails

    def follow(self, mail: dict[str, str]) -> str:
        """Click the mail's link; gives the address that it leads back to."""
        answer = self.target.http.get(mail["link"], follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]
