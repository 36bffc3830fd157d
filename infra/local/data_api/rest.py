"""The Data API: tables and views under ``/rest/v1/``, functions under ``/rest/v1/rpc/``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from infra.local.data_api import answers
from infra.local.data_api.answers import Format
from infra.local.data_api.calls import call_statement
from infra.local.data_api.catalog import Catalog, Returns, Routine
from infra.local.data_api.database import SCHEMA, Database, Outcome, Work
from infra.local.data_api.errors import DataApiError, invalid_body, not_implemented
from infra.local.data_api.payload import Payload, parse_payload
from infra.local.data_api.preferences import Preferences, parse_preferences
from infra.local.data_api.query import Query, parse_query
from infra.local.data_api.reads import Window, read_statement
from infra.local.data_api.statement import Statement
from infra.local.data_api.tokens import Caller, Verifier
from infra.local.data_api.writes import delete_statement, insert_statement, update_statement

MAX_ROWS = 1000
"""Supabase's default."""
MAX_BODY_BYTES = 10 * 1024 * 1024

_Found = TypeVar("_Found")
_READS = frozenset({"GET", "HEAD"})
_WRITES = frozenset({"POST", "PATCH", "DELETE"})
_LIST_TYPES = frozenset(
    {"application/json", "application/*", "*/*", "application/vnd.pgrst.array+json", ""}
)
_SINGLE_TYPE = "application/vnd.pgrst.object+json"
_RANGE = re.compile(r"(\d+)-(\d*)")


@dataclass(frozen=True)
class Demand:
    """A request, understood: who asks for what, and in which form."""

    method: str
    caller: Caller
    query: Query
    prefer: Preferences
    format: Format
    settings: Mapping[str, str]


class RestApi:
    """Answers the requests that PostgREST would answer."""

    def __init__(self, database: Database, verifier: Verifier) -> None:
        self._database = database
        self._verifier = verifier

    async def on_relation(self, request: Request) -> Response:
        """Read or change a table or view; raises DataApiError."""
        name = request.path_params["name"]
        demand = self._understand(request, f"/{name}", arguments_allowed=False)
        if demand.method in _READS:
            return await self._read(request, demand, name)
        if demand.method not in _WRITES:
            raise DataApiError(405, "PGRST117", f"Unsupported HTTP method: {demand.method}")
        return await self._write(request, demand, name)

    async def on_routine(self, request: Request) -> Response:
        """Call a function; raises DataApiError."""
        name = request.path_params["name"]
        reads = request.method in _READS
        demand = self._understand(request, f"/rpc/{name}", arguments_allowed=reads)
        if not reads and demand.method != "POST":
            raise DataApiError(405, "PGRST101", f"Cannot use the {demand.method} method on RPC")
        payload = None if reads else await self._payload(request, demand.query, empty="{}")
        window = self._window(request, demand.query)

        def prepare(catalog: Catalog) -> tuple[Routine, Statement]:
            given = payload.keys if payload else (each for each, _ in demand.query.arguments)
            routine = catalog.routine(name, frozenset(given), raw_body=payload is not None)
            count, single = demand.prefer.count, demand.format.single
            return routine, call_statement(
                routine, payload, demand.query, window, count=count, single=single
            )

        routine, statement = await self._looked_up(prepare)
        read_only = reads or not routine.volatile
        outcome = await self._run(demand, statement, read_only=read_only, routine=routine)
        return answers.answer_call(
            outcome, window.offset, routine.returns, demand.prefer, demand.format
        )

    async def _read(self, request: Request, demand: Demand, name: str) -> Response:
        window = self._window(request, demand.query)
        count, single = demand.prefer.count, demand.format.single
        statement = await self._looked_up(
            lambda catalog: read_statement(
                catalog.relation(name), demand.query, window, count=count, single=single
            )
        )
        outcome = await self._run(demand, statement, read_only=True)
        return answers.answer_read(outcome, window.offset, demand.prefer, demand.format)

    async def _write(self, request: Request, demand: Demand, name: str) -> Response:
        query, prefer, single = demand.query, demand.prefer, demand.format.single
        _refuse_in_write(demand)
        if demand.method == "DELETE":
            statement = await self._looked_up(
                lambda catalog: delete_statement(
                    catalog.relation(name), query, prefer, single=single
                )
            )
            outcome = await self._run(demand, statement, read_only=False)
            return answers.answer_delete(outcome, prefer, demand.format)
        payload = await self._payload(request, query, empty=None)
        inserts = demand.method == "POST"
        build = insert_statement if inserts else update_statement
        statement = await self._looked_up(
            lambda catalog: build(catalog.relation(name), query, payload, prefer, single=single)
        )
        outcome = await self._run(demand, statement, read_only=False)
        answer = answers.answer_insert if inserts else answers.answer_update
        return answer(outcome, prefer, demand.format)

    def _understand(self, request: Request, path: str, *, arguments_allowed: bool) -> Demand:
        caller = self._verifier.identify(request.headers.get("authorization"))
        return Demand(
            method=request.method,
            caller=caller,
            query=parse_query(
                request.query_params.multi_items(), arguments_allowed=arguments_allowed
            ),
            prefer=parse_preferences(request.headers.getlist("prefer")),
            format=_negotiate(request),
            settings={
                "request.method": request.method,
                "request.path": path,
                "request.headers": json.dumps(dict(request.headers)),
                "request.cookies": json.dumps(request.cookies),
            },
        )

    async def _payload(self, request: Request, query: Query, *, empty: str | None) -> Payload:
        media_type = request.headers.get("content-type", "application/json").partition(";")[0]
        if media_type.strip().lower() != "application/json":
            raise invalid_body(f"Content-Type not acceptable: {media_type}")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                limit = f"The limit is {MAX_BODY_BYTES} bytes; send smaller batches."
                raise DataApiError(413, None, "Request size limit exceeded", hint=limit)
        return parse_payload(bytes(body), columns=query.columns, empty=empty)

    def _window(self, request: Request, query: Query) -> Window:
        """Intersect Range (GET only), limit, offset and the row maximum."""
        offset, end = query.offset or 0, None
        if query.limit is not None:
            end = offset + query.limit
        header = _RANGE.fullmatch(request.headers.get("range", ""))
        if header and request.method == "GET":
            offset = max(offset, int(header[1]))
            upper = int(header[2]) + 1 if header[2] else None
            end = min(each for each in (end, upper) if each is not None) if end or upper else None
        if end is not None and end <= offset and query.limit != 0:
            raise DataApiError(
                416,
                "PGRST103",
                "Requested range not satisfiable",
                details="The lower boundary must be lower than or equal to the upper boundary"
                " in the Range header.",
            )
        limit = MAX_ROWS if end is None else min(max(end - offset, 0), MAX_ROWS)
        return Window(limit, offset)

    async def _looked_up(self, look: Callable[[Catalog], _Found]) -> _Found:
        """Look into the catalog, and once more into a fresh one before saying it isn't there."""
        catalog = await self._database.catalog()
        try:
            return look(catalog)
        except DataApiError as error:
            if not str(error.body["code"]).startswith("PGRST2"):
                raise
        return look(await self._database.read_catalog(catalog))

    async def _run(
        self,
        demand: Demand,
        statement: Statement,
        *,
        read_only: bool,
        routine: Routine | None = None,
    ) -> Outcome:
        work = Work(
            demand.caller,
            statement,
            read_only,
            demand.settings,
            routine.settings if routine else {},
        )
        limited = demand.method in {"PATCH", "DELETE"} or routine is not None

        def accept(outcome: Outcome) -> None:
            if demand.format.single and not (routine and routine.returns is Returns.VOID):
                _expect_one(outcome)
            most = demand.prefer.max_affected
            if limited and most is not None and outcome.page > most:
                raise DataApiError(
                    400,
                    "PGRST124",
                    "Query result exceeds max-affected preference constraint",
                    details=f"The query affects {outcome.page} rows",
                )

        return await self._database.run(work, accept)


