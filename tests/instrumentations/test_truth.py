"""The comparison tells correct, unknown and wrong apart."""

from __future__ import annotations

from typing import Any

import pytest

from trials.instrumentations.truth import Verdict, judge, summarise

CALL: dict[str, Any] = {
    "provider": "openai",
    "operation": "chat",
    "request_model": "gpt-4o-mini",
    "response_model": "gpt-4o-mini-2024-07-18",
    "streamed": False,
    "ended": "complete",
    "error_type": None,
    "usage": {
        "input_tokens": 13,
        "output_tokens": 23,
        "total_tokens": 36,
        "cache_read_tokens": 0,
        "reasoning_tokens": 0,
    },
    "finish_reasons": ["stop"],
    "service_tier": "default",
}
NO_USAGE = CALL | {"usage": None, "streamed": True, "service_tier": None}
REFUSED = CALL | {
    "ended": "refused",
    "error_type": "rate_limit_exceeded",
    "usage": None,
    "response_model": None,
    "finish_reasons": [],
}
BROKEN = NO_USAGE | {"ended": "broken", "finish_reasons": []}
ABANDONED = NO_USAGE | {"ended": "abandoned", "finish_reasons": []}
RECORD: dict[str, Any] = {
    "start_ns": 1,
    "end_ns": 2,
    "counted": True,
    "usage_status": "reported",
    "status": "unset",
    "provider": "openai",
    "operation": "chat",
    "request_model": "gpt-4o-mini",
    "response_model": "gpt-4o-mini-2024-07-18",
    "input_tokens": 13,
    "output_tokens": 23,
    "total_tokens": 36,
    "finish_reasons": ["stop"],
    "service_tier": "default",
    "cost_usd": "0.00001575",
}
SILENT = {"start_ns": 1, "end_ns": 2, "counted": True, "usage_status": "unknown"}


def test_a_record_that_says_what_was_served_is_correct() -> None:
    """Every fact is correct, also a cache and a reasoning of nothing that nobody mentions."""
    verdicts = summarise(judge([RECORD], [CALL]))

    assert set(verdicts.values()) == {"correct"}


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("provider", "azure"),
        ("response_model", "gpt-4o"),
        ("input_tokens", 14),
        ("total_tokens", 59),
        ("cache_read_tokens", 1),
        ("reasoning_tokens", 64),
        ("streamed", True),
        ("finish_reasons", ["length"]),
        ("status", "error"),
        ("error_type", "RateLimitError"),
        ("service_tier", "priority"),
        ("cost_usd", "0.0000315"),
    ],
)
def test_a_fact_that_differs_from_the_served_is_wrong(fact: str, said: object) -> None:
    """One fact that differs is wrong, and no other is."""
    verdicts = summarise(judge([RECORD | {fact: said}], [CALL]))

    assert [name for name, verdict in verdicts.items() if verdict == "wrong"] == [fact]


@pytest.mark.parametrize("fact", ["provider", "response_model", "input_tokens", "finish_reasons"])
def test_an_absent_fact_is_unknown(fact: str) -> None:
    """A fact that a record lacks is unknown, and nothing is wrong."""
    verdicts = summarise(judge([RECORD | {fact: None}], [CALL]))

    assert verdicts[fact] == "unknown"
    assert "wrong" not in verdicts.values()


def test_money_is_judged_by_the_tier_that_served() -> None:
    """The standard price of a priority call is wrong, a missing cost or tier is unknown."""
    day = {"start_ns": 1_795_860_000 * 10**9}
    served = CALL | {"service_tier": "priority"}
    cheap, right = "0.00001575", "0.00002625"
    said = [
        RECORD | day | {"cost_usd": cost, "service_tier": tier}
        for cost, tier in ((cheap, None), (right, "priority"), (None, None))
    ]
    verdicts = [summarise(judge([record], [served])) for record in said]

    assert [each["cost_usd"] for each in verdicts] == ["wrong", "correct", "unknown"]
    assert [each["service_tier"] for each in verdicts] == ["unknown", "correct", "unknown"]


def test_bounds_of_a_cost_hold_the_true_one() -> None:
    """Bounds beside an unknown cost are wrong where the true cost lies without."""
    said = [
        RECORD | {"cost_usd": None, "cost_min_usd": least, "cost_max_usd": "0.00002"}
        for least in ("0.00001", "0.000018")
    ]

    assert [summarise(judge([each], [CALL]))["cost_usd"] for each in said] == ["unknown", "wrong"]


