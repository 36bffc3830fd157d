from __future__ import annotations

import json

import pytest
from openai import BadRequestError, OpenAI
from openai.types.responses import FunctionToolParam, ResponseInputParam

QUESTION = "What does an agent cost?"
SEARCH: FunctionToolParam = {
    "type": "function",
    "name": "search",
    "description": None,
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
        "additionalProperties": False,
    },
}


def test_response_says_that_it_is_offline(client: OpenAI) -> None:
    """A response names itself offline, is completed and sums its usage."""
    response = client.responses.create(model="gpt-4o-mini", input=QUESTION)

    assert response.output_text.startswith("(offline answer")
    assert response.status == "completed"
    assert response.model == "gpt-4o-mini-2024-07-18"
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


def test_stream_follows_openai_order(client: OpenAI) -> None:
    """Events come numbered and in order, and the deltas join to the completed text."""
    whole = client.responses.create(model="gpt-4o-mini", input=QUESTION)
    events = list(client.responses.create(model="gpt-4o-mini", input=QUESTION, stream=True))

    assert [event.sequence_number for event in events] == list(range(len(events)))
    names = [event.type for event in events]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert [name for name in names if name != "response.output_text.delta"] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert "".join(deltas) == whole.output_text
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.usage == whole.usage


def test_tool_call_and_its_result(client: OpenAI) -> None:
    """A function is called with arguments, and its output is referred to in the answer."""
    asked = client.responses.create(model="gpt-4o", input=QUESTION, tools=[SEARCH])
    [call] = asked.output
    assert call.type == "function_call"
    told: ResponseInputParam = [
        {"type": "function_call_output", "call_id": call.call_id, "output": "a cent a run"}
    ]
    answered = client.responses.create(
        model="gpt-4o", input=told, tools=[SEARCH], previous_response_id=asked.id
    )

    assert json.loads(call.arguments) == {"query": QUESTION}
    assert 'search returned "a cent a run"' in answered.output_text


def test_streamed_tool_call(client: OpenAI) -> None:
    """The argument deltas of a streamed call join to its arguments."""
    events = list(
        client.responses.create(model="gpt-4o", input=QUESTION, tools=[SEARCH], stream=True)
    )

    pieces = [e.delta for e in events if e.type == "response.function_call_arguments.delta"]
    done = [e.arguments for e in events if e.type == "response.function_call_arguments.done"]
    assert len(pieces) > 1
    assert ["".join(pieces)] == done
    assert json.loads(done[0]) == {"query": QUESTION}


def test_reasoning_item_and_limit(client: OpenAI) -> None:
    """A reasoning model's output begins with reasoning, and a limit leaves it incomplete."""
    response = client.responses.create(model="gpt-5-mini", input=QUESTION, max_output_tokens=200)

    assert response.output[0].type == "reasoning"
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage is not None
    assert response.usage.output_tokens == 200
    assert response.usage.output_tokens_details.reasoning_tokens == 192


def test_unknown_previous_response(client: OpenAI) -> None:
    """A response that is not kept is OpenAI's 400, and store=false keeps nothing."""
    unkept = client.responses.create(model="gpt-4o", input=QUESTION, store=False)
    with pytest.raises(BadRequestError) as refused:
        client.responses.create(model="gpt-4o", input="And?", previous_response_id=unkept.id)

    assert refused.value.code == "previous_response_not_found"
