"""Requests to the Data API that reach for another tenant, for each thing in the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.database.support.catalogue import Relation
from tests.database.support.reviewed import BY_COLUMN, COLUMN_GRANTS, REFERENCE_KEYS
from tests.isolation.tenants import Tenant

Rows = Literal["own", "none"]


@dataclass(frozen=True, slots=True)
class Attack:
    """A request on a relation, and what it would find if it were let in.

    ``columns`` are the ones it asks for, None: all. ``malformed`` is what it is refused with before
    anybody looks who asks.
    """

    name: str
    method: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    columns: tuple[str, ...] | None = ("tenant_id",)
    rows: Rows = "none"
    counted: bool = False
    malformed: tuple[int, str] | None = None
    when_let_in: tuple[int, str | None] = (200, None)


def reads_of(relation: Relation, own: str, victim: Tenant) -> Iterator[Attack]:
    """Give every way to read a relation; ``own`` is the caller's tenant, or a name of nobody's."""
    yield Attack("everything", "GET", columns=None, rows="own")
    if relation.name in BY_COLUMN:
        columns = tuple(
            sorted({one[2] for one in COLUMN_GRANTS if one[:2] == (_KEEPER, relation.name)})
        )
        shown = {"select": ",".join(columns)}
        yield Attack("all that is shown", "GET", shown, columns=columns, rows="own")
    yield Attack("no such schema", "GET", headers={"Accept-Profile": "app"}, malformed=_SCHEMA)
    embedded = {"select": "*,tenants(*)"}
    yield Attack("embedding", "GET", embedded, columns=None, malformed=_NOT_DONE)
    yield Attack("CSV", "GET", headers={"Accept": "text/csv"}, columns=None, malformed=_MEDIA)
    if not relation.has_tenant:
        return
    theirs = {"select": "tenant_id", "tenant_id": f"eq.{victim.name}"}
    both = f"(tenant_id.eq.{victim.name},tenant_id.eq.{own})"
    counting = {"Prefer": "count=exact"}
    yield Attack("filter", "GET", theirs)
    yield Attack("all but mine", "GET", theirs | {"tenant_id": f"neq.{own}"})
    yield Attack("by prefix", "GET", theirs | {"tenant_id": f"like.{victim.name[:3]}*"})
    yield Attack("either", "GET", {"select": "tenant_id", "or": both}, rows="own")
    yield Attack("neither", "GET", {"select": "tenant_id", "not.or": both})
    yield Attack("header", "GET", {"select": "tenant_id"}, {"x-tenant-id": victim.name}, rows="own")
    yield Attack("count", "HEAD", theirs, counting, counted=True)
    yield Attack("count all", "GET", {"select": "tenant_id"}, counting, rows="own", counted=True)
    window = {"Range": "0-999", "Range-Unit": "items"}
    yield Attack("range", "GET", {"select": "tenant_id", "order": "tenant_id"}, window, rows="own")
    single = {"Accept": "application/vnd.pgrst.object+json"}
    yield Attack("one object", "GET", theirs, single, when_let_in=(406, "PGRST116"))


def writes_of(relation: Relation, own: str, victim: Tenant) -> Iterator[Attack]:
    """Give every way to write to a relation."""
    key = REFERENCE_KEYS.get(relation.name, "tenant_id")
    theirs, row = {key: f"eq.{victim.name}"}, {key: victim.name}
    merge = {"Prefer": "resolution=merge-duplicates"}
    ignore = {"Prefer": "resolution=ignore-duplicates,return=representation"}
    yield Attack("insert", "POST", body=row)
    yield Attack("insert my own", "POST", body={key: own})
    yield Attack("upsert", "POST", headers=merge, body=row)
    yield Attack("insert if absent", "POST", headers=ignore, body=row)
    yield Attack("take over", "PATCH", theirs, body={key: own})
    yield Attack("delete", "DELETE", theirs)
    yield Attack("delete all", "DELETE", malformed=(400, "21000"))
    yield Attack("put", "PUT", body=row, malformed=(405, "PGRST117"))


_KEEPER = "llm_admin"
_SCHEMA = (406, "PGRST106")
# A hosted project joins only where there is a foreign key, and there is none; and answers CSV,
# from the same rows. The local Data API does neither.
_NOT_DONE = (400, "PGRST127")
_MEDIA = (406, "PGRST107")
