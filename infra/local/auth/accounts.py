"""Endpoints of a user's own account, and what a project lets people do."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, Response

from infra.local.auth.calls import Call
from infra.local.auth.service import Service
from infra.local.auth.users import describe_user

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
    """GET /settings: e-mail is the one way in, and an address has to be confirmed."""
    return JSONResponse(
        {
            "external": {name: name == "email" for name in _PROVIDERS},
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
