"""Endpoints for whoever has the secret key: people made, listed, changed and deleted."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from infra.local.auth.answers import AuthError, invalid
from infra.local.auth.calls import Call
from infra.local.auth.database import Connection, Row, change, fetch, fetch_all
from infra.local.auth.passwords import check_strength, hash_password
from infra.local.auth.service import Service, require_uuid
from infra.local.auth.users import (
    add_user,
    confirm_email,
    describe_user,
    find_by_id,
    merge_metadata,
    require_free,
    set_columns,
)

_PAGE: Final = 50
_LARGEST_PAGE: Final = 1000
_SECONDS: Final = {"h": 3600, "m": 60, "s": 1}
_DURATION: Final = re.compile(r"(\d{1,6}[hms])+", re.ASCII)


def list_users(service: Service, call: Call) -> Response:
    """GET /admin/users: a page of people, the newest first."""
    service.require_admin(call)
    page = _read_number(call, "page", 1)
    size = min(_read_number(call, "per_page", _PAGE), _LARGEST_PAGE)
    with service.database.transaction() as connection:
        counted = fetch(connection, "select count(*) as number from auth.users")
        rows = fetch_all(
            connection,
            "select * from auth.users order by created_at desc, id limit %s offset %s",
            size,
            (page - 1) * size,
        )
        users = [describe_user(connection, row) for row in rows]
    total = counted["number"] if counted else 0
    headers = {"x-total-count": str(total), "link": _link(service.url, page, size, total)}
    return JSONResponse({"users": users, "aud": "authenticated"}, headers=headers)


def create_user(service: Service, call: Call) -> Response:
    """POST /admin/users: a person, confirmed where the caller says so."""
    service.require_admin(call)
    if not call.text("email"):
        raise invalid("Cannot create a user without either an email or phone")
    email, password = call.email(), call.text("password") or secrets.token_urlsafe(32)
    identifier = uuid.UUID(require_uuid(call.text("id"))) if call.text("id") else None
    check_strength(password)
    password_hash = hash_password(password)
    with service.database.transaction() as connection:
        require_free(connection, email)
        metadata = call.record("user_metadata")
        user = add_user(connection, email, password_hash, metadata, identifier)
        user = _apply_changes(connection, call, user)
        return JSONResponse(describe_user(connection, user))


def show_user(service: Service, call: Call) -> Response:
    """GET /admin/users/{user_id}: one person."""
    service.require_admin(call)
    with service.database.transaction() as connection:
        return JSONResponse(describe_user(connection, _find(connection, call)))


def update_user(service: Service, call: Call) -> Response:
    """PUT /admin/users/{user_id}: change what the body names."""
    service.require_admin(call)
    email = call.email() if call.text("email") else None
    password = call.text("password")
    if password:
        check_strength(password)
        password = hash_password(password)
    with service.database.transaction() as connection:
        user = _find(connection, call)
        if password:
            user = set_columns(connection, user, encrypted_password=password)
            change(connection, "delete from auth.sessions where user_id = %s", user["id"])
        if email not in {None, user["email"]}:
            require_free(connection, str(email))
            user = set_columns(connection, user, email=email)
        metadata = call.record("user_metadata")
        if metadata is not None:
            user = merge_metadata(connection, user, "raw_user_meta_data", metadata)
        return JSONResponse(describe_user(connection, _apply_changes(connection, call, user)))


def delete_user(service: Service, call: Call) -> Response:
    """DELETE /admin/users/{user_id}: a person with all their sessions."""
    service.require_admin(call)
    if call.flag("should_soft_delete"):
        raise invalid("The local Auth deletes for good: leave should_soft_delete out")
    with service.database.transaction() as connection:
        change(connection, "delete from auth.users where id = %s", _find(connection, call)["id"])
    return JSONResponse({})


def _apply_changes(connection: Connection, call: Call, user: Row) -> Row:
    """Do what making and changing a user have in common."""
    metadata = call.record("app_metadata")
    if metadata is not None:
        user = merge_metadata(connection, user, "raw_app_meta_data", metadata)
    if call.flag("email_confirm"):
        user = confirm_email(connection, user)
    duration = call.text("ban_duration")
    if duration:
        user = set_columns(connection, user, banned_until=_read_ban(duration))
    return user


def _read_ban(duration: str) -> datetime | None:
    """The end of a ban, from Go's way to write a duration (``24h``); None lifts it."""
    if duration == "none":
        return None
    if _DURATION.fullmatch(duration) is None:
        raise invalid("invalid format for ban duration")
    parts = re.findall(r"(\d+)([hms])", duration)
    return datetime.now(UTC) + timedelta(seconds=sum(int(n) * _SECONDS[unit] for n, unit in parts))


def _find(connection: Connection, call: Call) -> Row:
    user = find_by_id(connection, require_uuid(call.path["user_id"]))
    if user is None:
        raise AuthError(404, "user_not_found", "User not found")
    return user


def _read_number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name) or str(default)
    if re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII) is None:
        raise invalid(f"Bad Pagination Parameters: {name}")
    return int(text)


def _link(url: str, page: int, size: int, total: int) -> str:
    last = max(1, -(-total // size))
    pages: dict[str, Any] = {"next": page + 1} if page < last else {}
    return ", ".join(
        f'<{url}/admin/users?page={number}&per_page={size}>; rel="{name}"'
        for name, number in (pages | {"last": last}).items()
    )
