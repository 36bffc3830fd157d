"""One name per provider, whoever names it, and the price source's name of the same.

Ours is OpenTelemetry's ``gen_ai.provider.name`` where its registry has one
(https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/), else the provider's own.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from llm_observe._remembering import remember


class _Provider(NamedTuple):
    """A provider: our name, the price source's, and how others spell it.

    ``spellings`` are in lower case without blanks, dots, dashes and underscores.
    """

    name: str
    source: str
    spellings: str


_PROVIDERS: Final = (
    _Provider("openai", "openai", "openai openaisdk openairesponses textcompletionopenai"),
    _Provider("anthropic", "anthropic", "anthropic anthropictext anthropicai claude"),
    _Provider(
        "azure.ai.openai",
        "azure",
        "azure azureopenai openaiazure azaiopenai azureaiopenai azuretext azureopenaiservice",
    ),
    _Provider(
        "azure.ai.inference",
        "azure",
        "azureai azureaiinference azaiinference azureaichatcompletions azureaifoundry"
        " microsoftfoundry azurefoundry azureanthropic",
    ),
    _Provider(
        "aws.bedrock",
        "aws",
        "amazon aws bedrock awsbedrock amazonbedrock bedrockconverse bedrockruntime"
        " awsbedrockruntime amazonbedrockruntime anthropicbedrock bedrockanthropic bedrockmantle",
    ),
    _Provider(
        "gcp.gemini",
        "google",
        "gemini google googlegenai googlegla googlegenerativeai googleai googleaistudio gcpgemini",
    ),
    _Provider("gcp.gen_ai", "google", "gcpgenai"),
    _Provider(
        "gcp.vertex_ai",
        "google",
        "gcpvertexai vertex vertexai googlevertex googlevertexai vertexaibeta googlevertexanthropic"
        " vertexanthropic anthropicvertex googleanthropicvertex vertexaianthropicmodels",
    ),
    _Provider("mistral_ai", "mistral", "mistral mistralai"),
    _Provider("x_ai", "x-ai", "xai grok"),
    _Provider("together_ai", "together", "together togetherai"),
    _Provider("fireworks_ai", "fireworks", "fireworks fireworksai"),
    _Provider("moonshot_ai", "moonshotai", "moonshot moonshotai kimi"),
    _Provider("voyage_ai", "voyageai", "voyage voyageai"),
    _Provider("ibm.watsonx.ai", "ibm.watsonx.ai", "watsonx ibmwatsonx ibmwatsonxai watsonxai"),
    _Provider("cohere", "cohere", "cohere coherechat"),
    _Provider("deepseek", "deepseek", "deepseek deepseekai"),
    _Provider("perplexity", "perplexity", "perplexity perplexityai pplx"),
    _Provider("groq", "groq", "groq groqcloud"),
    _Provider("cerebras", "cerebras", "cerebras"),
    _Provider("openrouter", "openrouter", "openrouter openrouterai"),
    _Provider("github_copilot", "github-copilot", "githubcopilot"),
    _Provider("meta_llama", "meta", "metallama llamaapi"),
    _Provider("zai", "zai", "zai zaiorg"),
    _Provider("vercel_ai_gateway", "vercel_ai_gateway", "vercelaigateway gateway vercel"),
)
"""Spellings observed on instrumentations, in the AI SDK's provider ids, and in LiteLLM's
``custom_llm_provider`` (https://docs.litellm.ai/docs/providers)."""

_BY_SPELLING: Final = {
    spelling: provider.name for provider in _PROVIDERS for spelling in provider.spellings.split()
}
_SOURCES: Final = {provider.name: provider.source for provider in _PROVIDERS}
_FRAMEWORKS: Final = frozenset({"agno", "autogen", "crewai", "haystack", "strandsagents"})
"""Frameworks that name themselves in a provider's place."""
_SEPARATORS: Final = re.compile(r"[\s._-]+")
_CLASS: Final = re.compile(
    r"(?P<azure>azure)?(?:chat)?(?P<name>[a-z]+?)"
    r"(?:chat|converse|embeddings?|chatmodel|chatgenerator|chatcompletionclient|model|llm|client)?"
)
"""A client's class in LangChain, LlamaIndex, Haystack, AutoGen and their kin: ``ChatOpenAI``."""
_MOST_PARTS: Final = 8
"""Parts of a dotted name: providers' have three, an attacker's as many as he likes."""
_MOST_REMEMBERED: Final = 1024
_LONGEST_REMEMBERED: Final = 256


def find_provider(name: str) -> str | None:
    """Give the name of the provider that a spelling means; None for one that is not known."""
    return _BY_SPELLING.get(_squeeze(name))


def _name_provider(name: str) -> str | None:
    if len(name) > _LONGEST_REMEMBERED:
        return name
    squeezed = _squeeze(name)
    if not squeezed or squeezed in _FRAMEWORKS:
        return None
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    found = _BY_SPELLING.get(squeezed) or _find_family(plain) or _find_class(squeezed)
    return found or plain


def _find_family(plain: str) -> str | None:
    """The AI SDK puts the interface behind a dot: ``openai.responses`` is OpenAI's."""
    parts = plain.split(".")[:_MOST_PARTS]
    families = (".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
    return next(filter(None, map(find_provider, families)), None) if all(parts) else None


def _find_class(squeezed: str) -> str | None:
    found = _CLASS.fullmatch(squeezed)
    return _BY_SPELLING.get((found["azure"] or "") + found["name"]) if found else None


def _squeeze(name: str) -> str:
    """Leave out case and what stands between words; a text that is too long for a name is none."""
    if len(name) > _LONGEST_REMEMBERED:
        return name
    return _SEPARATORS.sub("", name.lower())


_remembered: Final = remember(_name_provider, most=_MOST_REMEMBERED, longest=_LONGEST_REMEMBERED)


def name_provider(name: str | None) -> str | None:
    """Give a provider's one name; one that is not known keeps its own, in lower case.

    None where there is no name, or a framework's.
    """
    return _remembered(name) if name else None


def name_source_provider(provider: str | None) -> str:
    """Give the price source's id of a provider, else the name itself in lower case."""
    named = name_provider(provider)
    if named in _SOURCES:
        return _SOURCES[named]
    # The source's own ids may have dashes, which a name of ours has not.
    return (provider or "").strip().lower()
