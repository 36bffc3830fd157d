"""Two tenants with the same kinds of data, each marked by its name wherever a row holds text."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from psycopg.sql import SQL, Identifier, Literal

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    call_function,
    connect_as,
    connect_as_owner,
    ingest_body,
    set_limits,
)
from tests.database.support.keys import digest
from tests.database.support.spans import call, failed_call, step, trace_id

SHARED_KEY = "samekey0"
"""Both tenants have a key of this id; one of them has revoked it."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant; its name is the marker, so it is a word that nothing else would hold."""

    name: str
    number: int
    """Distinguishes ids and amounts."""

    @property
    def own_trace(self) -> str:
        """A trace that only this tenant has."""
        return trace_id(100 + self.number)

    @property
    def own_key(self) -> str:
        """A key that only this tenant has."""
        return f"ownkey{self.number:02}"

    @property
    def own_invitation(self) -> str:
        """An open invitation that only this tenant has."""
        return f"invite{self.number:02}"

    @property
    def own_offer(self) -> str:
        """Another one, which somebody accepts."""
        return f"offers{self.number:02}"

    @property
    def own_view(self) -> str:
        """A view that all members of this tenant see."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"view.{self.name}"))

    @property
    def own_deletion(self) -> str:
        """A deletion that only this tenant asked for."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"deletion.{self.name}"))

    @property
    def person(self) -> str:
        """A member's UUID."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, self.name))

    @property
    def watcher(self) -> str:
        """Another member's UUID, whom no call names."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"watcher.{self.name}"))


ALPHA, BETA = Tenant("amaranth", 1), Tenant("basalt", 2)
TENANTS = (ALPHA, BETA)


def other_than(tenant: Tenant | None) -> Tenant:
    """Give the one whose rows are reached for."""
    return BETA if tenant == ALPHA else ALPHA


def make_spans(tenant: Tenant, own: str) -> list[dict[str, Any]]:
    """Make spans with the tenant's word in every column that takes one; ``own`` is a trace."""
    word = tenant.name
    amount = 1000 + tenant.number
    trace = int(own, 16)
    marked: dict[str, Any] = {
        "environment": word,
        "user_id": word,
        "session_id": word,
        "service_name": word,
        "release": word,
        "customer_id": word,
        "prompt_name": word,
        "prompt_version": word,
        "tags": {word: word, "feature": word},
        "provider": word,
        "operation": word,
        "response_id": word,
        "previous_response_id": word,
        "service_tier": word,
        "agent_name": word,
        "tool_name": word,
        "instrumentation": word,
        "status_message": word,
        "finish_reasons": [word],
        "input_digest": word,
        "output_digest": word,
        "attributes": {word: word},
        "input": word,
        "output": [word],
        "usage_buckets": {word: amount},
        "price_id": word,
    }
    chat: dict[str, Any] = {"model": f"{word}-1", "input_tokens": amount, "cost_usd": f"0.{amount}"}
    return [
        step(
            1,
            name=f"{word} agent",
            user_id=word,
            session_id=word,
            operation=word,
            usage_uncounted=word,
        ),
        call(2, **(chat | marked)),
        failed_call(3, error_type=f"{word}.Error", **marked | {"usage_buckets": None}),
        step(1, trace=trace, name=word, **marked | {"usage_buckets": None}),
        call(2, trace=trace, **(chat | marked)),
    ]


def make_rules(tenant: Tenant) -> list[dict[str, str]]:
    """Make a rule for an attribute of the tenant's own, which says the tenant's word."""
    return [{"attribute": f"{tenant.name}.model", "field": "request_model", "value": tenant.name}]


def make_evaluations(tenant: Tenant) -> list[dict[str, Any]]:
    """Make a finding of the tenant's own trace, and one of an answer that both tenants name."""
    word = tenant.name
    found = {"name": word, "label": word, "explanation": word, "score": tenant.number, "time_ns": 7}
    return [found | {"trace_id": tenant.own_trace}, found | {"response_id": tenant.name}]


