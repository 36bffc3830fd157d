"""The sample tenant's week looks like real traffic, says that it isn't, and repeats exactly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from infra.local.keys import StackKeys
from infra.local.sample.delivery import DeliveryError, deliver_sample
from infra.local.sample.week import WEEK, generate_traces
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from llm_observe._delivery.finished import FinishedSpan
from llm_observe.config import Settings, read_settings
from llm_observe.cost.pricing import load_prices
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe

END = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def traces() -> list[list[FinishedSpan]]:
    """A week of traffic."""
    return list(generate_traces(END - WEEK, END))


@pytest.fixture(scope="module")
def records(traces: list[list[FinishedSpan]]) -> list[SpanRecord]:
    """The week as the library records it."""
    prices, settings = load_prices(), Settings()
    return [
        transcribe(
            finished.to_source(),
            finished.content,
            tenant=finished.tenant,
            key=None,
            prices=prices,
            settings=settings,
        )
        for trace in traces
        for finished in trace
    ]


@pytest.fixture(scope="module")
def calls(records: list[SpanRecord]) -> list[SpanRecord]:
    """Only the calls of models."""
    return [record for record in records if record.countable]


def begun(record: SpanRecord) -> datetime:
    return datetime.fromtimestamp(record.start_ns // 10**9, UTC)


def test_the_week_has_a_believable_size(records: list[SpanRecord]) -> None:
    """Enough to judge charts by, few enough to load while the stack starts."""
    assert 3000 <= len(records) <= 6000
    assert len({(record.trace_id, record.span_id) for record in records}) == len(records)


def test_calls_fail_now_and_then(calls: list[SpanRecord]) -> None:
    """A few per cent of the calls fail, of several kinds, most in the provider's bad hour."""
    failed = [record for record in calls if record.status == "error"]
    assert 0.02 <= len(failed) / len(calls) <= 0.04
    assert len({record.error_type for record in failed}) >= 4
    assert all(record.usage_status == "unknown" and not record.cost_usd for record in failed)
    bad = [record for record in calls if (begun(record).weekday(), begun(record).hour) == (2, 14)]
    assert sum(record.status == "error" for record in bad) / len(bad) > 0.15


def test_office_hours_are_busier_than_nights_and_weekends(calls: list[SpanRecord]) -> None:
    """People work by day; only the nightly batch doesn't."""
    people = [record for record in calls if record.service_name != "nightly-batch"]
    night = [record for record in people if begun(record).hour < 6]
    day = [record for record in people if 9 <= begun(record).hour < 17]
    assert 0 < len(night) * 5 < len(day)
    weekend = [record for record in people if begun(record).weekday() >= 5]
    assert 0 < len(weekend) / 2 < (len(people) - len(weekend)) / 5 / 2
    batch = {begun(record).date() for record in calls if record.service_name == "nightly-batch"}
    assert len(batch) == 7


def test_the_mix_shows_what_the_dashboard_can_show(records: list[SpanRecord]) -> None:
    """Several providers and models, agents with tools, streams, sessions, cached and reasoned."""
    assert {record.provider for record in records} >= {"openai", "anthropic", "gcp.gemini"}
    assert len({record.response_model for record in records if record.response_model}) >= 6
    operations = {record.operation for record in records}
    assert operations == {"chat", "embeddings", "execute_tool", "invoke_agent"}
    assert len({record.environment for record in records}) == 2
    assert len({record.user_id for record in records}) > 20
    assert any(record.cache_read_tokens for record in records)
    assert any(record.cache_write_tokens for record in records)
    assert any(record.reasoning_tokens for record in records)
    assert any(record.service_tier == "flex" and record.cost_usd for record in records)
    assert any(record.error_type == "abandoned" for record in records)


def test_answers_take_time_by_their_length(calls: list[SpanRecord]) -> None:
    """Long answers take longer, and the first token comes before the last."""
    answered = [record for record in calls if record.streamed and record.output_tokens]
    answered.sort(key=lambda record: record.output_tokens or 0)
    third = len(answered) // 3
    short, long = (
        sum(record.end_ns - record.start_ns for record in part) / third
        for part in (answered[:third], answered[-third:])
    )
    assert short < long
    for record in answered:
        assert record.time_to_first_token_ms is not None
        assert 0 < record.time_to_first_token_ms <= (record.end_ns - record.start_ns) / 1e6


