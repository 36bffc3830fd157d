"""A filter that the database gives up on: the caller is told which term to narrow."""

from __future__ import annotations

import time

import httpx
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner
from tests.functions.conftest import Call

_PATIENCE_SECONDS = 20


@pytest.fixture
def hurried(database: Database, call: Call) -> None:
    """Lists and sums that have a millisecond, which no plan is made in."""
    with connect_as_owner(database) as owner:
        for name in ("list_spans(jsonb)", "list_traces(jsonb)", "query_metrics"):
            owner.execute(f"alter function public.{name} set statement_timeout = '1ms'")
        owner.execute("notify pgrst, 'reload schema'")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while call("GET", "/spans").status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def read_message(answer: httpx.Response) -> str:
    message: str = answer.json()["error"]["message"]
    return message


@pytest.mark.usefixtures("hurried")
def test_the_dearest_term_is_named(call: Call) -> None:
    """400, since the same request would fail again; 503 where no term could be narrowed."""
    for path, text, dearest in (
        ("/spans", "model:gpt-5 refund", "text"),
        ("/spans", "started>2026-11-01 (model:gpt-5 OR -has:content)", "content"),
        ("/spans", "started>2026-11-01 -model:gpt-5", "model"),
        ("/traces", "model:gpt-5 tag:plan:pro", "tag:plan"),
        ("/metrics", "model:gpt-5 cost>0.1 refund", "text"),
    ):
        answer = call("GET", path, filter=text)
        assert answer.status_code == 400, answer.text
        assert f"the dearest term is {dearest}. Ask of less time" in read_message(answer)
    for query in ({}, {"filter": "started>2026-11-01"}):
        assert call("GET", "/traces", **query).status_code == 503
