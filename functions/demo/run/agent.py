"""The demo's agent: it searches, then reasons, and asks a model in each of the two.

Only its shape is said here, with ``span`` and ``observe``; the model calls trace themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam
from opentelemetry.trace import Span

import llm_observe
from llm_observe.semconv import Operation

_SEARCH_MODEL: Final = "gpt-4o-mini"
_REASON_MODEL: Final = "gpt-4o"
_MOST_TOKENS: Final = 300


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one tool call."""

    name: str
    operation: Operation
    summary: str


@dataclass(frozen=True, slots=True)
class Run:
    """The agent's answer and how it came to it."""

    trace_id: str
    answer: str
    steps: list[Step]


def run_agent(client: OpenAI, question: str) -> Run:
    """Answer a question in two steps, as one trace."""
    with llm_observe.span("researcher", "invoke_agent") as span:
        findings = search(client, question)
        answer = reason(client, question, findings)
        return Run(
            trace_id=_name_trace(span),
            answer=answer,
            steps=[
                Step("search", "execute_tool", findings),
                Step("reason", "execute_tool", answer),
            ],
        )


@llm_observe.observe("execute_tool")
def search(client: OpenAI, question: str) -> str:
    """Collect what is known about a question."""
    reply = client.chat.completions.create(
        model=_SEARCH_MODEL,
        max_tokens=_MOST_TOKENS,
        messages=_write("List three short facts that help to answer the question.", question),
    )
    return reply.choices[0].message.content or ""


@llm_observe.observe("execute_tool")
def reason(client: OpenAI, question: str, findings: str) -> str:
    """Answer a question from findings, streamed."""
    stream = client.chat.completions.create(
        model=_REASON_MODEL,
        max_tokens=_MOST_TOKENS,
        messages=_write("Answer in two sentences, from the facts.", f"{question}\n\n{findings}"),
        stream=True,
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def _write(instruction: str, text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": instruction}, {"role": "user", "content": text}]


def _name_trace(span: Span) -> str:
    return f"{span.get_span_context().trace_id:032x}"
