"""Whether spans, contents and summaries agree, asked of the rows themselves."""

from __future__ import annotations

from typing import Any

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner, read_as_owner

_SUMMARIES = """
select to_jsonb(t) - 'updated_at' as row from public.traces t
where tenant_id = %s order by trace_id
"""
_ORPHANS = """
select 'span without a trace' as problem, s.trace_id from public.spans s
where s.tenant_id = %(tenant)s and not exists (
  select from public.traces t where t.tenant_id = s.tenant_id and t.trace_id = s.trace_id)
union all
select 'content without its span', c.trace_id from public.span_contents c
where c.tenant_id = %(tenant)s and not exists (
  select from public.spans s where s.tenant_id = c.tenant_id and s.trace_id = c.trace_id
    and s.span_id = c.span_id and s.start_time = c.start_time)
"""


def read_summaries(database: Database, tenant: str) -> list[dict[str, Any]]:
    """Give a tenant's trace summaries in order, without the time of their last change."""
    return [row["row"] for row in read_as_owner(database, _SUMMARIES, (tenant,))]


def check_consistency(database: Database, tenant: str) -> None:
    """Fail where a span has no trace, a content no span, or a summary is not that of its spans."""
    with connect_as_owner(database) as owner:
        assert owner.execute(_ORPHANS, {"tenant": tenant}).fetchall() == []
        with owner.transaction(force_rollback=True):
            kept = _read(owner, tenant)
            owner.execute(
                "select app.summarize_traces(%(tenant)s,"
                " array(select trace_id from public.traces where tenant_id = %(tenant)s))",
                {"tenant": tenant},
            )
            assert _read(owner, tenant) == kept


def _read(owner: Any, tenant: str) -> list[dict[str, Any]]:
    return [row["row"] for row in owner.execute(_SUMMARIES, (tenant,))]
