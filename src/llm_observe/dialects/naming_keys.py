"""The model, the provider and the response that a span names under any spelling of their keys.

Asked only of a span that tells of tokens and that no dialect has read as a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from llm_observe.dialects.operations import split_words
from llm_observe.dialects.reading import Reading

_FILLING: Final = frozenset(
    {*("gen", "ai", "llm", "genai", "openai", "attributes", "metadata", "langfuse", "observation")}
)
"""Words that begin keys and say nothing of what the value is."""
_FIELDS: Final[Mapping[tuple[str, ...], str]] = {
    ("model",): "request_model",
    ("model", "name"): "request_model",
    ("model", "id"): "request_model",
    ("request", "model"): "request_model",
    ("request", "model", "name"): "request_model",
    ("request", "model", "id"): "request_model",
    ("embedding", "model"): "request_model",
    ("embedding", "model", "name"): "request_model",
    ("deployment", "name"): "request_model",
    ("response", "model"): "response_model",
    ("response", "model", "name"): "response_model",
    ("response", "model", "id"): "response_model",
    ("response", "id"): "response_id",
    ("completion", "id"): "response_id",
    ("provider",): "provider",
    ("provider", "name"): "provider",
    ("model", "provider"): "provider",
    ("system",): "provider",
    ("vendor",): "provider",
}
"""By the other words of the key, in their order."""
_LONGEST_NAME: Final = 256


def fill_names(
    reading: Reading, attributes: Mapping[str, Any], fields: Iterable[tuple[str, str]]
) -> None:
    """Fill in what a reading lacks of model, provider and response; the first key that tells."""
    for key, field in fields:
        value = attributes[key]
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
            continue
        if getattr(reading, field) is None:
            setattr(reading, field, value)


def find_field(key: str) -> str | None:
    """Give the field that a key names, None for one that names none."""
    words = split_words(key)
    start = next((at for at, word in enumerate(words) if word not in _FILLING), 0)
    return _FIELDS.get(words[start:])
