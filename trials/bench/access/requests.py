"""Whole requests to the Data API, under row level security and by a role that passes over it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import httpx
import jwt
from jwt import PyJWK

from infra.local.keys import StackKeys
from tests.database.support import spans
from trials.bench.access.reads import SUBJECT, TENANT, Read, compare_roles

_NEWEST: Final = {"tenant_id": f"eq.{TENANT}", "order": "start_time.desc,trace_id.desc"}


def measure_requests(data_api: str, keys: StackKeys, end: datetime, rounds: int) -> list[Read]:
    """Send each request in turns with each role's token, on a kept-alive connection."""
    window = {
        "window_start": (end - timedelta(hours=24)).isoformat(),
        "window_end": end.isoformat(),
        "bucket": "hour",
    }
    trace = {"tenant_id": f"eq.{TENANT}", "trace_id": f"eq.{spans.trace_id(7)}"}
    requests: dict[str, tuple[str, Mapping[str, str]]] = {
        "newest 51 spans": ("span_summaries", {**_NEWEST, "limit": "51"}),
        "newest 51 traces": ("trace_summaries", {**_NEWEST, "limit": "51"}),
        "spans of a trace": ("span_details", {**trace, "order": "start_time,span_id"}),
        "24 hours by hour": ("rpc/query_metrics", window),
    }
    tokens = {role: _sign(keys, role) for role in (SUBJECT, "service_role")}
    with httpx.Client(base_url=f"{data_api}/rest/v1") as client:

        def ask(path: str, parameters: Mapping[str, str], role: str) -> None:
            token = tokens[SUBJECT if role == SUBJECT else "service_role"]
            headers = {"apikey": keys.publishable_key, "authorization": f"Bearer {token}"}
            client.get(path, params=dict(parameters), headers=headers).raise_for_status()

        return [
            compare_roles(name, partial(ask, *request), rounds)
            for name, request in requests.items()
        ]


def _sign(keys: StackKeys, role: str) -> str:
    """Sign what our own minter refuses: a token of the role that passes over everything."""
    claims = {"aud": "authenticated", "role": role, "tenant_id": TENANT}
    expiry = {"exp": int(time.time()) + 3600}
    header = {"kid": keys.signing_key["kid"]}
    return jwt.encode(claims | expiry, PyJWK(keys.signing_key).key, "ES256", headers=header)
