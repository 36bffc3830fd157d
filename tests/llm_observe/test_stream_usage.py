"""Streams report their usage, and the application sees the stream it asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionMessageParam

import llm_observe
from infra.local.throwaway import Database

Start = Callable[..., None]
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]


def read_usage(database: Database, tenant: str) -> list[tuple[Any, ...]]:
    llm_observe.flush()
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(
            "select usage_status, total_tokens from spans where tenant_id = %s", (tenant,)
        ).fetchall()


def dump(client: OpenAI, **options: Any) -> list[dict[str, Any]]:
    """A stream's chunks as the application sees them, without what differs by chance."""
    chunks = client.chat.completions.create(
        model="gpt-4o-mini", messages=HELLO, stream=True, **options
    )
    moving = {"id", "created", "obfuscation"}
    return [chunk.model_dump(exclude_unset=True, exclude=moving) for chunk in chunks]


def test_the_application_sees_the_stream_it_would_have_had(
    start: Start, client: OpenAI, database: Database
) -> None:
    """No extra chunk, no added usage field, in the same order, and yet the tokens are known."""
    untraced = dump(client)
    start()
    with llm_observe.tenant("asked"):
        traced = dump(client)

    assert traced == untraced
    assert all(chunk["choices"] and "usage" not in chunk for chunk in traced)
    ((status, tokens),) = read_usage(database, "asked")
    assert (status, tokens > 0) == ("reported", True)


@pytest.mark.parametrize("wanted", [True, False])
def test_an_applications_own_stream_options_are_kept(
    start: Start, client: OpenAI, wanted: bool
) -> None:
    """An application that says include_usage, either way, gets just that."""
    untraced = dump(client, stream_options={"include_usage": wanted})
    start()
    with llm_observe.tenant("own"):
        traced = dump(client, stream_options={"include_usage": wanted})

    assert traced == untraced
    assert any("usage" in chunk for chunk in traced) == wanted


def test_an_unknown_server_is_not_asked(start: Start, client: OpenAI, database: Database) -> None:
    """A server that is not OpenAI's may refuse the option, so its usage stays unknown."""
    start(stream_usage="auto")
    with llm_observe.tenant("unknown"):
        dump(client)

    assert read_usage(database, "unknown") == [("unknown", None)]


def test_raw_streams_are_left_alone(start: Start, client: OpenAI, database: Database) -> None:
    """Who reads the bytes would see the extra chunk; there nothing is asked."""
    start()
    with (
        llm_observe.tenant("raw"),
        client.chat.completions.with_streaming_response.create(
            model="gpt-4o-mini", messages=HELLO, stream=True
        ) as response,
    ):
        lines = list(response.iter_lines())

    assert not any('"usage"' in line for line in lines)
    assert read_usage(database, "raw") == [("unknown", None)]


def test_the_stream_keeps_its_interface(start: Start, client: OpenAI) -> None:
    """It is a Stream, a context manager, and closes its response."""
    start()
    with llm_observe.tenant("interface"):
        stream = client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True)
        with stream as entered:
            first = next(iter(entered))

    assert isinstance(stream, Stream)
    assert first.choices
    assert stream.response.is_closed


def test_an_abandoned_stream_still_arrives(
    start: Start, client: OpenAI, database: Database
) -> None:
    """A stream the application walks away from is told as abandoned, not as failed."""
    start()
    with llm_observe.tenant("abandoned"):
        stream = client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True)
        next(iter(stream))
        del stream
    llm_observe.flush()
    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute(
            "select status, error_type from spans where tenant_id = 'abandoned'"
        ).fetchall()

    assert rows == [("unset", "abandoned")]


def test_the_stream_helper_works(start: Start, client: OpenAI) -> None:
    """``chat.completions.stream`` builds on ``create`` and gives the whole message."""
    start()
    with (
        llm_observe.tenant("helper"),
        client.chat.completions.stream(model="gpt-4o-mini", messages=HELLO) as stream,
    ):
        stream.until_done()
        completion = stream.get_final_completion()

    assert completion.choices[0].message.content
    assert completion.usage is None
