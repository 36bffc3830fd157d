"""Libraries that told of the same call agree in each fact that both know, whatever the tier was."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from functions.ingest.otlp_json import decode_json
from functions.ingest.rejections import Rejections
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.cost.tiers import normalize_tier
from llm_observe.transcription import transcribe
from trials.instrumentations.fixtures import read_fixtures
from trials.instrumentations.shortcomings import SHORTCOMINGS
from trials.instrumentations.truth import TOKENS, judge

Row = dict[str, Any]
LACKING = {library for library, _ in SHORTCOMINGS}
FACTS = (*TOKENS, "response_model", "service_tier", "cost_usd")
SAME = ("provider", "operation", "request_model", "response_model", "service_tier", "ended")
TIER = re.compile(r"""(service_?[tT]ier.{1,32}?[\\"'])(?:default|standard|priority)\b""")
"""What a span says of the tier that served, in a key, in JSON, or in JSON within JSON."""


def read_calls(scenario: Row, tier: str | None = None) -> Iterator[tuple[Row, Row, str]]:
    """Give each call of a scenario as an instrumentation told it, and as it was served."""
    text, served = json.dumps(scenario["request"]), scenario["served"]
    if tier:
        text = TIER.sub(rf"\g<1>{tier}", text)
        usual = {"default": tier, "standard": tier, "priority": tier}
        tiers = [usual.get(each["service_tier"], each["service_tier"]) for each in served]
        served = [each | {"service_tier": one} for each, one in zip(served, tiers, strict=True)]
    by_scope = defaultdict(list)
    for span in decode_json(text.encode(), Rejections()):
        record = transcribe(
            span, tenant="t", key=None, prices=load_prices(), settings=Settings()
        ).to_row()
        if record.get("countable"):
            by_scope[span.scope].append(record | {"counted": True})
    for scope, rows in by_scope.items():
        rows.sort(key=lambda row: row["start_ns"])
        if len(rows) == len(served):
            yield from ((row, call, scope) for row, call in zip(rows, served, strict=True))


@cache
def group_tellings() -> dict[str, list[tuple[str, Row]]]:
    """Give all rows of calls to which the provider answered the same, by library."""
    groups = defaultdict(list)
    for fixture in read_fixtures():
        for scenario in fixture["scenarios"]:
            # What is wrong of one scope's spans is so where another's are counted, too.
            if fixture["library"] in LACKING and scenario["name"].endswith("priority"):
                continue
            for row, call, scope in read_calls(scenario):
                same = [call[name] for name in SAME]
                key = json.dumps([*same, call["usage"]], sort_keys=True)
                groups[key].append((f"{fixture['library']} {scenario['name']} {scope}", row))
    return groups


def tell(row: Row, fact: str) -> object:
    """What a row knows of a fact: nothing cached and nothing told of a cache are the same."""
    value = row.get(fact)
    return normalize_tier(value) if fact == "service_tier" and value else value or None


def test_two_libraries_never_differ_in_a_known_fact() -> None:
    """Of each pair of tellings of the same call, where both know a fact."""
    differ = [
        (fact, one, other)
        for tellings in group_tellings().values()
        for (one, first), (other, second) in combinations(tellings, 2)
        for fact in FACTS
        if None not in (tell(first, fact), tell(second, fact))
        and tell(first, fact) != tell(second, fact)
    ]

    assert differ == []
    assert sum(len(tellings) > 1 for tellings in group_tellings().values()) > 20


def test_a_known_cost_lies_within_the_bounds_of_others() -> None:
    """What one library leaves open, another tells."""
    outside = [
        (one, other)
        for tellings in group_tellings().values()
        for one, first in tellings
        for other, second in tellings
        if second.get("cost_min_usd") is not None and first.get("cost_usd") is not None
        if not Decimal(second["cost_min_usd"])
        <= Decimal(first["cost_usd"])
        <= Decimal(second["cost_max_usd"])
    ]

    assert outside == []


@pytest.mark.parametrize("tier", ["priority", "flex", "batch"])
def test_a_tier_that_a_span_tells_is_the_tier_that_is_priced(tier: str) -> None:
    """Wherever a recorded answer's tier stands, another in its place has its own price."""
    told, providers = 0, set()
    for fixture in read_fixtures():
        for scenario in fixture["scenarios"]:
            for row, call, scope in read_calls(scenario, tier):
                place = fixture["library"], scenario["name"], scope
                if row.get("service_tier") is not None and call["service_tier"]:
                    wrong = [each for each in judge([row], [call]) if each.verdict == "wrong"]
                    assert wrong == [], place
                    told += 1
                    providers.add(call["provider"])

    assert told > 100
    assert providers >= {"openai", "anthropic", "aws.bedrock", "gcp.vertex_ai"}
