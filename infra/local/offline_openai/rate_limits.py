"""Rate limits per key and model that refill continuously, as OpenAI's do.

https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.offline_openai.errors import ApiError

_WINDOW_S = 60.0
_CAPACITY = 1024
_KINDS = ("requests", "tokens")


@dataclass
class _Bucket:
    requests: float
    tokens: float
    filled_at: float


class RateLimits:
    """Counts requests and tokens per minute; refuses beyond them, the defaults are out of reach."""

    def __init__(
        self,
        requests_per_minute: int = 30_000,
        tokens_per_minute: int = 150_000_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = (requests_per_minute, tokens_per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def charge(self, scope: str, model: str, tokens: int) -> dict[str, str]:
        """Take one request of so many tokens and return the headers; ApiError 429 if too many."""
        bucket = self._refill(f"{scope}:{model}")
        left = ((bucket.requests, 1), (bucket.tokens, tokens))
        for (has, wants), limit, kind in zip(left, self._limits, _KINDS, strict=True):
            if has < wants:
                wait = (min(wants, limit) - has) * _WINDOW_S / limit
                raise _refuse(model, kind, limit, wait, self._describe(bucket))
        bucket.requests -= 1
        bucket.tokens -= tokens
        return self._describe(bucket)

    def _refill(self, key: str) -> _Bucket:
        now = self._clock()
        requests, tokens = self._limits
        bucket = self._buckets.setdefault(key, _Bucket(requests, tokens, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > _CAPACITY:
            self._buckets.popitem(last=False)
        share = (now - bucket.filled_at) / _WINDOW_S
        bucket.requests = min(requests, bucket.requests + requests * share)
        bucket.tokens = min(tokens, bucket.tokens + tokens * share)
        bucket.filled_at = now
        return bucket

    def _describe(self, bucket: _Bucket) -> dict[str, str]:
        headers = {}
        left = (bucket.requests, bucket.tokens)
        for kind, limit, has in zip(_KINDS, self._limits, left, strict=True):
            headers[f"x-ratelimit-limit-{kind}"] = str(limit)
            headers[f"x-ratelimit-remaining-{kind}"] = str(math.floor(has))
            headers[f"x-ratelimit-reset-{kind}"] = _format((limit - has) * _WINDOW_S / limit)
        return headers


def _refuse(model: str, kind: str, limit: int, wait: float, headers: dict[str, str]) -> ApiError:
    return ApiError(
        429,
        f"Rate limit reached for {model} on {kind} per min: Limit {limit}. "
        f"Please try again in {_format(wait)}.",
        kind,
        code="rate_limit_exceeded",
        headers={
            **headers,
            "retry-after": str(math.ceil(wait)),
            "retry-after-ms": str(math.ceil(wait * 1000)),
        },
    )


def _format(seconds: float) -> str:
    # OpenAI writes Go durations: 6ms, 8.64s, 1m0s.
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    if seconds < _WINDOW_S:
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{int(seconds // 60)}m{math.ceil(seconds % 60)}s"
