"""Two tenants with a call each, and people of one, of none and of all: each sees what is theirs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from tests.database.support.callers import Connection, call_function
from tests.database.support.spans import NOON, call

_OWN, _OTHER = "sums-a", "sums-b"
_MEMBER, _STRANGER, _OPERATOR, _FORMER = (str(uuid.UUID(int=number)) for number in range(1, 5))
_PEOPLE = """
insert into public.memberships (tenant_id, user_id, role)
values (%(own)s, %(member)s, 'viewer'), (%(other)s, %(outsider)s, 'owner')
"""
_OPERATORS = """
insert into public.operators (user_id, ended_at, ended_by)
values (%(operator)s, null, null), (%(former)s, now(), 'x')
"""
_WINDOW = {
    "window_start": NOON.isoformat(),
    "window_end": NOON.replace(hour=13).isoformat(),
    "after": "sums-",
    "limit": 2,
}


def find_sums_of_strangers(connection: Connection) -> set[str]:
    """A member sees their tenant, an operator each tenant with its own sums, anybody else none."""
    with connection.transaction(force_rollback=True):
        return set(_compare(connection))


def _compare(connection: Connection) -> Iterator[str]:
    for tenant, calls in ((_OWN, 1), (_OTHER, 2)):
        _claim(connection, tenant_id=tenant)
        spans = [call(number) for number in range(1, calls + 1)]
        call_function(connection, "ingest_spans", {"spans": spans})
    people = {"own": _OWN, "other": _OTHER, "member": _MEMBER, "outsider": str(uuid.UUID(int=9))}
    connection.execute(_PEOPLE.encode(), people)
    connection.execute(_OPERATORS.encode(), {"operator": _OPERATOR, "former": _FORMER})
    mine = (_OWN, "viewer", 1)
    everything = [(_OWN, None, 1), (_OTHER, None, 2)]
    due: dict[str, list[Any]] = {_MEMBER: [mine], _OPERATOR: everything}
    for person in (_MEMBER, _STRANGER, _OPERATOR, _FORMER):
        _claim(connection, key_id=f"user:{person}")
        answer = call_function(connection, "sum_tenants", _WINDOW)
        found = [(one["tenant_id"], one["role"], one["requests"]) for one in answer["tenants"]]
        if found != due.get(person, []):
            yield f"{person} is told of {found}"


def _claim(connection: Connection, **claims: str) -> None:
    connection.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims),))