def _expect_one(outcome: Outcome) -> None:
    if outcome.page != 1:
        raise DataApiError(
            406,
            "PGRST116",
            "Cannot coerce the result to a single JSON object",
            details=f"The result contains {outcome.page} rows",
        )


def _refuse_in_write(demand: Demand) -> None:
    query = demand.query
    if query.order or query.limit is not None or query.offset is not None:
        raise not_implemented("order, limit and offset on writes")
    if demand.method == "POST" and query.conditions:
        raise not_implemented("filters on inserts")
    if demand.method != "POST" and not query.conditions:
        # Supabase loads the extension safeupdate for authenticator; its words, its SQLSTATE.
        verb = "UPDATE" if demand.method == "PATCH" else "DELETE"
        raise DataApiError(400, "21000", f"{verb} requires a WHERE clause")


def _negotiate(request: Request) -> Format:
    """Choose schema and media type; raises DataApiError 406."""
    reads = request.method in _READS
    profile = request.headers.get("accept-profile" if reads else "content-profile")
    if profile is not None and profile != SCHEMA:
        hint = f"Only the following schemas are exposed: {SCHEMA}"
        raise DataApiError(406, "PGRST106", f"Invalid schema: {profile}", hint=hint)
    accepted = request.headers.get("accept", "*/*")
    head = request.method == "HEAD"
    for media_range in accepted.split(","):
        media_type, _, parameters = media_range.strip().lower().partition(";")
        if "nulls=stripped" in parameters:
            continue
        if media_type == _SINGLE_TYPE or media_type in _LIST_TYPES:
            return Format(media_type == _SINGLE_TYPE, profile, head)
    hint = f"The local Data API answers application/json and {_SINGLE_TYPE}."
    raise DataApiError(
        406, "PGRST107", f"None of these media types are available: {accepted}", hint=hint
    )
