"""Sessions: begun by a login, carried on by refresh tokens good once, ended by sign-out."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from string import ascii_lowercase, digits
from typing import Any, Final

from infra.local.auth.answers import AuthError
from infra.local.auth.database import Connection, Database, Row, change, fetch, fetch_all
from infra.local.auth.tokens import Signer
from infra.local.auth.users import describe_user, find_by_id, is_banned, set_columns

REUSE: Final = timedelta(seconds=10)
"""How long a used refresh token is good again, for tabs that refresh at once."""
_ALPHABET: Final = ascii_lowercase + digits
_TOKEN_LENGTH: Final = 12
_PREFIX: Final = "Invalid Refresh Token: "


def begin_session(connection: Connection, signer: Signer, user: Row, method: str) -> dict[str, Any]:
    """Log a user in by a method (password, otp …); gives the answer of a token request."""
    session = fetch(
        connection, "insert into auth.sessions (user_id) values (%s) returning *", user["id"]
    )
    if session is None:
        raise RuntimeError("an insert gave no row")
    change(
        connection,
        "insert into auth.mfa_amr_claims (session_id, authentication_method) values (%s, %s)",
        session["id"],
        method,
    )
    user = set_columns(connection, user, last_sign_in_at=datetime.now(UTC))
    token = _add_refresh_token(connection, session, parent=None)
    return _answer(connection, signer, user, session, token)


def refresh_session(database: Database, signer: Signer, token: str) -> dict[str, Any]:
    """Change a refresh token for the next one, with a new access token.

    A token that was used is refused, and ends its session: somebody else may have it. Twice it is
    good again: within REUSE, and while the token that it was changed for has not been used.
    """
    with database.transaction() as connection:
        user, session, held = _hold_session(connection, token)
        if is_banned(user):
            raise AuthError(400, "user_banned", f"{_PREFIX}User Banned")
        following = _choose_following(connection, session, held)
        if following is not None:
            change(
                connection,
                "update auth.sessions set refreshed_at = clock_timestamp(),"
                " updated_at = clock_timestamp() where id = %s",
                session["id"],
            )
            return _answer(connection, signer, user, session, following)
        end_sessions(connection, session, "local")
    # After the block: the session's end stays.
    raise AuthError(400, "refresh_token_already_used", f"{_PREFIX}Already Used")


def end_sessions(connection: Connection, session: Row, scope: str) -> None:
    """End this session (local), the user's others, or all of them (global)."""
    own, theirs = session["id"], session["user_id"]
    if scope == "local":
        change(connection, "delete from auth.sessions where id = %s", own)
    elif scope == "others":
        change(connection, "delete from auth.sessions where user_id = %s and id <> %s", theirs, own)
    else:
        change(connection, "delete from auth.sessions where user_id = %s", theirs)


def _hold_session(connection: Connection, token: str) -> tuple[Row, Row, Row]:
    """Lock the token's user, and give session and token as they are then."""
    query = "select * from auth.refresh_tokens where token = %s"
    held = fetch(connection, query, token)
    user = find_by_id(connection, held["user_id"]) if held is not None else None
    held = fetch(connection, query, token)
    if user is not None and held is not None:
        session = fetch(connection, "select * from auth.sessions where id = %s", held["session_id"])
        if session is not None:
            return user, session, held
    raise AuthError(400, "refresh_token_not_found", f"{_PREFIX}Refresh Token Not Found")


def _choose_following(connection: Connection, session: Row, held: Row) -> str | None:
    """The refresh token to answer with; None for a token whose re-use is not forgiven."""
    if held["revoked"]:
        active = fetch(
            connection,
            "select * from auth.refresh_tokens where session_id = %s and not revoked"
            " order by id desc limit 1",
            session["id"],
        )
        if active is not None and active["parent"] == held["token"]:
            return str(active["token"])
        if datetime.now(UTC) > held["updated_at"] + REUSE:
            return None
    change(
        connection,
        "update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp()"
        " where id = %s and not revoked",
        held["id"],
    )
    return _add_refresh_token(connection, session, parent=held["token"])


def _add_refresh_token(connection: Connection, session: Row, parent: str | None) -> str:
    token = "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))
    change(
        connection,
        "insert into auth.refresh_tokens (token, user_id, session_id, parent)"
        " values (%s, %s, %s, %s)",
        token,
        str(session["user_id"]),
        session["id"],
        parent,
    )
    return token


def _answer(
    connection: Connection, signer: Signer, user: Row, session: Row, refresh_token: str
) -> dict[str, Any]:
    methods = fetch_all(
        connection,
        "select authentication_method as method,"
        " extract(epoch from updated_at)::bigint as timestamp"
        " from auth.mfa_amr_claims where session_id = %s order by updated_at desc",
        session["id"],
    )
    token, expires_at = signer.sign(user, session, methods)
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": expires_at - int(time.time()),
        "expires_at": expires_at,
        "refresh_token": refresh_token,
        "user": describe_user(connection, user),
    }
