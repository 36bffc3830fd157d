"""The names of the process that made a span. Pure.

Two spans are of one process where they have a key in common. A process id is 1 in every container
and is used again on every host, and a host has many processes: neither says anything alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from llm_observe import semconv

_MOST_TEXT: Final = 1024
"""Characters of a name that are looked at: what is longer names nothing."""
_HOSTS: Final = (semconv.HOST_ID, semconv.HOST_NAME)


def name_process(resource: Mapping[str, Any], attributes: Mapping[str, Any]) -> list[str] | None:
    """Give the keys of the process, sorted, each with its kind before it; None without any.

    An invocation may be told by a span's resource or by the span itself, all else by its resource.
    """
    return sorted({_hash(kind, *told) for kind, *told in _find(resource, attributes)}) or None


def _find(resource: Mapping[str, Any], attributes: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    instance = _read(resource, semconv.SERVICE_INSTANCE_ID)
    if instance:
        yield "instance", instance
    invocation = _read(attributes, semconv.FAAS_INVOCATION_ID) or _read(
        resource, semconv.FAAS_INVOCATION_ID
    )
    if invocation:
        yield "invocation", invocation
    pid = _read(resource, semconv.PROCESS_PID)
    if not pid:
        return
    container = _read(resource, semconv.CONTAINER_ID)
    if container:
        yield "container", container, pid
    for name in _HOSTS:
        host = _read(resource, name)
        if host:
            yield name, host, pid


def _read(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip() if isinstance(value, int) or len(value) <= _MOST_TEXT else ""
    return text or None


@lru_cache(1024)
def _hash(kind: str, *told: str) -> str:
    """Names of hosts and containers stay with their sender."""
    digest = sha256("\0".join((kind, *told)).encode(errors="replace")).hexdigest()
    return f"{kind}:{digest[:16]}"
