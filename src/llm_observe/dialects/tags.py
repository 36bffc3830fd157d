"""The tags of a span: those told as such, and what a library's metadata says by key.

Only a key with one text, number or flag is a tag: a list of labels has no key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects.attribution import PEOPLE
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_mapping, read_quoted
from llm_observe.records import MOST_NAME
from llm_observe.tags import is_tag_key, read_tag

_TRACE_METADATA: Final = "langfuse.trace.metadata."
_METADATA: Final = (
    _TRACE_METADATA,
    "traceloop.association.properties.",
    "lmnr.association.properties.metadata.",
    "langsmith.metadata.",
    "ai.telemetry.metadata.",
)
"""Beginnings of the keys under which libraries put an application's own data."""
_PEOPLE: Final = frozenset(
    key.removeprefix(beginning)
    for key in PEOPLE
    for beginning in _METADATA
    if key.startswith(beginning)
)
"""Names there that have columns, or may have to be pseudonyms, whichever library's they are."""
_LIBRARIES: Final = ("ls_", "lc_", "lang", "LANG", "checkpoint_", "usage_", "__")
"""Beginnings of names of LangChain's and LangSmith's own, which stand among them."""


def find_tag(key: str) -> tuple[str, bool] | None:
    """Give the tag that an attribute's key names, and whether it is told as one; else None."""
    if key.startswith(semconv.TAG):
        return key.removeprefix(semconv.TAG), True
    for beginning in _METADATA:
        if key.startswith(beginning):
            name = key.removeprefix(beginning)
            return (name, False) if _may_be_tag(name) else None
    return None


TagKeys = Sequence[tuple[str, str, bool]]
"""Keys of attributes, each with the tag that it names and whether it is told as one."""


def read_tags(
    reading: Reading, span: SourceSpan, present: TagKeys, of_resource: TagKeys
) -> Collection[str]:
    """Fill in tags, the span's own before its resource's, and the metadata that may be such.

    ``present`` and ``of_resource`` are the keys of tags in either. Gives the keys of the span's
    own that were told as tags.
    """
    tags: dict[str, str] = {}
    metadata: dict[str, tuple[str | None, str]] = {}
    for key, name, is_told in present:
        if is_told:
            _take(reading, tags, name, span.attributes[key])
        elif text := _read_metadata(key, span.attributes[key]):
            metadata.setdefault(name, (key, text))
    for key, name, is_told in of_resource:
        if is_told and name not in tags:
            _take(reading, tags, name, span.resource[key])
    reading.tags, reading.metadata = tags, metadata
    return [key for key, _name, is_told in present if is_told]


def read_json_metadata(reading: Reading, told: Any) -> None:
    """Read OpenInference's one attribute for such data, of which numbers are counts or steps."""
    found = {
        name: (None, text)
        for name, text in read_mapping(told).items()
        if isinstance(name, str) and _may_be_tag(name)
        if isinstance(text, str) and 0 < len(text) <= MOST_NAME
    }
    if found:
        reading.metadata = {**found, **reading.metadata}


def _take(reading: Reading, tags: dict[str, str], name: str, value: Any) -> None:
    text = read_tag(value)
    if text is None or not is_tag_key(name):
        reading.dropped_tags += 1
    else:
        tags[name] = text


def _read_metadata(key: str, value: Any) -> str | None:
    """Give a short value; Langfuse writes its own as JSON, others as they are."""
    if isinstance(value, str) and len(value) > MOST_NAME:
        return None
    return read_tag(read_quoted(value) if key.startswith(_TRACE_METADATA) else value)


def _may_be_tag(name: str) -> bool:
    return is_tag_key(name) and name not in _PEOPLE and not name.startswith(_LIBRARIES)
