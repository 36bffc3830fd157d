"""The content of the exposed schema: relations, functions and the roles' settings.

Read as ``authenticator`` and kept until a miss or ``NOTIFY pgrst`` asks for another look,
like PostgREST's schema cache:
https://docs.postgrest.org/en/v14/references/schema_cache.html
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from infra.local.data_api import catalog_queries
from infra.local.data_api.errors import DataApiError

_SIMILARITY = 0.75
"""PostgREST's own threshold for "Perhaps you meant"."""


@dataclass(frozen=True)
class Column:
    """A column: its type as SQL, the SQL of its default, its part in the primary key."""

    name: str
    type: str
    default: str | None
    is_key: bool


@dataclass(frozen=True)
class Relation:
    """A table or view."""

    schema: str
    name: str
    columns: Mapping[str, Column]

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key's columns; empty for views."""
        return tuple(column.name for column in self.columns.values() if column.is_key)

    def column(self, name: str) -> Column:
        """Find a column; raises DataApiError 400 PGRST204."""
        if name not in self.columns:
            raise DataApiError(
                400,
                "PGRST204",
                f"Could not find the '{name}' column of '{self.name}' in the schema cache",
            )
        return self.columns[name]


class Returns(Enum):
    """The shapes of a function's result, which decide the shape of the answer."""

    VOID = "void"
    SCALAR = "scalar"
    SCALARS = "setof scalar"
    ROW = "composite"
    ROWS = "setof composite"


@dataclass(frozen=True)
class Parameter:
    """An input parameter of a function; ``name`` is empty for an unnamed one."""

    name: str
    type: str
    required: bool
    variadic: bool


@dataclass(frozen=True)
class Routine:
    """A function of the exposed schema."""

    schema: str
    name: str
    parameters: tuple[Parameter, ...]
    returns: Returns
    volatile: bool
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_raw_json(self) -> bool:
        """Whether it has one unnamed json or jsonb parameter, which gets the raw body."""
        return (
            len(self.parameters) == 1
            and not self.parameters[0].name
            and self.parameters[0].type in {"json", "jsonb"}
        )

    def accepts(self, names: frozenset[str]) -> bool:
        """Say whether these argument names are all it needs and nothing else."""
        required = {each.name for each in self.parameters if each.required}
        return required <= names <= {each.name for each in self.parameters}


@dataclass(frozen=True)
class Catalog:
    """One reading of the database's catalog."""

    schema: str
    relations: Mapping[str, Relation]
    routines: Mapping[str, tuple[Routine, ...]]
    role_settings: Mapping[str, Mapping[str, str]]
    pre_request: tuple[str, ...] | None

    def relation(self, name: str) -> Relation:
        """Find a table or view; raises DataApiError 404 PGRST205."""
        if name in self.relations:
            return self.relations[name]
        similar = _most_similar(name, self.relations)
        raise DataApiError(
            404,
            "PGRST205",
            f"Could not find the table '{self.schema}.{name}' in the schema cache",
            hint=f"Perhaps you meant the table '{self.schema}.{similar}'" if similar else None,
        )

    def routine(self, name: str, arguments: frozenset[str], *, raw_body: bool) -> Routine:
        """Choose the overload for these argument names.

        A function with one unnamed json parameter is taken when no named one fits.
        Raises DataApiError 404 PGRST202 (none) or 300 PGRST203 (several).
        """
        overloads = self.routines.get(name, ())
        chosen = [each for each in overloads if each.accepts(arguments)] or [
            each for each in overloads if raw_body and each.takes_raw_json
        ]
        if len(chosen) == 1:
            return chosen[0]
        raise _ambiguous(chosen) if chosen else self._no_routine(name, arguments)

    def _no_routine(self, name: str, arguments: frozenset[str]) -> DataApiError:
        listed = ", ".join(sorted(arguments))
        function = f"{self.schema}.{name}"
        similar = _most_similar(name, self.routines) if name not in self.routines else None
        return DataApiError(
            404,
            "PGRST202",
            f"Could not find the function {function}"
            f"{f'({listed})' if listed else ' without parameters'} in the schema cache",
            details=f"Searched for the function {function} "
            f"{f'with parameters {listed}' if listed else 'without parameters'} or with a single"
            " unnamed json/jsonb parameter, but no matches were found in the schema cache.",
            hint=f"Perhaps you meant to call the function {self.schema}.{similar}"
            if similar
            else None,
        )


