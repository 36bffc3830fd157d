"""From an OpenAI call to a row in Postgres, through the public door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from openai import AsyncOpenAI, NotFoundError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from psycopg.rows import dict_row

import llm_observe
from infra.local.throwaway import Database

Start = Callable[..., None]
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello there"}]


def read_spans(database: Database, tenant: str) -> list[dict[str, Any]]:
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        return connection.execute(
            "select * from span_details where tenant_id = %s order by start_ns", (tenant,)
        ).fetchall()


def test_a_call_becomes_a_row_with_tokens_and_cost(
    start: Start, client: OpenAI, database: Database
) -> None:
    """One chat call, no span code: model, tokens, dollars, latency and a digest are stored."""
    start()
    with llm_observe.tenant("calls"):
        reply = client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    llm_observe.flush()
    (span,) = read_spans(database, "calls")

    assert reply.usage is not None
    assert (span["input_tokens"], span["output_tokens"]) == (
        reply.usage.prompt_tokens,
        reply.usage.completion_tokens,
    )
    assert span["operation"] == "chat"
    assert span["model"] == "gpt-4o-mini-2024-07-18"
    assert span["price_source"] == "table"
    expected = (reply.usage.prompt_tokens * 0.15 + reply.usage.completion_tokens * 0.6) / 1e6
    assert float(span["cost_usd"]) == pytest.approx(expected)
    assert span["input_digest"].startswith("h1:")
    assert span["input_length"] == len("hello there")
    assert span["input"] is None
    assert span["duration_ms"] > 0


def test_agent_tools_and_calls_are_one_tree(
    start: Start, client: OpenAI, database: Database
) -> None:
    """An agent's span, a tool's and the model call inside stand under each other."""
    start()

    @llm_observe.observe("execute_tool")
    def search(question: str) -> str:
        reply = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
        )
        return reply.choices[0].message.content or ""

    with llm_observe.tenant("agents"), llm_observe.span("researcher", "invoke_agent"):
        search("Where?")
    llm_observe.flush()
    agent, tool, call = read_spans(database, "agents")

    assert [agent["name"], tool["name"], call["name"]] == [
        "invoke_agent researcher",
        "execute_tool search",
        "chat gpt-4o-mini",
    ]
    assert agent["parent_span_id"] is None
    assert tool["parent_span_id"] == agent["span_id"]
    assert call["parent_span_id"] == tool["span_id"]
    assert [agent["counted"], tool["counted"], call["counted"]] == [False, False, True]
    assert tool["input_digest"].startswith("h1:")


def test_every_api_is_traced(start: Start, client: OpenAI, database: Database) -> None:
    """Streams, tools, embeddings and the responses API each give a counted span with usage."""
    start()
    with llm_observe.tenant("apis"):
        list(client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True))
        client.embeddings.create(model="text-embedding-3-small", input="hello")
        client.responses.create(model="gpt-5-mini", input="hello")
        for _event in client.responses.create(model="gpt-5-mini", input="hello", stream=True):
            pass
    llm_observe.flush()
    spans = read_spans(database, "apis")

    assert [span["operation"] for span in spans] == ["chat", "embeddings", "chat", "chat"]
    assert all(span["usage_status"] == "reported" for span in spans)
    assert all(span["cost_usd"] > 0 for span in spans)
    assert spans[0]["time_to_first_token_ms"] > 0
    assert spans[2]["reasoning_tokens"] > 0


def test_an_async_call_is_traced(
    start: Start, async_client: AsyncOpenAI, database: Database
) -> None:
    """The asynchronous client is traced alike, streams included."""
    start()

    async def call() -> None:
        async with async_client:
            await async_client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
            stream = await async_client.chat.completions.create(
                model="gpt-4o-mini", messages=HELLO, stream=True
            )
            async for chunk in stream:
                assert chunk.choices

    with llm_observe.tenant("async"):
        asyncio.run(call())
    llm_observe.flush()

    assert [span["usage_status"] for span in read_spans(database, "async")] == ["reported"] * 2


def test_a_failed_call_keeps_its_type_and_not_its_words(
    start: Start, client: OpenAI, database: Database
) -> None:
    """Providers quote prompts in errors, so only the kind and the type are kept, and no cost."""
    start()
    with llm_observe.tenant("errors"), pytest.raises(NotFoundError):
        client.chat.completions.create(model="marker-4711", messages=HELLO)
    llm_observe.flush()
    (span,) = read_spans(database, "errors")

    assert (span["status"], span["error_type"]) == ("error", "not_found")
    assert span["attributes"]["error.type"] == "openai.NotFoundError"
    assert (span["status_message"], span["cost_usd"]) == (None, None)
    assert span["usage_status"] == "unknown"


def test_an_error_in_the_applications_own_step_marks_it_failed(
    start: Start, database: Database
) -> None:
    """A step that raises ends as an error, and the exception goes on unchanged."""
    start()

    @llm_observe.observe("execute_tool")
    def divide(by: int) -> float:
        return 1 / by

    with llm_observe.tenant("steps"), pytest.raises(ZeroDivisionError):
        divide(0)
    llm_observe.flush()
    (span,) = read_spans(database, "steps")

    assert (span["status"], span["error_type"]) == ("error", "ZeroDivisionError")
    assert span["input_digest"].startswith("h1:")
    assert span["output_digest"] is None


def test_tenants_session_and_user_come_from_the_context(
    start: Start, client: OpenAI, database: Database
) -> None:
    """Each call goes to the tenant around it, in one flush, with its session and user."""
    start(environment="staging")
    for name in ("left", "right"):
        with llm_observe.tenant(name), llm_observe.session("s1"), llm_observe.user("u1"):
            client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    llm_observe.flush()

    for name in ("left", "right"):
        (span,) = read_spans(database, name)
        assert (span["session_id"], span["user_id"]) == ("s1", "u1")
        assert span["environment"] == "staging"


def test_customer_tags_and_release_are_stored(
    start: Start, client: OpenAI, database: Database
) -> None:
    """Each call has the words of the application that are around it; an odd one breaks nothing."""
    start(tenant="words", release="1.4.2")
    with llm_observe.customer("acme"), llm_observe.tag(plan="pro", seats=3, odd=object()):  # type: ignore[arg-type]  # a caller without mypy
        client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    llm_observe.flush()

    (span,) = read_spans(database, "words")
    assert (span["customer_id"], span["release"]) == ("acme", "1.4.2")
    assert span["tags"] == {"plan": "pro", "seats": "3"}
    assert span["attributes"]["llm_observe.dropped_tags"] == 1


def test_a_span_without_a_tenant_takes_the_default_or_is_dropped(
    start: Start, client: OpenAI, database: Database
) -> None:
    """Nothing is ever sent under another tenant's token."""
    start(tenant="house")
    client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    llm_observe.shutdown()
    start()
    client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    llm_observe.flush()

    assert len(read_spans(database, "house")) == 1
    assert llm_observe.stats()["dropped"] == {"no_tenant": 1}


