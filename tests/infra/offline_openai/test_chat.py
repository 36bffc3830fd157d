from __future__ import annotations

import asyncio
import json
import secrets

import pytest
from openai import AsyncOpenAI, BadRequestError, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

from tests.infra.offline_openai.running import Server

QUESTION: ChatCompletionMessageParam = {"role": "user", "content": "What does an agent cost?"}


def _tool(name: str, **properties: dict[str, object]) -> ChatCompletionToolParam:
    parameters: dict[str, object] = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


SEARCH = _tool("search", query={"type": "string"}, limit={"type": "integer", "maximum": 5})
REASON = _tool("reason", question={"type": "string"}, findings={"type": "string"})


def test_completion_says_that_it_is_offline(client: OpenAI) -> None:
    """An answer names itself offline, carries the dated model and sums its usage."""
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[QUESTION])

    assert answer.model == "gpt-4o-mini-2024-07-18"
    assert answer.system_fingerprint == "fp_offline"
    assert answer.service_tier == "default"
    choice = answer.choices[0]
    assert choice.finish_reason == "stop"
    assert choice.message.content is not None
    assert choice.message.content.startswith("(offline answer, no model was called)")
    assert "What does an agent cost?" in choice.message.content
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 0
    assert answer.usage.completion_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_same_question_same_answer(client: OpenAI) -> None:
    """Answers are deterministic: text and usage repeat."""
    first, second = (
        client.chat.completions.create(model="gpt-4.1", messages=[QUESTION]) for _ in range(2)
    )

    assert first.choices[0].message.content == second.choices[0].message.content
    assert first.usage == second.usage
    assert first.id != second.id


def test_stream_equals_whole_answer(client: OpenAI) -> None:
    """A stream carries the same text and, asked for, the same usage as the whole answer."""
    whole = client.chat.completions.create(model="gpt-4o-mini", messages=[QUESTION])
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[QUESTION],
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    *content, last = chunks
    assert len(content) > 10
    text = "".join(chunk.choices[0].delta.content or "" for chunk in content)
    assert text == whole.choices[0].message.content
    assert content[0].choices[0].delta.role == "assistant"
    assert content[-1].choices[0].finish_reason == "stop"
    assert last.choices == []
    assert last.usage == whole.usage
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in content)


def test_stream_hides_usage_unless_asked(client: OpenAI) -> None:
    """Without include_usage no chunk has a usage field and each has its choice."""
    stream = client.chat.completions.create(model="gpt-4o", messages=[QUESTION], stream=True)
    chunks = list(stream)

    assert not any("usage" in chunk.model_fields_set for chunk in chunks)
    assert all(len(chunk.choices) == 1 for chunk in chunks)


def test_async_stream(server: Server) -> None:
    """The asynchronous client reads a stream to its end."""

    async def read() -> str:
        async with AsyncOpenAI(base_url=server.base_url, api_key="any") as client:
            stream = await client.chat.completions.create(
                model="gpt-4o-mini", messages=[QUESTION], stream=True
            )
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(read()).startswith("(offline answer")


def test_agent_works_through_its_tools(client: OpenAI) -> None:
    """Each offered tool is called once, in order, with arguments from the talk; then it answers."""
    messages: list[ChatCompletionMessageParam] = [QUESTION]
    called = []
    for _ in range(3):
        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=messages, tools=[SEARCH, REASON]
        )
        message = answer.choices[0].message
        if not message.tool_calls:
            break
        assert answer.choices[0].finish_reason == "tool_calls"
        [call] = message.tool_calls
        assert call.type == "function"
        called.append((call.function.name, json.loads(call.function.arguments)))
        messages.append(message.model_dump(exclude_none=True))  # type: ignore[arg-type]  # the README's own idiom
        result = f"result of {call.function.name}"
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

    assert called == [
        ("search", {"query": QUESTION["content"], "limit": 1}),
        ("reason", {"question": QUESTION["content"], "findings": "result of search"}),
    ]
    assert message.content is not None
    assert 'search returned "result of search"' in message.content
    assert 'reason returned "result of reason"' in message.content


def test_streamed_tool_call_joins_to_json(client: OpenAI) -> None:
    """A streamed call opens with its id and name and its argument pieces join to JSON."""
    with client.chat.completions.stream(
        model="gpt-4o-mini", messages=[QUESTION], tools=[SEARCH]
    ) as stream:
        pieces = sum(event.type == "tool_calls.function.arguments.delta" for event in stream)
        final = stream.get_final_completion()

    assert pieces > 3
    assert final.choices[0].finish_reason == "tool_calls"
    calls = final.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].id.startswith("call_")
    assert json.loads(calls[0].function.arguments) == {"query": QUESTION["content"], "limit": 1}


def test_parallel_tool_calls(client: OpenAI) -> None:
    """With parallel calls asked for, one turn calls every offered tool."""
    answer = client.chat.completions.create(
        model="gpt-4o", messages=[QUESTION], tools=[SEARCH, REASON], parallel_tool_calls=True
    )

    calls = answer.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls if call.type == "function"] == ["search", "reason"]
    assert len({call.id for call in calls}) == 2


