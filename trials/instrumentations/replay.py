"""The way from a recorded request to rows: our decoder, dialects, records and the database.

Which of two spans of one call is counted is settled in the database, so only there is the truth.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from functions.ingest.otlp_json import decode_json
from functions.ingest.rejections import Rejections
from infra.local.throwaway import Database
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.transcription import transcribe
from tests.database.support.callers import Connection, connect, connect_as_owner, ingest_on
from trials.instrumentations.truth import Finding, judge

Findings = dict[tuple[str, str], list[Finding]]
"""By library and scenario."""


def judge_fixtures(
    database: Database, fixtures: Iterable[Mapping[str, Any]], *, singly: bool = False
) -> Findings:
    """Send every scenario to a tenant of its own and compare what is stored with the truth.

    ``singly``: each span in a delivery of its own, the last one first.
    """
    served: dict[str, tuple[str, dict[str, Any]]] = {}
    with connect(database) as connection:
        for fixture in fixtures:
            for scenario in fixture["scenarios"]:
                tenant = f"recorded-{len(served)}{'-singly' if singly else ''}"
                served[tenant] = fixture["library"], scenario
                _store(connection, tenant, scenario["request"], singly=singly)
    rows = _read_rows(database)
    return {
        (library, scenario["name"]): judge(rows[tenant], scenario["served"])
        for tenant, (library, scenario) in served.items()
    }


def _store(connection: Connection, tenant: str, request: dict[str, Any], *, singly: bool) -> None:
    """Store an OTLP/JSON request; AssertionError if a span is rejected, which none should be."""
    rejections = Rejections()
    spans = list(decode_json(json.dumps(request).encode(), rejections))
    assert len(rejections) == 0, rejections.describe()
    prices, settings = load_prices(), Settings()
    rows = [
        transcribe(span, tenant=tenant, key=None, prices=prices, settings=settings).to_row()
        for span in spans
    ]
    for batch in [[row] for row in reversed(rows)] if singly else [rows]:
        ingest_on(connection, tenant, batch)


def _read_rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Give what is stored, by tenant."""
    stored: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with connect_as_owner(database) as owner:
        for row in owner.execute("select * from spans"):
            stored[row["tenant_id"]].append(row)
    return stored
