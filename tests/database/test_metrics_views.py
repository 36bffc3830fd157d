"""The standing views give the sums of raw rows, folded or not, of what their caller may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.answers import fill
from tests.database.support.callers import read_as
from tests.database.support.metrics import Row, add_up, approach, find_percentiles, group
from tests.database.support.rolled_up import fold
from tests.database.test_metrics_exactness import RECENT

_NAMES = {"unpriced_requests", "unmeasured_requests", "requests", "errors", "cost_usd"}
Rows = dict[Any, Mapping[str, Any]]


@pytest.fixture
def read(database: Database, tenant: str) -> Callable[[str, str], list[dict[str, Any]]]:
    """Reads a view's rows of the tenant as a role."""

    def read_view(view: str, role: str) -> list[dict[str, Any]]:
        query = f"select * from public.{view} where tenant_id = %s"
        return read_as(database, role, tenant, query, (tenant,))

    return read_view


def truncate(span: Row, view: str) -> datetime:
    """Give the hour or day (UTC) of a span."""
    start: datetime = span["start_time"]
    hour = start.replace(minute=0, second=0, microsecond=0)
    return hour if view == "metrics_by_hour" else hour.replace(hour=0)


def by_view(spans: list[Row], view: str) -> dict[Any, list[Row]]:
    """Give calls by what a view tells apart."""
    calls = [span for span in spans if span["counted"]]
    if view in ("metrics_by_hour", "metrics_by_day"):
        rows = defaultdict(list)
        for call in calls:
            rows[truncate(call, view)].append(call)
        return dict(rows)
    return group(calls, "model" if view == "metrics_by_model" else "user")


def key_of(row: Row, view: str) -> Any:
    """Give what a row of a view is of."""
    match view:
        case "metrics_by_hour":
            return row["hour"]
        case "metrics_by_day":
            return row["day"]
        case "metrics_by_model":
            return row["model"], row["provider"]
    return row["user_id"]


@pytest.mark.parametrize(
    "view", ["metrics_by_hour", "metrics_by_day", "metrics_by_model", "metrics_by_user"]
)
def test_a_view_sums_the_raw_rows(
    database: Database,
    tenant: str,
    read: Callable[[str, str], list[dict[str, Any]]],
    view: str,
) -> None:
    """Where hours have changed and where all are folded, for the tenant and for the operator."""
    spans = fill(database, tenant, RECENT, seed=7)
    expected = by_view(spans, view)
    for _ in range(2):
        for role in ("authenticated", "service_role"):
            rows = {key_of(row, view): row for row in read(view, role)}
            assert rows.keys() == expected.keys()
            for key, row in rows.items():
                sums = {
                    name: value for name, value in add_up(expected[key]).items() if name in _NAMES
                }
                assert {name: _plain(row[name]) for name in sums} == approach(sums)
                if "latency_ms_p50_p95_p99" in row:
                    ranked = list(find_percentiles(expected[key]).values())
                    assert row["latency_ms_p50_p95_p99"] == pytest.approx(ranked, rel=0.0434)
                if view == "metrics_by_user" and key is not None:
                    assert row["last_seen"] == max(span["start_time"] for span in expected[key])
        fold(database, tenant)


def test_errors_are_told_by_type_and_model(
    database: Database, tenant: str, read: Callable[[str, str], list[dict[str, Any]]]
) -> None:
    """Failed spans by type, operation and canonical model, with the first and the last of each."""
    spans = fill(database, tenant, RECENT, seed=8)
    failed = defaultdict(list)
    names = ("error_type", "operation", "provider", "model")
    for span in spans:
        if span["failed"]:
            failed[tuple(span[name] for name in names)].append(span["start_time"])
    for _ in range(2):
        found = {
            tuple(row[name] for name in names): (row["errors"], row["first_seen"], row["last_seen"])
            for row in read("error_summaries", "authenticated")
        }
        assert found == {key: (len(at), min(at), max(at)) for key, at in failed.items()}
        assert found
        fold(database, tenant)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
