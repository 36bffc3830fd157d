"""Ways to break the schema, each with the rule that has to see it.

Each is what a tired colleague could commit: it works, and lets a tenant see or touch what is
another's, or takes away what would stop that.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.database.support import rules
from tests.database.support.neighbours import find_mixed_tenants
from tests.database.support.rules import Rule
from tests.database.support.sums import find_sums_of_strangers
from tests.database.support.widths import find_indexes_too_wide


def _edit(function: str, text: str, instead: str) -> str:
    """Replace a text, which has to be there, in a function; of schema app where it says none."""
    name = function if "." in function else f"app.{function}"
    return f"""
        do $edit$
        declare
          definition text := pg_get_functiondef('{name}'::regproc);
        begin
          assert strpos(definition, $${text}$$) > 0;
          execute replace(definition, $${text}$$, $${instead}$$);
        end $edit$"""


_COUNT_SPANS = """
create function public.count_spans(tenant text) returns bigint
language sql stable security definer set search_path = ''
as $$ select count(*) from public.spans where tenant_id = tenant $$;
comment on function public.count_spans(text) is 'How many spans a tenant has.';
"""
_FORGET_TRACE = """
create or replace function public.forget_trace(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := $1 ->> 'tenant_id';
begin
  delete from public.spans where tenant_id = tenant and trace_id = $1 ->> 'trace_id';
  return '{}';
end
$$;
"""
_METRICS = """
create or replace function public.query_metrics(
  window_start timestamptz, window_end timestamptz, bucket text, time_zone text default 'UTC',
  group_by text default 'model', then_by text default null, filter jsonb default '{}',
  measure text default 'requests', top integer default 500, compare boolean default false,
  filters jsonb default '[]'
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.tenant_id();
begin
  return (select jsonb_agg(s) from public.spans s where tenant_id = tenant);
end
$$;
"""
_OWNERS_FOR_ADMINS = _edit("public.forget_tenant", "hold_tenant('owner')", "hold_tenant('admin')")
_KEYS_UNASKED = _edit("public.create_api_key", "hold_access('admin')", "share_tenant()")
_FEEDBACK = """
create table public.feedback (tenant_id text primary key, vote integer);
grant select, insert on public.feedback to authenticated;
"""
_MATERIALIZED = """
create materialized view public.usage as select tenant_id, count(*) from public.spans group by 1;
grant select on public.usage to authenticated;
"""
_OWNER_VIEW = """
create view public.newest_spans as select * from public.spans order by start_time desc limit 10;
grant select on public.newest_spans to authenticated;
"""
_ACROSS = """
create unique index traces_of_all on public.traces (trace_id);
alter table public.audit_events add column trace_id text references public.traces (trace_id);
"""


def _tenant_rule(expression: str) -> str:
    return f"""
        create or replace function app.tenant_id() returns text
        language sql stable parallel safe return {expression}"""


_CLAIM = "nullif(current_setting('request.jwt.claims', true), '')::jsonb"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break: what it is, SQL that the owner may run, and the rule that must not let it pass."""

    name: str
    sql: str
    caught_by: Rule

    @property
    def catcher(self) -> str:
        """The rule's name."""
        return self.caught_by.__name__


def _policy(using: str, on: str = "spans") -> str:
    return f"alter policy {on}_read on public.{on} using ({using})"


MUTANTS = (
    Mutant("policy dropped", "drop policy spans_read on public.spans", rules.find_other_policies),
    Mutant(
        "row security off",
        "alter table public.traces disable row level security",
        rules.find_tables_without_row_security,
    ),
    Mutant(
        "row security not forced",
        "alter table public.api_keys no force row level security",
        rules.find_tables_without_row_security,
    ),
    Mutant(
        "partition without row security",
        "alter table public.spans_default disable row level security",
        rules.find_tables_without_row_security,
    ),
    Mutant(
        "or tenant_id is null",
        _policy("tenant_id = (select app.tenant_id()) or tenant_id is null"),
        rules.find_other_policies,
    ),
    Mutant(
        "or no claim at all",
        _policy("tenant_id = (select app.tenant_id()) or (select app.tenant_id()) is null"),
        rules.find_other_policies,
    ),
    Mutant(
        "tenants by prefix",
        _policy("tenant_id like (select app.tenant_id()) || '%'"),
        rules.find_other_policies,
    ),
    Mutant(
        "policy trusts a header",
        _policy("tenant_id = current_setting('request.headers')::jsonb ->> 'x-tenant-id'"),
        rules.find_trust_in_headers,
    ),
    Mutant(
        "policy trusts user_metadata",
        _policy(f"tenant_id = {_CLAIM} -> 'user_metadata' ->> 'tenant_id'", "traces"),
        rules.find_trust_in_headers,
    ),
    Mutant(
        "second permissive policy",
        "create policy for_support on public.spans for select to authenticated using (true)",
        rules.find_other_policies,
    ),
    Mutant(
        "policy for everybody",
        "alter policy traces_read on public.traces to public",
        rules.find_other_policies,
    ),
    Mutant(
        "policy that lets write",
        "create policy traces_write on public.traces for insert to authenticated with check (true)",
        rules.find_other_policies,
    ),
    Mutant(
        "tenant rule with a default",
        _tenant_rule(f"coalesce({_CLAIM} ->> 'tenant_id', 'demo')"),
        rules.find_another_tenant_rule,
    ),
    Mutant(
        "tenant rule reads another claim",
        _tenant_rule(f"{_CLAIM} ->> 'sub'"),
        rules.find_another_tenant_rule,
    ),
    Mutant(
        "tenant rule reads a header",
        _tenant_rule("current_setting('request.headers', true)::jsonb ->> 'x-tenant-id'"),
        rules.find_trust_in_headers,
    ),
    Mutant("view of its owner", _OWNER_VIEW, rules.find_views_of_their_owner),
    Mutant(
        "view that stops asking its caller",
        "alter view public.span_details reset (security_invoker)",
        rules.find_views_of_their_owner,
    ),
    Mutant("materialized view", _MATERIALIZED, rules.find_views_of_their_owner),
    Mutant(
        "granted partition",
        "grant select on public.spans_default to authenticated",
        rules.find_other_relation_grants,
    ),
    Mutant(
        "anonymous may read",
        "grant select on public.trace_summaries to anon",
        rules.find_other_relation_grants,
    ),
    Mutant(
        "audit that can be rewritten",
        "grant update on public.audit_events to service_role",
        rules.find_other_relation_grants,
    ),
    Mutant(
        "readable salt",
        "grant select (digest_salt) on public.tenants to authenticated",
        rules.find_other_column_grants,
    ),
    Mutant("definer function open to PUBLIC", _COUNT_SPANS, rules.find_public_functions),
    Mutant(
        "definer function for the tenant one names",
        f"{_COUNT_SPANS}; revoke execute on function public.count_spans(text) from public; "
        "grant execute on function public.count_spans(text) to authenticated",
        rules.find_other_definers,
    ),
    Mutant("definer function trusts its body", _FORGET_TRACE, rules.find_definers_without_tenant),
    Mutant(
        "sums for whomever the body names",
        _edit("public.sum_tenants", "app.require_person()", "app.user_id_argument($1)"),
        rules.find_sums_of_others,
    ),
    Mutant(
        "sums of all tenants for everybody",
        _edit("list_visible", "where is_operator and", "where"),
        find_sums_of_strangers,
    ),
    Mutant(
        "sums of a tenant for each tenant's members",
        _edit("list_visible", "where m.user_id = person and", "where"),
        find_sums_of_strangers,
    ),
    Mutant(
        "an operator for ever",
        _edit("is_operator", "and ended_at is null", ""),
        find_sums_of_strangers,
    ),
    Mutant(
        "all tenants' calls under each name",
        _edit(
            "sum_calls",
            "start_reading(tenant,",
            "start_reading((select min(tenant_id) from public.tenants),",
        ),
        find_sums_of_strangers,
    ),
    Mutant(
        "readers may ask for the sums",
        "grant execute on function public.sum_tenants(jsonb) to authenticated",
        rules.find_other_execute_grants,
    ),
    Mutant(
        "sums that read spans",
        "grant select on public.spans to llm_sums",
        rules.find_other_relation_grants,
    ),
    Mutant(
        "operators made in Studio",
        "grant insert on public.operators to service_role",
        rules.find_other_relation_grants,
    ),
    Mutant(
        "operators whom readers may list",
        "create policy operators_read on public.operators for select to authenticated using (true)",
        rules.find_other_policies,
    ),
    Mutant("metrics for whoever has no tenant", _METRICS, rules.find_calls_without_tenant),
    Mutant(
        "definer function with an open search path",
        "alter function public.ingest_spans(jsonb) reset search_path",
        rules.find_open_search_paths,
    ),
    Mutant(
        "readers may delete a tenant",
        "grant execute on function public.forget_tenant(jsonb) to authenticated",
        rules.find_other_execute_grants,
    ),
    Mutant(
        "operator that reads everybody's spans",
        "grant select on public.spans to llm_operator",
        rules.find_other_relation_grants,
    ),
    Mutant(
        "readers may run a job",
        "grant execute on function public.run_expiry(jsonb) to authenticated",
        rules.find_other_execute_grants,
    ),
    Mutant(
        "operator that administers",
        "grant execute on function public.forget_tenant(jsonb) to llm_operator",
        rules.find_other_execute_grants,
    ),
    Mutant(
        "tenants' sums in a run, for every tenant's admin",
        "grant select (did) on public.job_runs to llm_admin",
        rules.find_other_column_grants,
    ),
    Mutant("an admin's key deletes the tenant", _OWNERS_FOR_ADMINS, rules.find_admins_unasked),
    Mutant("a removed admin makes keys", _KEYS_UNASKED, rules.find_admins_unasked),
    Mutant("table that nobody thought about", _FEEDBACK, rules.find_unreviewed_relations),
    Mutant(
        "key without tenant",
        "alter table public.processes drop constraint processes_pkey, add primary key (process_id)",
        rules.find_indexes_without_tenant,
    ),
    Mutant("foreign key across tenants", _ACROSS, rules.find_foreign_keys_without_tenant),
    Mutant(
        "tenant of any shape",
        "alter table public.traces drop constraint traces_tenant_id_check",
        rules.find_unchecked_tenants,
    ),
    Mutant(
        "role that is also another",
        "grant llm_admin to authenticated",
        rules.find_inheriting_roles,
    ),
    Mutant(
        "role that logs in by itself",
        "alter role llm_ingest login",
        rules.find_stronger_roles,
    ),
    Mutant(
        "no request is checked",
        "alter role authenticator reset pgrst.db_pre_request",
        rules.find_other_settings,
    ),
    Mutant(
        "everybody makes tables",
        "grant create on schema public to authenticated",
        rules.find_other_schema_grants,
    ),
    Mutant(
        "settings without audit",
        "drop trigger audit_change on public.memberships",
        rules.find_unaudited_settings,
    ),
    Mutant(
        "merge finds another tenant's spans",
        _edit("find_stored", "where tenant_id = tenant and trace_id", "where trace_id"),
        find_mixed_tenants,
    ),
    Mutant(
        "merge replaces another tenant's spans",
        _edit("replace_spans", "where s.tenant_id = tenant and s.trace_id", "where s.trace_id"),
        find_mixed_tenants,
    ),
    Mutant(
        "calls counted across tenants",
        _edit("turn_spans", "where tenant_id = tenant and trace_id", "where trace_id"),
        find_mixed_tenants,
    ),
    Mutant(
        "a response's place taken by another tenant's",
        _edit("find_unwrapped", "where y.tenant_id = tenant and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "another tenant's spans of a response settled",
        _edit("find_affected", "where tenant_id = tenant and app.tells", "where app.tells"),
        find_mixed_tenants,
    ),
    Mutant(
        "peers sought in all tenants",
        _edit("find_peers", "where tenant_id = tenant and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "a possible duplicate of another tenant's call",
        _edit("find_doubtful", "where c.tenant_id = tenant\n        and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "another tenant's parent stands for a call",
        _edit("is_last_hollow", "where p.tenant_id = tenant and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "another tenant's wrappers held",
        _edit("find_enclosing", "where w.tenant_id = tenant\n          and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "another tenant's enclosed calls held",
        _edit("find_enclosed", "where c.tenant_id = tenant\n        and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "another tenant's span between two calls",
        _edit("find_lineage", "where tenant_id = tenant and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "another tenant's call above a call",
        _edit("find_callers", "where tenant_id = tenant and trace_id = k", "where trace_id = k"),
        find_mixed_tenants,
    ),
    Mutant(
        "another tenant's call below a wrapper",
        _edit("find_called", "where tenant_id = tenant and", "where"),
        find_mixed_tenants,
    ),
    Mutant(
        "summaries of spans of all tenants",
        _edit("find_keyed", "where tenant_id = tenant and trace_id", "where trace_id"),
        find_mixed_tenants,
    ),
    Mutant(
        "one budget for all tenants",
        _edit("check_budget", "where b.tenant_id = tenant.tenant_id", "where true"),
        find_mixed_tenants,
    ),
    Mutant(
        "private views for the whole tenant",
        _policy("tenant_id = (select app.tenant_id())", "saved_views"),
        rules.find_other_policies,
    ),
    Mutant(
        "one's own views of every tenant",
        _policy("shared or created_by = (select app.actor())", "saved_views"),
        rules.find_other_policies,
    ),
    Mutant(
        "shared views that change unseen",
        "alter table public.saved_views disable trigger audit_view",
        rules.find_unaudited_settings,
    ),
    Mutant(
        "views that stay when their maker goes",
        "drop trigger end_views on public.memberships",
        rules.find_unaudited_settings,
    ),
    Mutant(
        "rules for everybody's spans",
        _policy("true", "attribute_mappings"),
        rules.find_other_policies,
    ),
    Mutant(
        "rules that change unseen",
        "alter table public.attribute_mappings disable trigger audit_change",
        rules.find_unaudited_settings,
    ),
    Mutant(
        "a second function by the name of another",
        "create function app.find_range(told text) returns text language sql immutable "
        "set search_path = '' as 'select told'; "
        "comment on function app.find_range(text) is 'Another range.'",
        rules.find_names_of_two,
    ),
    Mutant(
        "users' ids of any length in an index",
        "alter table public.spans drop constraint spans_user_id_check",
        find_indexes_too_wide,
    ),
    Mutant(
        "an index on a text without a bound",
        "create index traces_by_session on public.traces (tenant_id, session_id)",
        find_indexes_too_wide,
    ),
    Mutant(
        "costs of 16,000 digits beside an index's key",
        "alter table public.spans drop constraint spans_cost_usd_check; "
        "create index spans_of_cost on public.spans (tenant_id, start_time) include (cost_usd)",
        find_indexes_too_wide,
    ),
    Mutant(
        "three names in one row of an index",
        "create index spans_of_names on public.spans "
        "(tenant_id, name, instrumentation, service_name)",
        find_indexes_too_wide,
    ),
)
