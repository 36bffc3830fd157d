"""Values that satisfy a JSON schema, drawn from the conversation: a tool's arguments, JSON answers.

Covers what tools use: types, enum, const, default, bounds, nested objects and arrays, anyOf and
local references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from infra.local.offline_openai.errors import refuse
from infra.local.offline_openai.requests import JsonObject

_FREE_TEXT = re.compile(r"quer|question|text|prompt|input|message|topic|task|problem|goal|answer")
_FINDINGS = re.compile(r"finding|result|evidence|context|note|fact|source|document|observation")
_QUOTED = re.compile(r"[\"“]([^\"”]{1,80})[\"”]")
# Capitalised words that do not begin the sentence: most often the name that was asked about.
_NAME = re.compile(r"(?<=[^.!?\n] )[A-Z][\w-]+(?: [A-Z][\w-]+)*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DEEPEST = 12


@dataclass(frozen=True)
class Source:
    """The texts that values are drawn from: the user's message and the latest tool result."""

    message: str
    result: str = ""


def fill_schema(schema: JsonObject, source: Source) -> Any:
    """Return a value of this JSON schema, the same each time; ApiError 400 if it is no schema."""
    try:
        return _fill(schema, "", source, _Definitions(schema, _DEEPEST))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise refuse("Invalid JSON schema.", code="invalid_function_parameters") from error


@dataclass(frozen=True)
class _Definitions:
    root: JsonObject
    depth: int

    def resolve(self, schema: JsonObject) -> JsonObject:
        target: Any = schema
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            target = self.root
            for key in reference.removeprefix("#/").split("/"):
                target = target.get(key, {}) if isinstance(target, dict) else {}
        for variant in ("anyOf", "oneOf"):
            for option in target.get(variant, ()):
                if option.get("type") != "null":
                    return _Definitions(self.root, self.depth - 1).resolve(option)
        return dict(target) if isinstance(target, dict) else {}


def _fill(schema: JsonObject, name: str, source: Source, definitions: _Definitions) -> Any:
    schema = definitions.resolve(schema)
    definitions = _Definitions(definitions.root, definitions.depth - 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _choose(schema["enum"], source)
    match _find_type(schema):
        case "object":
            value: Any = _fill_object(schema, source, definitions)
        case "array":
            wanted = max(1, schema.get("minItems", 1)) if definitions.depth > 0 else 0
            value = [_fill(schema.get("items", {}), name, source, definitions)] * wanted
        case "integer" | "number" as kind:
            value = _find_number(schema, kind, source)
        case "boolean":
            value = schema.get("default", True)
        case "null":
            value = None
        case _:
            value = _find_text(schema, name, source)
    return value


def _find_type(schema: JsonObject) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "string"


def _fill_object(schema: JsonObject, source: Source, definitions: _Definitions) -> JsonObject:
    if definitions.depth <= 0:
        return {}
    properties = schema.get("properties", {})
    wanted = schema.get("required", list(properties))
    return {key: _fill(properties.get(key, {}), key, source, definitions) for key in wanted}


def _choose(options: list[Any], source: Source) -> Any:
    spoken = source.message.lower()
    return next((each for each in options if str(each).lower() in spoken), options[0])


def _find_number(schema: JsonObject, kind: str, source: Source) -> float:
    found = _NUMBER.search(source.message)
    given: Any = found.group() if found else schema.get("default", schema.get("minimum", 1))
    value = float(given)
    value = min(
        max(value, float(schema.get("minimum", value))), float(schema.get("maximum", value))
    )
    return int(value) if kind == "integer" else value


def _find_text(schema: JsonObject, name: str, source: Source) -> str:
    label = name.lower()
    if _FINDINGS.search(label) and source.result:
        text = source.result
    elif _FREE_TEXT.search(label):
        text = source.message
    else:
        found = _QUOTED.search(source.message) or _NAME.search(source.message)
        text = found.group(found.re.groups) if found else schema.get("default", source.message)
    return str(text)[: schema.get("maxLength", 2000)]
