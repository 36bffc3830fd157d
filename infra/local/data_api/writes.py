"""Writing statements: INSERT, upsert, UPDATE and DELETE from a JSON body."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from infra.local.data_api.catalog import Column, Relation
from infra.local.data_api.payload import Payload
from infra.local.data_api.preferences import Preferences
from infra.local.data_api.query import Query
from infra.local.data_api.reads import qualified, select_items, where
from infra.local.data_api.statement import (
    FIRST_ROW,
    NO_BODY,
    NOTHING,
    ROWS_AS_ARRAY,
    Envelope,
    Fragment,
    Parameters,
    Statement,
    comma,
    verbatim,
)

# Counts rows up as they are proposed and down as they turn out to be updates, so that an
# upsert which inserted nothing can answer 200 instead of 201.
_COUNT_PROPOSED = sql.SQL(
    " WHERE set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true),"
    " '')::int, 0) + 1)::text, true) <> '0'"
)
_COUNT_UPDATED = sql.SQL(
    " WHERE set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true),"
    " '')::int, 0) - 1)::text, true) <> '-1'"
)


def insert_statement(
    relation: Relation, query: Query, payload: Payload, prefer: Preferences, *, single: bool
) -> Statement:
    """Build the statement of a POST on a table; raises DataApiError PGRST204."""
    parameters = Parameters()
    columns = [relation.column(name) for name in payload.keys]
    names = [sql.Identifier(column.name) for column in columns]
    insert = sql.SQL("INSERT INTO {}{} SELECT {} {}{}{} {}").format(
        qualified(relation),
        sql.SQL("({})").format(comma(names)) if names else NOTHING,
        comma(sql.Identifier("pgrst_body", column.name) for column in columns),
        body_source(payload, columns, parameters, defaults=prefer.missing_default),
        _COUNT_PROPOSED if prefer.resolution == "merge-duplicates" else NOTHING,
        _on_conflict(query.on_conflict or relation.key, names, prefer.resolution),
        _returning(relation, query, prefer),
    )
    return parameters.statement(_changed(insert, prefer, single=single))


def update_statement(
    relation: Relation, query: Query, payload: Payload, prefer: Preferences, *, single: bool
) -> Statement:
    """Build the statement of a PATCH on a table; raises DataApiError PGRST204."""
    parameters = Parameters()
    columns = [relation.column(name) for name in payload.keys]
    scope = qualified(relation)
    if not columns:  # an UPDATE that sets nothing is no SQL; select the answer of no rows
        update: Fragment = sql.SQL("SELECT {} FROM {} WHERE false").format(
            select_items(scope, query.select), scope
        )
        return parameters.statement(_changed(update, prefer, single=single))
    update = sql.SQL("UPDATE {} SET {} {}{} {}").format(
        scope,
        comma(
            sql.SQL("{} = {}").format(
                sql.Identifier(column.name), sql.Identifier("pgrst_body", column.name)
            )
            for column in columns
        ),
        body_source(payload, columns, parameters, defaults=prefer.missing_default),
        where(scope, query.conditions, parameters),
        _returning(relation, query, prefer),
    )
    return parameters.statement(_changed(update, prefer, single=single))


def delete_statement(
    relation: Relation, query: Query, prefer: Preferences, *, single: bool
) -> Statement:
    """Build the statement of a DELETE on a table."""
    parameters = Parameters()
    scope = qualified(relation)
    delete = sql.SQL("DELETE FROM {}{} {}").format(
        scope, where(scope, query.conditions, parameters), _returning(relation, query, prefer)
    )
    return parameters.statement(_changed(delete, prefer, single=single))


def body_source(
    payload: Payload,
    columns: Sequence[Column],
    parameters: Parameters,
    *,
    defaults: bool = False,
    first_only: bool = False,
) -> Fragment:
    """Render the FROM clause that turns the JSON body into rows of ``pgrst_body``."""
    json_type = "jsonb" if defaults else "json"
    data, merged = verbatim("pgrst_payload.json_data"), NOTHING
    if defaults:
        data, merged = verbatim("pgrst_json_defs.val"), _merged_defaults(payload, columns)
    return sql.SQL(
        "FROM (SELECT {}::{} AS json_data) pgrst_payload, "
        "{}LATERAL (SELECT {} FROM {}{}) pgrst_body"
    ).format(
        parameters.bind(payload.text),
        verbatim(json_type),
        merged,
        comma(sql.Identifier(column.name) for column in columns),
        _records(payload, columns, data, json_type),
        sql.SQL(" LIMIT 1") if first_only else NOTHING,
    )


def _records(
    payload: Payload, columns: Sequence[Column], data: Fragment, json_type: str
) -> Fragment:
    if not columns:
        if payload.is_object:
            return sql.SQL("(VALUES (1)) _")
        return sql.SQL("{}({}) _").format(verbatim(f"{json_type}_array_elements"), data)
    function = f"{json_type}_to_{'record' if payload.is_object else 'recordset'}"
    typed = comma(
        sql.SQL("{} {}").format(sql.Identifier(column.name), verbatim(column.type))
        for column in columns
    )
    return sql.SQL("{}({}) AS _({})").format(verbatim(function), data, typed)


def _merged_defaults(payload: Payload, columns: Sequence[Column]) -> Fragment:
    """Put the columns' defaults under each object, for Prefer: missing=default."""
    pairs = comma(
        sql.SQL("{}, {}").format(sql.Literal(column.name), verbatim(column.default))
        for column in columns
        if column.default is not None
    )
    if payload.is_object:
        return sql.SQL(
            "LATERAL (SELECT jsonb_build_object({}) || pgrst_payload.json_data AS val)"
            " pgrst_json_defs, "
        ).format(pairs)
    return sql.SQL(
        "LATERAL (SELECT jsonb_agg(jsonb_build_object({}) || elem) AS val"
        " FROM jsonb_array_elements(pgrst_payload.json_data) elem) pgrst_json_defs, "
    ).format(pairs)


def _on_conflict(
    keys: Sequence[str], names: Sequence[sql.Identifier], resolution: str | None
) -> Fragment:
    if resolution is None or not keys:
        return NOTHING
    target = sql.SQL(" ON CONFLICT({}) ").format(comma(map(sql.Identifier, keys)))
    if resolution == "ignore-duplicates" or not names:
        return target + sql.SQL("DO NOTHING")
    settings = comma(sql.SQL("{} = EXCLUDED.{}").format(name, name) for name in names)
    return target + sql.SQL("DO UPDATE SET ") + settings + _COUNT_UPDATED


def _returning(relation: Relation, query: Query, prefer: Preferences) -> Fragment:
    if not prefer.representation:
        return sql.SQL("RETURNING 1")
    return sql.SQL("RETURNING ") + select_items(qualified(relation), query.select)


def _changed(source: Fragment, prefer: Preferences, *, single: bool) -> Envelope:
    if not prefer.representation:
        return Envelope(source, NO_BODY)
    return Envelope(source, FIRST_ROW if single else ROWS_AS_ARRAY)
