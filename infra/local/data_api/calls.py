"""Calling statements: functions over POST (JSON) and GET (query string)."""

from __future__ import annotations

from psycopg import sql

from infra.local.data_api.catalog import Column, Returns, Routine
from infra.local.data_api.payload import Payload
from infra.local.data_api.query import Query
from infra.local.data_api.reads import Window, count_rows, select
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
from infra.local.data_api.writes import body_source

_FROM: Fragment = sql.SQL("FROM ")
_SOURCE = sql.Identifier("pgrst_source")
_SCALARS_AS_ARRAY = sql.SQL("coalesce(json_agg(_postgrest_t.pgrst_scalar), '[]')::text")
_FIRST_SCALAR = sql.SQL("coalesce(json_agg(_postgrest_t.pgrst_scalar) -> 0, 'null')::text")


def call_statement(
    routine: Routine,
    arguments: Payload | None,
    query: Query,
    window: Window,
    *,
    count: bool,
    single: bool,
) -> Statement:
    """Build the call; without a payload the arguments are those of the query string."""
    parameters = Parameters()
    if arguments is None:
        source = _invoke(routine, _from_query(routine, query, parameters))
    else:
        source = _from_payload(routine, arguments, parameters)
    return parameters.statement(
        Envelope(
            source=source,
            body=_body(routine.returns, single=single),
            rows=select(_SOURCE, query, window, parameters),
            total=count_rows(_SOURCE, query, parameters) if count else None,
        )
    )


def _from_payload(routine: Routine, payload: Payload, parameters: Parameters) -> Fragment:
    names = frozenset(payload.keys)
    if routine.takes_raw_json and not routine.accepts(names):
        raw = sql.SQL("{}::{}").format(
            parameters.bind(payload.text), verbatim(routine.parameters[0].type)
        )
        return _invoke(routine, raw)
    given = [each for each in routine.parameters if each.name in names]
    if not given:
        return _invoke(routine, NOTHING)
    columns = [Column(each.name, each.type, None, is_key=False) for each in given]
    source = body_source(payload, columns, parameters, first_only=True)
    named = comma(
        sql.SQL("{}{} := {}").format(
            sql.SQL("VARIADIC ") if each.variadic else NOTHING,
            sql.Identifier(each.name),
            sql.Identifier("pgrst_body", each.name),
        )
        for each in given
    )
    return _invoke(routine, named, source + sql.SQL(", LATERAL "))


def _from_query(routine: Routine, query: Query, parameters: Parameters) -> Fragment:
    given = dict(query.arguments)
    return comma(
        sql.SQL("{}{} := {}::{}").format(
            sql.SQL("VARIADIC ") if each.variadic else NOTHING,
            sql.Identifier(each.name),
            parameters.bind(given[each.name]),
            verbatim(each.type),
        )
        for each in routine.parameters
        if each.name in given
    )


def _invoke(routine: Routine, arguments: Fragment, origin: Fragment = _FROM) -> Fragment:
    function = sql.Identifier(routine.schema, routine.name)
    if routine.returns in {Returns.ROW, Returns.ROWS}:
        return sql.SQL("SELECT pgrst_call.* {}{}({}) pgrst_call").format(
            origin, function, arguments
        )
    return sql.SQL(
        "SELECT pgrst_call.pgrst_scalar {}(SELECT {}({}) pgrst_scalar) pgrst_call"
    ).format(origin, function, arguments)


def _body(returns: Returns, *, single: bool) -> Fragment:
    if returns is Returns.VOID:
        return NO_BODY
    if returns is Returns.SCALAR or (returns is Returns.SCALARS and single):
        return _FIRST_SCALAR
    if returns is Returns.SCALARS:
        return _SCALARS_AS_ARRAY
    return FIRST_ROW if single or returns is Returns.ROW else ROWS_AS_ARRAY
