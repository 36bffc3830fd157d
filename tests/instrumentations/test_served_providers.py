"""The truth about a call of Gemini, Bedrock and the smaller ones is what went over the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.offline_openai.delivery import Pace
from llm_observe.dialects.error_types import classify_error
from tests.instrumentations.asking import WHOLE, ask
from trials.instrumentations import (
    offline_bedrock,
    offline_cohere,
    offline_completions,
    offline_gemini,
)
from trials.instrumentations.serving import serve
from trials.instrumentations.witness import Witness

SLOW = Pace(first=0.0, per_prompt_token=0.0, per_token=0.02)
QUESTION = [{"role": "user", "content": "Which city has the Eiffel tower?"}]


class Provider:
    """An offline provider behind its witness."""

    def __init__(self, witness: Witness, url: str) -> None:
        self._witness, self._url = witness, url

    def ask(self, path: str, body: dict[str, Any], lines: int = WHOLE) -> dict[str, Any]:
        """Send a request, leave after so many lines of the answer, and give what was served."""
        return ask(self._witness, self._url + path, body, lines)


@pytest.fixture(scope="module")
def gemini() -> Iterator[Provider]:
    """The offline Gemini."""
    witness = Witness(offline_gemini.create_app(SLOW))
    with serve(witness) as url:
        yield Provider(witness, url)


GEMINI_BODY = {"contents": [{"parts": [{"text": "Which city has the Eiffel tower?"}]}]}


def name_gemini(model: str, *, stream: bool = False) -> str:
    """The path of a call."""
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/models/{model}:{method}"


@pytest.mark.parametrize(
    ("model", "status", "error_type"),
    [
        ("offline-rate-limit", 429, "RESOURCE_EXHAUSTED"),
        ("offline-bad-request", 400, "INVALID_ARGUMENT"),
        ("offline-overloaded", 503, "UNAVAILABLE"),
    ],
)
def test_geminis_refusals_have_its_own_words(
    gemini: Provider, model: str, status: int, error_type: str
) -> None:
    """The word is its status, since its code is that of HTTP; the path names the model."""
    served = gemini.ask(name_gemini(model), GEMINI_BODY)

    assert (served["http_status"], served["error_type"]) == (status, error_type)
    assert (served["request_model"], served["ended"]) == (model, "refused")


def test_geminis_thoughts_are_output_and_its_cache_is_input(gemini: Provider) -> None:
    """Thoughts stand beside the candidates, what was cached within the prompt."""
    body = GEMINI_BODY | {"systemInstruction": {"parts": [{"text": "a1" * 600}]}}
    path = name_gemini("gemini-2.5-flash")
    first, second = gemini.ask(path, body)["usage"], gemini.ask(path, body)["usage"]

    assert first == second | {"cache_read_tokens": 0}
    assert second["cache_read_tokens"] == 1200 < second["input_tokens"]
    assert second["reasoning_tokens"] == 24 < second["output_tokens"]
    assert second["total_tokens"] == second["input_tokens"] + second["output_tokens"]


def test_geminis_streams_tell_the_same_or_how_they_ended(gemini: Provider) -> None:
    """A stream that breaks or is left has counted on, but tells no output."""
    model = "gemini-2.5-flash-lite"
    whole = gemini.ask(name_gemini(model), GEMINI_BODY)
    streamed = gemini.ask(name_gemini(model, stream=True), GEMINI_BODY)
    broken = gemini.ask(name_gemini("offline-drop-stream", stream=True), GEMINI_BODY)
    left = gemini.ask(name_gemini(model, stream=True), GEMINI_BODY, lines=3)

    assert (streamed["usage"], streamed["streamed"]) == (whole["usage"], True)
    assert (broken["ended"], left["ended"]) == ("broken", "abandoned")
    assert broken["usage"] == left["usage"] == {"input_tokens": 7, "cache_read_tokens": 0}


CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Where is the Eiffel tower?"}]}]}
INVOKE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Where is the Eiffel tower?"}],
}


@pytest.fixture(scope="module")
def bedrock() -> Iterator[Provider]:
    """The offline Bedrock."""
    witness = Witness(offline_bedrock.create_app(SLOW))
    with serve(witness) as url:
        yield Provider(witness, url)


@pytest.mark.parametrize(
    ("whole", "streamed", "body"),
    [
        ("converse", "converse-stream", CONVERSE),
        ("invoke", "invoke-with-response-stream", INVOKE),
    ],
)
def test_bedrocks_event_streams_tell_what_a_whole_answer_tells(
    bedrock: Provider, whole: str, streamed: str, body: dict[str, Any]
) -> None:
    """AWS's own decoder, which checks each checksum, reads the same from the binary events."""
    one, other = (bedrock.ask(f"/model/{CLAUDE}/{action}", body) for action in (whole, streamed))

    assert one["usage"] == other["usage"]
    assert one["finish_reasons"] == other["finish_reasons"] == ["end_turn"]
    assert (other["streamed"], other["request_model"]) == (True, CLAUDE)


