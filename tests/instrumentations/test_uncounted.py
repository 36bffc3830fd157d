"""No recorded span tells of tokens in vain: it is a call, or it is told that it is none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from functions.ingest.otlp_json import decode_json
from functions.ingest.rejections import Rejections
from llm_observe.dialects import read
from trials.instrumentations.fixtures import read_fixtures

COUNT = re.compile(
    r"(input|output|prompt|completion|total)_?tokens?$|token_count\.\w+$", re.IGNORECASE
)
"""The end of a key of a count, looked for apart from what reads them."""
FIXTURES = list(read_fixtures())


def tells_tokens(key: str, value: Any) -> bool:
    """Whether an attribute is a count of tokens that were used."""
    counts = type(value) in {int, float} and value > 0
    return counts and COUNT.search(key) is not None and "max" not in key


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda each: each["library"])
def test_a_span_with_tokens_counts_or_tells_why_not(fixture: dict[str, Any]) -> None:
    """The next convention's spans that nobody counts are found here."""
    in_vain = [
        (scenario["name"], span.scope, span.name)
        for scenario in fixture["scenarios"]
        for span in decode_json(json.dumps(scenario["request"]).encode(), Rejections())
        if any(tells_tokens(key, value) for key, value in span.attributes.items())
        and not ((reading := read(span)).countable or reading.usage_uncounted)
    ]

    assert in_vain == []
