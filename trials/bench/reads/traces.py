"""Traces of agents as OpenTelemetry's spans: the standing generator's attributes, skewed values."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects import SourceSpan
from trials.bench.ingest.payloads import TRACE, make_message, make_text
from trials.bench.reads import population
from trials.bench.reads.population import Calendar, Model, Tenant, choose, choose_user

_SEED: Final = 20_261_130
RETRIEVAL: Final = (semconv.INVOKE_AGENT, semconv.EMBEDDINGS, semconv.CHAT, semconv.EXECUTE_TOOL)
_SESSION: Final = (TRACE, TRACE, RETRIEVAL)
"""The traces of a session: eight calls."""
SPANS: Final = sum(map(len, _SESSION))
CALL_ERROR_RATE: Final = 0.03
_TOOL_ERROR_RATE: Final = 0.02
_STREAMED: Final = 0.7
_USUAL: Final = 0.7
"""Of the sessions of an agent ask the same model."""
_SPREAD: Final = 0.7
"""Of the logarithm of a latency."""
_TAIL: Final = 0.01
"""Of calls take ten times as long."""
_RELEASE_DAYS: Final = 6
_SCOPE: Final = "opentelemetry.instrumentation.genai.openai"


@dataclass(frozen=True, slots=True)
class Session:
    """The choices that all spans of a session share."""

    tenant: Tenant
    number: int
    start: datetime
    user: int
    agent: str
    service: str
    environment: str
    model: Model

    @property
    def resource(self) -> dict[str, str]:
        """Attributes of the process that made its spans."""
        week = (self.start - datetime(2026, 1, 1, tzinfo=UTC)).days // _RELEASE_DAYS
        return {
            semconv.SERVICE_NAME: self.service,
            semconv.ENVIRONMENT: self.environment,
            semconv.SERVICE_VERSION: f"2026.{week}",
        }

    @property
    def shared(self) -> dict[str, Any]:
        """Attributes that each of its spans has."""
        return {
            semconv.CONVERSATION_ID: f"conversation-{self.tenant.place:02}-{self.number}",
            semconv.USER_ID: f"user-{self.user}",
            semconv.AGENT_NAME: self.agent,
            semconv.CUSTOMER_ID: f"account-{self.user // 10}",
            semconv.PROMPT_NAME: f"{self.agent}-system",
            semconv.PROMPT_VERSION: str(1 + self.start.day // 10),
            **{f"{semconv.TAG}{key}": self._choose_tag(key) for key in population.TAGS},
        }

    def _choose_tag(self, key: str) -> str:
        values = population.TAGS[key]
        return values[self.user % len(values)]


def make_session(tenant: Tenant, number: int, of: int, calendar: Calendar) -> Session:
    """Give a tenant's session number so much of so many; the same ones give the same."""
    chance = _seed(tenant, number)
    agent = choose(chance, population.AGENTS)
    place = tenant.place + population.AGENTS.index(agent)
    # An agent lives in one service and mostly asks one model.
    usual = population.CHAT_MODELS[place % len(population.CHAT_MODELS)]
    return Session(
        tenant=tenant,
        number=number,
        start=calendar.at((number + chance.random()) / of),
        user=choose_user(chance, tenant),
        agent=agent,
        service=population.SERVICES[place % len(population.SERVICES)],
        environment=choose(chance, population.ENVIRONMENTS, skew=0.0),
        model=usual if chance.random() < _USUAL else choose(chance, population.CHAT_MODELS),
    )


def make_spans(session: Session, end: datetime) -> Iterator[SourceSpan]:
    """Give the spans of a session, none of which ends after ``end``."""
    chance = _seed(session.tenant, session.number, "spans")
    start = session.start
    for place, operations in enumerate(_SESSION):
        spans = list(_make_trace(chance, session, place, operations, start))
        late = max(0, spans[0].end_ns - _nanoseconds(end))
        for span in spans:
            yield replace(span, start_ns=span.start_ns - late, end_ns=span.end_ns - late)
        start += timedelta(seconds=chance.uniform(20, 240))


def _make_trace(
    chance: random.Random,
    session: Session,
    place: int,
    operations: tuple[str, ...],
    start: datetime,
) -> Iterator[SourceSpan]:
    trace = _digest(f"{session.tenant.name}/{session.number}/{place}", 32)
    clock = _nanoseconds(start)
    children = []
    for number, operation in enumerate(operations[1:], start=1):
        clock += chance.randrange(200_000, 3_000_000)
        child = _make_span(chance, session, operation, clock)
        child = replace(
            child,
            trace_id=trace,
            span_id=_digest(f"{trace}/{number}", 16),
            parent_span_id=_digest(f"{trace}/0", 16),
        )
        clock = child.end_ns
        children.append(child)
    root = _make_span(chance, session, operations[0], _nanoseconds(start))
    failed = children[-1].status == "error"
    yield replace(
        root,
        trace_id=trace,
        span_id=_digest(f"{trace}/0", 16),
        parent_span_id=None,
        end_ns=clock + chance.randrange(100_000, 2_000_000),
        status="error" if failed else "unset",
    )
    yield from children


