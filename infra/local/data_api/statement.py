"""One SQL statement with its parameters, put together from safe parts only.

Names pass through ``sql.Identifier``; values never enter the text, they are bound as ``$n``
parameters of unknown type, so that Postgres infers the type from the context.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

Fragment = sql.Composable

NOTHING: Fragment = sql.SQL("")
_EVERY_ROW: Fragment = sql.SQL("SELECT * FROM pgrst_source")
NO_BODY: Fragment = sql.SQL("''::text")
ROWS_AS_ARRAY: Fragment = sql.SQL("coalesce(json_agg(_postgrest_t), '[]')::text")
FIRST_ROW: Fragment = sql.SQL("coalesce(json_agg(_postgrest_t) -> 0, 'null')::text")


@dataclass(frozen=True)
class Statement:
    """SQL text and the values of its numbered parameters."""

    text: sql.Composed
    parameters: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Envelope:
    """How the rows of ``source`` become one answer.

    ``rows`` selects from ``pgrst_source`` what counts as the page (all), ``body`` aggregates it and
    ``total`` selects one line per row that would be there without limit and offset.
    """

    source: Fragment
    body: Fragment
    rows: Fragment | None = None
    total: Fragment | None = None


class Parameters:
    """Numbers the values of one statement in the order in which they are bound."""

    def __init__(self) -> None:
        self._values: list[str | None] = []

    def bind(self, value: str | None) -> Fragment:
        """Bind a value and answer its placeholder."""
        self._values.append(value)
        return verbatim(f"${len(self._values)}")

    def statement(self, envelope: Envelope) -> Statement:
        """Close the statement: one row of (total, page, body, headers, status, inserted)."""
        return Statement(_enveloped(envelope), tuple(self._values))


def verbatim(text: str) -> Fragment:
    """Take text that is SQL already, and never a request's.

    It is a word of this package's fixed tables, a placeholder's number, or a type's name or a
    column's default as Postgres' own catalog writes it.
    """
    return sql.SQL(text)


def comma(parts: Iterable[Fragment]) -> Fragment:
    """Join with commas."""
    return sql.SQL(", ").join(parts)


def _enveloped(envelope: Envelope) -> sql.Composed:
    counted, total = NOTHING, verbatim("null::bigint")
    if envelope.total is not None:
        counted = sql.SQL(", pgrst_source_count AS ({})").format(envelope.total)
        total = verbatim("(SELECT pg_catalog.count(*) FROM pgrst_source_count)")
    return sql.SQL(
        "WITH pgrst_source AS ({source}){counted} "
        "SELECT {total} AS total, pg_catalog.count(_postgrest_t) AS page, {body} AS body, "
        "nullif(current_setting('response.headers', true), '') AS headers, "
        "nullif(current_setting('response.status', true), '') AS status, "
        "nullif(current_setting('pgrst.inserted', true), '')::int AS inserted "
        "FROM ({rows}) _postgrest_t"
    ).format(
        source=envelope.source,
        counted=counted,
        total=total,
        body=envelope.body,
        rows=envelope.rows or _EVERY_ROW,
    )
