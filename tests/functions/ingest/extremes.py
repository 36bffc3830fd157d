"""Values that no column was made for, as texts of JSON: long, nested, huge, odd."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Final

_draw = random.Random(11)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."


def draw_text(length: int) -> str:
    """Give a text that no compression makes shorter, as a token is."""
    return "".join(_draw.choices(_LETTERS, k=length))


def draw_astral(length: int) -> str:
    """Give a text of characters of four bytes each."""
    return "".join(map(chr, _draw.choices(range(0x1F300, 0x1F600), k=length)))


EXTREMES: Final[Mapping[str, str]] = {
    "null": "null",
    "true": "true",
    "empty": '""',
    "257 characters": json.dumps(draw_text(257)),
    "2,700 characters": json.dumps(draw_text(2_700)),
    "100,000 characters": json.dumps(draw_text(100_000)),
    "2,000,000 characters": json.dumps(draw_text(2_000_000)),
    "256 of four bytes": json.dumps(draw_astral(256), ensure_ascii=False),
    "3,000 of four bytes": json.dumps(draw_astral(3_000), ensure_ascii=False),
    "a NUL": r'"a\u0000b"',
    "half a surrogate": r'"a\ud800"',
    "NaN as text": '"NaN"',
    "infinity as text": '"-Infinity"',
    "1e400 as text": '"1e400"',
    "-1": "-1",
    "0.1": "0.1",
    "2^63": str(2**63),
    "1e12": "1000000000000",
    "1e308": "1e308",
    "1e400": "1e400",
    "1e131071": "1e131071",
    "a number of 5,000 digits": "9" * 5_000,
    "a fraction of 16,000 digits": "0." + "3" * 16_000,
    "an empty list": "[]",
    "a list of null": "[null]",
    "a list of lists": '[["a"], ["b"]]',
    "5,000 texts": json.dumps([draw_text(20) for _ in range(5_000)]),
    "an empty map": "{}",
    "5,000 keys": json.dumps({draw_text(20): draw_text(20) for _ in range(5_000)}),
    "a map of 1e5000": '{"a": 1e5000}',
    "a map of lists": '{"input_uncached": [1], "output_text": {"a": -1}}',
    "nested 100 deep": "[" * 100 + "]" * 100,
    "nested 900 deep": '{"a":' * 900 + "1" + "}" * 900,
    "nested 5,000 deep": "[" * 5_000 + "]" * 5_000,
}
