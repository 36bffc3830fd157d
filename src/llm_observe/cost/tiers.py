"""The price source's names of service tiers, for those that providers use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STANDARD_TIER = "standard"
BATCH_TIER = "batch"

_STANDARD_NAMES = frozenset(
    {"", "auto", "default", "on_demand", "standard", "standard_only", "unspecified"}
    | {"traffic_type_unspecified"}
)
"""Names of the standard tier at OpenAI, Groq, Anthropic, Bedrock and Google; ``auto`` is it unless
answered."""
_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "batch_api": "batch",
        "fast_mode": "fast",
        "latency_optimized": "optimized",
        "on_demand_flex": "flex",
        "on_demand_priority": "priority",
    }
)
"""Names that Google's traffic types and others have for a tier of the price source's."""


def normalize_tier(service_tier: str | None) -> str:
    """Give the price source's name of a service tier; one it doesn't know has no price."""
    if service_tier is None:
        return STANDARD_TIER
    name = service_tier.strip().lower().replace("-", "_").removeprefix("service_tier_")
    return STANDARD_TIER if name in _STANDARD_NAMES else _OTHER_NAMES.get(name, name)
