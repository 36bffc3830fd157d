"""A call of every function of the Data API that names another tenant's things.

``test_data_api`` fails for a function that is not here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.database.support.keys import digest, from_now
from tests.database.support.spans import NOON, span_id
from tests.isolation.data_api_credentials import Refusal
from tests.isolation.tenants import Tenant, make_evaluations, make_rules, make_spans

_NOT_FOUND: Refusal = (404, "PT404")
_DONE: Refusal = (200, None)
_NOT_A_COMMAND: Refusal = (403, "PT403")
_NO_ARGUMENTS: Refusal = (404, "PGRST202")
_READ_ONLY: Refusal = (405, "25006")


@dataclass(frozen=True, slots=True)
class Call:
    """A body, and what a caller from another tenant is answered that may execute the function."""

    make_body: Callable[[Tenant, Tenant], dict[str, Any]]
    """From the tenant that is reached for and the caller's own."""
    by_post: Refusal = _DONE
    by_get: Refusal = _NO_ARGUMENTS
    writes: bool = True


def _a_run(victim: Tenant) -> dict[str, Any]:
    """Name a run that nobody began, and a tenant, which no job takes from a body."""
    return {"run_id": str(uuid.UUID(int=victim.number)), "tenant_id": victim.name}


_VIEW = {"kind": "traces", "name": "another's", "shared": True, "filter": ""}
_KEY = {"name": "a key", "environment": "live", "scopes": ["admin"]}

