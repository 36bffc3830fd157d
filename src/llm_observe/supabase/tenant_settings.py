"""A tenant's settings for its spans: the key of digests, rules for attributes, content or not.

``ingest_spans`` answers them to whoever asks without a span.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from llm_observe.config import Settings
from llm_observe.dialects.mapping import NO_RULES, MappingRule, Rules, compile_rules
from llm_observe.privacy.protection import DigestKey, derive_digest_key, read_derived_key


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """``key`` is None where there is no master secret, or where the salt behind it is destroyed."""

    key: DigestKey | None
    rules: Rules
    keeps_content: bool = True
    """False where the tenant forbids that content is stored, or this writer's is not."""

    def restrict(self, settings: Settings) -> Settings:
        """Give a process' settings for this tenant: content is for both to allow."""
        if self.keeps_content or not settings.capture_content:
            return settings
        return replace(settings, capture_content=False)


NOTHING_KNOWN: Final = TenantSettings(None, NO_RULES)
"""Content leaves no digest, and attributes say what their dialect says."""


def read_tenant_settings(
    answer: Mapping[str, Any], *, tenant: str, master: str | None
) -> TenantSettings:
    """Read the answer of ``ingest_spans``; the key derives from the master secret and the salt.

    Raises:
        KeyError, TypeError, ValueError: if it is no such answer.
        llm_observe.ConfigurationError: if the secret starts like a tenant's own key and is none.
    """
    key = read_derived_key(master) if master else None
    digest = answer.get("digest")
    if key is not None and not (digest and digest["kid"] == key.kid):
        # The salt that it came from was destroyed: the tenant's digests are made by another key.
        key = None
    elif master and key is None and digest:
        key = derive_digest_key(
            master, tenant=tenant, kid=digest["kid"], salt=b64decode(digest["salt"])
        )
    rules = compile_rules(map(read_rule, answer.get("mappings") or ()))
    return TenantSettings(key, rules, answer.get("content") is not False)


def read_rule(row: Mapping[str, Any]) -> MappingRule:
    """Read one row of ``attribute_mappings``."""
    return MappingRule(row["attribute"], row["field"], row["value"])
