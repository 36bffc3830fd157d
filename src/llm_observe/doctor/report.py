"""The report: a line a check and what to do, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from llm_observe.doctor.checks import Check, Status

_MARKS: Final[Mapping[Status, str]] = {
    "ok": "ok      ",
    "warning": "warning ",
    "failed": "FAILED  ",
    "skipped": "skipped ",
}


def write_text(checks: Sequence[Check]) -> str:
    """Write a line a check, what to do indented below it, and how many failed."""
    width = max(len(check.name) for check in checks)
    lines = [line for check in checks for line in _write_lines(check, width)]
    return "\n".join([*lines, "", _sum_up(checks)]) + "\n"


def write_json(checks: Iterable[Check]) -> str:
    """Write what `GET /setup` answers, for scripts."""
    return json.dumps({"checks": [asdict(check) for check in checks]}, indent=2) + "\n"


def _write_lines(check: Check, width: int) -> list[str]:
    head = f"{_MARKS[check.status]}{check.name:{width}}  "
    lines = [head + check.message]
    if check.action is not None:
        lines.append(" " * len(head) + check.action)
    return lines


def _sum_up(checks: Sequence[Check]) -> str:
    counts = {status: sum(check.status == status for check in checks) for status in _MARKS}
    if counts["failed"]:
        first = next(check.name for check in checks if check.status == "failed")
        return f"{counts['failed']} failed; begin with {first}."
    if counts["warning"]:
        return f"Nothing failed; warnings: {counts['warning']}."
    return "All is well."
