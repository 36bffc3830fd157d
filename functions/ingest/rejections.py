"""Spans that can never be accepted, by reason: what OTLP's partial success tells."""

from __future__ import annotations

from collections import Counter


class UnacceptableSpanError(Exception):
    """A span that no later attempt could store; the text says why, without any of its values."""


class Rejections:
    """Counts rejected spans by reason."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._reasons.total()

    def add(self, reason: str, count: int = 1) -> None:
        """Count spans that are rejected for one reason."""
        self._reasons[reason] += count

    def describe(self) -> str:
        """Give one sentence for each reason, the most frequent first."""
        return " ".join(
            f"{count} of the spans: {reason}" for reason, count in self._reasons.most_common()
        )
