"""A marker wherever an application can put one: with content off it is stored nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI, OpenAIError

import llm_observe
from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner
from tests.functions.dump import dump_tables
from tests.llm_observe.conftest import Start

MARKER = "marker4711zebra"
ADDRESS = f"{MARKER}@example.com"
"""For names, which are stored: there only what looks personal or secret must not be."""
SAY: Any = [{"role": "user", "content": f"Say {MARKER}."}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "find", "description": MARKER, "parameters": {"title": MARKER}},
}
Use = Callable[[OpenAI], object]


def chat(client: OpenAI, **more: Any) -> Any:
    return client.chat.completions.create(
        **{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], **more}
    )


def read_stream(client: OpenAI) -> None:
    for _ in chat(client, messages=SAY, stream=True):
        pass


def leave_stream(client: OpenAI) -> None:
    next(iter(chat(client, messages=SAY, stream=True)))


def call_async(client: OpenAI) -> None:
    async def call() -> None:
        async with AsyncOpenAI(base_url=client.base_url, api_key="any", max_retries=0) as own:
            await own.chat.completions.create(model="gpt-4o-mini", messages=SAY)

    asyncio.run(call())


def fail_in_a_tool(_client: OpenAI) -> None:
    @llm_observe.observe("execute_tool")
    def look_up(query: str) -> str:
        raise LookupError(f"nothing for {query}")

    look_up(MARKER)


def return_from_a_tool(_client: OpenAI) -> None:
    @llm_observe.observe("execute_tool")
    def look_up(query: str) -> dict[str, str]:
        return {"found": query}

    look_up(MARKER)


def annotate(_client: OpenAI) -> None:
    """What an application may do to a span of its own."""
    with llm_observe.span("step", note=MARKER) as span:
        span.set_attribute("url.full", f"https://example.com/?q={MARKER}")
        span.add_event("heard", {"text": MARKER})
        span.add_link(span.get_span_context(), {"text": MARKER})
        span.record_exception(ValueError(MARKER))


def read_column(database: Database, name: str) -> list[str]:
    """Give what a column holds of all spans, where it holds anything."""
    with connect_as_owner(database) as owner:
        rows = owner.execute(f"select {name} from spans where {name} is not null").fetchall()
    return [row[name] for row in rows]


USES: dict[str, Use] = {
    "prompt": lambda c: chat(c, messages=SAY),
    "stream": read_stream,
    "abandoned stream": leave_stream,
    "async": call_async,
    "system": lambda c: chat(c, messages=[{"role": "system", "content": MARKER}, *SAY]),
    "tool definition": lambda c: chat(c, tools=[TOOL]),
    "stop sequence": lambda c: chat(c, stop=[MARKER]),
    "metadata": lambda c: chat(c, metadata={"note": MARKER}, store=True),
    "end user": lambda c: chat(c, user=MARKER),
    "header": lambda c: chat(c, extra_headers={"x-note": MARKER}),
    "query": lambda c: chat(c, extra_query={"note": MARKER}),
    "bad request": lambda c: chat(c, messages=[{"role": "nobody", "content": MARKER}]),
    "unknown model": lambda c: chat(c, model=ADDRESS),
    "responses": lambda c: c.responses.create(model="gpt-4o-mini", input=f"Say {MARKER}."),
    "responses with instructions": lambda c: c.responses.create(
        model="gpt-4o-mini", input="Hi", instructions=MARKER, metadata={"note": MARKER}
    ),
    "embeddings": lambda c: c.embeddings.create(model="text-embedding-3-small", input=MARKER),
    "tool's error": fail_in_a_tool,
    "tool's result": return_from_a_tool,
    "own span": annotate,
}


@pytest.mark.parametrize("use", USES)
def test_the_marker_is_stored_nowhere(  # the parts of one process
    start: Start,
    client: OpenAI,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    use: str,
) -> None:
    """Not in a table, not in our log; the span itself is there."""
    start(tenant="marked", on_lambda=True)
    with suppress(OpenAIError, LookupError):
        USES[use](client)
    llm_observe.flush()
    emitted = llm_observe.stats()
    llm_observe.shutdown()
    printed = capsys.readouterr()
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("llm_observe")]

    assert emitted["stored"] == emitted["emitted"] > 0
    assert MARKER not in dump_tables(database)
    assert MARKER not in printed.out + printed.err + "".join(ours)


@pytest.mark.parametrize("capture", [False, True])
def test_names_are_redacted(start: Start, database: Database, *, capture: bool) -> None:
    """A span's and an agent's name are stored, without an address in them."""
    start(tenant="named", capture_content=capture)
    with llm_observe.span(f"for {ADDRESS}", "invoke_agent"):
        pass
    llm_observe.flush()
    stored = dump_tables(database)

    assert "for [email]" in stored
    assert ADDRESS not in stored


def test_sessions_with_addresses_stay_two(start: Start, database: Database) -> None:
    """An id is stored as it is: people and their sessions are found and forgotten by it."""
    start(tenant="sessions")
    sessions = ["jane@example.org", "joan@example.org"]
    for session in sessions:
        with llm_observe.session(session), llm_observe.span("step"):
            pass
    llm_observe.flush()

    assert sorted(read_column(database, "session_id")) == sessions


@pytest.mark.parametrize("capture", [False, True])
def test_an_id_that_is_a_credential_is_a_pseudonym(
    start: Start, database: Database, *, capture: bool
) -> None:
    """A session token as the id of a user or a session: stored nowhere, told, and still one."""
    start(tenant=f"tokens-{int(capture)}", capture_content=capture)
    token = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0x" * 150 + ".aB3dE6gH9jK2mN5pQ8sT"
    for _ in range(2):
        with llm_observe.user(token), llm_observe.session(token), llm_observe.span("step"):
            pass
    llm_observe.flush()
    stored = dump_tables(database)

    assert token[:200] not in stored
    assert stored.count("u1:") >= 2
    assert stored.count("g1:") >= 2
    assert "id_pseudonymized" in stored


def test_a_user_is_a_pseudonym_where_asked(start: Start, database: Database) -> None:
    """The id itself is nowhere; the same user is the same pseudonym."""
    start(tenant="pseudonymous", user_ids="pseudonym")
    for _ in range(2):
        with llm_observe.user(ADDRESS), llm_observe.span("step"):
            pass
    llm_observe.flush()
    stored = dump_tables(database)

    assert ADDRESS not in stored
    assert stored.count("u1:") >= 2
