"""OpenInference's spans are read as their provider served them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.cost.usage import Usage
from llm_observe.dialects import SourceEvent, read
from tests.llm_observe.dialects.spans import START_NS, make_span, parts, texts

SCOPE = "openinference.instrumentation.openai"
ANSWER = json.dumps({"id": "chatcmpl-1", "choices": [{"finish_reason": "stop"}]})
CHAT: dict[str, Any] = {
    "openinference.span.kind": "LLM",
    "llm.system": "openai",
    "llm.model_name": "gpt-4o-mini-2024-07-18",
    "llm.invocation_parameters": '{"model": "gpt-4o-mini", "temperature": 0.2, "user": "ann"}',
    "input.value": '{"messages": [{"role": "user", "content": "hello"}]}',
    "input.mime_type": "application/json",
    "output.value": ANSWER,
    "output.mime_type": "application/json",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "hello",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "hi",
    "llm.token_count.prompt": 21,
    "llm.token_count.completion": 17,
    "llm.token_count.total": 99,
    "llm.token_count.prompt_details.cache_read": 8,
    "llm.token_count.completion_details.reasoning": 5,
    "llm.finish_reason": "tool_calls",
}


def test_a_call_has_its_models_tokens_and_end() -> None:
    """Both models, the answer's id, tokens with their parts, and one word for the end."""
    reading = read(make_span(SCOPE, CHAT))
    assert (reading.dialect, reading.operation, reading.provider) == (
        "openinference",
        "chat",
        "openai",
    )
    assert (reading.request_model, reading.response_model, reading.response_id) == (
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
        "chatcmpl-1",
    )
    assert reading.usage == Usage(input_tokens=21, output_tokens=17, cache_read=8, reasoning=5)
    assert reading.finish_reasons == ("tool_call",)
    assert reading.countable


def test_messages_are_told_in_opentelemetrys_shape() -> None:
    """Texts and calls of tools, wherever an instrumentation has put them."""
    reading = read(
        make_span(
            SCOPE,
            CHAT
            | {
                "llm.output_messages.0.message.tool_calls.0.tool_call.id": "call_1",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}",
                "llm.input_messages.1.message.role": "tool",
                "llm.input_messages.1.message.content": "sunny",
                "llm.input_messages.1.message.tool_call_id": "call_0",
            },
        )
    )
    assert texts(reading.input) == [("user", "hello")]
    assert parts(reading.input)[1] == {
        "type": "tool_call_response",
        "id": "call_0",
        "response": "sunny",
    }
    assert parts(reading.output) == [
        {"type": "text", "content": "hi"},
        {"type": "tool_call", "id": "call_1", "name": "look", "arguments": {}},
    ]


def test_only_parameters_are_left_over() -> None:
    """What was asked has OpenTelemetry's names; nothing that was said is left."""
    assert read(make_span(SCOPE, CHAT | {"graph.node.id": "7"})).rest == {
        "gen_ai.request.temperature": 0.2,
        "graph.node.id": "7",
    }


def test_the_user_of_the_request_is_the_spans_user() -> None:
    """A user given to the provider's interface counts where the trace names none."""
    assert read(make_span(SCOPE, CHAT)).user_id == "ann"
    assert read(make_span(SCOPE, CHAT | {"user.id": "bob"})).user_id == "bob"


def test_the_first_token_is_the_time_of_its_event() -> None:
    """Milliseconds from the start of the span to the event of the first token."""
    event = SourceEvent("First Token Stream Event", START_NS + 250_000_000)
    reading = read(make_span(SCOPE, CHAT, events=[event]))
    assert reading.time_to_first_token_ms == 250.0
    assert reading.streamed


def test_langchains_settings_of_a_model_are_not_the_calls() -> None:
    """A model that is not set to stream does so where it is asked to; a client's request is so."""
    whole = CHAT | {"llm.invocation_parameters": '{"stream": false}'}
    assert read(make_span(SCOPE, whole)).streamed is False
    assert read(make_span("openinference.instrumentation.langchain", whole)).streamed is None


def test_a_stream_that_nobody_finished_is_abandoned() -> None:
    """A first token, and then neither an end nor an error."""
    gone = {"llm.token_count.prompt", "llm.token_count.completion", "llm.finish_reason"}
    begun = {key: value for key, value in CHAT.items() if key not in gone}
    begun["output.value"] = '{"id": "chatcmpl-1", "choices": [{"message": {"content": "h"}}]}'
    event = SourceEvent("First Token Stream Event", START_NS + 1)
    assert read(make_span(SCOPE, begun, events=[event])).abandoned
    assert not read(make_span(SCOPE, begun, events=[event], status="ok")).abandoned
    assert not read(make_span(SCOPE, CHAT, events=[event])).abandoned


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_the_output_of_a_stream_with_no_end_is_unknown(provider: str) -> None:
    """What was counted is Anthropic's first count, or Gemini's until then, only."""
    begun = {key: value for key, value in CHAT.items() if key != "llm.finish_reason"}
    begun |= {"llm.provider": provider, "output.value": '{"id": "msg_1"}'}
    asked = {"llm.invocation_parameters": '{"stream": true}'}
    usage = read(make_span(SCOPE, begun | asked)).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (21, None)


