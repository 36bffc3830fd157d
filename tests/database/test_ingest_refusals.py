"""Whose spans ingest_spans takes, where content goes, and what is refused in which words."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import ingest, ingest_body, read_as, read_as_owner
from tests.database.support.spans import call, span_id, step

MARKER = "xyzzy-marker-of-a-prompt"
_RELATIONS = """
select c.relname from pg_catalog.pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
"""


def caught(database: Database, tenant: str | None, body: Any) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as info:
        ingest_body(database, tenant, body)
    return info.value


def test_the_tenant_is_the_tokens(
    database: Database, tenant: str, another_tenant: Callable[[], str]
) -> None:
    """A tenant_id in a span, in the body or in the process part changes nothing."""
    other = another_tenant()
    span = {**step(1), "tenant_id": other}
    body = {"spans": [span], "tenant_id": other, "process": {"tenant_id": other}}
    assert ingest_body(database, tenant, body)["stored"] == 1
    for table in ("spans", "traces", "tenants"):
        query = f"select tenant_id from public.{table} where tenant_id in (%s, %s)"
        rows = read_as_owner(database, query, (tenant, other))
        assert [row["tenant_id"] for row in rows] == [tenant], table


@pytest.mark.parametrize("claim", [None, "", "UPPER", "-dash", "a b", "a" * 64, "ä"])
def test_without_a_tenant_nothing_is_taken(database: Database, claim: str | None) -> None:
    """A token that names no tenant, or a malformed one, is refused as 42501."""
    assert caught(database, claim, {"spans": []}).sqlstate == "42501"


def test_content_lies_apart(database: Database, tenant: str) -> None:
    """Captured content is in span_contents and in no other table, and comes back by span."""
    content: dict[str, Any] = {"input": [{"role": "user", "content": MARKER}], "output": MARKER}
    ingest(database, tenant, [call(2, **content), call(3), call(4, output=[MARKER])])
    for row in read_as_owner(database, _RELATIONS):
        table = row["relname"]
        query = f"select 1 from public.{table} t where strpos(to_jsonb(t)::text, %s) > 0"
        found = len(read_as_owner(database, query, (MARKER,)))
        assert found == (2 if table == "span_contents" else 0), table
    query = "select span_id, input, output from public.span_details order by span_id"
    assert read_as(database, "authenticated", tenant, query) == [
        {"span_id": span_id(2), **content},
        {"span_id": span_id(3), "input": None, "output": None},
        {"span_id": span_id(4), "input": None, "output": [MARKER]},
    ]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in call(2).items() if key != name}


def nest(levels: int) -> Any:
    value: Any = "leaf"
    for _ in range(levels):
        value = [value]
    return value


MALFORMED = {
    "no spans": ({}, "no array of spans"),
    "spans no array": ({"spans": {"a": 1}}, "no array of spans"),
    "spans null": ({"spans": None}, "no array of spans"),
    "bare array": ([call(2)], "no array of spans"),
    "null": (None, "no array of spans"),
    "text": ("spans", "no array of spans"),
    "span no object": ({"spans": [1]}, "A span is malformed"),
    "no trace": ({"spans": [without("trace_id")]}, "trace_id is missing"),
    "no start": ({"spans": [without("start_ns")]}, "start_time is missing"),
    "no name": ({"spans": [without("name")]}, "name is missing"),
    "not countable": ({"spans": [without("countable")]}, "countable is missing"),
    "upper case id": ({"spans": [call(2) | {"trace_id": "A" * 32}]}, "trace_id_check"),
    "short id": ({"spans": [call(2) | {"span_id": "ab"}]}, "span_id_check"),
    "unknown status": ({"spans": [call(2) | {"status": MARKER}]}, "status_check"),
    "unknown kind": ({"spans": [call(2) | {"kind": "agent"}]}, "kind_check"),
    "negative tokens": ({"spans": [call(2) | {"input_tokens": -1}]}, "input_tokens_check"),
    "tokens in words": ({"spans": [call(2) | {"input_tokens": MARKER}]}, "syntax for type bigint"),
    "too many tokens": ({"spans": [call(2) | {"input_tokens": 2**63}]}, "out of range"),
    "cost not a number": ({"spans": [call(2, model="x") | {"cost_usd": "NaN"}]}, "cost_usd_check"),
    "infinite cost": ({"spans": [call(2, model="x") | {"cost_usd": "inf"}]}, "cost_usd_check"),
    "ends early": ({"spans": [call(2) | {"end_ns": 0}]}, "end_after_start"),
    "before 1970": ({"spans": [call(2) | {"start_ns": -1}]}, "start_ns_check"),
    "after 2100": ({"spans": [call(2) | {"end_ns": 4_102_444_800_000_000_000}]}, "end_ns_check"),
    "buckets in words": (
        {"spans": [call(2, model="x") | {"usage_buckets": {"input_uncached": MARKER}}]},
        "usage_buckets_check",
    ),
    "negative bucket": (
        {"spans": [call(2, model="x") | {"usage_buckets": {"input_uncached": -1}}]},
        "usage_buckets_check",
    ),
    "bucket of buckets": (
        {"spans": [call(2, model="x") | {"usage_buckets": {"input_uncached": [1]}}]},
        "usage_buckets_check",
    ),
    "buckets no object": (
        {"spans": [call(2, model="x") | {"usage_buckets": [1]}]},
        "usage_buckets_check",
    ),
    "huge bucket": (
        {"spans": [call(2, model="x") | {"usage_buckets": {"input_uncached": 10**14}}]},
        "usage_buckets_check",
    ),
    "too many buckets": (
        {"spans": [call(2, model="x") | {"usage_buckets": {f"b{n}": 1 for n in range(500)}}]},
        "usage_buckets_check",
    ),
    "implausible tokens": ({"spans": [call(2) | {"input_tokens": 10**14}]}, "input_tokens_check"),
    "implausible cost": ({"spans": [call(2, model="x") | {"cost_usd": 1e9}]}, "cost_usd_check"),
    "first token never": (
        {"spans": [call(2) | {"time_to_first_token_ms": "Infinity"}]},
        "time_to_first_token_ms_check",
    ),
    "negative length": ({"spans": [call(2) | {"input_length": -1}]}, "input_length_check"),
    "a digest of 129": ({"spans": [call(2) | {"input_digest": "x" * 129}]}, "input_digest_check"),
    "129 reasons": ({"spans": [call(2) | {"finish_reasons": ["a"] * 129}]}, "finish_reasons"),
    "a long reason": ({"spans": [call(2) | {"finish_reasons": [MARKER * 99]}]}, "finish_reasons"),
    "a long reason among short ones": (
        {"spans": [call(2) | {"finish_reasons": [MARKER * 11, *["a"] * 127]}]},
        "finish_reasons",
    ),
    "a bucket of prose": (
        {"spans": [call(2, model="x") | {"usage_buckets": {"a prompt": 1}}]},
        "usage_buckets_check",
    ),
    "a reason of null": ({"spans": [call(2) | {"finish_reasons": [None]}]}, "finish_reasons"),
    "reasons in lists": ({"spans": [call(2) | {"finish_reasons": [["a"]]}]}, "finish_reasons"),
    "tags in a list": ({"spans": [call(2) | {"tags": [MARKER]}]}, "tags_check"),
    "a number as a tag": ({"spans": [call(2) | {"tags": {"n": 1}}]}, "tags_check"),
    "a tag of 257": ({"spans": [call(2) | {"tags": {"n": "x" * 257}}]}, "tags_check"),
    "a tag's name of 65": ({"spans": [call(2) | {"tags": {"n" * 65: "x"}}]}, "tags_check"),
    "2 MiB of prompt": ({"spans": [call(2) | {"input": "x" * 2**21}]}, "input_check"),
    "a deep answer": ({"spans": [call(2) | {"output": nest(80)}]}, "output_check"),
    **{
        f"a {column} of 257": (
            {"spans": [call(2) | {column: "x" * 257}]},
            # The model that answered is the span's model, whose check comes first.
            "spans_model_check" if column == "response_model" else f"spans_{column}_check",
        )
        for column in (
            *("name", "error_type", "operation", "provider", "request_model", "response_model"),
            *(
                "response_id",
                "service_tier",
                "agent_name",
                "tool_name",
                "instrumentation",
                "service_name",
            ),
            *("environment", "release", "session_id", "user_id", "customer_id"),
            *("canonical_model", "prompt_name", "prompt_version"),
        )
    },
    "buckets of a priced model no object": (
        {
            "spans": [
                call(2, provider="openai", price_provider="openai", price_model="gpt-4o-mini")
                | {"usage_buckets": [1]}
            ]
        },
        "malformed",
    ),
}


@pytest.mark.parametrize(("body", "words"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_refused_whole(
    database: Database, tenant: str, body: Any, words: str
) -> None:
    """It is 22023, says what is wrong and what to do, quotes no value, and stores nothing."""
    error = caught(database, tenant, add_good_span(body))
    assert error.sqlstate == "22023"
    assert words in (error.diag.message_primary or "")
    assert error.diag.message_hint
    assert MARKER not in str(error) + str(error.diag.message_detail) + str(error.diag.context)
    query = "select 1 from public.spans where tenant_id = %s"
    assert read_as_owner(database, query, (tenant,)) == []


def add_good_span(body: Any) -> Any:
    """Put a good span before the bad one, and content into the bad one's row."""
    if not isinstance(body, dict) or not isinstance(body.get("spans"), list):
        return body
    bad = [
        span | {"attributes": {"note": MARKER}} if isinstance(span, dict) else span
        for span in body["spans"]
    ]
    return {"spans": [step(1), *bad]}


