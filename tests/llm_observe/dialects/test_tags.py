"""Tags of a span: told as such, or what a library's metadata says by key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import DIALECTS, SourceSpan
from llm_observe.dialects.attribution import PEOPLE
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
METADATA = {
    "langfuse": "langfuse.trace.metadata.",
    "traceloop": "traceloop.association.properties.",
    "laminar": "lmnr.association.properties.metadata.",
    "langsmith": "langsmith.metadata.",
    "vercel": "ai.telemetry.metadata.",
}
"""As the SDKs write an application's own data: langfuse 5.0.4, traceloop-sdk 0.62.4, lmnr 0.8.2,
langsmith 0.15.1, ai 7.0.173."""


def write(span: SourceSpan, **changes: Any) -> SpanRecord:
    return transcribe(
        span, tenant="t", key=None, prices=load_prices(), settings=Settings(**changes)
    )


def read_tags(attributes: dict[str, Any], **changes: Any) -> dict[str, str] | None:
    return write(make_span("hand", attributes), **changes).tags


def read_metadata(told: Any, **changes: Any) -> dict[str, str] | None:
    """The tags of OpenInference's one attribute for an application's own data."""
    attributes = {"openinference.span.kind": "CHAIN", "metadata": json.dumps(told)}
    return read_tags(attributes, **changes)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_tag_is_read_in_every_dialect(scope: str) -> None:
    """Anybody may put one on any span; it is a column, and no attribute besides."""
    name, signs = SCOPES[scope]
    record = write(make_span(name, signs | {"llm_observe.tag.plan": "pro"}), capture_content=True)
    assert record.tags == {"plan": "pro"}
    assert "llm_observe.tag.plan" not in record.attributes
    assert "llm_observe.dropped_tags" not in record.attributes


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("library", METADATA)
def test_metadata_of_a_library_is_tags(scope: str, library: str) -> None:
    """Each SDK stamps spans of others with what the application told it."""
    name, signs = SCOPES[scope]
    told = {METADATA[library] + "plan": "pro"}
    for capture in (False, True):
        record = write(make_span(name, signs | told), capture_content=capture)
        assert record.tags == {"plan": "pro"}
        assert METADATA[library] + "plan" not in record.attributes


@pytest.mark.parametrize(
    ("said", "text"), [("pro", "pro"), (3, "3"), (3.0, "3"), (0.5, "0.5"), (True, "true")]
)
def test_a_number_and_a_flag_are_tags(said: object, text: str) -> None:
    """Written as JSON does, whole numbers without a fraction, which senders write either way."""
    assert read_tags({"llm_observe.tag.t": said}) == {"t": text}
    assert read_tags({"langfuse.trace.metadata.t": json.dumps(said)}) == {"t": text}


@pytest.mark.parametrize("said", ["", [], ["a"], {"a": "b"}, b"x", 2**70, float("inf"), None])
def test_what_is_no_word_is_no_tag(said: object) -> None:
    """A list or an object has no one value; that a tag was dropped is told with the span."""
    record = write(make_span("hand", {"llm_observe.tag.t": said}))
    assert record.tags is None
    assert record.attributes["llm_observe.dropped_tags"] == 1
    assert record.attributes["llm_observe.repairs"] == ["tags_dropped"]


def test_a_service_has_tags_and_its_span_goes_before() -> None:
    """OTEL_RESOURCE_ATTRIBUTES puts them on all spans of a process."""
    span = make_span("hand", {"llm_observe.tag.plan": "pro"})
    span.resource = {"llm_observe.tag.team": "core", "llm_observe.tag.plan": "free"}
    assert write(span).tags == {"plan": "pro", "team": "core"}


def test_a_span_has_sixteen_tags() -> None:
    """Those told as tags go before metadata; how many of them had no room is told."""
    told = {f"llm_observe.tag.t{i}": "x" for i in range(20)}
    record = write(make_span("hand", {"langsmith.metadata.plan": "pro", **told}))
    assert record.tags == {f"t{i}": "x" for i in range(16)}
    assert record.attributes["llm_observe.dropped_tags"] == 4


def test_a_long_value_is_its_hash_and_a_long_key_no_key() -> None:
    """By the rule of ids: two values that begin alike stay two."""
    long = {"llm_observe.tag.a": "x" * 257, "llm_observe.tag.b": "x" * 258}
    tags = read_tags(long | {"llm_observe.tag." + "k" * 65: "x", "llm_observe.tag.a b": "x"})
    assert tags is not None
    assert {value[:7] for value in tags.values()} == {"sha256:"}
    assert tags.keys() == {"a", "b"}
    assert tags["a"] != tags["b"]


def test_a_secret_is_no_tag() -> None:
    """A value in the form of a credential is a pseudonym, and none stands under a secret's name."""
    token = "sk-proj-" + "A1b2C3d4" * 6  # a made one
    record = write(make_span("hand", {"llm_observe.tag.t": token, "llm_observe.tag.password": "p"}))
    assert record.tags is None or token not in record.tags.values()
    assert "password" not in (record.tags or {})


def test_prose_in_metadata_is_no_tag_with_content_off() -> None:
    """Anything may stand in metadata, also what somebody wrote; an address never is a tag."""
    told = {"question": "Who is it?", "mail": "maria@example.com", "plan": "pro"}
    assert read_metadata(told) == {"plan": "pro"}
    assert read_metadata(told, capture_content=True) == {"question": "Who is it?", "plan": "pro"}


def test_a_librarys_own_metadata_and_ids_are_no_tags() -> None:
    """LangChain writes its own beside an application's; ids of people have columns."""
    told = {"ls_provider": "openai", "langgraph_step": 1, "lc_versions": "1", "user_id": "u"}
    assert read_metadata(told | {"thread_id": "s", "plan": "pro"}) == {"plan": "pro"}
    assert read_tags({"langsmith.metadata.ls_method": "traceable"}) is None
    assert read_tags({"langfuse.trace.metadata.user_id": "maria"}, user_ids="pseudonym") is None


@pytest.mark.parametrize("library", METADATA)
def test_no_id_of_people_is_a_tag(library: str) -> None:
    """What one library's metadata calls a session, user or customer is no tag in any other's."""
    names = {
        key.removeprefix(beginning)
        for key in PEOPLE
        for beginning in METADATA.values()
        if key.startswith(beginning)
    }
    assert {"threadId", "conversation_id", "userId", "customerId"} <= names
    assert read_tags({METADATA[library] + name: "one" for name in names}) is None


@pytest.mark.parametrize("key", ["langfuse.trace.tags", "tag.tags", "logfire.tags"])
def test_a_list_of_labels_is_no_tag(key: str) -> None:
    """A label has no key by which sums could be grouped."""
    assert read_tags({key: ["beta", "plan:pro"]}) is None