def test_tool_choice(client: OpenAI) -> None:
    """A named tool is called and ends with stop, none forbids calls, an unknown name is refused."""
    forced = client.chat.completions.create(
        model="gpt-4o",
        messages=[QUESTION],
        tools=[SEARCH, REASON],
        tool_choice={"type": "function", "function": {"name": "reason"}},
    )
    forbidden = client.chat.completions.create(
        model="gpt-4o", messages=[QUESTION], tools=[SEARCH], tool_choice="none"
    )

    assert forced.choices[0].finish_reason == "stop"
    calls = forced.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls if call.type == "function"] == ["reason"]
    assert forbidden.choices[0].message.tool_calls is None
    with pytest.raises(BadRequestError, match="not found in 'tools'"):
        client.chat.completions.create(
            model="gpt-4o",
            messages=[QUESTION],
            tools=[SEARCH],
            tool_choice={"type": "function", "function": {"name": "fly"}},
        )


def test_broken_schema_is_refused(client: OpenAI) -> None:
    """Parameters that are no JSON schema are a 400, not a failure of the server."""
    broken = _tool("search", limit={"type": "integer", "maximum": "many"})
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model="gpt-4o", messages=[QUESTION], tools=[broken])

    assert refused.value.code == "invalid_function_parameters"


def test_lost_tool_result_is_refused(client: OpenAI) -> None:
    """A tool call without its result is a 400 that names the call, as OpenAI answers."""
    call = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    with pytest.raises(BadRequestError, match="call_1"):
        client.chat.completions.create(
            model="gpt-4o",
            messages=[QUESTION, {"role": "assistant", "tool_calls": [call]}, QUESTION],  # type: ignore[list-item]  # a dict literal in a variable
        )


def test_choices_count_together(client: OpenAI) -> None:
    """Each of n choices is told apart, and the usage holds them all."""
    one = client.chat.completions.create(model="gpt-4o", messages=[QUESTION])
    three = client.chat.completions.create(model="gpt-4o", messages=[QUESTION], n=3)

    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in three.choices}) == 3
    assert one.usage is not None
    assert three.usage is not None
    assert three.usage.prompt_tokens == one.usage.prompt_tokens
    assert three.usage.completion_tokens > 3 * one.usage.completion_tokens


def test_limit_cuts_the_answer(client: OpenAI) -> None:
    """A token limit ends the answer with finish reason length and exactly that usage."""
    answer = client.chat.completions.create(model="gpt-4o", messages=[QUESTION], max_tokens=5)

    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 5


def test_stop_sequence(client: OpenAI) -> None:
    """Text ends before a stop sequence."""
    answer = client.chat.completions.create(model="gpt-4o", messages=[QUESTION], stop=["no model"])

    assert answer.choices[0].message.content == "(offline answer, "
    assert answer.choices[0].finish_reason == "stop"


class Verdict(BaseModel):
    cheap: bool
    reason: str
    score: int


def test_structured_answers(client: OpenAI) -> None:
    """A JSON schema is satisfied; JSON mode wants the word JSON in the messages."""
    parsed = client.chat.completions.parse(
        model="gpt-4o", messages=[QUESTION], response_format=Verdict
    )
    free = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Answer as JSON."}],
        response_format={"type": "json_object"},
    )

    assert isinstance(parsed.choices[0].message.parsed, Verdict)
    assert json.loads(free.choices[0].message.content or "")["offline"] is True
    with pytest.raises(BadRequestError, match="'json'"):
        client.chat.completions.create(
            model="gpt-4o", messages=[QUESTION], response_format={"type": "json_object"}
        )


def test_reasoning_models_report_reasoning(client: OpenAI) -> None:
    """o- and gpt-5 models count reasoning inside the completion; effort moves it; others have 0."""
    create = client.chat.completions.create
    low = create(model="o4-mini", messages=[QUESTION], reasoning_effort="low")
    high = create(model="gpt-5-mini", messages=[QUESTION], reasoning_effort="high")
    plain = create(model="gpt-4o", messages=[QUESTION])

    reasoning = []
    for answer in (low, high, plain):
        assert answer.usage is not None
        assert answer.usage.completion_tokens_details is not None
        reasoning.append(answer.usage.completion_tokens_details.reasoning_tokens)
    assert reasoning == [64, 512, 0]
    assert high.usage is not None
    assert high.usage.completion_tokens > 512


def test_reasoning_models_refuse_max_tokens(client: OpenAI) -> None:
    """max_tokens on a reasoning model is OpenAI's 400, and the limit covers the reasoning."""
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model="o3", messages=[QUESTION], max_tokens=10)
    cut = client.chat.completions.create(model="o3", messages=[QUESTION], max_completion_tokens=10)

    assert refused.value.code == "unsupported_parameter"
    assert cut.choices[0].finish_reason == "length"
    assert cut.choices[0].message.content == ""
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 10


def test_long_prefix_is_cached(client: OpenAI) -> None:
    """The second request with the same long prefix reports cached tokens in steps of 128."""
    story = f"{secrets.token_hex(8)} " + "once upon a time " * 400
    cached = []
    for question in ("Who?", "Why?"):
        answer = client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "system", "content": story}, {"role": "user", "content": question}],
        )
        assert answer.usage is not None
        assert answer.usage.prompt_tokens_details is not None
        assert answer.usage.prompt_tokens_details.cached_tokens is not None
        cached.append(answer.usage.prompt_tokens_details.cached_tokens)
        prompt_tokens = answer.usage.prompt_tokens

    assert cached[0] == 0
    assert cached[1] >= 1024
    assert cached[1] % 128 == 0
    assert prompt_tokens - 256 < cached[1] < prompt_tokens
