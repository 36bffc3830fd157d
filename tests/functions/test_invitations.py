"""Invitations by the API: made and shown once, accepted once, and silent to everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from functions.members.tokens import InvitationToken
from infra.local.throwaway import Database
from tests.functions.credentials import bearer
from tests.functions.dump import dump_tables
from tests.functions.house import House

OWN = "ann@example.test"
Headers = dict[str, str]


@pytest.fixture
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


def invite(client: httpx.Client, by: Headers, role: str = "viewer", **more: Any) -> dict[str, Any]:
    """Make an invitation; the answer, with the token in it."""
    answer = client.post("/invitations", headers=by, json={"role": role, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def accept(client: httpx.Client, person: Headers, token: str) -> httpx.Response:
    return client.post("/invitations/accept", headers=person, json={"token": token})


def strip(answer: httpx.Response) -> tuple[int, str, str]:
    """Give all that two refusals could be told apart by."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_an_invitation_lets_in_at_once(client: httpx.Client, house: House) -> None:
    """Even where the API remembers that the person belonged nowhere; and then it is used."""
    _, owner = house.settle("owner")
    user, person = house.pass_by()
    selecting = person | {"x-tenant-id": house.name}
    before = client.get("/spans", headers=selecting)
    made = invite(client, owner, "viewer")

    answer = accept(client, person, made["token"])

    assert (answer.status_code, answer.json()) == (
        200,
        {"tenant_id": house.name, "role": "viewer"},
    )
    assert before.status_code == 403
    assert client.get("/spans", headers=selecting).status_code == 200
    listed = client.get("/members", headers=owner).json()
    assert {one["user_id"]: one["role"] for one in listed["members"]}[user] == "viewer"
    assert listed["invitations"] == []
    again = accept(client, person, made["token"])
    assert again.status_code == 409
    assert "accepted this invitation before" in again.json()["error"]["message"]


def test_an_open_invitation_is_listed_without_its_token(client: httpx.Client, house: House) -> None:
    """With the address in lower case; taken back, it is listed no more."""
    _, owner = house.settle("owner")
    made = invite(client, owner, "member", email="Ann@Example.TEST", days=3)
    token = made.pop("token")
    listed = client.get("/members", headers=owner)
    path = f"/invitations/{made['invitation_id']}"

    assert listed.json()["invitations"] == [made]
    assert (made["email"], made["role"]) == (OWN, "member")
    assert token not in listed.text
    assert client.delete(path, headers=owner).json() == made
    assert client.get("/members", headers=owner).json()["invitations"] == []


def test_what_is_not_theirs_is_all_the_same(
    client: httpx.Client, house: House, database: Database
) -> None:
    """Unknown, another secret, used, expired, taken back, another's: one answer, to the letter."""
    _, owner = house.settle("owner")
    _, stranger = house.pass_by(email="bob@example.test")
    _, guest = house.pass_by()
    used, expired, revoked = (invite(client, owner) for _ in range(3))
    another = invite(client, owner, email=OWN)
    accept(client, guest, used["token"])
    client.delete(f"/invitations/{revoked['invitation_id']}", headers=owner)
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(
            "update invitations set expires_at = now() where invitation_id = %s",
            (expired["invitation_id"],),
        )
    forged = InvitationToken(another["invitation_id"], InvitationToken.draw().body)
    forged = InvitationToken(
        another["invitation_id"], f"loi_{another['invitation_id']}_{forged.body[-43:]}"
    )
    tokens = [one["token"] for one in (used, expired, revoked, another)]
    answers = [
        strip(accept(client, stranger, token))
        for token in (*tokens, forged.text, InvitationToken.draw().text)
    ]

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 404


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("expires_at = now()", "has expired"),
        ("revoked_at = now()", "was taken back"),
        ("created_by = 'user:00000000-0000-4000-8000-000000000000'", "no longer let you in"),
    ],
)
def test_the_invited_learn_why(
    client: httpx.Client, house: House, database: Database, end: str, reason: str
) -> None:
    """409 and the reason, for the one whose address it names."""
    _, owner = house.settle("owner")
    _, person = house.pass_by(email=OWN)
    made = invite(client, owner, email=OWN)
    with psycopg.connect(database.owner_url) as connection:
        statement = f"update invitations set {end} where invitation_id = %s"
        connection.execute(statement.encode(), (made["invitation_id"],))
    answer = accept(client, person, made["token"])

    assert answer.status_code == 409
    assert reason in answer.json()["error"]["message"]