def _make_span(chance: random.Random, session: Session, operation: str, start: int) -> SourceSpan:
    model = population.EMBEDDING_MODEL if operation == semconv.EMBEDDINGS else session.model
    is_tool = operation == semconv.EXECUTE_TOOL
    tool = choose(chance, population.TOOLS)
    subject: dict[str, str] = {semconv.INVOKE_AGENT: session.agent, semconv.EXECUTE_TOOL: tool}
    latency = _draw_latency(chance, 150 if is_tool else model.latency)
    rate = _TOOL_ERROR_RATE if is_tool else CALL_ERROR_RATE
    failed = operation != semconv.INVOKE_AGENT and chance.random() < rate
    described = (
        _describe_tool(chance, tool)
        if is_tool
        else _describe_call(chance, model, operation, latency, failed=failed)
    )
    errors = population.TOOL_ERRORS if is_tool else population.CALL_ERRORS
    error = {semconv.ERROR_TYPE: choose(chance, errors)} if failed else {}
    is_call = operation in {semconv.CHAT, semconv.EMBEDDINGS}
    return SourceSpan(
        trace_id="",
        span_id="",
        parent_span_id=None,
        name=f"{operation} {subject.get(operation, model.asked)}",
        kind="client" if is_call else "internal",
        start_ns=start,
        end_ns=start + int(latency * 1e6),
        status="error" if failed else "unset",
        scope=_SCOPE,
        attributes={semconv.OPERATION_NAME: operation} | session.shared | described | error,
        resource=session.resource,
    )


def _describe_call(
    chance: random.Random, model: Model, operation: str, latency: float, *, failed: bool
) -> dict[str, Any]:
    asked: dict[str, Any] = {
        semconv.PROVIDER_NAME: model.provider,
        semconv.REQUEST_MODEL: model.asked,
        semconv.REQUEST_TEMPERATURE: 0.2,
        semconv.REQUEST_TOP_P: 1.0,
        semconv.REQUEST_MAX_TOKENS: 1024,
        semconv.OUTPUT_TYPE: "text",
        semconv.SERVER_ADDRESS: model.host,
        semconv.SERVER_PORT: 443,
        semconv.INPUT_MESSAGES: make_message("user", chance, 40),
    }
    if failed:
        return asked
    tokens = int(min(180_000, max(20, chance.lognormvariate(7.1, 0.9))))
    answered: dict[str, Any] = {
        semconv.RESPONSE_MODEL: model.answers,
        semconv.USAGE_INPUT_TOKENS: tokens,
    }
    if operation == semconv.EMBEDDINGS:
        return asked | answered
    streamed = chance.random() < _STREAMED
    first = {semconv.RESPONSE_TIME_TO_FIRST_CHUNK: latency * chance.uniform(0.1, 0.4) / 1000}
    return (
        asked
        | answered
        | {
            semconv.RESPONSE_ID: f"chatcmpl-{chance.getrandbits(96):024x}",
            semconv.RESPONSE_FINISH_REASONS: ["stop"],
            semconv.OPENAI_SERVICE_TIER: "default",
            semconv.REQUEST_STREAM: streamed,
            semconv.USAGE_OUTPUT_TOKENS: 1 + int(chance.lognormvariate(0, 0.8) * model.output),
            semconv.USAGE_CACHE_READ: tokens // 2 if chance.random() < 0.5 else 0,
            semconv.OUTPUT_MESSAGES: make_message("assistant", chance, 25),
        }
        | (first if streamed else {})
    )


def _describe_tool(chance: random.Random, tool: str) -> dict[str, Any]:
    return {
        semconv.TOOL_NAME: tool,
        semconv.TOOL_CALL_ID: f"call_{chance.getrandbits(64):016x}",
        semconv.TOOL_TYPE: "function",
        "gen_ai.tool.description": "Finds an order by its number and tells where it is.",
        semconv.TOOL_CALL_ARGUMENTS: json.dumps({"order": chance.randrange(10**8)}),
        semconv.TOOL_CALL_RESULT: json.dumps({"status": "shipped", "note": make_text(chance, 20)}),
        "code.function.name": f"tools.{tool}",
        "thread.id": chance.randrange(1, 64),
        "thread.name": "MainThread",
    }


def _draw_latency(chance: random.Random, median: float) -> float:
    """Give milliseconds: log-normal, with a heavy tail."""
    return median * chance.lognormvariate(0, _SPREAD) * (10 if chance.random() < _TAIL else 1)


def _seed(tenant: Tenant, number: int, purpose: str = "") -> random.Random:
    return random.Random(f"{_SEED}/{tenant.place}/{number}/{purpose}")  # no secret


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
