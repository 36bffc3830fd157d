"""Three tenants live through the API in any order; a simple model says who may see what."""

from __future__ import annotations

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.isolation.state_machine import Stack, Tenants


def test_nobody_sees_anothers(
    client: httpx.Client, database: Database, keys: StackKeys, data_api: str
) -> None:
    """Whatever happens in whatever order, each caller sees its tenants' traces, whole and alone."""
    stack = Stack(client, database, keys, data_api)
    machine = type("Lives", (Tenants,), {"stack": stack})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=25,
            derandomize=True,
            deadline=None,
            database=None,
            # Making a failure smaller would take minutes: each step is real requests.
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
