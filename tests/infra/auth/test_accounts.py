"""A user's own account, and other people's by the secret key, by the official client."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from supabase import Client
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.infra.auth.target import PASSWORD, Target, make_email


def test_metadata_is_merged(client: Client) -> None:
    """New metadata joins the old; a null takes its key away."""
    client.auth.update_user({"data": {"name": "Ada", "team": "red"}})
    changed = client.auth.update_user({"data": {"team": None, "desk": {"floor": 2}}})
    assert changed.user.user_metadata["name"] == "Ada"
    assert changed.user.user_metadata["desk"] == {"floor": 2}
    assert "team" not in changed.user.user_metadata


def test_new_password_ends_the_other_sessions(target: Target, client: Client, email: str) -> None:
    """A new password keeps the session that set it and ends the others."""
    other = target.connect()
    other.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    client.auth.update_user({"password": "a password that is new"})
    assert client.auth.get_user() is not None
    with pytest.raises(AuthApiError) as ended:
        other.auth.refresh_session()
    assert ended.value.status == 400


def test_same_password_is_refused(client: Client) -> None:
    """The password that somebody has is no new one."""
    with pytest.raises(AuthApiError) as refused:
        client.auth.update_user({"password": PASSWORD})
    assert (refused.value.status, refused.value.code) == (422, "same_password")


def test_weak_password_says_why(client: Client) -> None:
    """A password that is too short is refused with the reason, as one that is too long is."""
    with pytest.raises(AuthWeakPasswordError) as weak:
        client.auth.update_user({"password": "short"})
    assert (weak.value.status, weak.value.reasons) == (422, ["length"])
    with pytest.raises(AuthApiError) as long:
        client.auth.update_user({"password": "x" * 73})
    assert (long.value.status, long.value.code) == (400, "validation_failed")


def test_people_do_not_give_themselves_rights(client: Client) -> None:
    """What an application keeps about a user is not the user's to write."""
    changed: Any = {"app_metadata": {"role": "owner"}}
    with pytest.raises(AuthApiError) as refused:
        client.auth.update_user(changed)
    assert (refused.value.status, refused.value.code) == (403, "not_admin")


def test_taken_address_is_refused(
    client: Client, target: Target, make_person: Callable[[], str]
) -> None:
    """An address that somebody has is nobody else's, by either way."""
    taken = make_person()
    with pytest.raises(AuthApiError) as own:
        client.auth.update_user({"email": taken})
    with pytest.raises(AuthApiError) as made:
        target.admin().auth.admin.create_user({"email": taken, "password": PASSWORD})
    for refused in (own, made):
        assert (refused.value.status, refused.value.code) == (422, "email_exists")


def test_admin_makes_lists_changes_and_deletes(target: Target) -> None:
    """The secret key makes a person with a chosen id, finds, bans, changes and deletes them."""
    admin, user_id, email = target.admin().auth.admin, str(uuid.uuid4()), make_email()
    made: Any = {"id": user_id, "email": email, "password": PASSWORD, "email_confirm": True}
    assert admin.create_user(made).user.id == user_id
    assert user_id in {one.id for one in admin.list_users(page=1, per_page=1000)}
    assert admin.get_user_by_id(user_id).user.email == email
    banned: Any = {"ban_duration": "24h"}
    admin.update_user_by_id(user_id, banned)
    with pytest.raises(AuthApiError) as refused:
        target.connect().auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert (refused.value.status, refused.value.code) == (400, "user_banned")
    freed: Any = {"ban_duration": "none", "password": "a password that is new"}
    admin.update_user_by_id(user_id, freed)
    target.connect().auth.sign_in_with_password(
        {"email": email, "password": "a password that is new"}
    )
    admin.delete_user(user_id)
    with pytest.raises(AuthApiError) as gone:
        admin.get_user_by_id(user_id)
    assert (gone.value.status, gone.value.code) == (404, "user_not_found")


def test_ban_ends_what_is_open(target: Target, client: Client) -> None:
    """A ban ends the access token at Auth, and refreshes nothing."""
    user = client.auth.get_user()
    assert user is not None
    banned: Any = {"ban_duration": "1h30m"}
    target.admin().auth.admin.update_user_by_id(user.user.id, banned)
    with pytest.raises(AuthApiError) as refused:
        client.auth.get_user()
    assert (refused.value.status, refused.value.code) == (403, "user_banned")
    with pytest.raises(AuthApiError) as ended:
        client.auth.refresh_session()
    assert ended.value.code == "user_banned"


def test_deleted_person_is_out(target: Target, client: Client) -> None:
    """The session of somebody who was deleted is nobody's."""
    user = client.auth.get_user()
    assert user is not None
    target.admin().auth.admin.delete_user(user.user.id)
    with pytest.raises(AuthApiError) as refused:
        client.auth.get_user()
    assert (refused.value.status, refused.value.code) == (403, "user_not_found")


@pytest.mark.parametrize("who", ["nobody", "publishable", "user"])
def test_only_the_secret_key_is_admin(target: Target, client: Client, who: str) -> None:
    """Neither the publishable key nor a user lists, invites or makes people."""
    session = client.auth.get_session()
    assert session is not None
    bearer = {"nobody": None, "publishable": target.publishable_key, "user": session.access_token}
    headers = {"Authorization": f"Bearer {bearer[who]}"} if bearer[who] else {}
    for method, path in (
        ("GET", "/admin/users"),
        ("POST", "/admin/users"),
        ("POST", "/admin/generate_link"),
        ("POST", "/invite"),
        ("DELETE", f"/admin/users/{uuid.uuid4()}"),
    ):
        answer = target.ask(method, path, headers=headers, json={"email": make_email()})
        assert answer.status_code in {401, 403}, (path, answer.text)
        assert answer.json()["error_code"] in {"not_admin", "no_authorization", "bad_jwt"}
