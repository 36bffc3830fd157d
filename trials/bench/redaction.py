"""How long redaction takes on texts as they occur: ``python -m trials.bench.redaction``.

The baseline is ``str.lower``, which reads every character and decides nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from timeit import Timer
from typing import Final

from llm_observe.privacy.redaction import redact

_PROSE: Final = (
    "Summarise the following meeting for a reader who was not there, in three short sentences. "
    "We agreed on the budget: travel is cut by 12 percent, and the launch moves to 2024-08-06. "
    "Anna will ask the team whether version 1.4.2 can ship before then. "
)
_PERSONAL: Final = "Write to anna@example.com or call +1 415 555 2671, card 4111 1111 1111 1111. "
TEXTS: Final = {
    "span name, 20 characters": "chat gpt-4o-mini now",
    "URL, 42 characters": "https://api.openai.com/v1/chat/completions",
    "prompt, 500 characters": (_PROSE * 3)[:500],
    "prompt, 5 kB": (_PROSE * 30)[:5_000],
    "prompt, 5 kB with 3 findings": (_PROSE * 30)[:4_900] + _PERSONAL,
    "prompt, 5 kB of findings": (_PERSONAL * 100)[:5_000],
    "prompt, 1 MB": (_PROSE * 5_000)[:1_000_000],
}


def time_call(call: Callable[[], object]) -> float:
    """Give the median of nine measurements in seconds a call, each of about 20 ms."""
    timer = Timer(call)
    number = max(1, int(0.02 / max(timer.timeit(1), 1e-7)))
    return median(timer.repeat(9, number)) / number


def main() -> None:
    """Print a line for each kind of text."""
    for label, text in TEXTS.items():
        spent, baseline = time_call(partial(redact, text)), time_call(text.lower)
        sys.stdout.write(
            f"{label:30} {spent * 1e6:10.1f} µs {len(text) / spent / 1e6:6.1f} MB/s"
            f"  {spent / baseline:6.0f} times lower()\n"
        )


if __name__ == "__main__":
    main()