def test_a_failed_calls_model_is_the_one_asked_for() -> None:
    """Where both models have keys of their own, the bare name says nothing."""
    failed = {
        "openinference.span.kind": "LLM",
        "llm.request.model_name": "claude-haiku-4-5",
        "llm.model_name": "claude-haiku-4-5",
    }
    reading = read(make_span(SCOPE, failed, status="error"))
    assert (reading.request_model, reading.response_model) == ("claude-haiku-4-5", None)


def test_geminis_model_is_the_one_asked_for_until_one_has_answered() -> None:
    """One key has the model that was asked for, then the one that answered."""
    scope = "openinference.instrumentation.google_genai"
    said = {"openinference.span.kind": "LLM", "llm.model_name": "gemini-2.5-flash"}
    failed = read(make_span(scope, said, status="error"))
    assert (failed.request_model, failed.response_model) == ("gemini-2.5-flash", None)
    answered = read(make_span(scope, said | {"output.value": '{"response_id": "1"}'}))
    assert (answered.request_model, answered.response_model) == (None, "gemini-2.5-flash")
    assert answered.response_id == "1"


def test_bedrocks_model_is_the_one_asked_for_unless_a_makers_answer_names_it() -> None:
    """Converse's answer has neither an id nor a model; Anthropic's own has both."""
    scope = "openinference.instrumentation.bedrock"
    said = {"openinference.span.kind": "LLM", "llm.provider": "aws"}
    profile = {"llm.model_name": "us.anthropic.claude-haiku-4-5-20251001-v1:0"}
    converse = read(make_span(scope, said | profile | {"output.value": '{"role": "assistant"}'}))
    assert converse.request_model == profile["llm.model_name"]
    assert converse.response_model is None
    own = {"llm.model_name": "claude-3-haiku-20240307", "output.value": '{"id": "msg_1"}'}
    invoked = read(make_span(scope, said | own))
    assert (invoked.request_model, invoked.response_model) == (None, "claude-3-haiku-20240307")


def test_langchains_answer_holds_the_providers_id() -> None:
    """By it the call is known to be the one that the provider's client tells, too."""
    beside = {"generations": [[{"text": "hi"}]], "llm_output": {"id": "chatcmpl-1"}}
    message = {"kwargs": {"response_metadata": {"id": "chatcmpl-1"}}}
    inside = {"generations": [[{"text": "hi", "message": message}]], "llm_output": None}
    for answer in (beside, inside):
        told = CHAT | {"output.value": json.dumps(answer)}
        assert read(make_span(SCOPE, told)).response_id == "chatcmpl-1"


def test_langchains_model_that_was_asked_for_did_not_answer() -> None:
    """Of streams and of failed calls, the model is the request's."""
    same = CHAT | {"llm.model_name": "gpt-4o-mini"}
    reading = read(make_span("openinference.instrumentation.langchain", same))
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", None)
    assert read(make_span(SCOPE, same)).response_model == "gpt-4o-mini"


def test_a_call_told_in_two_places_is_one_call() -> None:
    """Anthropic's calls stand among the contents, too."""
    where = "llm.output_messages.0.message."
    both = {
        where + place + "tool_call." + key: value
        for place in ("contents.0.", "tool_calls.0.")
        for key, value in (("id", "t1"), ("function.name", "look"), ("function.arguments", "{}"))
    }
    reading = read(make_span(SCOPE, {"openinference.span.kind": "LLM"} | both))
    assert [part["id"] for part in parts(reading.output)] == ["t1"]


def test_an_agents_and_a_chains_tokens_add_nothing() -> None:
    """Spans around calls repeat the calls' tokens: they count nothing."""
    for kind, operation in (("AGENT", "invoke_agent"), ("CHAIN", "invoke_workflow")):
        reading = read(make_span(SCOPE, CHAT | {"openinference.span.kind": kind}))
        assert (reading.operation, reading.countable, reading.usage) == (operation, False, None)


def test_an_embedding_keeps_its_text_and_no_vector() -> None:
    """What was embedded is content; the vector is neither kept nor left over."""
    reading = read(
        make_span(
            SCOPE,
            {
                "openinference.span.kind": "EMBEDDING",
                "embedding.model_name": "text-embedding-3-small",
                "embedding.embeddings.0.embedding.text": "Paris",
                "embedding.embeddings.0.embedding.vector": [0.25, 0.5],
                "output.value": '{"data": [{"embedding": [0.25]}]}',
                "llm.token_count.prompt": 4,
            },
        )
    )
    assert (reading.operation, reading.provider, reading.countable) == (
        "embeddings",
        "openai",
        True,
    )
    assert reading.usage is not None
    assert reading.usage.total_tokens == 4
    assert texts(reading.input) == [("user", "Paris")]
    assert (reading.output, reading.rest) == ((), {})