def test_lists_of_long_names_are_stored(database: Database, tenant: str) -> None:
    """As long as none of them has more than 256 characters, whatever they are."""
    names = ["\N{FACE WITH TEARS OF JOY}" * 256, *["x" * 256] * 127]
    ingest(database, tenant, [call(2, finish_reasons=names), call(3, finish_reasons=[])])
    query = "select finish_reasons from public.spans where tenant_id = %s order by span_id"
    stored = [row["finish_reasons"] for row in read_as_owner(database, query, (tenant,))]
    assert stored == [names, []]


def test_an_empty_id_names_nobody(database: Database, tenant: str) -> None:
    """Nobody could be forgotten by it, and two calls with one are not one response's."""
    empty: dict[str, Any] = dict.fromkeys(("user_id", "session_id", "response_id"), "")
    ingest(database, tenant, [call(2, **empty), call(3, **empty)])
    query = (
        "select user_id, session_id, response_id, counted from public.spans where tenant_id = %s"
    )
    rows = read_as_owner(database, query, (tenant,))
    assert rows == [{**dict.fromkeys(empty), "counted": True}] * 2


@pytest.mark.parametrize("attributes", [{"note": "x" * 2**21}, {"note": nest(80)}, [1], "text"])
def test_attributes_that_break_readers_are_refused(
    database: Database, tenant: str, attributes: Any
) -> None:
    """More than 1 MiB, deeper than 64 levels, or no object."""
    error = caught(database, tenant, {"spans": [call(2) | {"attributes": attributes}]})
    assert error.sqlstate == "22023"
    assert "attributes_check" in (error.diag.message_primary or "")


