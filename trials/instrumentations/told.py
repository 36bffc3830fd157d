"""What a provider's answer told its client, whatever the protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Told:
    """The facts of one answer; ``_calls`` maps a call's place to its name and arguments' text."""

    model: str | None = None
    id: str | None = None
    usage: dict[str, int] | None = None
    service_tier: str | None = None
    finish_reasons: list[str] = field(default_factory=list)
    _calls: dict[int, list[str]] = field(default_factory=dict)

    def add_call(self, place: int, name: str | None, arguments: str | None) -> None:
        """Add a call, or a further piece of one that is streamed."""
        call = self._calls.setdefault(place, ["", ""])
        call[0] += name or ""
        call[1] += arguments or ""

    def calls(self) -> list[dict[str, Any]]:
        """Give the tool calls, with parsed arguments, None where a stream ended within them."""
        return [
            {"name": name, "arguments": _parse(text)}
            for _, (name, text) in sorted(self._calls.items())
        ]


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
