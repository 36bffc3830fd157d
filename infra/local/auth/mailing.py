"""Endpoints that send a mail: signup, otp, magiclink, resend and recover."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

from infra.local.auth.answers import AuthError, invalid, write_time
from infra.local.auth.calls import Call
from infra.local.auth.database import Connection, Row
from infra.local.auth.links import (
    CONFIRMATION,
    KINDS,
    RECOVERY,
    begin_flow,
    choose_redirect,
    issue_token,
    require_time_between,
    write_link,
)
from infra.local.auth.mails import Mail
from infra.local.auth.passwords import check_strength, hash_password
from infra.local.auth.service import Service
from infra.local.auth.users import add_user, describe_user, find_by_email

FLOWS = {"signup": "email/signup"}
"""The authentication method of a flow, where it is not the type of its link."""


def sign_up(service: Service, call: Call) -> Response:
    """POST /signup: an account that waits for its address to be confirmed.

    An address that somebody has is answered the same way, so that nobody learns who is here.
    """
    if not call.text("email"):
        raise AuthError(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    password = call.text("password")
    if not password:
        raise invalid("Signup requires a valid password")
    check_strength(password)
    email, password_hash = call.email(), hash_password(password)
    with service.database.transaction() as connection:
        user = find_by_email(connection, email)
        if user is not None and user["email_confirmed_at"] is not None:
            return JSONResponse(_pretend(email, call))
        if user is None:
            user = add_user(connection, email, password_hash, call.record("data"))
        send_link(service, connection, call, user, "signup")
        known = find_by_email(connection, email) or user
        return JSONResponse(describe_user(connection, known))


def send_login_link(service: Service, call: Call) -> Response:
    """POST /otp and /magiclink: a link to log in, which confirms a new address, too."""
    if call.text("phone"):
        raise AuthError(400, "phone_provider_disabled", "Unsupported phone provider")
    email = call.email()
    with service.database.transaction() as connection:
        user = find_by_email(connection, email)
        if user is None:
            if not call.flag("create_user", default=True):
                raise AuthError(422, "otp_disabled", "Signups not allowed for otp")
            user = add_user(connection, email, None, call.record("data"))
        confirmed = user["email_confirmed_at"] is not None
        send_link(service, connection, call, user, "magiclink" if confirmed else "signup")
    return JSONResponse({})


def send_recovery(service: Service, call: Call) -> Response:
    """POST /recover: a link to a new password; an unknown address is answered the same way."""
    email = call.email()
    with service.database.transaction() as connection:
        user = find_by_email(connection, email)
        if user is not None:
            send_link(service, connection, call, user, "recovery")
    return JSONResponse({})


def send_again(service: Service, call: Call) -> Response:
    """POST /resend: the mail of a signup again."""
    if call.text("type") != "signup":
        raise invalid("Missing one of these types: signup")
    email = call.email()
    with service.database.transaction() as connection:
        user = find_by_email(connection, email)
        if user is not None and user["email_confirmed_at"] is None:
            send_link(service, connection, call, user, "signup")
    return JSONResponse({})


def send_link(
    service: Service, connection: Connection, call: Call, user: Row, verification: str
) -> None:
    """Mail a link of a type to a user; raises AuthError 429 within a minute of the last."""
    kind = CONFIRMATION if CONFIRMATION in KINDS[verification] else RECOVERY
    require_time_between(user, kind)
    method = FLOWS.get(verification, verification)
    pkce = begin_flow(connection, call, user, method)
    token = issue_token(connection, user, kind, user["email"], pkce=pkce)
    redirect_to = choose_redirect(call.query.get("redirect_to", ""), service.site_url)
    link = write_link(service.url, token, verification, redirect_to)
    service.mailbox.put(
        Mail(user["email"], verification, link, token.code, token.token_hash, redirect_to)
    )


def _pretend(email: str, call: Call) -> dict[str, object]:
    """A new user's JSON for an address that is taken; the empty identities tell those who know."""
    now = write_time(datetime.now(UTC))
    return {
        "id": str(uuid.uuid4()),
        "aud": "authenticated",
        "role": "",
        "email": email,
        "phone": "",
        "confirmation_sent_at": now,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": call.record("data") or {},
        "identities": [],
        "created_at": now,
        "updated_at": now,
        "is_anonymous": False,
    }
