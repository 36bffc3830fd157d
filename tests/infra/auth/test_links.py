"""Links and codes: of mails, and of the admin's generate_link, by the official client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from supabase import Client
from supabase_auth.errors import AuthApiError

from tests.infra.auth.target import PASSWORD, Mailbox, Target, make_email

BACK = "http://127.0.0.1:3999/api/auth/confirm?next=%2Ftraces"


def _generate(target: Target, email: str, kind: str, **more: Any) -> Any:
    params: Any = {"type": kind, "email": email, "options": {"redirect_to": BACK}} | more
    return target.admin().auth.admin.generate_link(params).properties


def _code(location: str) -> str:
    return parse_qs(urlsplit(location).query)["code"][0]


@pytest.mark.parametrize("kind", ["magiclink", "recovery"])
def test_hash_of_a_link_logs_in_once(target: Target, email: str, kind: Any) -> None:
    """The token_hash of a link gives a session, and nothing the second time."""
    link = _generate(target, email, kind)
    params: Any = {"token_hash": link.hashed_token, "type": kind}
    answer = target.connect().auth.verify_otp(params)
    assert answer.user is not None
    assert answer.user.email == email
    with pytest.raises(AuthApiError) as refused:
        target.connect().auth.verify_otp(params)
    assert (refused.value.status, refused.value.code) == (403, "otp_expired")


def test_code_of_a_link_logs_in(target: Target, email: str) -> None:
    """The six digits do, with their address; other digits, or another address, do not."""
    code = _generate(target, email, "magiclink").email_otp
    wrong = "000000" if code != "000000" else "000001"
    for other in ({"token": wrong}, {"email": make_email()}):
        params: Any = {"email": email, "token": code, "type": "email"} | other
        with pytest.raises(AuthApiError) as refused:
            target.connect().auth.verify_otp(params)
        assert (refused.value.status, refused.value.code) == (403, "otp_expired")
    answer = target.connect().auth.verify_otp({"email": email, "token": code, "type": "email"})
    assert answer.session is not None


def test_link_of_the_past(target: Target, email: str) -> None:
    """A link is good for an hour."""
    if target.database_url is None:
        pytest.skip("the hour is moved in the database")
    link = _generate(target, email, "magiclink")
    with psycopg.connect(target.database_url) as connection:
        connection.execute(
            "update auth.users set recovery_sent_at = recovery_sent_at - interval '61 minutes'"
            " where email = %s",
            (email,),
        )
    with pytest.raises(AuthApiError) as refused:
        target.connect().auth.verify_otp({"token_hash": link.hashed_token, "type": "magiclink"})
    assert (refused.value.status, refused.value.code) == (403, "otp_expired")


def test_only_hashes_are_stored(target: Target, email: str) -> None:
    """The database holds the hash of a code, and neither the code nor the password."""
    if target.database_url is None:
        pytest.skip("the database is looked at")
    code = _generate(target, email, "magiclink").email_otp
    with psycopg.connect(target.database_url) as connection:
        rows = connection.execute(
            "select u::text || t::text from auth.users u join auth.one_time_tokens t"
            " on t.user_id = u.id where u.email = %s",
            (email,),
        ).fetchall()
    assert len(rows) == 1
    assert PASSWORD not in rows[0][0]
    assert f",{code}," not in rows[0][0]


def test_sign_up_waits_for_its_mail(target: Target, mailbox: Mailbox) -> None:
    """A new account has no session until its link is followed."""
    client, email = target.connect(), make_email()
    made = client.auth.sign_up({"email": email, "password": PASSWORD})
    assert made.session is None
    with pytest.raises(AuthApiError) as early:
        client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert early.value.code == "email_not_confirmed"
    (mail,) = mailbox.read(email)
    answer = client.auth.verify_otp({"token_hash": mail["token_hash"], "type": "email"})
    assert answer.user is not None
    assert answer.user.user_metadata["email_verified"] is True
    client.auth.sign_in_with_password({"email": email, "password": PASSWORD})


def test_sign_up_does_not_tell_who_is_here(target: Target, email: str, mailbox: Mailbox) -> None:
    """An address that is taken is answered as a new one, without identities and without a mail."""
    made = target.connect().auth.sign_up({"email": email, "password": "another password"})
    assert made.user is not None
    assert (made.user.email, made.user.identities) == (email, [])
    assert mailbox.read(email) == []
    target.connect().auth.sign_in_with_password({"email": email, "password": PASSWORD})


def test_link_by_pkce(target: Target, email: str, mailbox: Mailbox) -> None:
    """A link of the server's flow leads back with a code, which only that client can change."""
    client = target.connect()
    client.auth.sign_in_with_otp({"email": email, "options": {"email_redirect_to": BACK}})
    (mail,) = mailbox.read(email)
    location = mailbox.follow(mail)
    assert location.startswith(BACK)
    assert "access_token" not in location
    code = _code(location)
    with pytest.raises(AuthApiError) as stolen:
        target.connect().auth.exchange_code_for_session(
            {"auth_code": code, "code_verifier": "v" * 56, "redirect_to": ""}
        )
    assert (stolen.value.status, stolen.value.code) == (400, "bad_code_verifier")
    exchange: Any = {"auth_code": code}
    answer = client.auth.exchange_code_for_session(exchange)
    assert answer.user is not None
    assert answer.user.email == email
    claims: Any = client.auth.get_claims()
    assert [one["method"] for one in claims["claims"]["amr"]] == ["magiclink"]


