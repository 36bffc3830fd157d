"""A tenant that forbids content has none, though the API captures it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from infra.local.throwaway import Database
from llm_observe import semconv
from tests.database.support.callers import administer
from tests.functions.conftest import run_api
from tests.functions.ingest.conftest import read_rows
from tests.functions.ingest.spans import JSON_TYPE, make_request, make_span, to_json

MARKER = "marker4711zebra"


@pytest.fixture(scope="module")
def capturing(
    settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes
) -> Iterator[str]:
    """The base URL of an API that captures content."""
    with run_api(
        settings, keys, data_api, free_port(), leashes, ALLOW_CONTENT_CAPTURE="true"
    ) as url:
        yield url


@pytest.mark.parametrize(("mode", "kept"), [("follow", True), ("off", False)])
def test_the_door_asks_the_tenant(
    capturing: str, database: Database, mode: str, *, kept: bool
) -> None:
    """It makes a digest in place of the prompt: none is sent to be left out by the database."""
    tenant = f"capture-{mode}"
    administer(database, tenant, "set_content_capture", by="dev", content_capture=mode)
    prompt = json.dumps([{"role": "user", "parts": [{"type": "text", "content": MARKER}]}])
    span = make_span(attributes={semconv.INPUT_MESSAGES: prompt})
    headers = {"content-type": JSON_TYPE, "x-tenant-id": tenant}
    answer = httpx.post(
        f"{capturing}/v1/traces", content=to_json(make_request(span)), headers=headers, timeout=30
    )
    (row,) = read_rows(database, "spans", tenant)
    contents = read_rows(database, "span_contents", tenant)

    assert answer.status_code == 200
    assert (len(contents), row["input_digest"] is None) == (int(kept), kept)
    assert MARKER not in json.dumps(row, default=str)
