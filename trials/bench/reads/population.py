"""The world that the spans are of: tenants, users and models, a few of each with the most of it."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Final, TypeVar

_T = TypeVar("_T")
TENANTS: Final = 50
DAYS: Final = 30
_TENANT_SKEW: Final = 0.97
"""Zipf's exponent that gives the largest of fifty 21 % of the spans."""
_USER_SKEW: Final = 1.05
_USERS_OF_LARGEST: Final = 4_000
_FEWEST_USERS: Final = 20
_NIGHT: Final = 0.25
_WEEKEND: Final = 0.4
"""Of the traffic at noon of a working day."""
_HOURS_BY_DAY: Final = range(7, 21)


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it is asked for and as it answers; latencies are medians of milliseconds."""

    provider: str
    asked: str
    answers: str
    latency: float
    output: int
    """Tokens, the median."""
    host: str


def _model(provider: str, asked: str, answers: str, latency: float, output: int) -> Model:
    return Model(provider, asked, answers, latency, output, f"api.{provider}.com")


CHAT_MODELS: Final = (
    _model("openai", "gpt-5.4-mini", "gpt-5.4-mini-2026-03-17", 900, 180),
    _model("openai", "gpt-5.4", "gpt-5.4-2026-03-05", 2_400, 320),
    _model("anthropic", "claude-sonnet-4-6", "claude-sonnet-4-6", 2_900, 380),
    _model("anthropic", "claude-haiku-4-5", "claude-haiku-4-5-20251001", 1_100, 210),
    _model("gcp.gemini", "gemini-3.5-flash", "gemini-3.5-flash", 800, 240),
    _model("openai", "gpt-5-nano", "gpt-5-nano-2025-08-07", 600, 90),
    _model("anthropic", "claude-opus-4-8", "claude-opus-4-8", 5_200, 640),
    _model("mistral_ai", "mistral-large-2512", "mistral-large-2512", 1_900, 260),
    _model("deepseek", "deepseek-chat", "deepseek-chat", 3_100, 300),
    _model("groq", "llama-3.3-70b-versatile", "llama-3.3-70b-versatile", 400, 200),
    _model("acme", "house-7b", "house-7b", 1_400, 220),
)
"""The busiest first. The last is the tenant's own, which nothing prices."""
EMBEDDING_MODEL: Final = _model("openai", "text-embedding-3-small", "text-embedding-3-small", 90, 0)
AGENTS: Final = ("support", "triage", "billing", "research", "onboarding", "translator")
SERVICES: Final = ("support-api", "assistant", "batch-jobs", "search")
ENVIRONMENTS: Final = ("production", "production", "production", "staging", "development")
TOOLS: Final = (
    *("find_order", "find_customer", "search_documents", "refund", "send_mail"),
    *("read_calendar", "run_query", "translate", "open_ticket", "convert_currency"),
)
CALL_ERRORS: Final = (
    *("openai.RateLimitError", "openai.APITimeoutError", "anthropic.OverloadedError"),
    *("openai.BadRequestError", "httpx.ConnectError", "openai.InternalServerError"),
    *("anthropic.APIStatusError", "json.JSONDecodeError", "ContentFilterError"),
)
TOOL_ERRORS: Final = ("KeyError", "TimeoutError", "PermissionError")
TAGS: Final[Mapping[str, Sequence[str]]] = {
    "feature": ("chat", "search", "summary", "inbox", "report"),
    "plan": ("free", "team", "enterprise"),
    "region": ("eu-central", "us-east", "ap-south"),
}


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant by its place: the first is the largest."""

    place: int

    @property
    def name(self) -> str:
        """Its id."""
        return f"bench-{self.place:02}"

    @property
    def share(self) -> float:
        """Its part of all spans."""
        return _zipf(TENANTS, _TENANT_SKEW)[self.place] / sum(_zipf(TENANTS, _TENANT_SKEW))

    @property
    def users(self) -> int:
        """How many users it has."""
        largest = Tenant(0).share
        return max(_FEWEST_USERS, round(_USERS_OF_LARGEST * self.share / largest))

    @property
    def keys(self) -> tuple[str, ...]:
        """The public ids of its API keys."""
        return tuple(f"key{self.place:02}{number:03}" for number in range(1 + self.users % 3))


LARGEST: Final = Tenant(0)
MEDIAN: Final = Tenant(TENANTS // 2)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Thirty days that end at a time, with more traffic by day than by night and at weekends."""

    end: datetime

    def at(self, part: float) -> datetime:
        """Give the time before which this part (0 to 1) of the traffic has been."""
        start = self.end - timedelta(days=DAYS)
        edges = _weigh_hours(start)
        wanted = part * edges[-1]
        hour = min(bisect(edges, wanted), len(edges) - 1)
        before = edges[hour - 1] if hour else 0.0
        return start + timedelta(hours=hour + (wanted - before) / (edges[hour] - before))


def choose(chance: random.Random, items: Sequence[_T], skew: float = 1.0) -> _T:
    """Give one of the items, an earlier one more often, by Zipf's law."""
    edges = _accumulate(len(items), skew)
    return items[bisect(edges, chance.random() * edges[-1])]


def choose_user(chance: random.Random, tenant: Tenant) -> int:
    """Give the number of one of a tenant's users."""
    edges = _accumulate(tenant.users, _USER_SKEW)
    return bisect(edges, chance.random() * edges[-1])


@cache
def _zipf(count: int, skew: float) -> tuple[float, ...]:
    return tuple(1 / rank**skew for rank in range(1, count + 1))


@cache
def _accumulate(count: int, skew: float) -> tuple[float, ...]:
    return tuple(accumulate(_zipf(count, skew)))


@cache
def _weigh_hours(start: datetime) -> tuple[float, ...]:
    hours = (start + timedelta(hours=number) for number in range(24 * DAYS))
    return tuple(
        accumulate(
            (1.0 if hour.hour in _HOURS_BY_DAY else _NIGHT)
            * (_WEEKEND if hour.isoweekday() > 5 else 1.0)
            for hour in hours
        )
    )
