"""Supabase's management API, as far as it imports a signing key.

https://supabase.com/docs/reference/api/v1-create-project-signing-key
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from infra.deploy.errors import DeployError

_API: Final = "https://api.supabase.com"
HOSTED: Final = ".supabase.co"
_TIMEOUT: Final = 20


class Management:
    """The signing keys of one hosted project."""

    def __init__(self, project_url: str, token: str, api: str | None = None) -> None:
        """Take a person's access token; ``api`` is another address of the management API."""
        reference = (urlsplit(project_url).hostname or "").removesuffix(HOSTED)
        self._url = f"{api or _API}/v1/projects/{reference}/config/auth/signing-keys"
        self._headers = {"Authorization": f"Bearer {token}"}

    def import_standby(self, key: str) -> bool:
        """Import a private JWK as the standby key; False if the project has it already.

        Raises:
            DeployError: if the management API refuses; the message holds no part of the key.
        """
        document = json.loads(key)
        there = self._ask("GET").get("keys", [])
        if any(document["kid"] in (each["id"], _find_kid(each)) for each in there):
            return False
        wanted = {"algorithm": "ES256", "status": "standby", "private_jwk": document}
        self._ask("POST", json=wanted)
        return True

    def _ask(self, method: str, **more: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(
                method, self._url, headers=self._headers, timeout=_TIMEOUT, **more
            )
        except httpx.HTTPError as error:
            raise DeployError(
                f"Supabase's management API did not answer ({type(error).__name__})."
            ) from error
        if not answer.is_success:
            raise DeployError(
                f"Supabase's management API answered {answer.status_code} to {method} of the "
                "signing keys. Has SUPABASE_ACCESS_TOKEN this project? A project has one standby "
                "key; without the token the key is imported by hand."
            )
        document: dict[str, Any] = answer.json()
        return document


def _find_kid(key: dict[str, Any]) -> str | None:
    public = key.get("public_jwk") or {}
    return public.get("kid") if isinstance(public, dict) else None