def _most_similar(name: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=_SIMILARITY)), None)


def _ambiguous(candidates: list[Routine]) -> DataApiError:
    listed = ", ".join(
        f"{each.schema}.{each.name}"
        f"({', '.join(f'{one.name} => {one.type}' for one in each.parameters)})"
        for each in candidates
    )
    return DataApiError(
        300,
        "PGRST203",
        f"Could not choose the best candidate function between: {listed}",
        hint="Try renaming the parameters or the function itself in the database so function"
        " overloading can be resolved",
    )


async def read_catalog(connection: AsyncConnection, schema: str) -> Catalog:
    """Read the catalog inside a transaction that the caller has begun."""
    await connection.execute(catalog_queries.EMPTY_SEARCH_PATH)
    return Catalog(
        schema,
        await _read_relations(connection, schema),
        await _read_routines(connection, schema),
        await _read_role_settings(connection),
        await _read_pre_request(connection),
    )


async def _read_relations(connection: AsyncConnection, schema: str) -> Mapping[str, Relation]:
    columns: dict[str, dict[str, Column]] = {}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(catalog_queries.COLUMNS, [schema])
        async for row in cursor:
            relation = columns.setdefault(row.pop("relation"), {})
            relation[row["name"]] = Column(**row)
    return {name: Relation(schema, name, found) for name, found in columns.items()}


@dataclass(frozen=True)
class _RoutineRow:
    """A row of catalog_queries.ROUTINES."""

    name: str
    volatile: bool
    returns_set: bool
    return_kind: str
    names: list[str]
    types: list[str]
    modes: list[str]
    defaults: int
    settings: list[str]

    def routine(self, schema: str) -> Routine:
        inputs = [
            (name, type_, mode)
            for name, type_, mode in zip(self.names, self.types, self.modes, strict=True)
            if mode in "ibv"
        ]
        first_default = len(inputs) - self.defaults
        parameters = tuple(
            Parameter(name, type_, required=at < first_default, variadic=mode == "v")
            for at, (name, type_, mode) in enumerate(inputs)
        )
        settings = dict(setting.split("=", 1) for setting in self.settings)
        returns = self._returns()
        return Routine(schema, self.name, parameters, returns, self.volatile, settings)

    def _returns(self) -> Returns:
        if self.return_kind == "void":
            return Returns.VOID
        if self.return_kind == "composite":
            return Returns.ROWS if self.returns_set else Returns.ROW
        return Returns.SCALARS if self.returns_set else Returns.SCALAR


async def _read_routines(
    connection: AsyncConnection, schema: str
) -> Mapping[str, tuple[Routine, ...]]:
    routines: dict[str, tuple[Routine, ...]] = {}
    async with connection.cursor(row_factory=class_row(_RoutineRow)) as cursor:
        await cursor.execute(catalog_queries.ROUTINES, [schema])
        async for row in cursor:
            routines[row.name] = (*routines.get(row.name, ()), row.routine(schema))
    return routines


async def _read_role_settings(connection: AsyncConnection) -> Mapping[str, Mapping[str, str]]:
    settings: dict[str, dict[str, str]] = {}
    cursor = await connection.execute(catalog_queries.ROLE_SETTINGS)
    async for role, name, value in cursor:
        settings.setdefault(role, {})[name] = value
    return settings


async def _read_pre_request(connection: AsyncConnection) -> tuple[str, ...] | None:
    cursor = await connection.execute(catalog_queries.PRE_REQUEST)
    row = await cursor.fetchone()
    return tuple(row[0].split(".", 1)) if row and row[0] else None
