"""Endpoints of the secret key that bring somebody in: invite, and a link without a mail."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

from infra.local.auth.answers import AuthError, invalid
from infra.local.auth.calls import Call
from infra.local.auth.database import Connection, Row
from infra.local.auth.links import (
    CONFIRMATION,
    RECOVERY,
    choose_redirect,
    issue_token,
    write_link,
)
from infra.local.auth.mails import Mail
from infra.local.auth.passwords import check_strength, hash_password
from infra.local.auth.service import Service
from infra.local.auth.users import TAKEN, add_user, describe_user, find_by_email, set_columns


def invite(service: Service, call: Call) -> Response:
    """POST /invite: mail a link to somebody who has no account yet, or an unconfirmed one."""
    service.require_admin(call)
    email = call.email()
    redirect_to = choose_redirect(call.query.get("redirect_to", ""), service.site_url)
    with service.database.transaction() as connection:
        user = _prepare(connection, call, email, "invite", None)
        token = issue_token(connection, user, CONFIRMATION, email)
        link = write_link(service.url, token, "invite", redirect_to)
        service.mailbox.put(Mail(email, "invite", link, token.code, token.token_hash, redirect_to))
        return JSONResponse(describe_user(connection, find_by_email(connection, email) or user))


def generate_link(service: Service, call: Call) -> Response:
    """POST /admin/generate_link: the link of a mail that the caller sends."""
    service.require_admin(call)
    email, kind, password_hash = call.email(), call.text("type"), None
    if kind not in {"signup", "invite", "magiclink", "recovery"}:
        raise invalid(f"Invalid email action link type requested: {kind[:32]}")
    if kind == "signup":
        check_strength(call.text("password"))
        password_hash = hash_password(call.text("password"))
    wanted = call.text("redirect_to") or call.query.get("redirect_to", "")
    redirect_to = choose_redirect(wanted, service.site_url)
    with service.database.transaction() as connection:
        kind, user = _prepare_for(connection, call, email, kind, password_hash)
        known = RECOVERY if kind in {"magiclink", "recovery"} else CONFIRMATION
        token = issue_token(connection, user, known, email)
        user = find_by_email(connection, email) or user
        return JSONResponse(
            describe_user(connection, user)
            | {
                "action_link": write_link(service.url, token, kind, redirect_to),
                "email_otp": token.code,
                "hashed_token": token.token_hash,
                "verification_type": kind,
                "redirect_to": redirect_to,
            }
        )


def _prepare_for(
    connection: Connection, call: Call, email: str, kind: str, password_hash: str | None
) -> tuple[str, Row]:
    """The user of a link, and its type: a login link for somebody new is a signup."""
    user = find_by_email(connection, email)
    if kind in {"magiclink", "recovery"} and user is not None:
        return kind, user
    if kind == "recovery":
        raise AuthError(404, "user_not_found", "User with this email not found")
    kind = "signup" if kind == "magiclink" else kind
    return kind, _prepare(connection, call, email, kind, password_hash)


def _prepare(
    connection: Connection, call: Call, email: str, kind: str, password_hash: str | None
) -> Row:
    """A user who is not confirmed yet, made where there is none; raises AuthError 422."""
    user = find_by_email(connection, email)
    if user is None:
        user = add_user(connection, email, password_hash, call.record("data"))
    elif user["email_confirmed_at"] is not None:
        raise AuthError(422, "email_exists", TAKEN)
    if kind == "invite":
        user = set_columns(connection, user, invited_at=datetime.now(UTC))
    return user