def test_a_changed_token_asks_no_database(
    client: httpx.Client, house: House, database: Database
) -> None:
    """One letter of each part changed: 400, although the lookup would find a broken table."""
    _, owner = house.settle("owner")
    _, person = house.pass_by()
    token = invite(client, owner)["token"]
    # The door remembers the person from now on.
    assert client.get("/me", headers=person).status_code == 200
    swap = {"a": "b", "0": "1"}
    changed = [
        token[:at] + swap.get(token[at], "a" if token[at].isalpha() else "0") + token[at + 1 :]
        for at in (0, 4, 13, 30, 55, 56, 61)
    ]
    changed += [token[:-1], token + "a", "x", "loi_", token.upper()]
    assert token not in changed
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("alter function public.find_invitation(jsonb) rename to find_nothing")
        try:
            answers = [accept(client, person, one).status_code for one in changed]
            whole = accept(client, person, token)
        finally:
            connection.execute(
                "alter function public.find_nothing(jsonb) rename to find_invitation"
            )

    assert answers == [400] * len(changed)
    assert whole.status_code in {404, 500, 503}, "the control: a whole token does ask"
    assert accept(client, person, token).status_code == 200


def test_only_a_person_accepts(client: httpx.Client, call: Any, house: House) -> None:
    """No key, nobody without a login, no anonymous login, and no developer's machine."""
    _, owner = house.settle("owner")
    made = invite(client, owner)
    key = client.post("/keys", headers=owner, json={"name": "k", "scopes": ["admin"]}).json()
    _, anonymous = house.pass_by(is_anonymous=True)
    answers = [
        accept(client, bearer(key["key"]), made["token"]),
        accept(client, anonymous, made["token"]),
        call("POST", "/invitations/accept", tenant=None, body={"token": made["token"]}),
        accept(client, {}, made["token"]),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 401]
    assert "no API key may" in answers[0].json()["error"]["message"]


def test_an_admin_invites_up_to_admin(client: httpx.Client, house: House) -> None:
    """Into ownership 403; a member and a viewer invite nobody."""
    house.settle("owner")
    _, admin = house.settle("admin")
    _, member = house.settle("member")

    assert invite(client, admin, "admin")["role"] == "admin"
    for by, role in ((admin, "owner"), (member, "viewer")):
        refused = client.post("/invitations", headers=by, json={"role": role})
        assert refused.status_code == 403, role


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "root"},
        {"role": "viewer", "days": 31},
        {"role": "viewer", "days": 0},
        {"role": "viewer", "days": True},
        {"role": "viewer", "email": "nobody"},
        {"role": "viewer", "email": "än@example.test"},
        {"role": "viewer", "tenant_id": "another"},
    ],
)
def test_a_malformed_invitation_is_400(
    client: httpx.Client, house: House, body: dict[str, Any]
) -> None:
    """It names what is wrong, and nobody is invited."""
    _, owner = house.settle("owner")

    assert client.post("/invitations", headers=owner, json=body).status_code == 400
    assert client.get("/members", headers=owner).json()["invitations"] == []


def test_a_token_is_in_no_log_and_no_row(
    client: httpx.Client, house: House, database: Database, state_dir: Path
) -> None:
    """Mistyped, accepted and tried again, it leaves itself nowhere; no log tells an address."""
    _, owner = house.settle("owner")
    _, person = house.pass_by(email="carla@example.test")
    made = invite(client, owner, email="carla@example.test")
    token = made["token"]
    answers = [
        accept(client, person, token[:-1] + ("a" if token[-1] != "a" else "b")),
        accept(client, person, token),
        accept(client, person, token),
        client.get("/audit", headers=owner),
    ]
    logs = "".join(log.read_text(errors="replace") for log in state_dir.rglob("*.log"))
    everywhere = logs + dump_tables(database) + "".join(answer.text for answer in answers)

    assert made["invitation_id"] in everywhere
    assert token[13:56] not in everywhere
    assert "carla@example.test" not in logs + "".join(answer.text for answer in answers)
