"""Auth's ASGI application: its routes, and what becomes of an error."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import psycopg
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.auth import (
    accounts,
    admin,
    fake_provider,
    invitations,
    logins,
    mailing,
    verification,
)
from infra.local.auth.answers import AuthError, OAuthError, invalid, render_error
from infra.local.auth.calls import Call, read_call
from infra.local.auth.service import Service
from infra.local.auth.users import TAKEN

Endpoint = Callable[[Service, Call], Response]

_ENDPOINTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/health", accounts.show_health),
    ("GET", "/settings", accounts.show_settings),
    ("POST", "/token", logins.answer_token),
    ("POST", "/logout", logins.log_out),
    ("POST", "/signup", mailing.sign_up),
    ("POST", "/otp", mailing.send_login_link),
    ("POST", "/magiclink", mailing.send_login_link),
    ("POST", "/recover", mailing.send_recovery),
    ("POST", "/resend", mailing.send_again),
    ("POST", "/verify", verification.verify),
    ("GET", "/verify", verification.follow_link),
    ("GET", "/authorize", fake_provider.lead_to_provider),
    ("GET", fake_provider.PAGE, fake_provider.show_page),
    ("GET", "/callback", fake_provider.come_back),
    ("GET", "/user", accounts.show_user),
    ("PUT", "/user", accounts.update_user),
    ("POST", "/invite", invitations.invite),
    ("POST", "/admin/generate_link", invitations.generate_link),
    ("GET", "/admin/users", admin.list_users),
    ("POST", "/admin/users", admin.create_user),
    ("GET", "/admin/users/{user_id}", admin.show_user),
    ("PUT", "/admin/users/{user_id}", admin.update_user),
    ("DELETE", "/admin/users/{user_id}", admin.delete_user),
)


def create_app(service: Service) -> Starlette:
    """Make the application of one project's Auth."""
    return Starlette(
        routes=[
            Route(path, _serve(service, endpoint), methods=[method])
            for method, path, endpoint in _ENDPOINTS
        ]
        + [Route("/mails", service.mailbox.show)],
        exception_handlers={AuthError: render_error, OAuthError: render_error},
    )


def _serve(service: Service, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        call = await read_call(request)
        try:
            return await run_in_threadpool(endpoint, service, call)
        except psycopg.DataError as error:
            raise invalid("A value of the request cannot be stored") from error
        except psycopg.errors.UniqueViolation as error:
            # Of two who take an address at once, the second.
            raise AuthError(422, "email_exists", TAKEN) from error
        except psycopg.Error as error:
            # Its text can quote a row; the class and the state cannot.
            sys.stderr.write(f"auth: {type(error).__name__} {error.sqlstate}\n")
            raise AuthError(
                500,
                "unexpected_failure",
                "Unexpected failure, please check server logs for more information",
            ) from error

    return answer
