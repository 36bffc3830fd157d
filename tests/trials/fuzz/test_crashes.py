"""What the fuzz once found stays repaired, and the fuzz sees what it is there to see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llm_observe import semconv
from tests.functions.ingest.spans import make_request, make_span, to_any, to_json
from trials.fuzz.inputs import TEXTS, judge
from trials.fuzz.oracle import judge_body, judge_row
from trials.fuzz.seeds import list_crashes, list_words, write_seeds

WORDS = list_words()
ODD: list[dict[str, Any]] = [
    *[{"intValue": str(number)} for number in (0, -1, 2**53, 2**63 - 1, -(2**63))],
    *[{"doubleValue": number} for number in (-1.5, 21.0, 1e308, "NaN")],
    {"boolValue": True},
    {"bytesValue": "AAAA"},
    {"arrayValue": {"values": [{"kvlistValue": {}}, {"stringValue": "x"}, {}]}},
    {"kvlistValue": {"values": [{"key": "parts", "value": {"intValue": "1"}}]}},
]


@pytest.mark.parametrize("crash", list_crashes(), ids=lambda crash: crash.name)
def test_every_known_crash_is_read(crash: Path) -> None:
    """Each input that the fuzz found."""
    judge(crash.read_bytes(), WORDS)


def test_every_seed_is_read(tmp_path: Path) -> None:
    """The fuzz begins with good and with poisonous requests, and none of them is a crash."""
    assert write_seeds(tmp_path) > 100
    for seed in tmp_path.iterdir():
        judge(seed.read_bytes(), WORDS)


@pytest.mark.parametrize("value", [*map(to_any, TEXTS), *ODD], ids=lambda value: str(value)[:40])
def test_every_name_that_a_dialect_knows_bears_every_value(value: dict[str, Any]) -> None:
    """Alone in a model call, and with all the others."""
    call = {"key": semconv.OPERATION_NAME, "value": {"stringValue": "chat"}}
    pairs = [{"key": word, "value": value} for word in WORDS]
    spans = [make_span() | {"attributes": [call, pair]} for pair in pairs]
    spans += [make_span() | {"attributes": each} for each in (pairs, [*pairs, call])]
    judge_body(0, to_json(make_request(*spans)))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a\0"},
        {"attributes": {"a": ["\ud800"]}},
        {"attributes": {"a": float("nan")}},
        {"attributes": {"a": 2**63}},
        {"end_ns": 0},
        {"input_tokens": -1},
    ],
)
def test_a_row_that_postgres_refuses_is_seen(change: dict[str, object]) -> None:
    """The oracle is no use if it accepts everything."""
    row = {"name": "chat", "start_ns": 1, "end_ns": 2, "attributes": {}}
    judge_row(row)
    with pytest.raises((AssertionError, ValueError)):
        judge_row(row | change)
