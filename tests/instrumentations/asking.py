"""A request over HTTP to an offline provider, and what its witness says was served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from trials.instrumentations.served import read_exchange
from trials.instrumentations.witness import Witness

WHOLE = 10**6
"""More lines than any answer has."""


def ask(
    witness: Witness,
    url: str,
    body: Mapping[str, Any],
    lines: int = WHOLE,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Send a request, leave after so many lines of the answer, and give what was served."""
    try:
        with httpx.stream("POST", url, json=body, headers=headers, timeout=20) as answer:
            for number, _ in enumerate(answer.iter_lines(), 1):
                if number == lines:
                    break
    except httpx.RemoteProtocolError:
        pass
    (exchange,) = witness.take()
    return read_exchange(exchange)
