"""Every dialect, which of them a span speaks, and what is left when that one has read it.

A span's scope says its dialect, else a key that only one dialect has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe._remembering import remember
from llm_observe.dialects.anthropic_native import ANTHROPIC_NATIVE
from llm_observe.dialects.claude_code import CLAUDE_CODE
from llm_observe.dialects.genai import GENAI
from llm_observe.dialects.google_adk import GOOGLE_ADK
from llm_observe.dialects.key_looks import Look
from llm_observe.dialects.laminar import LAMINAR
from llm_observe.dialects.langfuse import LANGFUSE
from llm_observe.dialects.langsmith import LANGSMITH
from llm_observe.dialects.logfire import LOGFIRE
from llm_observe.dialects.mistral import MISTRAL
from llm_observe.dialects.mlflow import MLFLOW
from llm_observe.dialects.openinference import OPENINFERENCE
from llm_observe.dialects.openlit import OPENLIT
from llm_observe.dialects.otel_v2 import OTEL_V2
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.traceloop import TRACELOOP
from llm_observe.dialects.vercel import VERCEL
from llm_observe.dialects.versions import VERSION_KEYS
from llm_observe.dialects.vllm import VLLM

DIALECTS: Final[tuple[Dialect, ...]] = (
    OPENINFERENCE,
    LANGFUSE,
    LOGFIRE,
    MLFLOW,
    VERCEL,
    TRACELOOP,
    OPENLIT,
    LAMINAR,
    LANGSMITH,
    CLAUDE_CODE,
    VLLM,
    ANTHROPIC_NATIVE,
    MISTRAL,
    OTEL_V2,
    GOOGLE_ADK,
    GENAI,
)
"""In the order in which they are asked: GenAI's keys last, since others put theirs beside them."""
_PLAIN: Final = Dialect(name="plain", read=lambda _span: Reading())
_COMMON: Final = VERSION_KEYS | {
    *(semconv.TENANT_ID, semconv.SESSION_ID, semconv.USER_ID, semconv.CUSTOMER_ID),
    *(semconv.ENVIRONMENT, semconv.DROPPED_TAGS),
}
"""Attributes with a column, whatever the dialect."""
_SCOPES: Final = {scope: each for each in reversed(DIALECTS) for scope in each.scopes}
"""Of a scope that several dialects claim, the first has it."""
_BEGINNINGS: Final = [(scope, each) for scope, each in _SCOPES.items() if scope.endswith(".")]
_SIGNS: Final = [(sign, each) for each in DIALECTS for sign in each.signs] + [
    (hint, each) for each in DIALECTS for hint in each.hints
]
_RANKS: Final = {sign: rank for rank, (sign, _each) in reversed(list(enumerate(_SIGNS)))}
_USED: Final = {dialect.name: dialect.keys | _COMMON for dialect in DIALECTS}
_ROOTS: Final = frozenset(root for dialect in DIALECTS for root in dialect.roots)
_UNDER_ROOTS: Final = tuple(root + "." for root in sorted(_ROOTS))
_MOST_SCOPES: Final = 1024
"""Scopes whose dialect is remembered: a process has dozens, an attacker as many as he likes."""
_MOST_KEYS: Final = 4096
_LONGEST: Final = 256
"""Characters of a scope or a key that is remembered."""


def choose(span: SourceSpan) -> Dialect:
    """Give the dialect that a span speaks; where several claim it, the first of them."""
    found = _find_by_scope(span.scope)
    if found is not None:
        return found
    signs = _RANKS.keys() & span.attributes.keys()
    return _SIGNS[min(_RANKS[sign] for sign in signs)][1] if signs else _PLAIN


def leave(dialect: Dialect, attributes: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """Give what a dialect did not understand and no root of any dialect has."""
    keys = look.left.get(dialect.name)
    if keys is None:
        used = _USED.get(dialect.name, _COMMON)
        keys = tuple(key for key in look.keys if key not in used and not _is_rooted(key))
        look.left[dialect.name] = keys
    drops = dialect.drops
    if drops is None:
        return {key: attributes[key] for key in keys}
    return {key: value for key in keys if not drops(key, value := attributes[key])}


def _look_up_scope(scope: str) -> Dialect | None:
    found = _SCOPES.get(scope)
    return found or next((each for start, each in _BEGINNINGS if scope.startswith(start)), None)


def _look_for_root(key: str) -> bool:
    return key in _ROOTS or key.startswith(_UNDER_ROOTS)


_find_by_scope = remember(_look_up_scope, most=_MOST_SCOPES, longest=_LONGEST)
_is_rooted = remember(_look_for_root, most=_MOST_KEYS, longest=_LONGEST)
