"""Which model of the price source a reported name means: the source's rules, in linear time.

The rules are strings whose first character says how the rest is compared with a lower-case name:
``=`` equal, ``^`` start, ``$`` end, ``~`` contained, ``#`` equal where each ``#`` is any digit
(and a last ``*`` is any rest), ``!`` not the rule that follows.
A model has a list of rules, one of which must match; a list in the list must match whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

_LONGEST_NAME = 256

_COMPACT_DATE = re.compile(r"-(20\d\d)(\d\d)(\d\d)(?=[-:]|$)", re.ASCII)

_SOURCE_PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "amazon_bedrock": "aws",
        "aws.bedrock": "aws",
        "aws_bedrock": "aws",
        "az.ai.inference": "azure",
        "az.ai.openai": "azure",
        "azure.ai.inference": "azure",
        "azure.ai.openai": "azure",
        "azure_openai": "azure",
        "bedrock": "aws",
        "fireworks_ai": "fireworks",
        "gcp.gemini": "google",
        "gcp.gen_ai": "google",
        "gcp.vertex_ai": "google",
        "gemini": "google",
        "mistral_ai": "mistral",
        "mistralai": "mistral",
        "moonshot_ai": "moonshotai",
        "together_ai": "together",
        "vertex_ai": "google",
        "voyage_ai": "voyageai",
        "x_ai": "x-ai",
        "xai": "x-ai",
    }
)
"""OpenTelemetry's ``gen_ai.provider.name`` (and its older forms) to the price source's ids.

https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
"""

_MAKERS_AT_AWS = (
    *("ai21", "amazon", "cohere", "deepseek", "google", "meta", "mistral", "nvidia", "openai"),
    *("qwen", "writer"),
)
"""How ids of Bedrock's models begin; OpenLLMetry cuts that off."""

Rule = str | Sequence[str]


def name_source_provider(provider: str | None) -> str:
    """Give the price source's id of a provider, else the name itself in lower case."""
    name = (provider or "").strip().lower()
    return _SOURCE_PROVIDERS.get(name, name)


def list_names(source_provider: str, model: str) -> Sequence[str]:
    """Give the names to look a model up by: its own, and at AWS those that a maker begins."""
    if source_provider != "aws" or "." in model:
        return (model,)
    return (model, *(f"{maker}.{model}" for maker in _MAKERS_AT_AWS))


class ModelIndex:
    """The models of one provider; where several match a name, the first does."""

    def __init__(self, models: Sequence[Sequence[Any]]) -> None:
        """Take ``[model, rules, price rows]`` in the source's order."""
        self._models = models
        self._rows: dict[str, Sequence[Sequence[Any]]] = {}
        self._exact: dict[str, int] = {}
        self._patterns: list[tuple[int, Rule]] = []
        for position, (model, rules, rows) in enumerate(models):
            self._rows[model] = rows
            for rule in rules:
                if rule[0] == "=":
                    self._exact.setdefault(rule[1:], position)
                else:
                    self._patterns.append((position, rule))

    def find(self, name: str) -> str | None:
        """Give the model a name means; None for an unknown name or one over 256 characters."""
        if len(name) > _LONGEST_NAME:
            return None
        name = name.lower()
        found = self._find(name)
        if found is None and (dashed := _dash_dates(name)) != name:
            return self._find(dashed)
        return found

    def rows(self, model: str) -> Sequence[Sequence[Any]]:
        """Give the price rows of one of the index's models, none for another."""
        return self._rows.get(model, ())

    def _find(self, name: str) -> str | None:
        best = self._exact.get(name, len(self._models))
        for position, rule in self._patterns:
            if position >= best:
                break
            if _matches(rule, name):
                best = position
                break
        return str(self._models[best][0]) if best < len(self._models) else None


def _matches(rule: Rule, name: str) -> bool:
    if not isinstance(rule, str):
        return all(_matches(part, name) for part in rule)
    text = rule[1:]
    match rule[0]:
        case "^":
            return name.startswith(text)
        case "$":
            return name.endswith(text)
        case "~":
            return text in name
        case "#":
            return _fits(text, name)
        case "!":
            return not _matches(text, name)
        case _:
            return name == text


def _fits(template: str, name: str) -> bool:
    if template.endswith("*"):
        template = template[:-1]
        name = name[: len(template)]
    return len(name) == len(template) and all(
        part.isdecimal() if wanted == "#" else part == wanted
        for wanted, part in zip(template, name, strict=True)
    )


def _dash_dates(name: str) -> str:
    """Write ``-20251211`` as ``-2025-12-11``: LiteLLM and OpenRouter send the compact form."""
    return _COMPACT_DATE.sub(_dash_date, name)


def _dash_date(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return found[0]
    return f"-{year}-{month}-{day}"
