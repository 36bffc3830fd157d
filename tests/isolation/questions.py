"""Requests to the API that name another tenant's things, each beside one that names nobody's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from functions.members.tokens import InvitationToken
from functions.metrics.query import DIMENSIONS
from tests.database.support.spans import NOON
from tests.isolation.tenants import TENANTS, Tenant

_THEIRS: Mapping[str, Callable[[Tenant], str]] = {
    "{trace_id}": lambda victim: victim.own_trace,
    "{span_id}": lambda _victim: f"{1:016x}",
    "{key_id}": lambda victim: victim.own_key,
    "{deletion_id}": lambda victim: victim.own_deletion,
    "{invitation_id}": lambda victim: victim.own_invitation,
    "{user_id}": lambda victim: victim.name,
    "{view_id}": lambda victim: victim.own_view,
    "{session_id}": lambda victim: victim.name,
    "{tenant_id}": lambda victim: victim.name,
}
_NOBODYS = {
    "{trace_id}": "f" * 32,
    "{span_id}": "f" * 16,
    "{key_id}": "nosuchid",
    "{deletion_id}": "00000000-0000-4000-8000-000000000009",
    "{invitation_id}": "nosuchid",
    "{user_id}": "nobody",
    "{view_id}": "00000000-0000-4000-8000-000000000009",
    "{session_id}": "nobody",
    "{tenant_id}": "nobody",
}
_PERSONS: Mapping[str, Callable[[Tenant], str]] = {
    "/members/{user_id}": lambda victim: victim.person,
}
"""Paths where a name stands for one of the people who log in."""
_NO_PERSON = "00000000-0000-4000-8000-000000000009"
# Refused, so that what is asked is whether the caller comes that far, and no model is called.
_BODIES: Mapping[str, Any] = {
    "POST /demo/run": {"question": 7},
    "POST /keys": {},
    "POST /invitations": {},
    # A name is free or taken, which is all that test_tenant_creation lets anybody learn.
    "POST /tenants": {},
    "PUT /members/{user_id}": {"role": "viewer"},
    "PUT /retention": {},
    "PUT /content-capture": {},
    "PUT /tag-keys": {},
    "PUT /mappings": {},
    "POST /search": {},
    "POST /views": {},
    "PUT /views/{view_id}": {"kind": "spans", "name": "another's"},
    # Attributes that each tenant has a rule for, which says its name.
    "POST /mappings/test": {
        "span": {
            "traceId": "a" * 32,
            "spanId": "b" * 16,
            "attributes": [
                {"key": f"{tenant.name}.model", "value": {"stringValue": "x"}} for tenant in TENANTS
            ],
        }
    },
}
_NAMING: Mapping[str, Callable[[Tenant], Any]] = {
    "POST /users/forget": lambda victim: {"user_id": victim.name},
    "POST /deletions": lambda victim: {"kind": "traces", "ids": [victim.own_trace]},
    "POST /invitations/accept": lambda victim: {"token": _guess(victim.own_invitation)},
}
"""Bodies that name a thing, as paths do."""
_NOBODY = Tenant("nobody", 9)
_PARAMS: Mapping[str, Mapping[str, str]] = {
    route: {"start": NOON.isoformat(), "end": NOON.replace(hour=13).isoformat()}
    for route in ("GET /metrics", "GET /tenants")
} | {"GET /export": {"kind": "spans", "format": "jsonl"}}
_RUNS_A_MODEL = {"POST /demo/fake_app"}


@dataclass(frozen=True, slots=True)
class Question:
    """One request of the API."""

    method: str
    path: str
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class QuestionPair:
    """A question about a victim's things and the same about nobody's.

    ``selects``: it names the tenant that it wants to act for.
    """

    name: str
    theirs: Question
    nobodys: Question
    selects: bool = False


def ask_about(route: str, victim: Tenant, cursor: str) -> Iterator[QuestionPair]:
    """Give the ways to reach for a victim's things through a route; ``cursor`` is the victim's."""
    method, path = route.split(" ")
    theirs, nobodys = path, path
    if (name_person := _PERSONS.get(path)) is not None:
        theirs = path.replace("{user_id}", name_person(victim))
        nobodys = path.replace("{user_id}", _NO_PERSON)
    for name, read in _THEIRS.items():
        theirs = theirs.replace(name, read(victim))
        nobodys = nobodys.replace(name, _NOBODYS[name])
    about_theirs = Question(method, theirs, _PARAMS.get(route, {}), body=_BODIES.get(route))
    about_nobodys = replace(about_theirs, path=nobodys)
    if (name_in := _NAMING.get(route)) is not None:
        about_theirs = replace(about_theirs, body=name_in(victim))
        about_nobodys = replace(about_nobodys, body=name_in(_NOBODY))
    if route not in _RUNS_A_MODEL:
        yield QuestionPair("path", about_theirs, about_nobodys)
    yield QuestionPair(
        "header",
        replace(about_theirs, headers={"x-tenant-id": victim.name}),
        replace(about_nobodys, headers={"x-tenant-id": "nobody"}),
        selects=True,
    )
    if route == "GET /metrics":
        yield from _ask_for_sums(about_theirs, victim)
    if route in {"GET /spans", "GET /traces", "GET /export", "GET /sessions"}:
        filters = {
            "trace_id": (victim.own_trace, "f" * 32),
            "model": (f"{victim.name}-1", "nobody"),
            "provider": (victim.name, "nobody"),
            "operation": (victim.name, "nobody"),
            "tenant_id": (victim.name, "nobody"),
            "cursor": (cursor, cursor),
        }
        if route == "GET /export":
            filters["cursor"] = (f"7.{cursor}", f"7.{cursor}")
        for name, (of_theirs, of_nobodys) in filters.items():
            yield QuestionPair(
                name,
                replace(about_theirs, params={**about_theirs.params, name: of_theirs}),
                replace(about_theirs, params={**about_theirs.params, name: of_nobodys}),
            )


def _ask_for_sums(window: Question, victim: Tenant) -> Iterator[QuestionPair]:
    """Narrow sums to the victim's values of each dimension, and group by the victim's tag."""
    for name in (*DIMENSIONS, f"tag:{victim.name}"):
        value = f"{victim.name}-1" if name == "model" else victim.name
        key = name.replace(victim.name, "nobody")
        yield QuestionPair(
            name,
            replace(window, params={**window.params, name: value}),
            replace(window, params={**window.params, key: "nobody"}),
        )
    for first, second in pairwise((*DIMENSIONS, DIMENSIONS[0])):
        grouped = {**window.params, "group_by": first, "then_by": second}
        yield QuestionPair(
            f"by {first} and {second}",
            replace(window, params={**grouped, "user": [victim.name, ""]}),
            replace(window, params={**grouped, "user": ["nobody", ""]}),
        )


def _guess(invitation_id: str) -> str:
    """Write what an invitation of this id could look like, with another secret."""
    return InvitationToken(invitation_id, f"loi_{invitation_id}_{'s' * 43}").text
