"""What the database refuses costs one span, not its batch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from functions.common import database
from functions.common.auth.access import CallerIdentity
from functions.common.environment import load_settings
from functions.ingest.delivery import deliver_spans
from functions.ingest.rejections import Rejections
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from llm_observe.dialects import SourceSpan
from tests.functions.ingest.conftest import read_rows
from tests.functions.ingest.spans import START


@pytest.fixture
def door(data_api: str, keys: StackKeys, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process as a function that reaches the Data API."""
    monkeypatch.setenv("SUPABASE_URL", data_api)
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", keys.publishable_key)
    monkeypatch.setenv("SUPABASE_JWT_SIGNING_KEY", json.dumps(keys.signing_key))
    caches = (load_settings, database._get_data_api)
    for cached in caches:
        cached.cache_clear()
    yield
    database._get_data_api().reset()
    for cached in caches:
        cached.cache_clear()


def make_source(number: int, trace_id: str | None = None, span_id: str | None = None) -> SourceSpan:
    """Give a span as a decoder does, or one with ids that no decoder lets through."""
    return SourceSpan(
        trace_id=trace_id or f"{number:032x}",
        span_id=span_id or f"{number:016x}",
        parent_span_id=None,
        name="x",
        kind="internal",
        start_ns=START,
        end_ns=START,
    )


@pytest.mark.usefixtures("door")
def test_a_batch_is_halved_down_to_the_span_that_is_refused(database: Database) -> None:
    """Should a span pass every check of ours and not the database's, it alone is rejected."""
    spans = [make_source(number) for number in range(1, 30)]
    spans[7], spans[20] = make_source(8, span_id="NOT-HEX"), make_source(21, trace_id="short")
    rejections = Rejections()
    caller = CallerIdentity("halved", "dev")
    deliver_spans(caller, spans, rejections, deadline=time.monotonic() + 30)

    assert len(rejections) == 2
    assert "A span is malformed: spans_span_id_check does not hold." in rejections.describe()
    assert {int(row["span_id"], 16) for row in read_rows(database, "spans", "halved")} == set(
        range(1, 30)
    ) - {8, 21}
