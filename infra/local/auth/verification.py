"""Endpoint verify: a code or a link's hash for a session, or for the way back to the dashboard."""

from __future__ import annotations

from typing import Final

from psycopg.types.json import Jsonb
from starlette.responses import JSONResponse, RedirectResponse, Response

from infra.local.auth.answers import AuthError, invalid
from infra.local.auth.calls import Call
from infra.local.auth.database import Connection, Row, change, fetch
from infra.local.auth.links import (
    CHANGE_CURRENT,
    CHANGE_NEW,
    CONFIRMATION,
    PKCE,
    choose_redirect,
    find_token,
    hash_code,
    issue_auth_code,
    lead_back,
)
from infra.local.auth.mailing import FLOWS
from infra.local.auth.service import Service
from infra.local.auth.sessions import begin_session
from infra.local.auth.users import confirm_email, require_free, set_columns

_HALF_DONE: Final = (
    "Confirmation link accepted. Please proceed to confirm link sent to the other email"
)
OAUTH_ERRORS: Final = {400: "invalid_request", 401: "unauthorized_client", 403: "access_denied"}


def verify(service: Service, call: Call) -> Response:
    """POST /verify: a session for the hash of a link, or for a code and its address."""
    kind, token_hash, code = call.text("type"), call.text("token_hash"), call.text("token")
    if not kind:
        raise invalid("Verify requires a verification type")
    if bool(token_hash) == bool(code):
        raise invalid("Verify requires either a token or a token hash")
    address = call.email() if code else None
    if address is not None:
        token_hash = hash_code(address, code)
    elif call.text("email"):
        raise invalid("Only the token_hash and type should be provided")
    with service.database.transaction() as connection:
        token, user = find_token(connection, kind, token_hash, address)
        verified = _accept(connection, token, user)
        if verified is None:
            return JSONResponse({"msg": _HALF_DONE, "code": "200"})
        return JSONResponse(begin_session(connection, service.signer, verified, "otp"))


def follow_link(service: Service, call: Call) -> Response:
    """GET /verify: the way back, with a PKCE code, a session in the fragment, or the error."""
    token_hash, kind = call.query.get("token", ""), call.query.get("type", "")
    if not kind:
        raise invalid("Verify requires a verification type")
    if not token_hash:
        raise invalid("Verify requires a token or a token hash")
    back = choose_redirect(call.query.get("redirect_to", ""), service.site_url)
    pkce = token_hash.startswith(PKCE)
    try:
        query, fragment = _follow(service, kind, token_hash, pkce=pkce)
    except AuthError as error:
        told = {"error": OAUTH_ERRORS[error.status]} if error.status in OAUTH_ERRORS else {}
        told |= {"error_code": error.code, "error_description": error.message}
        query, fragment = (told if pkce else {}), told | {"sb": ""}
    # The token of the link must not go on as a referrer.
    headers = {"referrer-policy": "no-referrer", "cache-control": "no-store"}
    return RedirectResponse(lead_back(back, query, fragment), 303, headers)


def _follow(
    service: Service, kind: str, token_hash: str, *, pkce: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Accept a link; gives what the way back carries in its query and in its fragment."""
    with service.database.transaction() as connection:
        token, user = find_token(connection, kind, token_hash)
        verified = _accept(connection, token, user)
        if verified is None:
            told = {"message": _HALF_DONE}
            return (told if pkce else {}), told | {"sb": ""}
        if pkce:
            return {"code": issue_auth_code(connection, verified, FLOWS.get(kind, kind))}, {}
        session = begin_session(connection, service.signer, verified, "otp")
    names = ("access_token", "expires_at", "expires_in", "refresh_token", "token_type")
    return {}, {name: str(session[name]) for name in names} | {"type": kind, "sb": ""}


def _accept(connection: Connection, token: Row, user: Row) -> Row | None:
    """Do what a token stands for and end it; None: the other address has to agree, too."""
    if token["token_type"] in {CHANGE_NEW, CHANGE_CURRENT}:
        return _change_address(connection, token, user)
    if token["token_type"] == CONFIRMATION or user["email_confirmed_at"] is None:
        return confirm_email(connection, user)
    change(connection, "delete from auth.one_time_tokens where user_id = %s", user["id"])
    return user


def _change_address(connection: Connection, token: Row, user: Row) -> Row | None:
    change(connection, "delete from auth.one_time_tokens where id = %s", token["id"])
    other = fetch(
        connection,
        "select id from auth.one_time_tokens where user_id = %s and token_type = any(%s)",
        user["id"],
        [CHANGE_NEW, CHANGE_CURRENT],
    )
    if other is not None:
        set_columns(connection, user, email_change_confirm_status=1)
        return None
    address = user["email_change"]
    require_free(connection, address)
    change(
        connection,
        "update auth.identities set identity_data = identity_data || %s"
        " where user_id = %s and provider = 'email'",
        Jsonb({"email": address, "email_verified": True}),
        user["id"],
    )
    return set_columns(
        connection, user, email=address, email_change="", email_change_confirm_status=0
    )
