"""One name per provider, whoever names it: OpenTelemetry's ``gen_ai.provider.name``.

https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
"""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = {
    "amazon": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "az.ai.inference": "azure.ai.inference",
    "azure.ai.inference": "azure.ai.inference",
    "azure_ai": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "openai.azure": "azure.ai.openai",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "google.generative_ai": "gcp.gemini",
    "google_vertex": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "google.vertex": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "vertex_ai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "togetherai": "together_ai",
    "together": "together_ai",
    "watsonx": "ibm.watsonx.ai",
    "ibm_watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
    "grok": "x_ai",
}
"""By the name in lower case, with ``_`` for ``-`` and blanks."""

_FRAMEWORKS: Final = frozenset({"agno", "autogen", "crewai", "haystack", "strands_agents"})
"""Frameworks that name themselves in a provider's place."""

_FAMILIES: Final = (
    "google.generative_ai",
    "google.vertex",
    "azure_openai",
    "amazon_bedrock",
    "openai",
    "anthropic",
    "azure",
    "google",
    "mistral",
    "cohere",
    "bedrock",
    "groq",
    "deepseek",
    "perplexity",
    "xai",
)
"""Names that an interface may follow after a dot: ``openai.responses`` is OpenAI's."""

_MAKERS: Final = re.compile(
    r"""(?P<openai>gpt-|chatgpt-|o[134](-|\Z)|text-embedding-(3|ada)|dall-e-|whisper-1\Z|davinci)
    |(?P<anthropic>claude-)
    |(?P<gcp_gemini>gemini-)
    |(?P<mistral_ai>mistral-(large|medium|small|embed)|codestral-|ministral-|magistral-)
    |(?P<deepseek>deepseek-(chat|reasoner)\Z)
    |(?P<x_ai>grok-)
    |(?P<cohere>command-(a|r)|embed-(english|multilingual)-|rerank-(english|multilingual)-)
    |(?P<perplexity>sonar(-|\Z))""",
    re.VERBOSE,
)
"""Beginnings of models' names that only their maker's own interface has."""

_PREFIXES: Final = frozenset(
    {
        *("anthropic", "azure", "azure_ai", "bedrock", "cerebras", "cohere", "cohere_chat"),
        *("databricks", "deepinfra", "deepseek", "fireworks_ai", "gemini", "github", "groq"),
        *("hosted_vllm", "huggingface", "litellm_proxy", "lm_studio", "mistral", "nvidia_nim"),
        *("ollama", "ollama_chat", "openai", "openrouter", "perplexity", "replicate"),
        *("sagemaker", "sambanova", "text-completion-openai", "together_ai", "vertex_ai"),
        *("watsonx", "xai"),
    }
)
"""Of LiteLLM's names for models, https://docs.litellm.ai/docs/providers."""


def leave_provider_out(model: str) -> str:
    """Give the model's own name of LiteLLM's ``provider/model``."""
    provider, _, name = model.partition("/")
    return name if name and provider in _PREFIXES else model


def name_provider(name: str | None) -> str | None:
    """Give a provider's registered name; one that is not known keeps its own, in lower case.

    None where there is no name, or a framework's.
    """
    if not name:
        return None
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    if plain in _FRAMEWORKS:
        return None
    found = _NAMES.get(plain)
    if found is None and "." in plain:
        family = next((each for each in _FAMILIES if plain.startswith(each + ".")), plain)
        return _NAMES.get(family, family)
    return found or plain or None


def infer_provider(*models: str | None) -> str | None:
    """Tell who serves a model where its name leaves no doubt; the first model that tells does."""
    for model in models:
        found = _MAKERS.match(model) if model else None
        if found and found.lastgroup:
            return found.lastgroup.replace("gcp_", "gcp.")
    return None