def test_inbound_baggage_never_chooses_the_tenant(
    start: Start, client: OpenAI, database: Database
) -> None:
    """Baggage comes from the caller of the application, who must not pick whose data this is."""
    from opentelemetry import baggage, context  # noqa: PLC0415  # only this test

    start(tenant="house2")
    token = context.attach(baggage.set_baggage("llm_observe.tenant.id", "victim"))
    client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    context.detach(token)
    llm_observe.flush()

    assert len(read_spans(database, "house2")) == 1
    assert read_spans(database, "victim") == []


def test_captured_content_is_cut(start: Start, client: OpenAI, database: Database) -> None:
    """With capture on, prompts are cut at 500 characters and answers at 1,000."""
    start(capture_content=True)
    long = "marker-0815 " + "x" * 2000
    with llm_observe.tenant("captured"):
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": long}]
        )
    llm_observe.flush()
    (span,) = read_spans(database, "captured")

    text = span["input"][-1]["parts"][0]["content"]
    assert text.startswith("marker-0815")
    assert len(text) == 500
    assert len(span["output"][0]["parts"][0]["content"]) <= 1000
    assert span["input_length"] == len(long)


def test_the_exporters_own_requests_are_not_traced(
    start: Start, client: OpenAI, database: Database
) -> None:
    """Writing spans makes no spans."""
    start()
    with llm_observe.tenant("quiet"):
        client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
        llm_observe.flush()
        llm_observe.flush()

    assert len(read_spans(database, "quiet")) == 1


def test_spans_beyond_the_buffer_are_counted(
    start: Start, client: OpenAI, database: Database
) -> None:
    """The list of finished spans is bounded; what is over is dropped and told."""
    start(max_spans=2)
    with llm_observe.tenant("many"):
        for _ in range(3):
            with llm_observe.span("step"):
                pass
    llm_observe.flush()

    assert len(read_spans(database, "many")) == 2
    assert llm_observe.stats()["dropped"] == {"buffer_full": 1}


def test_without_init_nothing_happens(client: OpenAI) -> None:
    """An application that never starts tracing works as if the library were not there."""
    with llm_observe.tenant("nobody"), llm_observe.span("step", "invoke_agent"):
        assert client.chat.completions.create(model="gpt-4o-mini", messages=HELLO).choices
    llm_observe.flush()

    assert llm_observe.stats() == {}


def test_an_argument_that_is_no_json_is_told_by_its_type(start: Start, database: Database) -> None:
    """Equal calls have equal digests, and no object's repr, which may hold a secret, is stored."""
    start(capture_content=True)

    class Vault:
        def __repr__(self) -> str:
            return "Vault(secret='s3cret')"

    @llm_observe.observe("execute_tool")
    def open_vault(vault: Vault, code: int) -> str:
        return "opened"

    with llm_observe.tenant("vaults"):
        open_vault(Vault(), 7)
    llm_observe.flush()
    (span,) = read_spans(database, "vaults")

    assert span["input"][0]["parts"][0]["content"] == {"vault": "<Vault>", "code": 7}
    assert "s3cret" not in str(span)