def save_views(database: Database, tenant: Tenant) -> None:
    """Save a view that is shared, and a private one of each of three makers."""
    word = tenant.name
    view: dict[str, Any] = {"kind": "spans", "name": word, "filter": f"user:{word}"}
    view["tree"] = {"field": "user", "op": "in", "values": [word]}
    view["settings"] = {"columns": [word]}
    makers = (f"user:{tenant.person}", f"user:{tenant.watcher}", "dev")
    for maker in makers:
        with connect_as(database, "authenticated", word, maker) as connection:
            call_function(connection, "create_view", view | {"shared": False})
    with connect_as(database, "authenticated", word, makers[0]) as connection:
        shared = view | {"name": f"{word} for all", "shared": True}
        made = call_function(connection, "create_view", shared)
    with connect_as_owner(database) as owner:
        where = "where tenant_id = %s and view_id = %s"
        query = f"update public.saved_views set view_id = %s {where}"
        owner.execute(query.encode(), (tenant.own_view, word, made["view_id"]))


def ask_to_delete(database: Database, tenant: Tenant) -> None:
    """Ask for a deletion that no job comes to."""
    asked: dict[str, Any] = {"ids": [tenant.own_trace], "expected": 1, "asked_by": "ids"}
    made = administer(database, tenant.name, "request_deletion", **asked)
    with connect_as_owner(database) as owner:
        for table in ("deletions", "deletion_traces"):
            query = SQL("update {} set deletion_id = %s where deletion_id = %s")
            names = (tenant.own_deletion, made["deletion_id"])
            owner.execute(query.format(Identifier("public", table)), names)


def settle(database: Database, tenant: Tenant) -> None:
    """Give a tenant rows in every table, as applications and administrators do."""
    word, by = tenant.name, f"user:{tenant.person}"
    process = {"id": f"{tenant.number:032x}", "emitted": 10, "dropped": {word: tenant.number}}
    set_limits(database, word, spans_per_minute=10**6 + tenant.number)
    body = {"spans": make_spans(tenant, tenant.own_trace), "process": process}
    ingest_body(database, word, body | {"evaluations": make_evaluations(tenant)})
    administer(database, word, "set_membership", user_id=tenant.person, role="owner")
    colleague = str(uuid.uuid4())
    administer(database, word, "set_membership", by=by, user_id=colleague, role="owner")
    administer(database, word, "set_membership", by=by, user_id=tenant.watcher, role="viewer")
    for key_id in (SHARED_KEY, tenant.own_key):
        administer(
            database,
            word,
            "create_api_key",
            by=by,
            key_id=key_id,
            digest=digest(tenant.number),
            name=word,
            environment=word,
            scopes=["read"],
        )
    for invitation_id in (tenant.own_invitation, tenant.own_offer):
        administer(
            database,
            word,
            "create_invitation",
            by=by,
            invitation_id=invitation_id,
            digest=digest(tenant.number),
            role="viewer",
            email=f"someone@{word}.example",
        )
    administer(
        database, word, "set_retention", by=by, span_days=3000 + tenant.number, content_days=2000
    )
    administer(database, word, "set_attribute_mappings", by=by, mappings=make_rules(tenant))
    administer(database, word, "set_tag_dimensions", by=by, keys=[word])
    administer(database, word, "forget_user", by=by, user_id="nobody")
    save_views(database, tenant)
    ask_to_delete(database, tenant)
    with connect_as_owner(database) as owner:
        owner.execute("call app.expire_data()")
        owner.execute("call app.fold_data()")
        # Of so few spans no hour has terms.
        owner.execute(
            "insert into hour_terms (tenant_id, of_traces, hour, term) "
            "values (%s, false, now(), app.term_key('user', %s)) on conflict do nothing",
            (word, word),
        )
        # Of every tenant: to fold took the marks of all.
        owner.execute("select app.mark_hours(tenant_id, array[now()]) from public.tenants")


def take_fingerprint(owner: Connection, tenant: Tenant) -> dict[str, str]:
    """Give a digest of all rows of a tenant, by table."""
    tables = owner.execute("""
        select relname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
          and not relispartition and attname = 'tenant_id'""").fetchall()
    query = SQL(" union all ").join(
        SQL(
            "select {} as relname, md5(string_agg(r::text, '|' order by r::text)) as digest"
            " from public.{} r where tenant_id = %(tenant)s"
        ).format(Literal(row["relname"]), Identifier(row["relname"]))
        for row in tables
    )
    rows = owner.execute(query, {"tenant": tenant.name}).fetchall()
    return {row["relname"]: row["digest"] for row in rows}
