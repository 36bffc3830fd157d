"""Names that have been promised from the beginning: paths, fields, a header, settings, commands.

None of them is ever renamed or taken away; the API's document only grows.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.local.settings import Settings as StackSettings
from llm_observe.config import read_settings
from llm_observe.content import Content, Message
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceSpan
from llm_observe.privacy.protection import DigestKey
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe

ROOT = Path(__file__).parents[2]
API: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text())
ROUTES = [
    ("get", "/health"),
    ("get", "/spans"),
    ("get", "/traces"),
    ("get", "/traces/{trace_id}"),
    ("get", "/metrics"),
    ("post", "/demo/run"),
    ("post", "/demo/fake_app"),
]
SPAN = {
    "trace_id": "string",
    "span_id": "string",
    "parent_span_id": "string",
    "model": "string",
    "prompt_tokens": "integer",
    "completion_tokens": "integer",
    "total_tokens": "integer",
    "cost_usd": "number",
    "tenant_id": "string",
    "start_time": "string",
    "duration_ms": "number",
}
TRACE = {
    "trace_id": "string",
    "tenant_id": "string",
    "total_cost_usd": "number",
    "total_tokens": "integer",
    "span_count": "integer",
    "root_span_name": "string",
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_each_promised_route_is_there(method: str, path: str) -> None:
    """With its method, and an answer of its own."""
    assert "200" in API["paths"][path][method]["responses"]


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1] != "/health"])
def test_each_of_a_tenant_takes_the_header(method: str, path: str) -> None:
    """``x-tenant-id`` says whose data is meant where a credential may speak for several."""
    parameters = API["paths"][path][method]["parameters"]

    assert ("header", "x-tenant-id") in {(each["in"], each["name"]) for each in parameters}


def test_the_dashboard_forwards_the_header() -> None:
    """What a browser sends as the tenant reaches the API."""
    proxy = (ROOT / "ui/src/lib/proxy.ts").read_text()

    assert re.search(r'FORWARDED_REQUEST_HEADERS = \[[^]]*"x-tenant-id"', proxy)


@pytest.mark.parametrize(
    ("page", "schema", "fields"),
    [("/spans", "SpanSummary", SPAN), ("/traces", "TraceSummary", TRACE)],
)
def test_each_promised_field_is_listed(page: str, schema: str, fields: dict[str, str]) -> None:
    """Every row of a list has it, of the same type, if only null."""
    found = API["components"]["schemas"][schema]
    answer = API["paths"][page]["get"]["responses"]["200"]["content"]["application/json"]
    listed = API["components"]["schemas"][answer["schema"]["$ref"].rpartition("/")[2]]

    assert f"#/components/schemas/{schema}" in json.dumps(listed)
    assert fields.keys() <= set(found["required"])
    assert {name: read_type(found["properties"][name]) for name in fields} == fields


def test_content_is_kept_only_when_it_was_allowed() -> None:
    """Digests by default; with ALLOW_CONTENT_CAPTURE, 500 characters in and 1,000 out."""
    closed, opened = keep({}), keep({"ALLOW_CONTENT_CAPTURE": "true"})

    assert (closed.input, closed.output) == (None, None)
    assert re.fullmatch(r"h1:k:[\w-]+", closed.input_digest or "")
    assert [len(opened.input[0]["parts"][0]["content"])] == [500]
    assert [len(opened.output[0]["parts"][0]["content"])] == [1000]


def test_the_exporters_have_their_names() -> None:
    """Beside Supabase, spans go to the console and to any OTLP receiver."""
    settings = read_settings({"LLM_OBSERVE_EXPORTERS": "console,otlp"})

    assert set(settings.exporters) == {"console", "otlp"}


@pytest.mark.parametrize("label", ["Run Demo", "Run Fake App"])
def test_the_dashboard_has_the_buttons(label: str) -> None:
    """They are the first thing that a visitor presses."""
    sources = (ROOT / "ui/src/features/demo").rglob("*.ts*")
    texts = [path.read_text() for path in sources if ".test." not in path.name]

    assert any(f'label: "{label}"' in text for text in texts)


@pytest.mark.parametrize("target", ["test", "lint", "format"])
def test_make_has_the_targets(target: str) -> None:
    """Each is described, so that ``make help`` shows it."""
    assert re.search(rf"^{target}:.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_stack_listens_where_it_always_did() -> None:
    """The API on 8000, the dashboard on 3000."""
    settings = StackSettings()

    assert (settings.api_port, settings.ui_port) == (8000, 3000)


def keep(environment: dict[str, str]) -> SpanRecord:
    """Give what is kept of a call whose input and output are long."""
    long = "word " * 1000
    message: Message = {"role": "user", "parts": [{"type": "text", "content": long}]}
    return transcribe(
        SourceSpan(
            trace_id="0" * 31 + "1",
            span_id="0" * 15 + "1",
            parent_span_id=None,
            name="chat",
            kind="client",
            start_ns=0,
            end_ns=1,
        ),
        Content(input=[message], output=[message]),
        tenant="any",
        key=DigestKey(kid="k", secret=bytes(32)),
        prices=load_prices(),
        settings=read_settings(environment),
    )


def read_type(schema: dict[str, Any]) -> str:
    """Give a field's type, whether or not it may be null."""
    kinds = [each.get("type") for each in schema.get("anyOf", [schema])]
    return next(str(kind) for kind in kinds if kind != "null")
