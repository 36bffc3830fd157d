"""The provider of a call whose span names none, and names of models without their provider."""

from __future__ import annotations

import re
from typing import Final

from llm_observe._remembering import remember
from llm_observe.cost.model_names import infer_seller
from llm_observe.cost.provider_names import name_provider

__all__ = ["infer_provider", "leave_provider_out", "name_provider"]

_MOST_REMEMBERED: Final = 1024
_LONGEST_REMEMBERED: Final = 256
_GEMINI_PATH: Final = "models/"

_MAKERS: Final = re.compile(
    r"""(?P<openai>gpt-(?!oss|neo|j\b|2\b)|chatgpt-|o[134](-|\Z)|text-embedding-(3|ada)|dall-e-
        |whisper-1\Z|davinci)
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


def infer_provider(*models: str | None) -> str | None:
    """Tell who serves a model where its name leaves no doubt; the first model that tells does."""
    return next(filter(None, map(_infer, filter(None, models))), None)


def _infer_one(model: str) -> str | None:
    found = _MAKERS.match(model.strip().lower().removeprefix(_GEMINI_PATH))
    if found and found.lastgroup:
        return found.lastgroup.replace("gcp_", "gcp.")
    return infer_seller(model)


_infer: Final = remember(_infer_one, most=_MOST_REMEMBERED, longest=_LONGEST_REMEMBERED)
