"""Corrections of OpenInference's spans of frameworks, which differ from those of clients.

A framework knows the model that was asked for, seldom the one that answered, and both come in one
key. Observed on the packages of agno 1.0.15, autogen-agentchat 0.1.22, dspy 0.1.48,
haystack 0.1.46, langchain 0.1.80, litellm 0.1.51, llama-index 4.6.1, openai-agents 2.6.0 and
smolagents 0.1.43; of clients, on google-genai 1.4.14, bedrock 0.1.61, cohere 0.1.15 and
mistralai 2.2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects.providers import leave_provider_out
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.source import SourceSpan

SCOPES: Final = "openinference.instrumentation."
LANGCHAIN: Final = SCOPES + "langchain"
OPENAI_AGENTS: Final = SCOPES + "openai_agents"
_LITELLM: Final = SCOPES + "litellm"
_LLAMA_INDEX: Final = SCOPES + "llama_index"
_AUTOGEN: Final = SCOPES + "autogen_agentchat"
_HAYSTACK: Final = SCOPES + "haystack"
_ASKED_ONLY: Final = frozenset(
    SCOPES + each for each in ("agno", "dspy", "llama_index", "smolagents")
)
"""Those that know the model that was asked for and no other."""
_GOOGLE: Final = SCOPES + "google_genai"
_BEDROCK: Final = SCOPES + "bedrock"
COHERE: Final = SCOPES + "cohere"
PROVIDERS: Final = {COHERE: "cohere", SCOPES + "mistralai": "mistral_ai"}
"""Of clients whose spans tell it of some calls only."""
_METHODS: Final = (
    *(".chat", ".achat", ".stream_chat", ".astream_chat"),
    *(".complete", ".acomplete", ".stream_complete", ".astream_complete"),
)
"""LlamaIndex's methods that call a model; others of the same kind of span lead to these."""


def is_step(span: SourceSpan) -> bool:
    """Whether a span that is said to be a model's only leads to one that is."""
    return span.scope == _LLAMA_INDEX and not span.name.endswith(_METHODS)


def find_end(span: SourceSpan) -> int | None:
    """Give the time of the first event of LlamaIndex's span, in nanoseconds since 1970.

    A stream's span is told to be over when the application gets its generator, before the client
    asks. Its first part, or the failure before it, is an event after that; of later parts nothing
    is told, and a failure later is told before the client's span is over, or after.
    """
    if span.scope != _LLAMA_INDEX:
        return None
    return min((event.time_ns for event in span.events), default=None)


def settle_models(reading: Reading, scope: str, asked: Mapping[str, Any]) -> None:
    """Tell apart the model that was asked for and the one that answered."""
    said = reading.response_model
    unanswered = reading.usage is None and not (reading.response_id or reading.finish_reasons)
    if scope == _AUTOGEN and unanswered:
        # It tells what an alias stands for, by its own list.
        reading.response_model = None
    elif said == reading.request_model and (unanswered or scope in {LANGCHAIN, _LITELLM}):
        # Of streams and of failed calls, it is the model that was asked for.
        reading.response_model = None
    if scope == _LITELLM and reading.request_model:
        reading.request_model = leave_provider_out(reading.request_model)
    elif (
        scope in _ASKED_ONLY
        # Its answers name their model, its embeddings do not.
        or (scope == _HAYSTACK and reading.operation == semconv.EMBEDDINGS)
        or _repeats(reading, scope, unanswered=unanswered)
    ):
        reading.request_model, reading.response_model = said, None
    elif scope == OPENAI_AGENTS and "id" in asked:
        # In the place of what was asked for stands the answer.
        reading.request_model = None
    elif scope == OPENAI_AGENTS:
        reading.request_model, reading.response_model = said, None


def _repeats(reading: Reading, scope: str, *, unanswered: bool) -> bool:
    """Whether a client's span tells the model that was asked for, as none has named itself yet.

    Of Bedrock's answers those do that a maker's own interface gave, which have ids; Cohere's never.
    """
    if scope == _BEDROCK:
        return reading.response_id is None
    return scope == COHERE or (scope == _GOOGLE and unanswered)
