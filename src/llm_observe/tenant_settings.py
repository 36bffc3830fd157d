"""What a tenant wants of its spans: the key of their digests, and its own rules for attributes.

``ingest_spans`` answers both to whoever asks without a span.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from llm_observe.dialects.mapping import NO_RULES, MappingRule, Rules, compile_rules
from llm_observe.privacy import DigestKey, derive_digest_key, read_derived_key


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """``key`` is None where there is no master secret, or where the tenant's salt is destroyed."""

    key: DigestKey | None
    rules: Rules


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
    if master and key is None and digest:
        key = derive_digest_key(
            master, tenant=tenant, kid=digest["kid"], salt=b64decode(digest["salt"])
        )
    return TenantSettings(key, compile_rules(map(read_rule, answer.get("mappings") or ())))


def read_rule(row: Mapping[str, Any]) -> MappingRule:
    """Read one row of ``attribute_mappings``."""
    return MappingRule(row["attribute"], row["field"], row["value"])