def test_bedrocks_cache_is_inside_the_input(bedrock: Provider) -> None:
    """Converse counts it beside the input, whether it was written or read."""
    system = [{"text": "a1" * 50}, {"cachePoint": {"type": "default"}}]
    path = f"/model/{CLAUDE}/converse"
    first, second = (bedrock.ask(path, CONVERSE | {"system": system})["usage"] for _ in range(2))

    assert first["input_tokens"] == second["input_tokens"] > 100
    assert (first["cache_write_tokens"], second["cache_read_tokens"]) == (100, 100)


def test_bedrocks_refusal_is_named_in_a_header(bedrock: Provider) -> None:
    """Its body has a message only."""
    served = bedrock.ask("/model/anthropic.offline-rate-limit/converse", CONVERSE)

    assert (served["http_status"], served["error_type"]) == (429, "ThrottlingException")


def test_a_tool_call_of_a_bedrock_stream_is_put_together(bedrock: Provider) -> None:
    """The pieces of its input become its arguments."""
    schema = {"json": {"type": "object", "properties": {"city": {}}}}
    tools = [{"toolSpec": {"name": "look", "inputSchema": schema}}]
    body = CONVERSE | {"toolConfig": {"tools": tools}}
    served = bedrock.ask(f"/model/{CLAUDE}/converse-stream", body)

    assert served["tool_calls"] == [{"name": "look", "arguments": {"city": "Paris"}}]


APPLICATIONS = {
    "cohere": (offline_cohere.create_app, "/v2/chat"),
    "groq": (offline_completions.create_groq, "/openai/v1/chat/completions"),
    "mistral": (offline_completions.create_mistral, "/mistral/v1/chat/completions"),
}


@pytest.fixture(params=APPLICATIONS)
def chat(request: pytest.FixtureRequest) -> Iterator[Callable[..., dict[str, Any]]]:
    """Give what asks each of the smaller providers in turn."""
    create, path = APPLICATIONS[request.param]
    witness = Witness(create(SLOW))
    with serve(witness) as url:
        provider = Provider(witness, url)

        def ask(lines: int = 10**6, **fields: Any) -> dict[str, Any]:
            return provider.ask(path, {"model": "some", "messages": QUESTION} | fields, lines)

        yield ask


def test_smaller_providers_tell_the_same_streamed(chat: Callable[..., dict[str, Any]]) -> None:
    """The usage comes with the last part, without being asked for."""
    whole, streamed = chat(), chat(stream=True)

    assert whole["usage"]["output_tokens"] > 0
    assert (streamed["usage"], streamed["ended"]) == (whole["usage"], "complete")
    assert streamed["finish_reasons"] == whole["finish_reasons"]


def test_smaller_providers_fail_as_they_are_asked_to(chat: Callable[..., dict[str, Any]]) -> None:
    """They refuse, break off or are left, and then have told no usage."""
    refused = chat(model="offline-rate-limit")
    broken, left = chat(model="offline-drop-stream", stream=True), chat(lines=4, stream=True)

    assert (refused["http_status"], refused["ended"]) == (429, "refused")
    assert classify_error(refused["error_type"]) == "rate_limit"
    assert (broken["ended"], left["ended"]) == ("broken", "abandoned")
    assert refused["usage"] is broken["usage"] is left["usage"] is None
