"""The session, user and customer of a span, by every library's key, in a span of any dialect.

Libraries put theirs on spans of others: OpenLLMetry's SDK stamps those of Node's instrumentations,
Langfuse's those of OpenTelemetry's. So the keys are one table, in the order of their closeness: the
conventions' own, then those of products, then bare ones of baggage.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.values import read_mapping, read_quoted

MLFLOW_SESSION: Final = "mlflow.trace.session"
MLFLOW_USER: Final = "mlflow.trace.user"
_QUOTED: Final = (MLFLOW_SESSION, MLFLOW_USER)
"""MLflow writes its values as JSON."""
_THREAD: Final = "thread_id"
_MARK: Final = "_id"
_LARGEST: Final = 2**64
_CONVERSATIONS: Final = ("session_id", _THREAD, "conversation_id")
"""LangChain's names of a conversation in metadata, which LangSmith and OpenInference take so."""

SESSION_KEYS: Final = (
    semconv.SESSION_ID,
    semconv.CONVERSATION_ID,
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
    "traceloop.association.properties.conversation_id",
    "lmnr.association.properties.session_id",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
    "langsmith.metadata.conversation_id",
    "ai.telemetry.metadata.sessionId",
    "ai.telemetry.metadata.session_id",
    "ai.telemetry.metadata.threadId",
    "ai.telemetry.metadata.thread_id",
    MLFLOW_SESSION,
    "wandb.thread_id",
    "langsmith.trace.session_id",
    "session_id",
    _THREAD,
)
"""Keys of a session's id. The bare ones are of Logfire's and OpenTelemetry's baggage, and Opik's;
LangSmith's last one may name a project, so that a conversation goes before."""
USER_KEYS: Final = (
    semconv.USER_ID,
    semconv.ENDUSER_ID,
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "lmnr.association.properties.user_id",
    "langsmith.metadata.user_id",
    "ai.telemetry.metadata.userId",
    "ai.telemetry.metadata.user_id",
    MLFLOW_USER,
    semconv.REQUEST_USER,
    semconv.OLD_USER,
    "llm.user",
    "user_id",
)
"""Keys of a user's id; the last but one are what a request told its provider."""
CUSTOMER_KEYS: Final = (
    semconv.CUSTOMER_ID,
    "customer.id",
    "langfuse.trace.metadata.customer_id",
    "langfuse.trace.metadata.customerId",
    "traceloop.association.properties.customer_id",
    "traceloop.association.properties.customerId",
    "lmnr.association.properties.metadata.customer_id",
    "lmnr.association.properties.metadata.customerId",
    "langsmith.metadata.customer_id",
    "ai.telemetry.metadata.customerId",
    "ai.telemetry.metadata.customer_id",
    "customer_id",
)
"""Keys of a customer's id: no convention has one, so that libraries' metadata is asked for it."""

USERS: Final = frozenset(USER_KEYS)
GROUPS: Final = frozenset(SESSION_KEYS + CUSTOMER_KEYS)
PEOPLE: Final = USERS | GROUPS
_SESSION_RANKS: Final = {key: rank for rank, key in enumerate(SESSION_KEYS)}
_USER_RANKS: Final = {key: rank for rank, key in enumerate(USER_KEYS)}
_CUSTOMER_RANKS: Final = {key: rank for rank, key in enumerate(CUSTOMER_KEYS)}
_CONVERSATION_RANKS: Final = {key: rank for rank, key in enumerate(_CONVERSATIONS)}


def read_attribution(
    reading: Reading, attributes: Mapping[str, Any], present: Sequence[str], metadata: Any
) -> Collection[str]:
    """Fill in session, user and customer where a dialect has not; give the keys that say the same.

    ``present`` are the keys of one of them that the span has. ``metadata`` is OpenInference's
    attribute of that name.
    """
    ids = {key: text for key in present if (text := _read_id(key, attributes[key]))}
    if ids:
        reading.session_id = reading.session_id or _pick(ids, _SESSION_RANKS)
        reading.user_id = reading.user_id or _pick(ids, _USER_RANKS)
        reading.customer_id = reading.customer_id or _pick(ids, _CUSTOMER_RANKS)
    if metadata is not None:
        _read_metadata(reading, metadata)
    if not present:
        return ()
    told = (None, reading.session_id, reading.user_id, reading.customer_id)
    return [key for key in present if ids.get(key) in told]


def _pick(ids: Mapping[str, str], ranks: Mapping[str, int]) -> str | None:
    """Give the id of the closest key; few spans have more than one, and none has all."""
    found = [key for key in ids if key in ranks]
    if not found:
        return None
    return ids[found[0] if len(found) == 1 else min(found, key=ranks.__getitem__)]


def _read_id(key: str, value: Any) -> str | None:
    """Text, or a whole number, which many ids are; a thread's number is the machine's."""
    if isinstance(value, str):
        found = read_quoted(value) if key in _QUOTED else value
        return found if isinstance(found, str) and found else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number and key != _THREAD and abs(value) < _LARGEST else None


def _read_metadata(reading: Reading, told: Any) -> None:
    """OpenInference's one attribute for an application's own data, written as JSON."""
    if not isinstance(told, str) or _MARK not in told:
        return
    metadata = read_mapping(told)
    ids = {key: text for key, value in metadata.items() if (text := _read_id(key, value))}
    reading.session_id = reading.session_id or _pick(ids, _CONVERSATION_RANKS)
    reading.user_id = reading.user_id or ids.get("user_id")
    reading.customer_id = reading.customer_id or ids.get("customer_id")
