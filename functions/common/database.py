"""Reads for one tenant: the Data API under a token that says who it is, never a service key."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast

from postgrest import SyncPostgrestClient, SyncSelectRequestBuilder

from functions.common.auth.access import CallerIdentity
from functions.common.environment import load_settings
from llm_observe.supabase.data_api import DataApi

_READ_TIMEOUT: Final = 8.0
"""Seconds; as long as Supabase lets ``authenticated`` run a statement."""
_PING_TIMEOUT: Final = 2.0


@cache
def _get_data_api() -> DataApi:
    return DataApi.from_settings(load_settings())


def read_as(caller: CallerIdentity) -> SyncPostgrestClient:
    """Give a client that sees the caller's tenant's rows."""
    return _get_data_api().connect_as(
        "authenticated", caller.tenant, timeout=_READ_TIMEOUT, key_id=caller.key_id
    )


def manage_as(caller: CallerIdentity, *, timeout: float = _READ_TIMEOUT) -> SyncPostgrestClient:
    """Give a client that may change the caller's tenant's keys, settings and data."""
    return _get_data_api().connect_as(
        "llm_admin", caller.tenant, timeout=timeout, key_id=caller.key_id
    )


def join_as(caller: CallerIdentity) -> SyncPostgrestClient:
    """Give a client for a person who comes into the tenant without a right in it, or leaves it."""
    return _get_data_api().connect_as(
        "llm_join", caller.tenant, timeout=_READ_TIMEOUT, key_id=caller.key_id
    )


def sum_as(key_id: str) -> SyncPostgrestClient:
    """Give a client that learns what a person's tenants add up to, and reads nothing else."""
    return _get_data_api().connect_as("llm_sums", None, timeout=_READ_TIMEOUT, key_id=key_id)


def ingest_as(caller: CallerIdentity, *, timeout: float) -> SyncPostgrestClient:
    """Give a client that may write the caller's tenant's spans and nothing else."""
    return _get_data_api().connect_as(
        "llm_ingest", caller.tenant, timeout=timeout, key_id=caller.key_id
    )


def ask_gate(function: str, arguments: dict[str, Any]) -> Any:
    """Ask about a credential, before there is a tenant to act as.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    gate = _get_data_api().connect_as("llm_gate", None, timeout=_PING_TIMEOUT)
    return gate.rpc(function, arguments).execute().data


def fetch(rows: SyncSelectRequestBuilder) -> list[dict[str, Any]]:
    """Run a query and give its rows.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    return cast("list[dict[str, Any]]", rows.execute().data)


def ping() -> None:
    """Ask the database whether it answers; its role may do nothing else.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    ask_gate("ping", {})
