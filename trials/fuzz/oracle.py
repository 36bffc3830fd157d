"""What must hold of any request: two refusals at most, rows that Postgres takes, no span lost."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from functions.common.errors import BadRequestError, BodyTooLargeError
from functions.ingest.json_body import parse_json
from functions.ingest.otlp_json import decode_json
from functions.ingest.protobuf import decode_protobuf
from functions.ingest.rejections import Rejections
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceSpan
from llm_observe.privacy.protection import DigestKey
from llm_observe.transcription import transcribe

CLOSED: Final = Settings()
OPEN: Final = replace(CLOSED, capture_content=True, user_ids="pseudonym")
_KEY: Final = DigestKey("k1", bytes(32))
_COUNTS: Final = ("input_tokens", "output_tokens", "total_tokens", "cache_read_tokens")
_DECODERS: Final[tuple[Callable[[bytes, Rejections], Iterator[SourceSpan]], ...]] = (
    decode_json,
    decode_protobuf,
)


def judge_body(encoding: int, body: bytes) -> None:
    """Read a body as one encoding (0 JSON, 1 protobuf) and judge what it holds.

    Raises:
        AssertionError: if a row would cost its batch; whatever else is raised is a bug, too.
    """
    rejections, stored = Rejections(), 0
    try:
        for span in _DECODERS[encoding](body, rejections):
            judge_span(span)
            stored += 1
    except (BadRequestError, BodyTooLargeError):
        return
    sent = count_spans(parse_json(body)) if encoding == 0 else 0
    assert stored + len(rejections) >= sent, "spans are neither stored nor named"


def count_spans(value: Any) -> int:
    """Count objects with a span's id in whatever spelling, knowing nothing else of OTLP.

    What is within one is its own: links and events are.
    """
    count, coming = 0, [value]
    while coming:
        held = coming.pop()
        if isinstance(held, list):
            coming += held
        elif isinstance(held, dict):
            if any(name.replace("_", "").lower() == "spanid" for name in held):
                count += 1
            else:
                coming += held.values()
    return count


def judge_span(span: SourceSpan) -> None:
    """Transcribe a span with content closed and open, and judge the rows.

    Raises:
        AssertionError: if one would cost its batch.
    """
    for settings in (CLOSED, OPEN):
        record = transcribe(span, tenant="fuzz", key=_KEY, prices=load_prices(), settings=settings)
        judge_row(record.to_row())


def judge_row(row: dict[str, Any]) -> None:
    """Judge a row by the rules of jsonb and by the checks of ``public.spans``.

    Raises:
        AssertionError: if Postgres would refuse it.
    """
    json.dumps(row, allow_nan=False)
    _judge_value(row)
    assert 0 <= row["start_ns"] <= row["end_ns"] < 4_102_444_800_000_000_000
    assert len(row["name"]) <= 256
    assert all(row.get(name) is None or 0 <= row[name] < 2**63 for name in _COUNTS)
    assert all(isinstance(text, str) for text in row.get("finish_reasons", []))
    assert 0 <= float(row.get("cost_usd", 0)) < math.inf
    assert 0 <= float(row.get("time_to_first_token_ms", 0)) < math.inf


def _judge_value(value: Any) -> None:
    """See that jsonb takes it: https://www.postgresql.org/docs/current/datatype-json.html."""
    if isinstance(value, str):
        assert "\0" not in value
        value.encode()  # a lone surrogate is no UTF-8
    elif isinstance(value, int):
        assert abs(value) < 2**63
    elif isinstance(value, dict):
        for key, item in value.items():
            _judge_value(key)
            _judge_value(item)
    elif isinstance(value, list):
        for item in value:
            _judge_value(item)