def test_a_retrievers_documents_are_its_output() -> None:
    """Each document is a text that was found, in order."""
    reading = read(
        make_span(
            SCOPE,
            {
                "openinference.span.kind": "RETRIEVER",
                "input.value": "capital of France",
                "retrieval.documents.1.document.content": "Lyon is not.",
                "retrieval.documents.0.document.content": "Paris is the capital.",
                "retrieval.documents.0.document.score": 0.9,
            },
        )
    )
    assert (reading.operation, reading.countable) == ("retrieval", False)
    assert texts(reading.input) == [("user", "capital of France")]
    assert texts(reading.output) == [("tool", "Paris is the capital."), ("tool", "Lyon is not.")]


def test_a_reranker_was_asked_a_query_about_documents() -> None:
    """Query and documents went in, documents came out."""
    reading = read(
        make_span(
            SCOPE,
            {
                "openinference.span.kind": "RERANKER",
                "reranker.query": "capital",
                "reranker.model_name": "rerank-english-v3",
                "reranker.input_documents.0.document.content": "Lyon",
                "reranker.output_documents.0.document.content": "Paris",
            },
        )
    )
    assert (reading.operation, reading.response_model) == ("rerank", "rerank-english-v3")
    assert texts(reading.input) == [("user", "capital"), ("user", "Lyon")]
    assert texts(reading.output) == [("tool", "Paris")]


def test_a_tool_was_called_and_answered() -> None:
    """A tool's input are its arguments, its output the response."""
    reading = read(
        make_span(
            SCOPE,
            {
                "openinference.span.kind": "TOOL",
                "tool.name": "look",
                "input.value": '{"city": "Paris"}',
                "output.value": "sunny",
            },
        )
    )
    assert (reading.operation, reading.tool_name) == ("execute_tool", "look")
    assert parts(reading.input)[0]["arguments"] == {"city": "Paris"}
    assert parts(reading.output)[0]["response"] == "sunny"


def test_coheres_billed_tokens_are_taken_from_its_answer() -> None:
    """The span counts the model's tokens; without the billed ones, usage is unknown."""
    counted = CHAT | {"llm.provider": "cohere", "llm.token_count.prompt": 71}
    billed = {"id": "co-1", "usage": {"billed_units": {"input_tokens": 5.0, "output_tokens": 7}}}
    reading = read(make_span(SCOPE, counted | {"output.value": json.dumps(billed)}))
    assert reading.usage == Usage(input_tokens=5, output_tokens=7)
    assert read(make_span(SCOPE, counted)).usage is None


def test_coheres_embedding_has_its_billed_tokens_and_provider() -> None:
    """The span itself tells neither: they are in the answer and in the scope."""
    answer = {"id": "1", "meta": {"billed_units": {"input_tokens": 4.0}}}
    told = {
        "openinference.span.kind": "EMBEDDING",
        "embedding.model_name": "embed-v4.0",
        "output.value": json.dumps(answer),
    }
    reading = read(make_span("openinference.instrumentation.cohere", told))
    assert (reading.provider, reading.request_model) == ("cohere", "embed-v4.0")
    assert reading.response_model is None
    assert reading.usage == Usage(input_tokens=4, without_output=True)


def test_mistrals_failed_call_tells_its_provider_by_the_scope() -> None:
    """Its client's spans name it once there is an answer."""
    told = {"openinference.span.kind": "LLM"}
    reading = read(make_span("openinference.instrumentation.mistralai", told, status="error"))
    assert reading.provider == "mistral_ai"


def test_an_exception_is_the_spans_error() -> None:
    """There is no error.type: the recorded exception says what it was."""
    event = SourceEvent("exception", START_NS, {"exception.type": "openai.RateLimitError"})
    reading = read(make_span(SCOPE, CHAT, status="error", events=[event]))
    assert reading.error_type == "rate_limit"


@pytest.mark.parametrize("kind", ["UNKNOWN", "PROMPT", 7])
def test_an_unknown_kind_is_no_operation(kind: object) -> None:
    """Where the span does not say what it is about, nothing is guessed."""
    reading = read(make_span(SCOPE, {"openinference.span.kind": kind}))
    assert (reading.operation, reading.countable) == (None, False)


def test_its_kind_gives_it_away_in_any_scope() -> None:
    """A span made by hand, or by a framework, is read by its key."""
    assert read(make_span("my-app", CHAT)).dialect == "openinference"
