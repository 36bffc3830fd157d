"""One-time tokens: the links and codes of mails, and the PKCE flows that links end in."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from infra.local.auth.answers import AuthError, invalid
from infra.local.auth.calls import Call
from infra.local.auth.database import Connection, Row, change, fetch
from infra.local.auth.users import find_by_id, is_banned, set_columns

CONFIRMATION: Final = "confirmation_token"
RECOVERY: Final = "recovery_token"
CHANGE_NEW: Final = "email_change_token_new"
CHANGE_CURRENT: Final = "email_change_token_current"
PKCE: Final = "pkce_"
KINDS: Final = {
    "signup": [CONFIRMATION],
    "invite": [CONFIRMATION],
    "recovery": [RECOVERY],
    "magiclink": [RECOVERY],
    "email": [CONFIRMATION, RECOVERY],
    "email_change": [CHANGE_NEW, CHANGE_CURRENT],
}
"""The kinds of token that a type of verification takes."""
_SENT: Final = {
    CONFIRMATION: "confirmation_sent_at",
    RECOVERY: "recovery_sent_at",
    CHANGE_NEW: "email_change_sent_at",
    CHANGE_CURRENT: "email_change_sent_at",
}
_GOOD_FOR: Final = timedelta(hours=1)
_APART: Final = timedelta(seconds=60)
"""The least time between two mails of a kind to a person."""
_FLOW_GOOD_FOR: Final = timedelta(minutes=5)
_CODE_DIGITS: Final = 6
_CHALLENGE: Final = re.compile(r"[\w.~-]{43,128}", re.ASCII)
_OWN_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Token:
    """A one-time token: the code to type and the hash to click, which is all that is stored."""

    code: str = field(repr=False)
    token_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """The PKCE challenge of a browser, which alone redeems the code that its flow ends in."""

    text: str
    way: str

    @classmethod
    def read(cls, text: str, way: str) -> Self:
        """Take one as it was sent; raises AuthError 400 where it is malformed or missing."""
        if not text or way.lower() not in {"s256", "plain"}:
            raise invalid("PKCE flow requires code_challenge_method and code_challenge")
        if _CHALLENGE.fullmatch(text) is None:
            raise invalid("code challenge has to be between 43 and 128 characters")
        return cls(text, way.lower())


def issue_token(
    connection: Connection, user: Row, kind: str, address: str, *, pkce: bool = False
) -> Token:
    """Make the token of a kind for a user, in the place of an earlier one."""
    code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}"
    token = Token(code, (PKCE if pkce else "") + hash_code(address, code))
    change(
        connection,
        "insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to)"
        " values (%s, %s, %s, %s) on conflict (user_id, token_type) do update"
        " set token_hash = excluded.token_hash, relates_to = excluded.relates_to,"
        " updated_at = clock_timestamp()",
        user["id"],
        kind,
        token.token_hash,
        address,
    )
    set_columns(connection, user, **{_SENT[kind]: datetime.now(UTC)})
    return token


def hash_code(address: str, code: str) -> str:
    """Hash a code as Supabase Auth does."""
    return hashlib.sha224(f"{address}{code}".encode()).hexdigest()


def require_time_between(user: Row, kind: str) -> None:
    """Raise AuthError 429 where the user was sent such a mail within the last minute."""
    sent_at: datetime | None = user[_SENT[kind]]
    left = (sent_at + _APART - datetime.now(UTC)) if sent_at is not None else timedelta()
    if left > timedelta():
        message = f"only request this after {int(left.total_seconds())} seconds."
        raise AuthError(
            429, "over_email_send_rate_limit", f"For security purposes, you can {message}"
        )


def find_token(
    connection: Connection, verification: str, token_hash: str, address: str | None = None
) -> tuple[Row, Row]:
    """The stored token and its user, for the hash of a link or, with ``address``, of a code."""
    wrong = "Token has expired or is invalid"
    hashes = [token_hash, PKCE + token_hash]
    if address is None:
        wrong, hashes = "Email link is invalid or has expired", [token_hash]
    kinds = KINDS.get(verification)
    if kinds is None:
        raise invalid("Unsupported verification type")
    query = (
        "select * from auth.one_time_tokens where token_hash = any(%s)"
        " and token_type = any(%s) and (%s::text is null or relates_to = %s)"
    )
    token = fetch(connection, query, hashes, kinds, address, address)
    user = find_by_id(connection, token["user_id"]) if token is not None else None
    # Again, behind the user's lock: of two who click at once, the second finds it used.
    token = fetch(connection, query, hashes, kinds, address, address)
    if token is None or user is None:
        raise AuthError(403, "otp_expired", wrong)
    if is_banned(user):
        raise AuthError(403, "user_banned", "User is banned")
    sent_at: datetime | None = user[_SENT[token["token_type"]]]
    if sent_at is None or datetime.now(UTC) > sent_at + _GOOD_FOR:
        raise AuthError(403, "otp_expired", wrong)
    return token, user


def begin_flow(connection: Connection, call: Call, user: Row, method: str) -> bool:
    """Note the PKCE challenge of a request, if it has one; says whether it has."""
    text, way = call.text("code_challenge"), call.text("code_challenge_method")
    if not text and not way:
        return False
    challenge = Challenge.read(text, way)
    change(
        connection,
        "delete from auth.flow_state where user_id = %s and authentication_method = %s",
        user["id"],
        method,
    )
    add_flow(connection, challenge, user_id=user["id"], provider="email", method=method)
    return True


def add_flow(
    connection: Connection,
    challenge: Challenge,
    *,
    user_id: uuid.UUID | None,
    provider: str,
    method: str,
    referrer: str | None = None,
) -> Row:
    """Keep a PKCE challenge until its code is redeemed.

    ``referrer`` is the page to go on to, and ``user_id`` is None, until a provider knows the user.
    """
    flow = fetch(
        connection,
        "insert into auth.flow_state (user_id, auth_code, code_challenge_method, code_challenge,"
        " provider_type, authentication_method, referrer) values (%s, %s, %s, %s, %s, %s, %s)"
        " returning *",
        user_id,
        str(uuid.uuid4()),
        challenge.way,
        challenge.text,
        provider,
        method,
        referrer,
    )
    if flow is None:
        raise RuntimeError("an insert gave no row")
    return flow


def issue_auth_code(connection: Connection, user: Row, method: str) -> str:
    """Give the code that a followed PKCE link carries back; raises AuthError 422."""
    flow = fetch(
        connection,
        "update auth.flow_state set auth_code_issued_at = clock_timestamp()"
        " where user_id = %s and authentication_method = %s returning auth_code",
        user["id"],
        method,
    )
    if flow is None:
        raise AuthError(422, "flow_state_not_found", "No valid flow state found for user.")
    return str(flow["auth_code"])


def redeem_auth_code(connection: Connection, code: str, verifier: str) -> tuple[Row, str]:
    """Change the code of a link for its user and method; once, and only with its verifier."""
    query = "select * from auth.flow_state where auth_code = %s"
    flow = fetch(connection, query, code)
    user = find_by_id(connection, flow["user_id"]) if flow is not None else None
    flow = fetch(connection, query, code)
    if user is None or flow is None or flow["auth_code_issued_at"] is None:
        missing = "invalid flow state, no valid flow state found"
        raise AuthError(404, "flow_state_not_found", missing)
    if datetime.now(UTC) > flow["auth_code_issued_at"] + _FLOW_GOOD_FOR:
        expired = "invalid flow state, flow state has expired"
        raise AuthError(422, "flow_state_expired", expired)
    if not _fits(flow["code_challenge_method"], flow["code_challenge"], verifier):
        wrong = "code challenge does not match previously saved code verifier"
        raise AuthError(400, "bad_code_verifier", wrong)
    change(connection, "delete from auth.flow_state where id = %s", flow["id"])
    return user, flow["authentication_method"]


def write_link(url: str, token: Token, verification: str, redirect_to: str) -> str:
    """The address that a mail's link leads to."""
    return (
        f"{url}/verify?token={quote(token.token_hash)}&type={verification}"
        f"&redirect_to={quote(redirect_to, safe='')}"
    )


def lead_back(url: str, query: dict[str, str], fragment: dict[str, str]) -> str:
    """The address of a page with more in its query and a fragment."""
    parts = urlsplit(url)
    asked = urlencode(dict(parse_qsl(parts.query, keep_blank_values=True)) | query)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, asked, urlencode(fragment)))


def choose_redirect(wanted: str, site_url: str) -> str:
    """Give the page to go on to: the wanted one on this machine or the site, else the site."""
    try:
        parts = urlsplit(wanted)
        host, scheme, _ = parts.hostname, parts.scheme, parts.port
    except ValueError:
        return site_url
    site = urlsplit(site_url)
    known = host in _OWN_HOSTS or (host, parts.netloc) == (site.hostname, site.netloc)
    plain = "\\" not in wanted and wanted.isprintable() and "@" not in parts.netloc
    return wanted if scheme in {"http", "https"} and known and plain else site_url


def _fits(way: str, challenge: str, verifier: str) -> bool:
    derived = verifier.encode()
    if way == "s256":
        derived = urlsafe_b64encode(hashlib.sha256(derived).digest()).rstrip(b"=")
    return hmac.compare_digest(challenge.encode(), derived)
