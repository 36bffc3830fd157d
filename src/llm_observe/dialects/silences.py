"""Instrumentations that never tell a part of what a provider told them, so that it is unknown.

A span that says nothing of a cache says by the convention that there was none. Of these libraries
it says nothing: they drop the part, whatever the answer held. Where the part would change the
price, so would it the cost, which is unknown then. A span that tells the part all the same has told
it. Each row was seen in a recording (trials/instrumentations/fixtures) or in the package's source.

A tier that is never told leaves the cost open where the model's tiers differ in price.

A sender that no row names is believed by the convention: hand-written spans that leave a cache out
are priced as if there were none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from llm_observe._remembering import remember
from llm_observe.dialects.openinference_frameworks import SCOPES as OPENINFERENCE

TIER: Final = "tier"
ONLY_TIER: Final = frozenset({TIER})
CACHE: Final = frozenset({"cache_read", "cache_write"})
REASONING: Final = frozenset({"reasoning"})
BOTH: Final = CACHE | REASONING
ALL: Final = BOTH | ONLY_TIER


class Silence(NamedTuple):
    """The parts that an instrumentation leaves out, in versions before ``until``."""

    parts: frozenset[str]
    until: str | None = None


MLFLOW_SCOPE: Final = "mlflow.tracing.provider"
LOGFIRE_SCOPE: Final = "logfire.openai"
LOGFIRE_AGENTS_SCOPE: Final = "logfire.openai_agents"
_CONTRIB: Final = "opentelemetry.instrumentation."
_TRACELOOP_JS: Final = "@traceloop/instrumentation-"
_WITH_CONTENT: Final = (
    *("openai", "openai_agents", "langchain", "litellm", "llama_index", "dspy", "instructor"),
    *("crewai", "strands_agents"),
)
"""OpenInference's that have the answer, and in it the tier, where content is on."""
SILENCES: Final[Mapping[str, Silence]] = {
    # Source of 0.1 to 0.21: an answer's two totals, and no more.
    "@opentelemetry/instrumentation-openai": Silence(ALL),
    # Source of 0.27: Anthropic's cache is passed on, nobody else's.
    _TRACELOOP_JS + "openai": Silence(ALL),
    _TRACELOOP_JS + "azure": Silence(ALL),
    _TRACELOOP_JS + "anthropic": Silence(REASONING | ONLY_TIER),
    _TRACELOOP_JS + "bedrock": Silence(ALL),
    _TRACELOOP_JS + "vertexai": Silence(CACHE | ONLY_TIER),
    _TRACELOOP_JS + "google-generativeai": Silence(CACHE | ONLY_TIER),
    _TRACELOOP_JS + "langchain": Silence(ALL),
    _TRACELOOP_JS + "together": Silence(ALL),
    # Recorded at 2.4b0, whose calls of chat come by the handler's name.
    _CONTRIB + "openai_v2": Silence(ALL),
    "opentelemetry.util.genai.handler": Silence(BOTH, until="1.2"),
    # Recorded at 0.62.4: LangChain's details of what came out are left out.
    _CONTRIB + "langchain": Silence(REASONING | ONLY_TIER),
    _CONTRIB + "agno": Silence(ALL),
    _CONTRIB + "openai.v0": Silence(ALL),
    # Recorded at 1.0.15, 0.1.22, 0.1.46 and 0.1.43: frameworks that pass on the two totals.
    OPENINFERENCE + "agno": Silence(ALL),
    OPENINFERENCE + "autogen_agentchat": Silence(ALL),
    OPENINFERENCE + "haystack": Silence(ALL),
    OPENINFERENCE + "smolagents": Silence(ALL),
    # Recorded at 0.1.33 and 2.2.2: the details stand in the answer, where content is on.
    OPENINFERENCE + "groq": Silence(ALL),
    OPENINFERENCE + "mistralai": Silence(ALL),
    # Recorded at 1.45.0 and 1.62.0.
    "semantic_kernel.utils.telemetry.model_diagnostics.decorators": Silence(ALL),
    "strands.telemetry.tracer": Silence(REASONING | ONLY_TIER),
    # Source of 0.15.1: details come of OpenAI's and Anthropic's own wrappers alone.
    "langsmith": Silence(BOTH),
    # Recorded within Mistral's own client 2.0.
    "mistralai_sdk_tracer": Silence(ALL),
    # Spring AI 1.1: AiObservationAttributes names input, output and total.
    "org.springframework.boot": Silence(ALL),
    # OpenAI's own client for .NET, 2.x.
    "OpenAI.ChatClient": Silence(ALL),
    # Vercel's AI SDK, recorded at 7.0.173.
    "gen_ai": Silence(REASONING | ONLY_TIER),
    # Recorded at the versions of docs/libraries.md: a span that has the tier tells it all the same.
    **dict.fromkeys(
        (
            *(
                "ai",
                "agent_framework",
                "pydantic-ai",
                "gcp.vertex.agent",
                MLFLOW_SCOPE,
            ),
            *(LOGFIRE_SCOPE, LOGFIRE_AGENTS_SCOPE, _CONTRIB + "openai.v1"),
            *(_CONTRIB + "openai_agents", _CONTRIB + "litellm", _CONTRIB + "llamaindex"),
            *(OPENINFERENCE + name for name in _WITH_CONTENT),
            # Recorded where another tier of Bedrock's or Gemini's than the standard one served.
            *(_CONTRIB + name for name in ("botocore.bedrock-runtime", "genai.bedrock", "bedrock")),
            *(_CONTRIB + name for name in ("google_genai", "google_generativeai")),
            *("openlit.instrumentation.bedrock", "openlit.instrumentation.google_ai_studio"),
            *(OPENINFERENCE + name for name in ("bedrock", "google_genai")),
        ),
        Silence(ONLY_TIER),
    ),
}
"""By scope."""
NOTHING: Final[frozenset[str]] = frozenset()
_NUMBERS: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_MOST: Final = 1024
_LONGEST: Final = 256


def find_untold(scope: str, version: str = "") -> frozenset[str]:
    """Give the parts that an instrumentation never tells; of an unknown version, as of all."""
    silence = _find_silence(scope)
    if silence is None:
        return NOTHING
    told = silence.until and version and _number(version) >= _number(silence.until)
    return NOTHING if told else silence.parts


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in _NUMBERS.findall(version)[:3])


_find_silence = remember(SILENCES.get, most=_MOST, longest=_LONGEST)
