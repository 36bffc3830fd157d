"""The measured numbers: times from the benches' pages, bytes from ``measured_bytes.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.settings import REPOSITORY

BYTES: Final = Path(__file__).with_name("measured_bytes.json")
_DOCS: Final = REPOSITORY / "docs"
_SMALL: Final = "### 6 spans a request x 8 clients"
_APP: Final = r"- llm-observe, app alone: data_api ([\d.]+), app ([\d.]+), Postgres ([\d.]+)"


class MeasureError(RuntimeError):
    """A page no longer holds a number that is needed; the message says which."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers that go in; ``PLACES`` has the unit and the page of each."""

    function_ms_a_span: float
    database_ms_a_span: float
    start_ms: float
    added_ms: float
    read_ms: float
    stored_bytes_a_span: float
    sent_bytes_a_span: float
    spans_a_call: float


PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "function_ms_a_span": ("ms of processor time, in requests of six spans", "bench-ingest.md"),
    "database_ms_a_span": ("ms of processor time, Data API and Postgres", "bench-ingest.md"),
    "start_ms": ("ms of processor time, the slowest of those that read", "bench-lambda.md"),
    "added_ms": ("ms that the library adds to a billed invocation", "bench-lambda.md"),
    "read_ms": ("ms until the Data API's answer, the slowest of four reads", "bench-access.md"),
    "stored_bytes_a_span": ("bytes on disk, indexes and traces with it", "the sample's week"),
    "sent_bytes_a_span": ("bytes as JSON", "the sample's week"),
    "spans_a_call": ("spans", "the sample's week"),
}
"""Of each number its unit and where it was measured."""


def load_measured() -> Measured:
    """Read the pages and the file.

    Raises:
        MeasureError: if a page has changed its form.
    """
    ingest, on_lambda, access = map(_read, ("bench-ingest", "bench-lambda", "bench-access"))
    data_api, app, postgres = _find(ingest[ingest.index(_SMALL) :], _APP)
    starts = re.findall(r"^\| (?!bare|Demo)\w+Function \| (\d+) \|", on_lambda, re.MULTILINE)
    requests = access[access.index("Whole requests") :]
    reads = re.findall(r"^\| [^|]+ \| ([\d.]+) \|", requests, re.MULTILINE)
    [added] = _find(on_lambda, r"\| 5 ms \| after the response .*\| \+([\d.]+) \[[^|]*\] \|$")
    if not starts or not reads:
        raise MeasureError("bench-lambda.md or bench-access.md lost its table.")
    stored = json.loads(BYTES.read_text(encoding="utf-8"))
    return Measured(
        function_ms_a_span=app,
        database_ms_a_span=data_api + postgres,
        start_ms=max(map(float, starts)),
        added_ms=added,
        read_ms=max(map(float, reads[:4])),
        stored_bytes_a_span=stored["stored_bytes"] / stored["spans"],
        sent_bytes_a_span=stored["json_bytes"] / stored["spans"],
        spans_a_call=stored["spans"] / stored["calls"],
    )


def _read(page: str) -> str:
    return (_DOCS / f"{page}.md").read_text(encoding="utf-8")


def _find(text: str, pattern: str) -> tuple[float, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise MeasureError(f"No line of the benches' pages is like {pattern}")
    return tuple(map(float, found.groups()))
