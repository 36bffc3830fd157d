"""The Supabase project's Data API, spoken to as one tenant at a time.

Only the data part of the Supabase client is imported: the whole client costs 1.6 times the CPU of
``postgrest`` at a cold start.
"""

from __future__ import annotations

from inspect import signature
from typing import Any, Final, Self

import httpx
from postgrest import SyncPostgrestClient

from llm_observe.config import Settings, require_project
from llm_observe.supabase.setting_troubles import SettingTroubles, WatchedSession
from llm_observe.supabase.tokens import HeldToken, Role, TokenMinter, TokenSource

_CONNECT_SHARE: Final = 0.25
"""Of a request's time, for connecting: connecting and answering together stay within it."""
_WITHOUT_RETRIES: Final[dict[str, Any]] = {
    name: False for name in signature(SyncPostgrestClient).parameters if name == "retry_enabled"
}
"""From 2.34 on, postgrest tries again by itself, and sleeps for up to 7 s; older ones never do."""


class DataApi:
    """One kept-alive connection pool, and clients on it that act as a role for a tenant."""

    def __init__(self, url: str, publishable_key: str, tokens: TokenSource) -> None:
        self._url = f"{url.rstrip('/')}/rest/v1"
        self._key = publishable_key
        self._tokens = tokens
        self.troubles = SettingTroubles()
        self._session = self._open_session()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build it from the project's URL and publishable key, and what tokens come from.

        That is ``LLM_OBSERVE_INGEST_TOKEN`` where there is one, else ``SUPABASE_JWT_SIGNING_KEY``.

        Raises:
            ConfigurationError: if one of them is missing or malformed.
        """
        url, key = require_project(settings)
        if settings.ingest_token is not None:
            return cls(url, key, HeldToken(settings.ingest_token))
        signing_key = settings.signing_key or ""
        return cls(url, key, TokenMinter(signing_key, issuer=f"{url.rstrip('/')}/auth/v1"))

    def connect_as(
        self, role: Role, tenant: str | None, *, timeout: float, key_id: str | None = None
    ) -> SyncPostgrestClient:
        """Give a client whose every request carries a fresh token; ``timeout`` is in seconds.

        ``key_id`` names the credential on whose behalf it asks. It never retries by itself.
        """
        connect = timeout * _CONNECT_SHARE
        self._session.timeout = httpx.Timeout(timeout - connect, connect=connect)
        token = self._tokens.mint(role, tenant, key_id)
        return SyncPostgrestClient(
            self._url,
            headers={"apikey": self._key, "Authorization": f"Bearer {token}"},
            http_client=self._session,
            **_WITHOUT_RETRIES,
        )

    def reset(self) -> None:
        """Close its connections; the next request opens new ones."""
        self._session.close()
        self._session = self._open_session()

    def _open_session(self) -> httpx.Client:
        return WatchedSession(
            self.troubles,
            holds_token=isinstance(self._tokens, HeldToken),
            base_url=self._url,
            # A frozen environment's connections are worth a try when it is thawed: the server often
            # keeps them for a minute, and a stale one only costs an immediate second try.
            limits=httpx.Limits(keepalive_expiry=60.0),
        )
