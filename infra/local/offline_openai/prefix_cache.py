"""OpenAI's prompt caching: a known prefix of 1,024 tokens or more counts as cached, in 128-steps.

https://platform.openai.com/docs/guides/prompt-caching. Only digests of prefixes are kept.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

_LEAST_TOKENS = 1024
_STEP_TOKENS = 128
_LIFETIME_S = 600.0
_CAPACITY = 8192


class PrefixCache:
    """Remembers which prompt prefixes were seen in the last ten minutes, boundedly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def measure(self, scope: str, tokens: Sequence[str]) -> int:
        """Return how many leading tokens were seen before under this scope, and remember them."""
        now = self._clock()
        cached = 0
        for length, digest in _digest_prefixes(scope, tokens):
            if now - self._seen.get(digest, -_LIFETIME_S) < _LIFETIME_S:
                cached = length
            self._seen[digest] = now
            self._seen.move_to_end(digest)
        while len(self._seen) > _CAPACITY:
            self._seen.popitem(last=False)
        return cached


def _digest_prefixes(scope: str, tokens: Sequence[str]) -> list[tuple[int, bytes]]:
    # The last token is always computed anew, so a prefix is shorter than its prompt.
    running = hashlib.blake2b(scope.encode(), digest_size=16)
    digests = []
    for start in range(0, len(tokens), _STEP_TOKENS):
        if start >= _LEAST_TOKENS:
            digests.append((start, running.digest()))
        running.update("\0".join(tokens[start : start + _STEP_TOKENS]).encode(errors="replace"))
    return digests
