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
_OF_RESOURCE: Final = (
    *(semconv.SERVICE_INSTANCE_ID, semconv.FAAS_INVOCATION_ID, semconv.PROCESS_PID),
    *(semconv.CONTAINER_ID, *_HOSTS),
)
_TEXTS: Final = (str, int)


def name_process(resource: Mapping[str, Any], attributes: Mapping[str, Any]) -> list[str] | None:
    """Give the keys of the process, sorted, each with its kind before it; None without any.

    An invocation may be told by a span's resource or by the span itself, all else by its resource.
    """
    # Most of these are told by nobody: a call for each costs 1 µs.
    names = [_read(resource, name) if name in resource else None for name in _OF_RESOURCE]
    if semconv.FAAS_INVOCATION_ID in attributes:
        names[1] = _read(attributes, semconv.FAAS_INVOCATION_ID) or names[1]
    return list(_hash_names(*names)) or None


@lru_cache(1024)
def _hash_names(*names: str | None) -> tuple[str, ...]:
    """Hash what names a process; its spans all come with the same names."""
    return tuple(sorted({_hash(kind, *told) for kind, *told in _pair_names(*names)}))


def _pair_names(
    instance: str | None,
    invocation: str | None,
    pid: str | None,
    container: str | None,
    *hosts: str | None,
) -> Iterator[tuple[str, ...]]:
    if instance:
        yield "instance", instance
    if invocation:
        yield "invocation", invocation
    if not pid:
        return
    if container:
        yield "container", container, pid
    for kind, host in zip(_HOSTS, hosts, strict=True):
        if host:
            yield kind, host, pid


def _read(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    if value is None or isinstance(value, bool) or not isinstance(value, _TEXTS):
        return None
    text = str(value).strip() if isinstance(value, int) or len(value) <= _MOST_TEXT else ""
    return text or None


def _hash(kind: str, *told: str) -> str:
    """Names of hosts and containers stay with their sender."""
    digest = sha256("\0".join((kind, *told)).encode(errors="replace")).hexdigest()
    return f"{kind}:{digest[:16]}"