def test_a_refusal_over_http(data_api: str, keys: StackKeys, token: Callable[..., str]) -> None:
    """The sender reads the same message and hint as the body of a 400."""
    headers = {
        "apikey": keys.publishable_key,
        "Authorization": f"Bearer {token('tenant-http', 'llm_ingest')}",
    }
    body = {"spans": [call(2) | {"status": MARKER, "attributes": {"note": MARKER}}]}
    answer = httpx.post(f"{data_api}/rest/v1/rpc/ingest_spans", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "22023")
    assert answer.json()["message"] == "A span is malformed: spans_status_check does not hold."
    assert answer.json()["hint"].startswith("No span of this batch was stored.")
    assert MARKER not in answer.text


def test_the_digest_salt_is_stable(
    database: Database, tenant: str, another_tenant: Callable[[], str]
) -> None:
    """Every answer carries the tenant's salt: the same each time, another for each tenant."""
    first = ingest(database, tenant, [])["digest"]
    assert len(first["kid"]) == 8
    assert len(base64.b64decode(first["salt"], validate=True)) == 32
    assert ingest(database, tenant, [step(1)])["digest"] == first
    other = ingest(database, another_tenant(), [])["digest"]
    assert other["kid"] != first["kid"]
    assert other["salt"] != first["salt"]


def test_a_destroyed_salt_stays_destroyed(database: Database, tenant: str) -> None:
    """Once shredded, no delivery makes a tenant a new salt in silence."""
    ingest(database, tenant, [step(1)])
    shred = "update public.tenants set digest_salt = null where tenant_id = %s"
    read_as_owner(database, shred, (tenant,))
    assert ingest(database, tenant, [step(2)])["digest"] is None
