"""The journeys of the sample's applications: each writes one trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from opentelemetry.trace import SpanKind

from infra.local.sample.calls import Ask, Model, call_model, embed, run_tool
from infra.local.sample.trace import Draft, Trace
from llm_observe import semconv

Rhythm = Literal["office", "always", "nightly"]

_OPENAI: Final = "api.openai.com"
MINI: Final = Model(
    "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", _OPENAI, 0.35, 95, caching="automatic"
)
GPT_5_MINI: Final = Model(
    "openai", "gpt-5-mini", "gpt-5-mini-2025-08-07", _OPENAI, 0.6, 120, True, "automatic"
)
GPT_5_4: Final = Model(
    "openai", "gpt-5.4", "gpt-5.4-2026-03-05", _OPENAI, 0.8, 75, True, "automatic"
)
SONNET: Final = Model(
    "anthropic",
    "claude-sonnet-4-5",
    "claude-sonnet-4-5-20250929",
    "api.anthropic.com",
    0.9,
    70,
    caching="marked",
)
FLASH: Final = Model(
    "gcp.gemini",
    "gemini-2.5-flash",
    "gemini-2.5-flash",
    "generativelanguage.googleapis.com",
    0.4,
    170,
)
EMBEDDING: Final = Model(
    "openai", "text-embedding-3-small", "text-embedding-3-small", _OPENAI, 0.16, 1
)
IN_HOUSE: Final = Model(
    "openai", "llama-3.3-70b-in-house", "llama-3.3-70b-in-house", "llm.sample.internal", 0.5, 40
)
"""Answers OpenAI's protocol on own machines: nobody lists a price, so its cost is unknown."""

_QUESTIONS: Final = (
    "Where is my order, and when will it arrive?",
    "I was charged twice this month. Can you look into it?",
    "How do I move my workspace to another region?",
    "Which plan includes single sign-on?",
    "The export fails with a timeout since yesterday.",
    "Can I get an invoice with our VAT number on it?",
    "How do we rotate an API key without downtime?",
    "What changed in the last release?",
)


@dataclass(frozen=True, slots=True)
class Journey:
    """One kind of trace, whose it is, and how many start in a busy hour."""

    name: str
    service: str
    per_hour: float
    rhythm: Rhythm
    write: Callable[[Trace], None]


def _help_customer(trace: Trace) -> None:
    """An agent that plans, looks things up and answers in a stream."""
    question = trace.draw.choice(_QUESTIONS)
    tools = trace.draw.sample(
        ("search_orders", "search_help", "get_invoice"), k=1 + trace.draw.randrange(2)
    )
    prompt = 1900
    with _agent(trace, "support") as agent:
        for tool in tools:
            if not call_model(trace, MINI, Ask(question, prompt, 45, prefix=1700)):
                agent.fail("openai.RateLimitError")
                return
            found = run_tool(trace, tool, 0.18)
            prompt += 450 if found else 60
        model = trace.draw.choices((MINI, GPT_5_MINI), (3, 1))[0]
        if not call_model(trace, model, Ask(question, prompt, 210, prefix=1700, stream=True)):
            agent.fail("openai.RateLimitError")


def _ask_documents(trace: Trace) -> None:
    """Retrieval and one grounded answer."""
    question = trace.draw.choice(_QUESTIONS)
    with _agent(trace, "docs") as agent:
        embed(trace, EMBEDDING, question, 18)
        run_tool(trace, "search_documents", 0.06, failing=0.004)
        model = trace.draw.choices((FLASH, MINI), (3, 2))[0]
        if not call_model(trace, model, Ask(question, 4200, 320, stream=True, temperature=0.2)):
            agent.fail("RuntimeError")


def _research(trace: Trace) -> None:
    """A long agent: a strong model, several rounds, a growing prompt, another model's review."""
    question = "Compare the three suppliers and recommend one, with sources."
    prompt = 3000
    model = trace.draw.choices((GPT_5_4, SONNET), (1, 1))[0]
    with _agent(trace, "research") as agent:
        for _ in range(2 + trace.draw.randrange(3)):
            if not call_model(trace, model, Ask(question, prompt, 160, prefix=prompt - 700)):
                agent.fail("RuntimeError")
                return
            run_tool(trace, trace.draw.choice(("search_web", "read_page")), 0.9, failing=0.03)
            prompt += 2600
        call_model(trace, model, Ask(question, prompt, 900, prefix=prompt - 700, stream=True))
        call_model(trace, FLASH, Ask("Check every claim.", prompt // 3, 120))


def _complete(trace: Trace) -> None:
    """One small call without an agent around it."""
    ask = Ask("Suggest a title for this note.", 260, 14, temperature=0.7)
    call_model(trace, MINI, ask, tries=1)


def _try_in_house(trace: Trace) -> None:
    call_model(trace, IN_HOUSE, Ask(trace.draw.choice(_QUESTIONS), 700, 180), tries=1)


def _digest_night(trace: Trace) -> None:
    """The nightly batch: many calls in a row on the cheap tier, then embeddings of the results."""
    ask = Ask("Classify this ticket by topic and urgency.", 2300, 60, prefix=1536, tier="flex")
    with _agent(trace, "nightly-digest"):
        for _ in range(30 + trace.draw.randrange(15)):
            call_model(trace, GPT_5_MINI, ask)
        for _ in range(4):
            embed(trace, EMBEDDING, "tickets of the day", 3000)


@contextmanager
def _agent(trace: Trace, name: str) -> Iterator[Draft]:
    attributes = {semconv.OPERATION_NAME: semconv.INVOKE_AGENT, semconv.AGENT_NAME: name}
    with trace.span(f"invoke_agent {name}", SpanKind.INTERNAL, attributes) as draft:
        yield draft


JOURNEYS: Final = (
    Journey("support", "support-api", 5.5, "office", _help_customer),
    Journey("docs", "docs-api", 5.0, "office", _ask_documents),
    Journey("research", "research-worker", 1.4, "office", _research),
    Journey("titles", "notes-api", 8.0, "always", _complete),
    Journey("in-house", "lab", 0.5, "office", _try_in_house),
    Journey("digest", "nightly-batch", 1.0, "nightly", _digest_night),
)
