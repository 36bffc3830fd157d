"""A tenant's id has one form, which is written in four languages."""

from __future__ import annotations

import re

import pytest

from infra.local.settings import REPOSITORY
from llm_observe.tenancy import TENANT_ID


@pytest.mark.parametrize(
    ("place", "pattern"),
    [
        ("functions/common/types.py", r'TenantId = Annotated\[.*pattern=r"\^(.+)\$"'),
        ("ui/src/lib/tenant.ts", r"const TENANT_ID = /\^(.+)\$/"),
        ("openapi.json", r'"pattern": "\^(\[a-z0-9\].+)\$"'),
    ],
)
def test_a_tenants_id_has_one_form(place: str, pattern: str) -> None:
    """Where one takes what another refuses, a tenant is let in and its spans are not."""
    text = (REPOSITORY / place).read_text(encoding="utf-8")
    assert set(re.findall(pattern, text)) == {TENANT_ID.pattern}


def test_sql_has_the_same_form() -> None:
    """It asks for the length first: a pattern that counts takes five times as long."""
    schema = (REPOSITORY / "supabase/schemas/10_roles.sql").read_text(encoding="utf-8")
    bounds = r"octet_length\(candidate\) <= (\d+) and candidate ~ '\^(.+)\*\$'"
    ((most, form),) = re.findall(bounds, schema)
    assert f"{form}{{0,{int(most) - 1}}}" == TENANT_ID.pattern
