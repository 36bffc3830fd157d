"""From a statement's outcome to an HTTP answer: status, Content-Range, headers, body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from infra.local.data_api.catalog import Returns
from infra.local.data_api.database import Outcome
from infra.local.data_api.errors import DataApiError
from infra.local.data_api.preferences import Preferences

_OUT_OF_RANGE = 416
_NO_CONTENT = 204


@dataclass(frozen=True)
class Format:
    """The body of an answer: one object or a list, under which schema's name, or no body."""

    single: bool
    profile: str | None
    head: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Content-Type, and Content-Profile where the caller named a schema."""
        media_type = "vnd.pgrst.object+json" if self.single else "json"
        headers = {"Content-Type": f"application/{media_type}; charset=utf-8"}
        return {**headers, "Content-Profile": self.profile} if self.profile else headers


def answer_read(outcome: Outcome, offset: int, prefer: Preferences, format_: Format) -> Response:
    """Answer a GET or HEAD on a table or view."""
    headers = {
        "Content-Range": content_range(offset, offset + outcome.page - 1, outcome.total),
        **format_.headers,
        **prefer.applied(["count"]),
    }
    status = _page_status(outcome, offset)
    return _finish(outcome, status, headers, "" if format_.head else outcome.body)


def answer_call(
    outcome: Outcome, offset: int, returns: Returns, prefer: Preferences, format_: Format
) -> Response:
    """Answer a call; a void function has nothing to say."""
    headers = {
        "Content-Range": content_range(offset, offset + outcome.page - 1, outcome.total),
        **prefer.applied(["count", "max-affected"]),
    }
    if returns is Returns.VOID:
        return _finish(outcome, _NO_CONTENT, headers, "")
    status = _page_status(outcome, offset)
    body = "" if format_.head else outcome.body
    return _finish(outcome, status, {**headers, **format_.headers}, body)


def answer_insert(outcome: Outcome, prefer: Preferences, format_: Format) -> Response:
    """Answer a POST on a table: 201, or 200 for an upsert that only updated."""
    merged = prefer.resolution == "merge-duplicates" and (outcome.inserted or 0) <= 0
    headers = {
        "Content-Range": content_range(1, 0, outcome.page if prefer.count else None),
        **prefer.applied(["resolution", "missing", "return", "count"]),
    }
    return _changed(outcome, 200 if merged else 201, headers, prefer, format_)


def answer_update(outcome: Outcome, prefer: Preferences, format_: Format) -> Response:
    """Answer a PATCH on a table."""
    total = outcome.page if prefer.count else None
    headers = {
        "Content-Range": content_range(0, outcome.page - 1, total),
        **prefer.applied(["missing", "return", "count", "max-affected"]),
    }
    status = 200 if prefer.representation else _NO_CONTENT
    return _changed(outcome, status, headers, prefer, format_)


def answer_delete(outcome: Outcome, prefer: Preferences, format_: Format) -> Response:
    """Answer a DELETE on a table."""
    headers = {
        "Content-Range": content_range(1, 0, outcome.page if prefer.count else None),
        **prefer.applied(["return", "count", "max-affected"]),
    }
    status = 200 if prefer.representation else _NO_CONTENT
    return _changed(outcome, status, headers, prefer, format_)


def content_range(first: int, last: int, total: int | None) -> str:
    """Write a Content-Range: ``0-9/30``, ``*/0``, ``0-9/*``."""
    rows = f"{first}-{last}" if total != 0 and first <= last else "*"
    return f"{rows}/{'*' if total is None else total}"


def _page_status(outcome: Outcome, offset: int) -> int:
    """Judge the page against the total; raises DataApiError 416 PGRST103."""
    if outcome.total is None:
        return 200
    if offset > outcome.total:
        details = f"An offset of {offset} was requested, but there are only {outcome.total} rows."
        raise DataApiError(
            _OUT_OF_RANGE,
            "PGRST103",
            "Requested range not satisfiable",
            details=details,
            headers={"Content-Range": content_range(1, 0, outcome.total)},
        )
    return 206 if outcome.page < outcome.total else 200


def _changed(
    outcome: Outcome, status: int, headers: Mapping[str, str], prefer: Preferences, format_: Format
) -> Response:
    if not prefer.representation:
        return _finish(outcome, status, headers, "")
    return _finish(outcome, status, {**headers, **format_.headers}, outcome.body)


def _finish(outcome: Outcome, status: int, headers: Mapping[str, str], body: str) -> Response:
    """Let ``response.status`` and ``response.headers``, set by SQL, override ours."""
    response = Response(body or None, status_code=_status_set(outcome) or status, headers=headers)
    for name, value in _headers_set(outcome):
        response.headers[name] = value
    return response


def _status_set(outcome: Outcome) -> int | None:
    if outcome.status is None:
        return None
    try:
        return int(outcome.status)
    except ValueError:
        raise DataApiError(
            500, "PGRST112", "response.status guc must be a valid status code"
        ) from None


def _headers_set(outcome: Outcome) -> list[tuple[str, str]]:
    try:
        entries = json.loads(outcome.headers or "[]")
        pairs = [(name, value) for entry in entries for name, value in entry.items()]
        if all(len(entry) == 1 for entry in entries) and all(isinstance(v, str) for _, v in pairs):
            return pairs
    except (ValueError, TypeError, AttributeError):
        pass
    raise DataApiError(
        500,
        "PGRST111",
        "response.headers guc must be a JSON array composed of objects with a single key"
        " and a string value",
    )
