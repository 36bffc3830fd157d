"""Sessions, users and customers are found by every library's key, in spans of any dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import DIALECTS, read
from llm_observe.dialects.attribution import CUSTOMER_KEYS, GROUPS, SESSION_KEYS, USER_KEYS, USERS
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span

SCOPES = {
    "plain": ("hand", {}),
    **{
        dialect.name: (dialect.scopes[0], dict.fromkeys(dialect.signs[:1], "chat"))
        for dialect in DIALECTS
        if dialect.scopes
    },
}
"""A span of each dialect, by its scope."""


def span_of(dialect: str, attributes: dict[str, Any]) -> Any:
    scope, signs = SCOPES[dialect]
    return make_span(scope, signs | attributes)


def write(attributes: dict[str, Any], **changes: Any) -> SpanRecord:
    return transcribe(
        make_span("hand", attributes),
        tenant="t",
        key=None,
        prices=load_prices(),
        settings=Settings(**changes),
    )


@pytest.mark.parametrize("dialect", SCOPES)
@pytest.mark.parametrize("key", SESSION_KEYS)
def test_a_session_is_found_by_every_key(dialect: str, key: str) -> None:
    """No key of a library's is lost because the span is of another's instrumentation."""
    reading = read(span_of(dialect, {key: "S-1"}))
    assert reading.session_id == "S-1"
    assert key not in reading.rest


@pytest.mark.parametrize("dialect", SCOPES)
@pytest.mark.parametrize("key", USER_KEYS)
def test_a_user_is_found_by_every_key(dialect: str, key: str) -> None:
    """As a session is."""
    reading = read(span_of(dialect, {key: "U-1"}))
    assert reading.user_id == "U-1"
    assert key not in reading.rest


@pytest.mark.parametrize("dialect", SCOPES)
@pytest.mark.parametrize("key", CUSTOMER_KEYS)
def test_a_customer_is_found_by_every_key(dialect: str, key: str) -> None:
    """As a session is; an id that is a column is no tag besides."""
    reading = read(span_of(dialect, {key: "C-1"}))
    assert (reading.customer_id, reading.tags, reading.metadata) == ("C-1", {}, {})
    assert key not in reading.rest


@pytest.mark.parametrize(("said", "text"), [(42, "42"), (42.0, "42"), (0, "0"), (-7, "-7")])
@pytest.mark.parametrize("key", ["session.id", "gen_ai.conversation.id", "session_id"])
def test_a_number_is_an_id(key: str, said: float, text: str) -> None:
    """Many applications number their conversations."""
    assert read(make_span("hand", {key: said})).session_id == text


@pytest.mark.parametrize("said", [True, 0.5, "", [], {}, b"x", 2**70, float("inf"), float("nan")])
def test_what_is_no_id_names_no_session(said: object) -> None:
    """A flag, a fraction or a list is no id."""
    assert read(make_span("hand", {"session.id": said})).session_id is None


def test_a_machines_thread_is_no_session() -> None:
    """A number under the bare key of a thread is the operating system's, more often than not."""
    assert read(make_span("hand", {"thread_id": 140_735_268})).session_id is None
    assert read(make_span("hand", {"thread.id": 7, "thread.name": "main"})).session_id is None


def test_the_closest_key_decides_and_another_id_stays() -> None:
    """A convention's own key goes first; an id that differs is kept beside it, as an id."""
    said = {
        "session.id": "S",
        "gen_ai.conversation.id": "C",
        "traceloop.association.properties.session_id": "S",
    }
    reading = read(make_span("hand", said))
    assert reading.session_id == "S"
    assert reading.rest == {"gen_ai.conversation.id": "C"}


@pytest.mark.parametrize("name", ["session_id", "thread_id", "conversation_id"])
def test_openinferences_metadata_names_a_conversation(name: str) -> None:
    """LangChain's names of a conversation, in the one attribute of OpenInference for such data."""
    told = {"metadata": json.dumps({name: "S", "user_id": 7, "customer_id": "C", "else": 1})}
    reading = read(make_span("hand", {"openinference.span.kind": "CHAIN"} | told))
    assert (reading.session_id, reading.user_id, reading.customer_id) == ("S", "7", "C")
    assert read(make_span("hand", told)).session_id is None


def test_langsmiths_project_is_a_session_only_without_a_thread() -> None:
    """Its tracer calls a project a session, so that a thread goes before."""
    project = {"langsmith.trace.session_id": "P"}
    assert read(make_span("hand", project)).session_id == "P"
    thread = project | {"langsmith.metadata.thread_id": "S"}
    assert read(make_span("hand", thread)).session_id == "S"


def test_a_users_id_is_hidden_under_every_key() -> None:
    """Where ids of users are to be pseudonyms, none stays as it is in any attribute."""
    said = dict.fromkeys(USER_KEYS, "maria") | {"user_id": 4711}
    record = write(said, user_ids="pseudonym", capture_content=True)
    assert record.user_id is None
    assert "maria" not in json.dumps(record.attributes)
    assert "4711" not in json.dumps(record.attributes)


def test_no_key_names_both() -> None:
    """A user is no session."""
    assert not USERS & GROUPS
