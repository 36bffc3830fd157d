"""How large an answer may be: Lambda returns at most 6 MB, and everything beyond is a 500.

The body counts as text inside the function's result, where each quote, backslash and character
beyond ASCII takes more room than in the body.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

MOST_BYTES: Final = 5_700_000
"""Leaves half a megabyte for the headers and for what stands around a list."""


def measure(value: BaseModel | Mapping[str, Any]) -> int:
    """Give the bytes that a part of a body takes in the function's result, with its comma."""
    if isinstance(value, BaseModel):
        text = value.model_dump_json()
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return len(json.dumps(text)) - len('""') + len(",")


def cut_rows(rows: Sequence[dict[str, Any]], most_bytes: int = MOST_BYTES) -> list[dict[str, Any]]:
    """Give the first rows that fit into an answer, or a part of one; at least one."""
    left = most_bytes
    for number, row in enumerate(rows):
        left -= measure(row)
        if left < 0:
            return list(rows[: max(number, 1)])
    return list(rows)
