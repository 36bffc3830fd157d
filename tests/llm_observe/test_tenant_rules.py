"""A tenant's rules for attributes, in a process that writes to the database itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from opentelemetry import trace

import llm_observe
from infra.local.throwaway import Database

Start = Callable[..., None]


def set_rule(database: Database, tenant: str) -> None:
    """Say that ``acme.team`` is the agent's name."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("select app.ensure_tenant(%s)", [tenant])
        connection.execute(
            "insert into attribute_mappings (tenant_id, attribute, field) "
            "values (%s, 'acme.team', 'agent_name')",
            [tenant],
        )


def trace_step(tenant: str, team: str) -> None:
    with llm_observe.tenant(tenant), llm_observe.span("step"):
        trace.get_current_span().set_attribute("acme.team", team)
    llm_observe.flush()


def read_agents(database: Database, tenant: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(
            "select agent_name from spans where tenant_id = %s order by start_ns", [tenant]
        ).fetchall()


def test_a_rule_holds_from_the_first_span_on(start: Start, database: Database) -> None:
    """A new process has asked before it writes; another tenant's spans are left as they are."""
    set_rule(database, "ruled")
    start()
    trace_step("ruled", "refunds")
    trace_step("unruled", "refunds")

    assert read_agents(database, "ruled") == [("refunds",)]
    assert read_agents(database, "unruled") == [(None,)]


def test_a_new_rule_holds_after_the_next_flush(start: Start, database: Database) -> None:
    """A process that runs learns of it from what it is answered, and asks nothing more."""
    start()
    trace_step("learning", "first")
    set_rule(database, "learning")
    trace_step("learning", "second")
    trace_step("learning", "third")

    assert read_agents(database, "learning") == [(None,), (None,), ("third",)]


def test_a_rule_holds_without_a_key_for_digests(start: Start, database: Database) -> None:
    """What a tenant wants is asked for even where no secret needs its salt."""
    set_rule(database, "keyless")
    start(digest_key=None)
    trace_step("keyless", "refunds")

    assert read_agents(database, "keyless") == [("refunds",)]
