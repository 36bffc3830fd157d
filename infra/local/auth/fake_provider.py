"""A provider of log-ins that is a fake: whoever one says to be, one is.

It stands for GitHub and its like, so that the way there and back is the real one: PKCE, a state,
the provider's page, and a code that is redeemed once and by the browser that began. A second
provider's token endpoint is left out; the "code" of this one is the address that was typed.
"""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response

from functions.common.auth.own_hosts import require_own_host
from functions.common.errors import ForbiddenError
from infra.local.auth.answers import AuthError, invalid
from infra.local.auth.calls import Call, read_email
from infra.local.auth.database import Connection, Row, change, fetch
from infra.local.auth.links import Challenge, add_flow, choose_redirect, lead_back
from infra.local.auth.mails import PAGE_HEADERS, PAGE_STYLE
from infra.local.auth.service import Service
from infra.local.auth.users import (
    add_identity,
    add_user,
    confirm_email,
    find_by_email,
    is_banned,
    merge_metadata,
    set_columns,
)

FAKE: Final = "fake"
PAGE: Final = "/fake_provider"
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REFUSED: Final = ("access_denied", "", "The user refused at the fake provider")


def lead_to_provider(service: Service, call: Call) -> Response:
    """GET /authorize: to the provider's page, with the PKCE challenge kept for the way back."""
    _require_own_host(call)
    if call.query.get("provider") != FAKE:
        raise invalid("Unsupported provider: provider is not enabled")
    query = call.query
    challenge = Challenge.read(
        query.get("code_challenge", ""), query.get("code_challenge_method", "")
    )
    referrer = choose_redirect(query.get("redirect_to", ""), service.site_url)
    with service.database.transaction() as connection:
        change(
            connection,
            "delete from auth.flow_state"
            " where user_id is null and created_at < clock_timestamp() - interval '1 day'",
        )
        flow = add_flow(
            connection, challenge, user_id=None, provider=FAKE, method="oauth", referrer=referrer
        )
    return RedirectResponse(f"{service.url}{PAGE}?state={flow['id']}", 302)


def show_page(service: Service, call: Call) -> Response:
    """GET /fake_provider: asks who one is, or refuses; says that it is a fake."""
    _require_own_host(call)
    state = html.escape(call.query.get("state", ""))
    refusal = f"{service.url}/callback?state={quote(state)}&error=access_denied"
    return HTMLResponse(_write_page(f"{service.url}/callback", state, refusal), 200, PAGE_HEADERS)


def come_back(service: Service, call: Call) -> Response:
    """GET /callback: from the provider to the page that the log-in began for."""
    _require_own_host(call)
    with service.database.transaction() as connection:
        flow = _find_flow(connection, call.query.get("state", ""))
        if flow is None:
            told = ("invalid_request", "bad_oauth_state", "OAuth state is invalid or has expired")
            return _lead_back(service.site_url, told)
        if call.query.get("error"):
            change(connection, "delete from auth.flow_state where id = %s", flow["id"])
            return _lead_back(flow["referrer"], _REFUSED)
        user = _admit(connection, read_email(call.query.get("code", "")))
        if is_banned(user):
            return _lead_back(flow["referrer"], ("access_denied", "user_banned", "User is banned"))
        change(
            connection,
            "update auth.flow_state set user_id = %s, auth_code_issued_at = clock_timestamp()"
            " where id = %s",
            user["id"],
            flow["id"],
        )
    code = {"code": str(flow["auth_code"])}
    return RedirectResponse(lead_back(flow["referrer"], code, {}), 302, _PRIVATE)


_PRIVATE: Final = {"referrer-policy": "no-referrer", "cache-control": "no-store"}


def _lead_back(page: str, told: tuple[str, str, str]) -> Response:
    """Lead back with an error, as Auth names one in an address."""
    names = ("error", "error_code", "error_description")
    query = {name: text for name, text in zip(names, told, strict=True) if text}
    return RedirectResponse(lead_back(page, query, {}), 302, _PRIVATE)


def _find_flow(connection: Connection, state: str) -> Row | None:
    """The log-in that waits for its provider; each comes back once."""
    if _UUID.fullmatch(state) is None:
        return None
    return fetch(
        connection,
        "select * from auth.flow_state where id = %s and provider_type = %s and user_id is null"
        " and created_at > clock_timestamp() - interval '10 minutes' for update",
        state,
        FAKE,
    )


def _admit(connection: Connection, email: str) -> Row:
    """The user with the address, made or linked: the provider vouches for it, as Auth has it.

    A password that was set before the address was confirmed may be another's, and ends.
    """
    user = find_by_email(connection, email)
    if user is None:
        user = add_user(connection, email, None, None)
        change(connection, "delete from auth.identities where user_id = %s", user["id"])
    add_identity(connection, user["id"], FAKE, email, email)
    if user["email_confirmed_at"] is None:
        user = confirm_email(connection, set_columns(connection, user, encrypted_password=None))
    known = fetch(
        connection,
        "select array_agg(provider order by created_at) as providers from auth.identities"
        " where user_id = %s",
        user["id"],
    )
    providers: list[str] = known["providers"] if known else [FAKE]
    updates = {"provider": providers[0], "providers": providers}
    return merge_metadata(connection, user, "raw_app_meta_data", updates)


def _require_own_host(call: Call) -> None:
    """A reader of these pages can log in as anybody here, so no page from elsewhere may."""
    try:
        require_own_host(Headers(dict(call.headers)))
    except ForbiddenError as error:
        raise AuthError(403, "no_authorization", str(error)) from error


def _write_page(action: str, state: str, refusal: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fake provider</title>
<meta name="viewport" content="width=device-width">
<style>{PAGE_STYLE} input,button{{font:inherit;padding:.4rem}}</style></head>
<body><h1>Fake provider</h1>
<p>This page is a fake of the local stack. It stands for a provider such as GitHub, asks for no
password, and believes every address.</p>
<form action="{action}"><input type="hidden" name="state" value="{state}">
<p><label>E-mail address <input name="code" type="email" required></label></p>
<p><button>Log in as this person</button> <a href="{html.escape(refusal)}">Refuse</a></p></form>
</body></html>
"""