def test_used_link_leads_back_with_the_error(target: Target, email: str, mailbox: Mailbox) -> None:
    """A link that was followed before tells so where it leads back to."""
    target.connect().auth.sign_in_with_otp({"email": email, "options": {"email_redirect_to": BACK}})
    (mail,) = mailbox.read(email)
    mailbox.follow(mail)
    told = parse_qs(urlsplit(mailbox.follow(mail)).query)
    assert (told["error"], told["error_code"]) == (["access_denied"], ["otp_expired"])


def test_link_for_somebody_new(target: Target, mailbox: Mailbox) -> None:
    """A login link makes the account, unless the caller says that it must be there."""
    client, email = target.connect(), make_email()
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_with_otp({"email": email, "options": {"should_create_user": False}})
    assert (refused.value.status, refused.value.code) == (422, "otp_disabled")
    client.auth.sign_in_with_otp({"email": email})
    (mail,) = mailbox.read(email)
    assert mail["type"] == "signup"
    exchange: Any = {"auth_code": _code(mailbox.follow(mail))}
    answer = client.auth.exchange_code_for_session(exchange)
    assert answer.user is not None
    assert answer.user.email_confirmed_at is not None


def test_one_mail_a_minute(target: Target, email: str, mailbox: Mailbox) -> None:
    """A second link within the minute is refused, and says how long to wait."""
    client = target.connect()
    client.auth.sign_in_with_otp({"email": email})
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_with_otp({"email": email})
    assert (refused.value.status, refused.value.code) == (429, "over_email_send_rate_limit")
    assert "seconds" in refused.value.message
    assert len(mailbox.read(email)) == 1


def test_recovery(target: Target, email: str, mailbox: Mailbox) -> None:
    """A forgotten password is reset by a link; an unknown address is answered the same way."""
    client = target.connect()
    client.auth.reset_password_for_email(make_email())
    client.auth.reset_password_for_email(email, {"redirect_to": BACK})
    (mail,) = mailbox.read(email)
    exchange: Any = {"auth_code": _code(mailbox.follow(mail))}
    client.auth.exchange_code_for_session(exchange)
    client.auth.update_user({"password": "a password that is new"})
    with pytest.raises(AuthApiError):
        target.connect().auth.sign_in_with_password({"email": email, "password": PASSWORD})
    target.connect().auth.sign_in_with_password(
        {"email": email, "password": "a password that is new"}
    )


def test_invitation(target: Target, mailbox: Mailbox) -> None:
    """Somebody who is invited comes in by the link, and chooses a password."""
    email = make_email()
    invited = target.admin().auth.admin.invite_user_by_email(
        email, {"redirect_to": BACK, "data": {"name": "Ada"}}
    )
    assert invited.user.invited_at is not None
    (mail,) = mailbox.read(email)
    assert mail["type"] == "invite"
    client = target.connect()
    client.auth.verify_otp({"token_hash": mail["token_hash"], "type": "invite"})
    client.auth.update_user({"password": PASSWORD})
    answer = target.connect().auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert answer.user is not None
    assert answer.user.user_metadata["name"] == "Ada"


def test_nobody_is_invited_twice(target: Target, email: str) -> None:
    """A person who has an account is not invited again."""
    with pytest.raises(AuthApiError) as refused:
        target.admin().auth.admin.invite_user_by_email(email)
    assert (refused.value.status, refused.value.code) == (422, "email_exists")


def test_change_of_address(target: Target, client: Client, email: str, mailbox: Mailbox) -> None:
    """A new address counts when the old one and the new one have both agreed."""
    wanted = make_email()
    changed = client.auth.update_user({"email": wanted})
    assert (changed.user.email, changed.user.new_email) == (email, wanted)
    (new,), (current,) = mailbox.read(wanted), mailbox.read(email)
    first = mailbox.follow(new)
    assert "Confirmation+link+accepted" in first
    refreshed = client.auth.get_user()
    assert refreshed is not None
    assert refreshed.user.email == email
    mailbox.follow(current)
    target.connect().auth.sign_in_with_password({"email": wanted, "password": PASSWORD})


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:3000.evil.example/",
        "http://127.0.0.1:3000\\@evil.example",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_links_lead_back_to_the_site_only(
    target: Target, make_person: Callable[[], str], elsewhere: str
) -> None:
    """A page that is not the site's, nor on this machine, is no place to lead back to."""
    link = target.admin().auth.admin.generate_link(
        {
            "type": "magiclink",
            "email": make_person(),
            "options": {"redirect_to": elsewhere},
        }
    )
    assert "evil" not in link.properties.redirect_to
    assert "javascript" not in link.properties.redirect_to
    location = target.http.get(link.properties.action_link, follow_redirects=False)
    assert location.headers["location"].startswith(link.properties.redirect_to)


def test_mailbox_is_a_page(target: Target, email: str, mailbox: Mailbox) -> None:
    """The mailbox says what it is, and links what a mail links."""
    target.connect().auth.sign_in_with_otp({"email": email})
    page = target.http.get(f"{target.url}/mails")
    assert "Local mailbox" in page.text
    assert mailbox.read(email)[0]["link"].replace("&", "&amp;") in page.text


def test_mailbox_is_this_machines_alone(target: Target, mailbox: Mailbox) -> None:
    """A page that has its own name lead here (DNS rebinding) reads no mail."""
    headers = {"Host": "evil.example", "Accept": "application/json"}
    answer = target.http.get(f"{target.url}/mails", headers=headers)
    assert answer.status_code == 403
    crossing = {"Origin": "https://evil.example", "Accept": "application/json"}
    assert target.http.get(f"{target.url}/mails", headers=crossing).status_code == 403
