"""A database's objects, read from ``pg_catalog``, and how two databases differ in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

from infra.schema.queries import QUERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Catalogue = dict[tuple[str, str], dict[str, Any]]
"""Every object by kind and name, with its properties."""

_LINE = 100
"""Characters of a value that a message shows."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One property of one object that two databases do not share; ``None`` where it is missing."""

    kind: str
    name: str
    property: str
    past: Any
    present: Any

    def __str__(self) -> str:
        """Say it in one line, as a person reads it."""
        thing = f"{self.kind} {self.name}"
        if self.property == "exists":
            return f"{thing} is only in {'the present' if self.present else 'the past'}"
        return f"{thing}, {self.property}: {_shorten(self.past)} → {_shorten(self.present)}"


def read_catalogue(
    connection: psycopg.Connection[Any], kinds: Iterable[str] = QUERIES
) -> Catalogue:
    """Read all that the schemas ``public`` and ``app`` hold, and the server's roles and settings.

    The connection's search path has to be empty, so that names come with their schemas.
    """
    catalogue: Catalogue = {}
    with connection.cursor(row_factory=tuple_row) as cursor:
        for kind in kinds:
            for name, properties in cursor.execute(QUERIES[kind].encode()):
                catalogue[kind, name] = properties
    return catalogue


def read_database(url: str) -> Catalogue:
    """Read the catalogue of the database at ``url``."""
    with psycopg.connect(url) as connection:
        connection.execute("set search_path = ''")
        return read_catalogue(connection)


def compare(past: Catalogue, present: Catalogue) -> list[Difference]:
    """Name each difference, in the order of kinds and names."""
    order = {kind: place for place, kind in enumerate(QUERIES)}
    names = sorted(past.keys() | present.keys(), key=lambda key: (order[key[0]], key[1]))
    return [
        difference
        for kind, name in names
        for difference in _compare_one(
            kind, name, past.get((kind, name)), present.get((kind, name))
        )
    ]


def _compare_one(
    kind: str, name: str, past: Mapping[str, Any] | None, present: Mapping[str, Any] | None
) -> list[Difference]:
    if past is None or present is None:
        return [Difference(kind, name, "exists", past is not None, present is not None)]
    return [
        Difference(kind, name, key, past[key], present[key])
        for key in present
        if past[key] != present[key]
    ]


def _shorten(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LINE else f"{text[:_LINE]}…"
