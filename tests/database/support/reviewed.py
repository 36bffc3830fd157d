"""What the migrations are reviewed to make: every table and view, and who may do what with it.

Written by hand, never read from a database: rules and attacks compare the database with it.
What is not in it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.database.support.asking import ASKING, COSTING
from tests.database.support.conversing import CONVERSING, LOOKED_UP
from tests.database.support.summing import SUMS_READING

TABLES = {
    "api_keys",
    "attribute_mappings",
    "audit_events",
    "deletion_traces",
    "deletions",
    "evaluations",
    "forgotten",
    "hour_terms",
    "ingest_budgets",
    "invitations",
    "job_runs",
    "memberships",
    "model_prices",
    "operators",
    "processes",
    "response_chains",
    "retention_runs",
    "roll_up_changes",
    "roll_up_progress",
    "roll_ups",
    "saved_views",
    "span_contents",
    "spans",
    "tenants",
    "traces",
}
VIEWS = {
    "api_key_summaries",
    "delivery_ledger",
    "error_summaries",
    "left_out_by_day",
    "metrics_by_day",
    "metrics_by_hour",
    "metrics_by_model",
    "metrics_by_user",
    "model_calls",
    "retention_status",
    "span_details",
    "span_summaries",
    "tag_keys",
    "trace_evaluations",
    "trace_summaries",
}
UPDATABLE_VIEWS = {"span_summaries", "api_key_summaries", "model_calls"}
"""Postgres would pass a write on to their table; a write to another view it calls impossible."""
REFERENCE_FUNCTIONS = {"set_model_prices"}
"""Change what is the same for everybody: no role of a request may execute them."""
REFERENCE_KEYS = {"job_runs": "job", "model_prices": "price_id", "operators": "created_by"}
REFERENCE_TABLES = set(REFERENCE_KEYS)
"""Have no tenant's column, and nothing of a tenant in them."""
UNREADABLE = {"operators"}
"""No role of a request reads them: they have no policy."""
ADMIN_ONLY = {
    "api_keys",
    "api_key_summaries",
    "audit_events",
    "deletion_traces",
    "deletions",
    "forgotten",
    "invitations",
    "job_runs",
    "response_chains",
    "retention_runs",
    "retention_status",
    "roll_up_progress",
}
SHARED_WITH_ADMINS = {"attribute_mappings", "memberships", "model_prices", "tenants"}
BY_COLUMN = {"api_keys", "invitations", "job_runs", "tenants"}
READ, WRITE = {"SELECT"}, {"SELECT", "INSERT", "UPDATE", "DELETE"}
RELATION_GRANTS = (
    {
        ("authenticated", name): READ
        for name in (TABLES | VIEWS) - BY_COLUMN - ADMIN_ONLY - UNREADABLE
    }
    | {("llm_admin", name): READ for name in (ADMIN_ONLY | SHARED_WITH_ADMINS) - BY_COLUMN}
    | {("service_role", name): READ for name in VIEWS | {"audit_events", "job_runs", "operators"}}
    | {
        ("service_role", name): WRITE
        for name in TABLES - {"audit_events", "api_keys", "invitations", "job_runs", "operators"}
    }
)
_KEY_COLUMNS = [
    "tenant_id",
    "key_id",
    "kind",
    "name",
    "environment",
    "scopes",
    "created_at",
    "created_by",
    "expires_at",
    "revoked_at",
    "last_used_at",
    "replaced_by",
]
_INVITATION_COLUMNS = [
    "tenant_id",
    "invitation_id",
    "role",
    "email",
    "created_at",
    "created_by",
    "expires_at",
    "accepted_at",
    "accepted_by",
    "revoked_at",
]
COLUMN_GRANTS = (
    {
        (role, "tenants", column, "SELECT")
        for role in ("authenticated", "llm_admin")
        for column in (
            "tenant_id",
            "generated",
            "span_days",
            "content_days",
            "spans_per_minute",
            "bytes_per_minute",
            "content_capture",
            "created_at",
            "deleted_at",
            "roll_up_days",
            "tag_dimensions",
            "text_configs",
        )
    }
    | {
        (role, "api_keys", column, "SELECT")
        for role in ("llm_admin", "service_role")
        for column in _KEY_COLUMNS
    }
    | {
        (role, "invitations", column, "SELECT")
        for role in ("llm_admin", "service_role")
        for column in _INVITATION_COLUMNS
    }
    | {("service_role", "invitations", "revoked_at", "UPDATE")}
    | {
        ("llm_admin", "job_runs", column, "SELECT")
        for column in ("run_id", "job", "outcome", "started_at", "finished_at", "next_due")
    }
    | {
        ("service_role", "api_keys", column, "UPDATE")
        for column in ("name", "expires_at", "revoked_at")
    }
)
PRE_REQUEST = {"app.check_request()"}
ADMIN_FUNCTIONS = {
    f"{name}(jsonb)"
    for name in [
        "create_api_key",
        "rotate_api_key",
        "revoke_api_key",
        "create_ingest_token",
        "set_membership",
        "remove_membership",
        "change_membership",
        "list_members",
        "create_invitation",
        "revoke_invitation",
        "forget_trace",
        "forget_user",
        "forget_tenant",
        "request_deletion",
        "set_retention",
        "set_attribute_mappings",
        "set_content_capture",
        "set_tag_dimensions",
        "set_text_config",
        "start_demo_run",
        "read_setup",
    ]
} | {"shred_digests()", "restore_tenant()"}
RIGHTS = dict.fromkeys(ADMIN_FUNCTIONS, "admin") | {
    "set_membership(jsonb)": "members",
    "remove_membership(jsonb)": "members",
    "change_membership(jsonb)": "members",
    "list_members(jsonb)": "members",
    "create_invitation(jsonb)": "members",
    "revoke_invitation(jsonb)": "members",
    "forget_tenant(jsonb)": "owner",
    "restore_tenant()": "operator",
}
"""What each function that administers asks of its caller, again, in its own transaction."""
JOIN_FUNCTIONS = {"accept_invitation(jsonb)", "create_tenant(jsonb)", "leave_tenant(jsonb)"}
"""For a person who comes into a tenant, which asks for no right in it, or leaves it."""
VIEW_FUNCTIONS = {"create_view(jsonb)", "replace_view(jsonb)", "delete_view(jsonb)"}
"""For whoever reads: each changes what is the caller's own, or asks for a right."""
GATE_FUNCTIONS = {
    "authenticate_key(jsonb)",
    "find_digest_source(jsonb)",
    "find_invitation(jsonb)",
    "find_memberships(jsonb)",
}
OPERATOR_FUNCTIONS = {
    f"{name}(jsonb)"
    for name in [
        "start_job",
        "finish_job",
        "run_partitions",
        "run_expiry",
        "run_deletions",
        "run_roll_ups",
        "run_verification",
        "add_operator",
        "remove_operator",
    ]
}
SUMS_FUNCTIONS = {"sum_tenants(jsonb)"}
"""Ask who the person is, and look up which tenants are theirs: nobody names one."""
TENANTLESS_ROLES = {"anon", "llm_gate", "llm_operator", "llm_sums"}
"""May execute functions that act for no tenant; every other role's ask for one first."""
EXECUTE_GRANTS = {
    "anon": PRE_REQUEST,
    "authenticated": PRE_REQUEST
    | {
        "app.tenant_id()",
        "app.argument(jsonb,text,text,text)",
        "app.integer_argument(jsonb,text,integer,integer)",
        "app.is_tenant_id(text)",
        "app.require_tenant()",
        "app.check_window(timestamp with time zone,timestamp with time zone,text)",
        "app.is_unmeasured(text,bigint)",
        "app.is_unpriced(text,bigint,numeric)",
        "app.percentiles()",
        "app.to_entry(double precision)",
        "app.merge_histogram(bigint[])",
        "app.merge_histograms(app.histogram[],app.histogram[])",
        "app.relative_error()",
        "app.quantiles(bigint[],double precision[])",
        "app.value_of(text,roll_ups)",
        "app.fine_dimensions()",
        "app.detail_dimensions()",
        "app.list_dimensions(text)",
        (
            "app.sum_details(text,timestamp with time zone,timestamp with time zone,integer,"
            "boolean,boolean,text[],timestamp with time zone)"
        ),
        "app.sum_plainly(roll_ups[],text[])",
        (
            "app.sum_values(text,timestamp with time zone,timestamp with time zone,integer,text[],"
            "text[],timestamp with time zone)"
        ),
        "app.list_marked(text,timestamp with time zone,timestamp with time zone)",
        (
            "app.sum_spans(text,timestamp with time zone,timestamp with time zone,integer,text[],"
            "text[],timestamp with time zone,boolean)"
        ),
        "app.count_left_out(text,timestamp with time zone,timestamp with time zone)",
        "app.find_topmost(text,text,timestamp with time zone,timestamp with time zone)",
        (
            "app.metrics_of(bigint,bigint,bigint,bigint,numeric,numeric,numeric,numeric,"
            "double precision[])"
        ),
        "app.actor()",
        "app.caller()",
        "app.spans_argument(jsonb)",
        "read_contents(jsonb)",
        "read_span_details(jsonb)",
        "app.most_deleted()",
        "match_traces(jsonb)",
        "read_trace(jsonb)",
        "read_span(jsonb)",
        "list_facets(jsonb)",
        "list_spans(jsonb)",
        "list_traces(jsonb)",
        "count_spans(jsonb)",
        "count_traces(jsonb)",
        "list_sessions(jsonb)",
        "read_session(jsonb)",
        "list_users(jsonb)",
        "read_user(jsonb)",
        (
            "query_metrics(timestamp with time zone,timestamp with time zone,text,text,text,text,"
            "jsonb,text,integer,boolean,jsonb)"
        ),
    }
    | SUMS_READING
    | ASKING
    | VIEW_FUNCTIONS
    | COSTING
    | CONVERSING,
    "llm_ingest": PRE_REQUEST | {"ingest_spans(jsonb)"},
    "llm_admin": PRE_REQUEST
    | {
        "app.tenant_id()",
        "app.key_status(timestamp with time zone,timestamp with time zone)",
    }
    | ADMIN_FUNCTIONS,
    "llm_join": PRE_REQUEST | JOIN_FUNCTIONS,
    "llm_gate": PRE_REQUEST | {"ping()"} | GATE_FUNCTIONS,
    "llm_operator": PRE_REQUEST | OPERATOR_FUNCTIONS,
    "llm_sums": PRE_REQUEST | SUMS_FUNCTIONS,
}
TENANT_POLICY = "(tenant_id = ( SELECT app.tenant_id() AS tenant_id))"
MAKERS_POLICY = (
    "((tenant_id = ( SELECT app.tenant_id() AS tenant_id)) AND"
    " (shared OR (created_by = ( SELECT app.actor() AS actor))))"
)
POLICIES = {"saved_views": MAKERS_POLICY} | {
    name: "true" if name in REFERENCE_TABLES else TENANT_POLICY
    for name in TABLES - UNREADABLE - {"saved_views"}
}
SEARCH_FUNCTIONS = {
    "app.find_texts(text,timestamp with time zone,timestamp with time zone,integer)",
    "app.find_digested(text[],timestamp with time zone,integer)",
}
"""Ask operators that are not leakproof, of the caller's tenant alone."""
DEFINERS = {
    "ingest_spans(jsonb)",
    "app.audit_change()",
    "app.audit_view()",
    "app.find_beyond(jsonb,text,tstzrange,integer)",
    "app.rank_rows(jsonb,text,tstzrange,integer)",
} | (
    SEARCH_FUNCTIONS
    | LOOKED_UP
    | PRE_REQUEST
    | ADMIN_FUNCTIONS
    | VIEW_FUNCTIONS
    | JOIN_FUNCTIONS
    | GATE_FUNCTIONS
    | OPERATOR_FUNCTIONS
    | SUMS_FUNCTIONS
)
TENANT_RULE = (
    "RETURN NULLIF(((NULLIF(current_setting('request.jwt.claims'::text, true), ''::text))::jsonb"
    " ->> 'tenant_id'::text), ''::text)"
)
"""The body of ``app.tenant_id``, the one place that says whose rows a caller sees."""
LOOKUP_INDEXES = {
    ("api_keys_by_id", False),
    ("invitations_by_id", False),
    ("memberships_by_user", False),
}
"""Come before the tenant is known, and are not unique: no tenant can take another's id."""
UNPINNED = {
    "app.delete_data()",
    "app.expire_data(integer)",
    "app.fold_data(integer)",
    "app.verify_data(integer)",
}
"""The owner's procedures, which could not commit with a search path of their own."""
SHORTENED = {"app.hold_access", "app.hold_tenant", "app.share_tenant"}
"""Without a right, and with one."""
AUDITED = {"api_keys", "attribute_mappings", "invitations", "memberships", "tenants"}
MARKED = {"spans": "app.note_changes()", "traces": "app.note_attribution()"}
"""Changes of their rows mark hours."""
VIEWS_KEPT = {
    ("saved_views", "app.audit_view()"),
    ("memberships", "app.end_views()"),
    ("api_keys", "app.pass_views_on()"),
}
"""What becomes of saved views is an event where others see them; they go with their maker."""
AUTHENTICATOR_SETTINGS = {"pgrst.db_pre_request=app.check_request", "statement_timeout=8s"}
SCHEMA_GRANTS = {
    (role, schema, "USAGE")
    for role in [*EXECUTE_GRANTS, "service_role"]
    for schema in ("app", "public")
} | {("public", "public", "USAGE")}
"""The last is Postgres' own; only the owner makes anything in either."""


def readers_of(table: str) -> list[str]:
    """Give the roles that a table's policy names."""
    if table in ADMIN_ONLY:
        return ["llm_admin"]
    return ["authenticated", *(["llm_admin"] if table in SHARED_WITH_ADMINS else [])]


def may_read(role: str, relation: str, columns: Iterable[str] | None) -> bool:
    """Say whether a role is let into columns of a relation; None: all of them."""
    if "SELECT" in RELATION_GRANTS.get((role, relation), set()):
        return True
    return columns is not None and all(
        (role, relation, column, "SELECT") in COLUMN_GRANTS for column in columns
    )


def may_execute(role: str, function: str) -> bool:
    """Say whether a role may call a function, whatever its arguments."""
    names = {name.partition("(")[0] for name in EXECUTE_GRANTS.get(role, set())}
    return function in names
