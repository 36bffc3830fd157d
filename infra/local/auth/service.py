"""The parts that every endpoint works with, and the caller behind an access token."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from infra.local.auth.answers import AuthError
from infra.local.auth.calls import Call
from infra.local.auth.database import Connection, Database, Row, fetch
from infra.local.auth.mails import Mailbox
from infra.local.auth.tokens import Signer
from infra.local.auth.users import find_by_id, is_banned

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Service:
    """One project's Auth. ``url`` is where clients reach it, ``site_url`` the dashboard."""

    database: Database
    signer: Signer
    url: str
    site_url: str
    mailbox: Mailbox
    secret_key: str = field(repr=False)

    def find_caller(self, connection: Connection, claims: dict[str, Any]) -> tuple[Row, Row]:
        """The user and the session that a token was made for; raises AuthError 403."""
        user = find_by_id(connection, claims["sub"])
        if user is None:
            raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
        session = fetch(
            connection, "select * from auth.sessions where id = %s", claims["session_id"]
        )
        if session is None:
            raise AuthError(
                403, "session_not_found", "Session from session_id claim in JWT does not exist"
            )
        if is_banned(user):
            raise AuthError(403, "user_banned", "User is banned")
        return user, session

    def require_admin(self, call: Call) -> None:
        """Refuse whoever does not come with the secret key."""
        if call.carries(self.secret_key):
            return
        if not call.bearer.startswith("sb_"):
            self.signer.read(call.bearer)
        raise AuthError(403, "not_admin", "User not allowed")


def require_uuid(text: str) -> str:
    """Give a user's id as it came; raises AuthError 404 where it can be nobody's."""
    if _UUID.fullmatch(text.lower()) is None:
        raise AuthError(404, "validation_failed", "user_id must be an UUID")
    return text