CALLS: Mapping[str, Call] = {
    "ping": Call(lambda _victim, _own: {}, by_get=_DONE, writes=False),
    "authenticate_key": Call(
        lambda victim, _own: {"key_id": victim.own_key, "digest": digest(0)}, writes=False
    ),
    "find_memberships": Call(
        lambda _victim, own: {"user_id": own.person.replace("-5", "-4")}, writes=False
    ),
    "find_digest_source": Call(lambda victim, _own: {"tenant_id": victim.name}, writes=False),
    "find_invitation": Call(
        lambda victim, _own: {"invitation_id": victim.own_invitation, "digest": digest(0)},
        writes=False,
    ),
    "start_job": Call(
        lambda victim, _own: {"job": "a_job", "every_seconds": 60, "tenant_id": victim.name},
        writes=False,
    ),
    "run_partitions": Call(lambda victim, _own: _a_run(victim), writes=False),
    "run_expiry": Call(lambda victim, _own: _a_run(victim), writes=False),
    "run_deletions": Call(lambda victim, _own: _a_run(victim), writes=False),
    "run_roll_ups": Call(lambda victim, _own: _a_run(victim), writes=False),
    "run_verification": Call(lambda victim, _own: _a_run(victim), writes=False),
    "finish_job": Call(lambda victim, _own: _a_run(victim) | {"outcome": "done"}, writes=False),
    "add_operator": Call(
        lambda victim, _own: {"user_id": victim.person}, _NOT_A_COMMAND, writes=False
    ),
    "remove_operator": Call(
        lambda victim, _own: {"user_id": victim.person}, _NOT_A_COMMAND, writes=False
    ),
    "sum_tenants": Call(
        lambda victim, _own: {
            "window_start": NOON.isoformat(),
            "window_end": NOON.replace(hour=13).isoformat(),
            "user_id": victim.person,
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "query_metrics": Call(
        lambda victim, _own: {
            "window_start": NOON.isoformat(),
            "window_end": NOON.replace(hour=13).isoformat(),
            "bucket": "hour",
            "group_by": "session",
            "then_by": "user",
            "filter": {"user": [victim.name, None]},
            "filters": [{"not": {"field": "name", "op": "in", "values": [victim.name]}}],
        },
        by_get=_DONE,
        writes=False,
    ),
    "read_span_details": Call(
        lambda victim, _own: {"trace_id": victim.own_trace, "most_bytes": 1_000_000},
        writes=False,
    ),
    "read_trace": Call(
        lambda victim, _own: {
            "trace_id": victim.own_trace,
            "shown": ["tenant_id", "name"],
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "read_span": Call(
        lambda victim, _own: {
            "trace_id": victim.own_trace,
            "span_id": f"{1:016x}",
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "read_contents": Call(
        lambda victim, _own: {
            "spans": [
                {"trace": victim.own_trace, "span": span_id(n), "start": NOON.isoformat()}
                for n in (1, 2)
            ],
            "most_bytes": 1_000_000,
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "match_traces": Call(
        lambda victim, _own: {
            "ids": [victim.own_trace],
            "named": True,
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "count_spans": Call(
        lambda victim, _own: {
            "filters": [{"field": "trace", "op": "in", "values": [victim.own_trace]}],
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "count_traces": Call(
        lambda victim, _own: {"filters": [], "tenant_id": victim.name}, writes=False
    ),
    "list_spans": Call(
        lambda victim, _own: {
            "shown": ["tenant_id", "trace_id"],
            "preview": True,
            "sort": "-cost",
            "filters": [{"field": "trace", "op": "in", "values": [victim.own_trace]}],
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "list_traces": Call(
        lambda victim, _own: {
            "shown": ["tenant_id", "trace_id"],
            "preview": True,
            "sort": "-duration",
            "filters": [{"not": {"field": "text", "op": "matches", "values": [victim.name]}}],
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "create_view": Call(lambda victim, _own: _VIEW | {"tenant_id": victim.name, "shared": False}),
    "replace_view": Call(
        lambda victim, _own: _VIEW | {"tenant_id": victim.name, "view_id": victim.own_view},
        _NOT_FOUND,
    ),
    "delete_view": Call(
        lambda victim, _own: {"tenant_id": victim.name, "view_id": victim.own_view}, _NOT_FOUND
    ),
    "list_facets": Call(
        lambda victim, _own: {
            "kind": "traces",
            "filters": [{"not": {"field": "user", "op": "in", "values": [victim.name]}}],
            "fields": ["user", "session", "model", "name", "tag:plan"],
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "list_sessions": Call(
        lambda victim, _own: {
            "filters": [{"not": {"field": "user", "op": "in", "values": [victim.name]}}],
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "read_session": Call(
        lambda victim, _own: {"session_id": victim.name, "tenant_id": victim.name},
        _NOT_FOUND,
        writes=False,
    ),
    "list_users": Call(
        lambda victim, _own: {
            "start": NOON.isoformat(),
            "end": NOON.replace(hour=13).isoformat(),
            "sort": "-calls",
            "tenant_id": victim.name,
        },
        writes=False,
    ),
    "read_user": Call(
        lambda victim, _own: {
            "user_id": victim.name,
            "start": NOON.isoformat(),
            "end": NOON.replace(hour=13).isoformat(),
        },
        _NOT_FOUND,
        writes=False,
    ),
    "ingest_spans": Call(
        lambda victim, own: {
            "tenant_id": victim.name,
            "spans": [
                span | {"tenant_id": victim.name, "start_ns": span["start_ns"] - 1_000_000}
                for span in make_spans(own, victim.own_trace)
            ],
            "evaluations": make_evaluations(victim),
            "process": {"id": f"{victim.number:032x}", "emitted": 99, "dropped": {}},
        }
    ),
    "set_model_prices": Call(lambda _victim, _own: {"source": "another", "providers": {}}),
    "create_api_key": Call(
        lambda victim, _own: (
            _KEY | {"tenant_id": victim.name, "key_id": "another0", "digest": digest(90)}
        )
    ),
    "create_ingest_token": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "key_id": "another1",
            "name": "a token",
            "expires_at": from_now(days=1),
        }
    ),
    "rotate_api_key": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "key_id": victim.own_key,
            "new_key_id": "another2",
            "digest": digest(91),
        },
        _NOT_FOUND,
    ),
    "revoke_api_key": Call(
        lambda victim, _own: {"tenant_id": victim.name, "key_id": victim.own_key}, _NOT_FOUND
    ),
    # Before the memberships: an invitation ends with the one of whoever invites.
    "create_invitation": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "invitation_id": "another3",
            "digest": digest(92),
            "role": "viewer",
        }
    ),
    "revoke_invitation": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "invitation_id": victim.own_invitation,
        },
        _NOT_FOUND,
    ),
    "create_tenant": Call(lambda victim, _own: {"tenant_id": victim.name}, (409, "PT409")),
    "accept_invitation": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "invitation_id": victim.own_offer,
            "digest": digest(victim.number),
            "email": f"someone@{victim.name}.example",
        }
    ),
    # After the invitation: whoever came in by it leaves.
    "leave_tenant": Call(
        lambda victim, _own: {"tenant_id": victim.name, "user_id": victim.person}, (403, "PT403")
    ),
    "change_membership": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "user_id": victim.person,
            "role": "viewer",
        },
        _NOT_FOUND,
    ),
    "remove_membership": Call(
        lambda victim, _own: {"tenant_id": victim.name, "user_id": victim.person}, _NOT_FOUND
    ),
    "list_members": Call(lambda victim, _own: {"tenant_id": victim.name}, writes=False),
    "set_membership": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "user_id": victim.person,
            "role": "viewer",
        }
    ),
    "read_setup": Call(
        lambda victim, _own: {"tenant_id": victim.name, "migration": "20261129143514"},
        writes=False,
    ),
    "set_retention": Call(
        lambda victim, _own: {"tenant_id": victim.name, "span_days": 1, "content_days": 1}
    ),
    "set_attribute_mappings": Call(
        lambda victim, own: {
            "tenant_id": victim.name,
            "mappings": [*make_rules(own), {"attribute": "x", "field": "provider"}],
        }
    ),
    "set_content_capture": Call(
        lambda victim, _own: {"tenant_id": victim.name, "content_capture": "off"}
    ),
    "set_tag_dimensions": Call(
        lambda victim, own: {"tenant_id": victim.name, "keys": [own.name, "more"]}
    ),
    "set_text_config": Call(
        lambda victim, _own: {"tenant_id": victim.name, "text_config": "german"}
    ),
    "shred_digests": Call(lambda _victim, _own: {}, by_get=_READ_ONLY),
    "start_demo_run": Call(lambda victim, _own: {"tenant_id": victim.name, "most_a_day": 9}),
    "request_deletion": Call(
        lambda victim, _own: {
            "tenant_id": victim.name,
            "ids": [victim.own_trace],
            "expected": 1,
            "asked_by": "ids",
        },
        (409, "PT409"),
    ),
    "forget_trace": Call(
        lambda victim, _own: {"tenant_id": victim.name, "trace_id": victim.own_trace}, _NOT_FOUND
    ),
    "forget_user": Call(lambda victim, _own: {"tenant_id": victim.name, "user_id": victim.name}),
    "forget_tenant": Call(lambda victim, _own: {"tenant_id": victim.name}, (400, "22023")),
    # Last, since it is for what the one before deleted.
    "restore_tenant": Call(lambda _victim, _own: {}, _NOT_FOUND, by_get=_READ_ONLY),
}
