"""Endpoints that begin, carry on and end a session: token and logout."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from infra.local.auth.answers import AuthError, OAuthError, invalid
from infra.local.auth.calls import Call
from infra.local.auth.links import redeem_auth_code
from infra.local.auth.passwords import is_password
from infra.local.auth.service import Service
from infra.local.auth.sessions import begin_session, end_sessions, refresh_session
from infra.local.auth.users import find_by_email, is_banned, reload


def answer_token(service: Service, call: Call) -> Response:
    """POST /token: a session for a password, a refresh token or a PKCE code."""
    grants = {"password": _log_in, "refresh_token": _refresh, "pkce": _exchange}
    grant = grants.get(call.query.get("grant_type", ""))
    if grant is None:
        raise AuthError(400, "invalid_credentials", "unsupported_grant_type")
    return grant(service, call)


def log_out(service: Service, call: Call) -> Response:
    """POST /logout: end this session, the user's others, or all."""
    scope = call.query.get("scope") or "global"
    claims = service.signer.read(call.bearer)
    if scope not in {"global", "local", "others"}:
        raise invalid("Unsupported logout scope")
    with service.database.transaction() as connection:
        _, session = service.find_caller(connection, claims)
        end_sessions(connection, session, scope)
    return Response(status_code=204)


def _log_in(service: Service, call: Call) -> Response:
    email, password = call.text("email").lower(), call.text("password")
    if call.text("phone"):
        raise AuthError(422, "phone_provider_disabled", "Phone logins are disabled")
    if not email:
        raise invalid("missing email or phone")
    with service.database.transaction() as connection:
        user = find_by_email(connection, email)
    if user is not None and is_banned(user):
        raise AuthError(400, "user_banned", "User is banned")
    if user is None or not is_password(password, user["encrypted_password"]):
        raise AuthError(400, "invalid_credentials", "Invalid login credentials")
    if user["email_confirmed_at"] is None:
        raise AuthError(400, "email_not_confirmed", "Email not confirmed")
    with service.database.transaction() as connection:
        known = reload(connection, user["id"])
        if known["encrypted_password"] != user["encrypted_password"]:
            raise AuthError(400, "invalid_credentials", "Invalid login credentials")
        answer = begin_session(connection, service.signer, known, "password")
    return JSONResponse(answer)


def _refresh(service: Service, call: Call) -> Response:
    token = call.text("refresh_token")
    if not token:
        raise OAuthError("invalid_request", "refresh_token required")
    return JSONResponse(refresh_session(service.database, service.signer, token))


def _exchange(service: Service, call: Call) -> Response:
    code, verifier = call.text("auth_code"), call.text("code_verifier")
    if not code or not verifier:
        message = "both auth code and code verifier should be non-empty"
        raise invalid(f"invalid request: {message}")
    with service.database.transaction() as connection:
        user, method = redeem_auth_code(connection, code, verifier)
        return JSONResponse(begin_session(connection, service.signer, user, method))
