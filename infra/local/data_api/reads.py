"""Reading statements: SELECT with PostgREST's filters, order and window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from infra.local.data_api.catalog import Relation
from infra.local.data_api.grammar import Condition, Filter, Logic
from infra.local.data_api.query import OrderTerm, Query, SelectItem
from infra.local.data_api.statement import (
    FIRST_ROW,
    NOTHING,
    ROWS_AS_ARRAY,
    Envelope,
    Fragment,
    Parameters,
    Statement,
    comma,
    verbatim,
)


@dataclass(frozen=True)
class Window:
    """The rows wanted: at most how many, after how many."""

    limit: int
    offset: int


def read_statement(
    relation: Relation, query: Query, window: Window, *, count: bool, single: bool
) -> Statement:
    """Build the statement of a GET or HEAD on a table or view."""
    parameters = Parameters()
    scope = qualified(relation)
    return parameters.statement(
        Envelope(
            source=select(scope, query, window, parameters),
            body=FIRST_ROW if single else ROWS_AS_ARRAY,
            total=count_rows(scope, query, parameters) if count else None,
        )
    )


def qualified(relation: Relation) -> sql.Identifier:
    """Name a relation with its schema."""
    return sql.Identifier(relation.schema, relation.name)


def select(scope: sql.Identifier, query: Query, window: Window, parameters: Parameters) -> Fragment:
    """Select from a scope what the query asks for."""
    return sql.SQL("SELECT {} FROM {}{}{} LIMIT {} OFFSET {}").format(
        select_items(scope, query.select),
        scope,
        where(scope, query.conditions, parameters),
        _order(scope, query.order),
        parameters.bind(str(window.limit)),
        parameters.bind(str(window.offset)),
    )


def count_rows(scope: sql.Identifier, query: Query, parameters: Parameters) -> Fragment:
    """Select one line per row that the query matches, whatever its window."""
    conditions = where(scope, query.conditions, parameters)
    return sql.SQL("SELECT 1 FROM {}{}").format(scope, conditions)


def select_items(scope: sql.Identifier, items: Iterable[SelectItem]) -> Fragment:
    """List the wanted columns of a scope."""
    return comma(_select_item(scope, item) for item in items)


def where(
    scope: sql.Identifier, conditions: Iterable[Condition], parameters: Parameters
) -> Fragment:
    """Render the WHERE clause, or nothing."""
    rendered = [_condition(scope, condition, parameters) for condition in conditions]
    return sql.SQL(" WHERE ") + sql.SQL(" AND ").join(rendered) if rendered else NOTHING


def _select_item(scope: sql.Identifier, item: SelectItem) -> Fragment:
    column = _column(scope, item.column)
    return column + sql.SQL(" AS ") + sql.Identifier(item.alias) if item.alias else column


def _column(scope: sql.Identifier, name: str) -> Fragment:
    return scope + sql.SQL(".") + (sql.SQL("*") if name == "*" else sql.Identifier(name))


def _condition(scope: sql.Identifier, condition: Condition, parameters: Parameters) -> Fragment:
    if isinstance(condition, Logic):
        rendered = _logic(scope, condition, parameters)
    else:
        rendered = _filter(scope, condition, parameters)
    return sql.SQL("NOT ") + rendered if condition.negated else rendered


def _logic(scope: sql.Identifier, logic: Logic, parameters: Parameters) -> Fragment:
    terms = [_condition(scope, term, parameters) for term in logic.terms]
    joint = sql.SQL(" AND ") if logic.operator == "AND" else sql.SQL(" OR ")
    return sql.SQL("({})").format(joint.join(terms))


def _filter(scope: sql.Identifier, condition: Filter, parameters: Parameters) -> Fragment:
    column = _column(scope, condition.column)
    if isinstance(condition.value, tuple):  # "= ANY" keeps one statement for any length
        elements = parameters.bind(_array_literal(condition.value))
        return sql.SQL("{} = ANY ({})").format(column, elements)
    if condition.operator == "IS":
        return sql.SQL("{} IS {}").format(column, verbatim(condition.value))
    value = parameters.bind(condition.value)
    return sql.SQL("{} {} {}").format(column, verbatim(condition.operator), value)


def _array_literal(values: tuple[str, ...]) -> str:
    """Write Postgres' array literal with every element quoted."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


def _order(scope: sql.Identifier, terms: tuple[OrderTerm, ...]) -> Fragment:
    if not terms:
        return NOTHING
    rendered = (
        sql.SQL(" ").join(
            [
                _column(scope, term.column),
                verbatim(term.direction or ""),
                verbatim(term.nulls or ""),
            ]
        )
        for term in terms
    )
    return sql.SQL(" ORDER BY ") + comma(rendered)