def test_an_estimate_is_wrong() -> None:
    """Where the provider sent no usage, only absent tokens are correct."""
    streamed = RECORD | {"streamed": True}
    estimated = summarise(judge([streamed], [NO_USAGE]))
    tokens = ("input_tokens", "output_tokens", "total_tokens", "cost_usd", "service_tier")
    absent = streamed | dict.fromkeys(tokens)
    honest = summarise(judge([absent | {"usage_status": "unknown"}], [NO_USAGE]))

    assert estimated["input_tokens"] == estimated["usage_status"] == "wrong"
    assert set(honest.values()) == {"correct"}


@pytest.mark.parametrize(
    ("served", "said", "status", "error_type"),
    [
        (REFUSED, {"status": "error", "error_type": "openai.RateLimitError"}, "correct", "correct"),
        (REFUSED, {"status": "error"}, "correct", "unknown"),
        (REFUSED, {"status": "error", "error_type": "timeout"}, "correct", "wrong"),
        (REFUSED, {"status": "error", "error_type": "AI_APICallError"}, "correct", "unknown"),
        (REFUSED, {}, "wrong", "unknown"),
        (BROKEN, {"status": "error", "error_type": "APIError"}, "correct", "correct"),
        (BROKEN, {}, "unknown", "unknown"),
        (BROKEN, {"status": "ok"}, "wrong", "unknown"),
        (ABANDONED, {"error_type": "abandoned"}, "correct", "correct"),
        (ABANDONED, {"status": "ok"}, "correct", "unknown"),
        (ABANDONED, {"status": "error"}, "wrong", "unknown"),
    ],
)
def test_how_a_call_ended(
    served: dict[str, Any], said: dict[str, Any], status: Verdict, error_type: Verdict
) -> None:
    """A failure that reads as success is wrong, and so is an error that was none."""
    verdicts = summarise(judge([SILENT | said], [served]))

    assert (verdicts["status"], verdicts["error_type"]) == (status, error_type)


@pytest.mark.parametrize(
    ("counted", "served", "verdict"),
    [(1, 1, "correct"), (2, 1, "wrong"), (1, 2, "wrong"), (0, 1, "unknown"), (0, 0, "correct")],
)
def test_calls_are_counted(counted: int, served: int, verdict: Verdict) -> None:
    """A call counted twice is wrong; spans that are not counted say nothing."""
    records = [RECORD] * counted + [RECORD | {"counted": False}]

    assert summarise(judge(records, [CALL] * served))["calls"] == verdict


def test_calls_are_compared_in_their_order() -> None:
    """The second call's tokens are held against what was served second."""
    cached = CALL | {"usage": CALL["usage"] | {"cache_read_tokens": 8}}
    second = RECORD | {"start_ns": 2, "cache_read_tokens": 8, "cost_usd": "0.00001515"}

    assert "wrong" not in summarise(judge([second, RECORD], [CALL, cached])).values()
    assert summarise(judge([second, RECORD], [cached, CALL]))["cache_read_tokens"] == "wrong"


def test_a_name_for_several_providers_leaves_open_which() -> None:
    """OpenTelemetry's name for any of Google's is unknown, another of Google's is wrong."""
    served = CALL | {"provider": "gcp.gemini", "operation": "generate_content"}
    said = {name: RECORD | {"provider": name} for name in ("gcp.gen_ai", "gcp.vertex_ai")}
    verdicts = {name: summarise(judge([record], [served])) for name, record in said.items()}

    assert verdicts["gcp.gen_ai"]["provider"] == "unknown"
    assert verdicts["gcp.vertex_ai"]["provider"] == "wrong"
    assert verdicts["gcp.gen_ai"]["operation"] == "correct"


def test_a_model_without_its_maker_leaves_open_which() -> None:
    """A name that was cut at its beginning is unknown, another one is wrong."""
    served = CALL | {"request_model": "us.anthropic.claude-3"}
    said = [RECORD | {"request_model": name} for name in ("claude-3", "laude-3")]
    verdicts = [summarise(judge([record], [served]))["request_model"] for record in said]

    assert verdicts == ["unknown", "wrong"]
