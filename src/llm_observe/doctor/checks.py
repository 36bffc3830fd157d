"""A check and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """How one check ended, in words without a secret; ``action`` is what to do, where something is.

    ``skipped``: what it needs failed before, or is not set.
    """

    name: str
    status: Status
    message: str
    action: str | None = None


def has_failed(checks: Iterable[Check]) -> bool:
    """Whether one of them failed; a warning is no failure."""
    return any(check.status == "failed" for check in checks)
