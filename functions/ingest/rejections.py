"""Spans that can never be accepted, by reason: what OTLP's partial success tells."""

from __future__ import annotations

from collections import Counter


class UnacceptableSpanError(Exception):
    """A span that no later attempt could store; the text says why, without any of its values.

    ``count`` is how many are lost with it, where several stand in the place of one.
    """

    def __init__(self, reason: str, count: int = 1) -> None:
        super().__init__(reason)
        self.count = count


class Rejections:
    """Counts rejected spans by reason."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()
        self._warnings: list[str] = []

    def __len__(self) -> int:
        return self._reasons.total()

    def add(self, reason: str, count: int = 1) -> None:
        """Count spans that are rejected for one reason."""
        self._reasons[reason] += count

    def warn(self, sentence: str) -> None:
        """Tell something of the request that costs no span."""
        self._warnings.append(sentence)

    def describe(self) -> str:
        """Give one sentence for each reason, the most frequent first, then the warnings."""
        reasons = (
            f"{count} of the spans: {reason}" for reason, count in self._reasons.most_common()
        )
        return " ".join([*reasons, *self._warnings])
