"""Many at once: nothing is given out twice, and nobody is left waiting for another."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from supabase import Client

from tests.infra.auth.target import PASSWORD, Mailbox, Target, make_email

AT_ONCE = 8


def _repeat(ask: Callable[[], httpx.Response]) -> Counter[int]:
    """Ask the same several times at once; gives how often each status was answered."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [pool.submit(ask) for _ in range(AT_ONCE)]
        return Counter(answer.result().status_code for answer in answers)


def test_a_link_logs_in_once(target: Target, email: str) -> None:
    """Of several who follow a link at once, one is let in."""
    admin = target.admin().auth.admin
    link = admin.generate_link({"type": "magiclink", "email": email}).properties
    body = {"type": "magiclink", "token_hash": link.hashed_token}
    told = _repeat(lambda: target.ask("POST", "/verify", json=body))
    assert told == {200: 1, 403: AT_ONCE - 1}


def test_a_code_is_redeemed_once(target: Target, email: str, mailbox: Mailbox) -> None:
    """Of several who redeem the code of a link at once, one gets the session."""
    verifier = "v" * 64
    body = {"email": email, "code_challenge": verifier, "code_challenge_method": "plain"}
    assert target.ask("POST", "/otp", json=body).status_code == 200
    code = mailbox.follow(mailbox.read(email)[0]).partition("code=")[2]
    exchange = {"auth_code": code, "code_verifier": verifier}
    told = _repeat(lambda: target.ask("POST", "/token?grant_type=pkce", json=exchange))
    assert told == {200: 1, 404: AT_ONCE - 1}


def test_an_address_is_taken_once(target: Target) -> None:
    """Of several who take an address at once, one has it, and the others are told so."""
    headers = {"apikey": target.secret_key, "Authorization": f"Bearer {target.secret_key}"}
    body = {"email": make_email(), "password": PASSWORD}
    told = _repeat(lambda: target.ask("POST", "/admin/users", headers=headers, json=body))
    assert told == {200: 1, 422: AT_ONCE - 1}


def test_one_mail_at_a_time(target: Target, email: str, mailbox: Mailbox) -> None:
    """Of several links that are asked for at once, one is sent."""
    told = _repeat(lambda: target.ask("POST", "/recover", json={"email": email}))
    assert told == {200: 1, 429: AT_ONCE - 1}
    assert len(mailbox.read(email)) == 1


def test_tabs_refresh_at_once(target: Target, client: Client) -> None:
    """Several tabs that refresh at once are given one and the same next token."""
    session = client.auth.get_session()
    assert session is not None
    given: set[str] = set()

    def refresh() -> httpx.Response:
        body = {"refresh_token": session.refresh_token}
        answer = target.ask("POST", "/token?grant_type=refresh_token", json=body)
        given.add(answer.json().get("refresh_token"))
        return answer

    assert _repeat(refresh) == {200: AT_ONCE}
    assert len(given) == 1


def test_nobody_waits_for_ever(
    target: Target, client: Client, email: str, mailbox: Mailbox
) -> None:
    """Logins, refreshes, changes and sign-outs of one person, mixed, end in no 500."""
    session = client.auth.get_session()
    assert session is not None
    bearer = {"Authorization": f"Bearer {session.access_token}"}

    def choose(number: int) -> httpx.Response:
        kinds: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "/token?grant_type=password", {"email": email, "password": PASSWORD}),
            ("POST", "/token?grant_type=refresh_token", {"refresh_token": session.refresh_token}),
            ("PUT", "/user", {"data": {"number": str(uuid.uuid4())}}),
            ("GET", "/user", {}),
            ("POST", "/recover", {"email": email}),
            ("POST", "/logout?scope=others", {}),
        ]
        method, path, body = kinds[number % len(kinds)]
        return target.ask(method, path, headers=bearer, json=body, timeout=60)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = Counter(answer.status_code for answer in pool.map(choose, range(60)))
    assert set(told) <= {200, 204, 400, 403, 429}
    assert told[200] >= 30