def test_known_models_have_a_cost_and_others_have_none(calls: list[SpanRecord]) -> None:
    """Costs come from the price book alone: the in-house model's is unknown, not zero."""
    for record in calls:
        if record.usage_status == "reported":
            in_house = record.request_model == "llama-3.3-70b-in-house"
            assert (record.cost_usd is None) == in_house, record.request_model


def test_spans_nest(records: list[SpanRecord]) -> None:
    """Each trace is one tree: one root, children inside their parent's time, none in the future."""
    spans = {(record.trace_id, record.span_id): record for record in records}
    roots = [record for record in records if record.parent_span_id is None]
    assert len(roots) == len({record.trace_id for record in records})
    for span in records:
        assert span.end_ns <= END.timestamp() * 1e9
        if span.parent_span_id:
            parent = spans[span.trace_id, span.parent_span_id]
            assert parent.start_ns <= span.start_ns < span.end_ns <= parent.end_ns


def test_the_same_hour_is_always_the_same(traces: list[list[FinishedSpan]]) -> None:
    """Another run at another time writes the same ids for the hours both cover."""
    later = END + timedelta(hours=5)
    known = {trace[0].span.context.trace_id: len(trace) for trace in traces}
    again = {t[0].span.context.trace_id: len(t) for t in generate_traces(later - WEEK, later)}
    both = known.keys() & again.keys()
    assert len(both) > 0.9 * len(known)
    assert all(known[trace_id] == again[trace_id] for trace_id in both)


def stack_environment(data_api: str, keys: StackKeys) -> dict[str, str]:
    return {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
        "ALLOW_CONTENT_CAPTURE": "true",
    }


def read_all(database: Database, statement: str) -> list[dict[str, Any]]:
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_a_second_run_adds_nothing_twice(
    data_api: str, database: Database, keys: StackKeys
) -> None:
    """Delivered again, and delivered on, every span is stored and counted once."""
    settings = read_settings(stack_environment(data_api, keys))
    first = deliver_sample(settings, database.owner_url, END)
    counted = "select count(*) as spans, sum(cost_usd) as cost from public.spans"
    rolled_up = "select sum(span_count) as spans, count(*) as traces from public.traces"
    before = read_all(database, counted) + read_all(database, rolled_up)
    assert (before[0]["spans"], before[1]["spans"]) == (first.spans, first.spans)
    assert before[1]["traces"] == first.traces
    again = deliver_sample(settings, database.owner_url, END)
    assert again.spans < first.spans / 10
    assert read_all(database, counted) + read_all(database, rolled_up) == before
    later = END + timedelta(hours=2)
    deliver_sample(settings, database.owner_url, later)
    wanted = {trace[0].span.context.trace_id for trace in generate_traces(END - WEEK, later)}
    stored = read_all(database, "select trace_id from public.traces")
    assert {int(row["trace_id"], 16) for row in stored} == wanted


def test_it_is_labelled_and_holds_no_content(
    data_api: str, database: Database, keys: StackKeys
) -> None:
    """The tenant and each span say "generated"; even with capture on only digests are kept."""
    run = subprocess.run(
        [sys.executable, "-m", "infra.local.sample"],
        env=os.environ | stack_environment(data_api, keys) | {"DATABASE_URL": database.owner_url},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert "generated spans" in run.stdout
    tenants = read_all(database, "select tenant_id, generated from public.tenants")
    assert tenants == [{"tenant_id": "sample", "generated": True}]
    unlabelled = """
        select count(*) as spans from public.spans
        where tenant_id <> 'sample' or not attributes @> '{"llm_observe.generated": true}'
          or (operation = 'chat' and (input_digest is null or input_length is null))
    """
    assert read_all(database, unlabelled) == [{"spans": 0}]
    contents = read_all(database, "select count(*) as contents from public.span_contents")
    assert contents == [{"contents": 0}]


def test_an_unreachable_data_api_is_said(database: Database, keys: StackKeys) -> None:
    """Without the Data API the run fails with a reason, and nothing is half labelled."""
    settings = read_settings(stack_environment("http://127.0.0.1:9", keys))
    with pytest.raises(DeliveryError, match="not stored: unreachable"):
        deliver_sample(settings, database.owner_url, datetime.now(UTC))
