"""The people of ``--login``: made once by Auth, with drawn passwords, members of tenant sample."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psycopg

from infra.local.state import read_json, write_json

PEOPLE_RECORD: Final = "people.json"
_TENANT: Final = "sample"
_SECONDS: Final = 10.0
_ROLES: Final = {"owner": "owner", "member": "member", "viewer": "viewer", "nobody": None}


class PeopleError(RuntimeError):
    """The stack's Auth did not take the people of the sample."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in; without a role there is no tenant either."""

    user_id: str
    email: str
    password: str = field(repr=False)
    role: str | None

    def describe(self) -> dict[str, str | None]:
        """Give the lines of stack.json about the person."""
        return {"email": self.email, "password": self.password, "role": self.role}


def invite_people(state_dir: Path, auth_url: str, secret_key: str, owner_url: str) -> list[Person]:
    """Give the people of this stack their accounts and roles; does nothing twice."""
    people = _load_people(state_dir / PEOPLE_RECORD)
    headers = {"Authorization": f"Bearer {secret_key}"}
    with httpx.Client(
        base_url=auth_url, headers=headers, timeout=_SECONDS, trust_env=False
    ) as client:
        for person in people:
            _make_account(client, person)
    with psycopg.connect(owner_url) as connection:
        for person in people:
            if person.role is not None:
                connection.execute(
                    "insert into public.memberships (tenant_id, user_id, role) values (%s, %s, %s)"
                    " on conflict do nothing",
                    (_TENANT, person.user_id, person.role),
                )
    return people


def _load_people(record: Path) -> list[Person]:
    known = read_json(record) or {}
    people = [
        Person(
            user_id=known.get(name, {}).get("user_id") or str(uuid.uuid4()),
            email=f"{name}@example.test",
            password=known.get(name, {}).get("password") or secrets.token_urlsafe(12),
            role=role,
        )
        for name, role in _ROLES.items()
    ]
    write_json(
        record,
        {
            name: {"user_id": person.user_id, "password": person.password}
            for name, person in zip(_ROLES, people, strict=True)
        },
    )
    return people


def _make_account(client: httpx.Client, person: Person) -> None:
    try:
        found = client.get(f"/admin/users/{person.user_id}")
        if found.status_code == httpx.codes.NOT_FOUND:
            found = client.post(
                "/admin/users",
                json={
                    "id": person.user_id,
                    "email": person.email,
                    "password": person.password,
                    "email_confirm": True,
                },
            )
        found.raise_for_status()
    except httpx.HTTPError as error:
        raise PeopleError(f"Auth did not take {person.email}: {error}") from error
