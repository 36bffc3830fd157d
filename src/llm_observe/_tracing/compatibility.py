"""Says in one line why tracing could not start: package, version found, version wanted."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any, Final

from llm_observe.errors import ConfigurationError

_OWN: Final = "llm-observe"
_EXTRA: Final = "instrumentations"
_MOST_NAMED: Final = 3


def explain(error: Exception) -> str:
    """Name the versions that do not go together, else what is known of the error; never raise.

    A message of our own names a setting; any other may quote anything and stays out.
    """
    if isinstance(error, ConfigurationError):
        return str(error)
    try:
        conflicts = list(list_conflicts())
    except Exception:  # noqa: BLE001  # what reads versions may be what is of the wrong one
        conflicts = []
    if not conflicts:
        return _describe(error)
    shown = "; ".join(conflicts[:_MOST_NAMED])
    more = f" and {len(conflicts) - _MOST_NAMED} more" if len(conflicts) > _MOST_NAMED else ""
    return f"{shown}{more} ({_describe(error)})"


def list_conflicts(package: str = _OWN) -> Iterator[str]:
    """Give a clause for each package below ours that is not of a version wanted, once."""
    from packaging.requirements import Requirement  # noqa: PLC0415  # may be what is broken

    waiting, seen, named = [(package, _EXTRA)], {package}, set[str]()
    while waiting:
        parent, extra = waiting.pop(0)
        for text in _list_requirements(parent):
            wanted = Requirement(text)
            if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
                continue
            found = _find(wanted.name)
            fits = found is not None and wanted.specifier.contains(found, prereleases=True)
            if not fits and wanted.name not in named:
                named.add(wanted.name)
                yield f"{wanted.name} {found or 'not'} found, {wanted.specifier or 'any'} wanted"
            if wanted.name not in seen:
                seen.add(wanted.name)
                waiting.append((wanted.name, next(iter(wanted.extras), "")))


def _list_requirements(package: str) -> list[str]:
    try:
        return requires(package) or []
    except PackageNotFoundError:
        return []


def _find(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _describe(error: Exception) -> str:
    """An import error's module and file are no secret, and tell who is in the way."""
    named: Any = getattr(error, "name", None), getattr(error, "path", None)
    kind = type(error).__name__
    if not isinstance(error, ImportError) or not named[0]:
        return kind
    return f"{kind}: {named[0]} from {named[1]}" if named[1] else f"{kind}: {named[0]}"
