"""A request's query: PostgREST's query parameters as values.

Grammar: https://docs.postgrest.org/en/v14/references/api/tables_views.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra.local.data_api.errors import DataApiError, not_implemented
from infra.local.data_api.grammar import (
    OPERATORS,
    Condition,
    Scanner,
    parse_filter,
    parse_logic,
)

_RESERVED = frozenset({"select", "order", "limit", "offset", "columns", "on_conflict"})
_LOGIC_KEYS = frozenset({"and", "or", "not.and", "not.or"})
_DIRECTIONS = {".asc": "ASC", ".desc": "DESC"}
_NULLS = {".nullsfirst": "NULLS FIRST", ".nullslast": "NULLS LAST"}
_REFUSED_SUFFIXES = {
    "::": "casts (select=column::type)",
    "(": "embedding or aggregates (select=a,b(c))",
    "!": "embedding (select=a,b!inner(c))",
    ".": "aggregates (select=column.sum())",
}


@dataclass(frozen=True)
class SelectItem:
    """One column of the answer; ``*`` is all of them."""

    column: str
    alias: str | None = None


@dataclass(frozen=True)
class OrderTerm:
    """One column of the sort, with SQL keywords; None leaves Postgres' default."""

    column: str
    direction: str | None = None
    nulls: str | None = None


@dataclass(frozen=True)
class Query:
    """The parsed query string of one request."""

    select: tuple[SelectItem, ...] = (SelectItem("*"),)
    conditions: tuple[Condition, ...] = ()
    order: tuple[OrderTerm, ...] = ()
    limit: int | None = None
    offset: int | None = None
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    arguments: tuple[tuple[str, str], ...] = ()


def parse_query(pairs: Iterable[tuple[str, str]], *, arguments_allowed: bool = False) -> Query:
    """Parse decoded name=value pairs; raises DataApiError 400 (PGRST100 or PGRST127).

    ``arguments_allowed`` is for GET on a function: there a pair whose value starts with no
    operator is an argument.
    """
    reserved: dict[str, str] = {}
    conditions: list[Condition] = []
    arguments: list[tuple[str, str]] = []
    for name, value in pairs:
        if "\x00" in name or "\x00" in value:
            raise DataApiError(400, "PGRST100", "The query string holds a NUL character")
        if name in _RESERVED:
            reserved.setdefault(name, value)
        elif name in _LOGIC_KEYS:
            conditions.append(parse_logic(name, value))
        elif arguments_allowed and not _is_filter(name, value):
            arguments.append((name, value))
        else:
            conditions.append(parse_filter(name, value))
    return Query(
        select=_parse_select(reserved.get("select") or "*"),
        conditions=tuple(conditions),
        order=_parse_order(reserved["order"]) if reserved.get("order") else (),
        limit=_parse_count("limit", reserved.get("limit")),
        offset=_parse_count("offset", reserved.get("offset")),
        columns=_parse_names("columns", reserved.get("columns")),
        on_conflict=_parse_names("on_conflict", reserved.get("on_conflict")),
        arguments=tuple(arguments),
    )


def _is_filter(name: str, value: str) -> bool:
    head, dot, _ = value.partition(".")
    return "." in name or bool(dot and (head in OPERATORS or head in {"not", "in", "is"}))


def _parse_count(name: str, text: str | None) -> int | None:
    if text is None or text == "":
        return None
    try:
        count = int(text)
    except ValueError:
        # PostgREST ignores such a value; an unlimited answer to a limited question is worse.
        raise DataApiError(
            400, "PGRST100", f'"failed to parse {name} ({text})"', details="A whole number is due."
        ) from None
    if count < 0:
        detail = f"{name.capitalize()} should be greater than or equal to zero."
        raise DataApiError(416, "PGRST103", "Requested range not satisfiable", details=detail)
    return count


def _parse_names(parameter: str, text: str | None) -> tuple[str, ...] | None:
    if not text:
        return None
    scanner = Scanner(text, f"{parameter} parameter")
    names = [scanner.name()]
    while scanner.accept(","):
        names.append(scanner.name())
    scanner.end()
    return tuple(names)


def _parse_select(text: str) -> tuple[SelectItem, ...]:
    scanner = Scanner(text, "select parameter")
    items = [_select_item(scanner)]
    while scanner.accept(","):
        items.append(_select_item(scanner))
    scanner.end()
    return tuple(items)


def _select_item(scanner: Scanner) -> SelectItem:
    scanner.skip_blanks()
    if scanner.accept("*"):
        scanner.skip_blanks()
        return SelectItem("*")
    if scanner.accept(".."):
        raise not_implemented("embedding (select=a,...b(c))")
    name = scanner.column()
    _refuse_suffix(scanner)
    if not scanner.accept(":"):
        return SelectItem(name)
    column = scanner.column()
    _refuse_suffix(scanner)
    return SelectItem(column, alias=name)


def _refuse_suffix(scanner: Scanner) -> None:
    for mark, feature in _REFUSED_SUFFIXES.items():
        if scanner.accept(mark):
            raise not_implemented(feature)


def _parse_order(text: str) -> tuple[OrderTerm, ...]:
    scanner = Scanner(text, "order")
    terms = [_order_term(scanner)]
    while scanner.accept(","):
        terms.append(_order_term(scanner))
    scanner.end()
    return tuple(terms)


def _order_term(scanner: Scanner) -> OrderTerm:
    column = scanner.column()
    if scanner.accept("("):
        raise not_implemented("ordering by embedded resources")
    direction = scanner.keyword(_DIRECTIONS)
    nulls = scanner.keyword(_NULLS)
    scanner.skip_blanks()
    return OrderTerm(column, direction, nulls)
