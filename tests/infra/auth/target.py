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
