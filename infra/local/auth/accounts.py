"""Endpoints of a user's own account, and what a project lets people do."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, Response

from infra.local.auth.answers import AuthError
from infra.local.auth.calls import Call
from infra.local.auth.database import Connection, Row, change
from infra.local.auth.fake_provider import FAKE
from infra.local.auth.links import (
    CHANGE_CURRENT,
    CHANGE_NEW,
    begin_flow,
    choose_redirect,
    issue_token,
    require_time_between,
    write_link,
)
from infra.local.auth.mails import Mail
from infra.local.auth.passwords import check_strength, hash_password, is_password
from infra.local.auth.service import Service
from infra.local.auth.sessions import end_sessions
from infra.local.auth.users import describe_user, merge_metadata, require_free, set_columns

_PROVIDERS: Final = (
    "anonymous_users",
    "apple",
    "azure",
    "bitbucket",
    "discord",
    "facebook",
    "snapchat",
    "figma",
    "fly",
    "github",
    "gitlab",
    "google",
    "keycloak",
    "kakao",
    "linkedin",
    "linkedin_oidc",
    "notion",
    "spotify",
    "slack",
    "slack_oidc",
    "workos",
    "twitch",
    "twitter",
    "email",
    "phone",
    "zoom",
)


def show_settings(_service: Service, _call: Call) -> Response:
    """GET /settings: e-mail and a fake provider are the ways in; an address has to be confirmed."""
    return JSONResponse(
        {
            "external": {name: name == "email" for name in _PROVIDERS} | {FAKE: True},
            "disable_signup": False,
            "mailer_autoconfirm": False,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )


def show_health(_service: Service, _call: Call) -> Response:
    """GET /health: that it runs."""
    return JSONResponse(
        {"version": "local", "name": "GoTrue", "description": "A local stand-in for Supabase Auth"}
    )


def show_user(service: Service, call: Call) -> Response:
    """GET /user: the caller, as long as the session lasts."""
    claims = service.signer.read(call.bearer)
    with service.database.transaction() as connection:
        user, _ = service.find_caller(connection, claims)
        return JSONResponse(describe_user(connection, user))


def update_user(service: Service, call: Call) -> Response:
    """PUT /user: the caller's password, address or metadata.

    A new password ends the caller's other sessions and every link that was sent. A new address
    counts when both addresses have agreed.
    """
    claims = service.signer.read(call.bearer)
    email = call.email() if call.text("email") else None
    if call.record("app_metadata") is not None:
        raise AuthError(403, "not_admin", "Updating app_metadata requires admin privileges")
    with service.database.transaction() as connection:
        user, _ = service.find_caller(connection, claims)
    password_hash = _hash_new_password(call.text("password"), user)
    with service.database.transaction() as connection:
        user, session = service.find_caller(connection, claims)
        if password_hash is not None:
            user = set_columns(connection, user, encrypted_password=password_hash)
            change(connection, "delete from auth.one_time_tokens where user_id = %s", user["id"])
            end_sessions(connection, session, "others")
        metadata = call.record("data")
        if metadata is not None:
            user = merge_metadata(connection, user, "raw_user_meta_data", metadata)
        if email is not None and email != user["email"]:
            user = _begin_change(service, connection, call, user, email)
        return JSONResponse(describe_user(connection, user))


def _hash_new_password(password: str, user: Row) -> str | None:
    if not password:
        return None
    check_strength(password)
    if is_password(password, user["encrypted_password"]):
        message = "New password should be different from the old password."
        raise AuthError(422, "same_password", message)
    return hash_password(password)


def _begin_change(
    service: Service, connection: Connection, call: Call, user: Row, email: str
) -> Row:
    """Ask both addresses, the old one and the new one."""
    require_free(connection, email)
    require_time_between(user, CHANGE_NEW)
    pkce = begin_flow(connection, call, user, "email_change")
    redirect_to = choose_redirect(call.query.get("redirect_to", ""), service.site_url)
    for kind, address in ((CHANGE_NEW, email), (CHANGE_CURRENT, user["email"])):
        token = issue_token(connection, user, kind, address, pkce=pkce)
        link = write_link(service.url, token, "email_change", redirect_to)
        service.mailbox.put(
            Mail(address, "email_change", link, token.code, token.token_hash, redirect_to)
        )
    return set_columns(connection, user, email_change=email, email_change_confirm_status=0)
