"""Users and their identities: rows, and the JSON that clients read."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from infra.local.auth.answers import AuthError, write_time
from infra.local.auth.database import Connection, Row, change, fetch, fetch_all

_EMAIL: Final = "email"
_PROVIDERS: Final = {"provider": _EMAIL, "providers": [_EMAIL]}
_TIMES: Final = (
    "email_confirmed_at",
    "invited_at",
    "confirmation_sent_at",
    "confirmed_at",
    "recovery_sent_at",
    "email_change_sent_at",
    "last_sign_in_at",
    "banned_until",
)
TAKEN: Final = "A user with this email address has already been registered"


def find_by_email(connection: Connection, email: str) -> Row | None:
    """The user with this address, in lower case, locked until the transaction ends.

    A user's lock is the first that a transaction takes, so that no two wait for each other.
    """
    return fetch(connection, "select * from auth.users where email = %s for update", email)


def find_by_id(connection: Connection, user_id: str | uuid.UUID) -> Row | None:
    """The user with this id, locked until the transaction ends."""
    return fetch(connection, "select * from auth.users where id = %s for update", user_id)


def require_free(connection: Connection, email: str) -> None:
    """Raise AuthError 422 where somebody has the address."""
    if fetch(connection, "select from auth.users where email = %s", email) is not None:
        raise AuthError(422, "email_exists", TAKEN)


def add_user(
    connection: Connection,
    email: str,
    password_hash: str | None,
    metadata: Mapping[str, Any] | None,
    user_id: uuid.UUID | None = None,
) -> Row:
    """Add a user whose address is not confirmed yet, with the identity of that address."""
    identifier = user_id or uuid.uuid4()
    change(
        connection,
        "insert into auth.users (id, email, encrypted_password, raw_app_meta_data,"
        " raw_user_meta_data) values (%s, %s, %s, %s, %s)",
        identifier,
        email,
        password_hash,
        Jsonb(_PROVIDERS),
        Jsonb(dict(metadata or {})),
    )
    add_identity(connection, identifier, _EMAIL, str(identifier), email)
    return reload(connection, identifier)


def add_identity(
    connection: Connection, user_id: uuid.UUID, provider: str, provider_id: str, email: str
) -> None:
    """Add what a provider knows a user by, or note that the user came by it again."""
    identity = {
        "sub": provider_id,
        "email": email,
        "email_verified": provider != _EMAIL,
        "phone_verified": False,
    }
    change(
        connection,
        "insert into auth.identities (provider_id, user_id, identity_data, provider,"
        " last_sign_in_at) values (%s, %s, %s, %s, clock_timestamp())"
        " on conflict (provider_id, provider) do update"
        " set last_sign_in_at = excluded.last_sign_in_at, updated_at = clock_timestamp()",
        provider_id,
        user_id,
        Jsonb(identity),
        provider,
    )


def reload(connection: Connection, user_id: uuid.UUID) -> Row:
    """The user as the transaction has it now."""
    user = find_by_id(connection, user_id)
    if user is None:
        raise AuthError(404, "user_not_found", "User not found")
    return user


def confirm_email(connection: Connection, user: Row) -> Row:
    """Mark the address as the user's own, and end every link that was sent."""
    change(
        connection,
        "update auth.users set email_confirmed_at = clock_timestamp(),"
        " updated_at = clock_timestamp() where id = %s",
        user["id"],
    )
    change(
        connection,
        "update auth.identities set identity_data = identity_data || %s where user_id = %s",
        Jsonb({"email_verified": True}),
        user["id"],
    )
    change(connection, "delete from auth.one_time_tokens where user_id = %s", user["id"])
    return merge_metadata(connection, user, "raw_user_meta_data", {"email_verified": True})


def merge_metadata(
    connection: Connection, user: Row, column: str, updates: Mapping[str, Any]
) -> Row:
    """Write ``updates`` over the user's metadata; a null takes a key away."""
    merged = {**user[column], **updates}
    kept = {name: value for name, value in merged.items() if value is not None}
    return set_columns(connection, user, **{column: Jsonb(kept)})


def set_columns(connection: Connection, user: Row, **values: Any) -> Row:
    """Set columns that the caller names, never a client."""
    assignments = ", ".join(f"{name} = %s" for name in values)
    query = f"update auth.users set {assignments}, updated_at = clock_timestamp() where id = %s"  # noqa: S608  # names of columns in our code
    change(connection, query, *values.values(), user["id"])
    return reload(connection, user["id"])


def is_banned(user: Row) -> bool:
    """Whether the user may not log in now."""
    until: datetime | None = user["banned_until"]
    return until is not None and until > datetime.now(UTC)


def describe_user(connection: Connection, user: Row) -> dict[str, Any]:
    """The user as JSON, without what is not set."""
    times = {name: write_time(user[name]) for name in _TIMES if user[name] is not None}
    change_to = {"new_email": user["email_change"]} if user["email_change"] else {}
    identities = fetch_all(
        connection,
        "select * from auth.identities where user_id = %s order by created_at, id",
        user["id"],
    )
    return {
        "id": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"],
        "phone": "",
        **times,
        **change_to,
        "app_metadata": user["raw_app_meta_data"],
        "user_metadata": user["raw_user_meta_data"],
        "identities": [_describe_identity(identity) for identity in identities],
        "created_at": write_time(user["created_at"]),
        "updated_at": write_time(user["updated_at"]),
        "is_anonymous": False,
    }


def _describe_identity(identity: Row) -> dict[str, Any]:
    return {
        "identity_id": str(identity["id"]),
        "id": identity["provider_id"],
        "user_id": str(identity["user_id"]),
        "identity_data": identity["identity_data"],
        "provider": identity["provider"],
        "last_sign_in_at": write_time(identity["last_sign_in_at"]),
        "created_at": write_time(identity["created_at"]),
        "updated_at": write_time(identity["updated_at"]),
        "email": identity["email"],
    }
