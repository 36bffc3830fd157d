"""What is sent: OTLP requests of an agent's traces, encoded once, with new ids and times each."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from llm_observe import semconv

TRACE: Final = (
    semconv.INVOKE_AGENT,
    semconv.CHAT,
    semconv.EXECUTE_TOOL,
    semconv.CHAT,
    semconv.EXECUTE_TOOL,
    semconv.CHAT,
)
"""The spans of each trace; the first is the parent of the others."""
# No UTF-8 text holds these bytes, and that nothing else does is checked.
_NUMBER: Final = b"\xfe\xfd\xfe\xff"
_CLOCK: Final = b"\xff\xfb\xfd\xfb"
_RESPONSE: Final = "@@@@@@@@"
"""The same number in a text: a response that comes again is the same call."""
_RUN: Final = b"ingested"
_CLOCK_BITS: Final = 32
"""The upper half of a time in nanoseconds counts steps of 4.3 s: a trace fits into one."""
_STEP_NS: Final = 300_000_000
_SEED: Final = 20_261_126
_WORDS: Final = (
    *("what", "which", "order", "invoice", "customer", "delivery", "please", "summarise", "refund"),
    *("the", "a", "for", "with", "before", "after", "policy", "account", "shipped", "returned"),
    *("week", "of", "Berlin", "Lisbon", "weather", "ticket", "priority", "agent", "thank", "you"),
)
Value = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class Template:
    """An encoded request whose ids and times are still marks."""

    body: bytes
    spans: int

    def fill(self, number: int) -> bytes:
        """Give the request with the ids of ``number`` (below 2**32) and the present time."""
        clock = (time.time_ns() >> _CLOCK_BITS).to_bytes(4, "little")
        body = self.body.replace(_NUMBER, number.to_bytes(4, "big")).replace(_CLOCK, clock)
        return body.replace(_RESPONSE.encode(), f"{number:08x}".encode())


def trace_id(number: int, trace: int = 0) -> str:
    """Give the hexadecimal id of a trace in request ``number``."""
    return _trace_id(number.to_bytes(4, "big"), trace).hex()


def encode_template(traces: int) -> Template:
    """Encode so many traces as one request of one service."""
    chance = random.Random(_SEED)  # texts, no secret
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.extend(
        to_attributes({semconv.SERVICE_NAME: "support", semconv.ENVIRONMENT: "production"})
    )
    scope = resource.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.genai.openai"
    for trace in range(traces):
        scope.spans.extend(_make_trace(chance, trace))
    body, spans = request.SerializeToString(), len(scope.spans)
    marks = traces * (3 * len(TRACE) - 1)
    if body.count(_NUMBER) != marks or body.count(_CLOCK) != 2 * spans:
        raise AssertionError("A mark stands in the request where none was put.")
    return Template(body, spans)


def _make_trace(chance: random.Random, trace: int) -> list[Span]:
    conversation = f"conversation-{chance.randrange(10**6)}"
    return [
        Span(
            trace_id=_trace_id(_NUMBER, trace),
            span_id=_span_id(trace, place),
            parent_span_id=_span_id(trace, 0) if place else b"",
            name=f"{operation} {_SUBJECTS[operation]}",
            kind=Span.SPAN_KIND_CLIENT if operation == semconv.CHAT else Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=_at(place),
            end_time_unix_nano=_at(place + 1 if place else len(TRACE)) - 1,
            attributes=to_attributes(_describe(operation, chance, conversation)),
        )
        for place, operation in enumerate(TRACE)
    ]


def _trace_id(number: bytes, trace: int) -> bytes:
    return number + _RUN + trace.to_bytes(4, "big")


def _span_id(trace: int, place: int) -> bytes:
    return _NUMBER + (trace * len(TRACE) + place).to_bytes(4, "big")


def _at(step: int) -> int:
    return int.from_bytes(_CLOCK, "little") << _CLOCK_BITS | (step * _STEP_NS + 1)


_SUBJECTS: Final = {
    semconv.INVOKE_AGENT: "support",
    semconv.CHAT: "gpt-5.4-mini",
    semconv.EXECUTE_TOOL: "find_order",
}


def _describe(operation: str, chance: random.Random, conversation: str) -> dict[str, Value]:
    shared: dict[str, Value] = {
        semconv.OPERATION_NAME: operation,
        semconv.CONVERSATION_ID: conversation,
        semconv.USER_ID: f"user-{chance.randrange(500)}",
        semconv.AGENT_NAME: "support",
    }
    if operation == semconv.EXECUTE_TOOL:
        return shared | _describe_tool(chance)
    return shared | _describe_call(chance)


def _describe_call(chance: random.Random) -> dict[str, Value]:
    tokens = chance.randrange(200, 3000)
    return {
        semconv.PROVIDER_NAME: "openai",
        semconv.REQUEST_MODEL: "gpt-5.4-mini",
        semconv.RESPONSE_MODEL: "gpt-5.4-mini-2026-03-17",
        semconv.RESPONSE_ID: f"chatcmpl-{_RESPONSE}{chance.getrandbits(64):016x}",
        semconv.RESPONSE_FINISH_REASONS: ["stop"],
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.top_p": 1.0,
        "gen_ai.request.max_tokens": 1024,
        "gen_ai.output.type": "text",
        semconv.REQUEST_STREAM: True,
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK: 0.14,
        semconv.OPENAI_SERVICE_TIER: "default",
        semconv.USAGE_INPUT_TOKENS: tokens,
        semconv.USAGE_OUTPUT_TOKENS: chance.randrange(20, 400),
        semconv.USAGE_CACHE_READ: tokens // 2,
        "server.address": "api.openai.com",
        "server.port": 443,
        semconv.INPUT_MESSAGES: make_message("user", chance, 40),
        semconv.OUTPUT_MESSAGES: make_message("assistant", chance, 25),
    }


def _describe_tool(chance: random.Random) -> dict[str, Value]:
    return {
        semconv.TOOL_NAME: "find_order",
        semconv.TOOL_CALL_ID: f"call_{chance.getrandbits(64):016x}",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.description": "Finds an order by its number and tells where it is.",
        "gen_ai.tool.call.arguments": json.dumps({"order": chance.randrange(10**8)}),
        "gen_ai.tool.call.result": json.dumps({"status": "shipped", "note": make_text(chance, 20)}),
        "code.function.name": "support.tools.find_order",
        "thread.id": chance.randrange(1, 64),
        "thread.name": "MainThread",
    }


def make_message(role: str, chance: random.Random, words: int) -> str:
    """Give a conversation of one message, of so many words."""
    part = {"type": "text", "content": make_text(chance, words)}
    return json.dumps([{"role": role, "parts": [part]}])


def make_text(chance: random.Random, words: int) -> str:
    """Give so many words."""
    return " ".join(chance.choices(_WORDS, k=words))


def to_attributes(values: Mapping[str, Value]) -> list[KeyValue]:
    """Give attributes as OTLP has them."""
    return [KeyValue(key=key, value=_wrap(value)) for key, value in values.items()]


def _wrap(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case _:
            return AnyValue(array_value=ArrayValue(values=[_wrap(item) for item in value]))
