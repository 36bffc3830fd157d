"""What it costs to be let in: processor time of a request, and round trips to the database."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from typing import Any
from unittest.mock import patch

from functions.common.auth.access import CallerIdentity
from functions.common.auth.api_keys import make_api_key
from functions.common.auth.credentials import authenticate
from functions.common.database import ask_gate, manage_as
from functions.common.environment import load_pepper
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.functions.credentials import log_in, make_user
from trials.bench.access.reads import TENANT
from trials.bench.samples import p95


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of credential: microseconds of processor time, and database round trips in all."""

    credential: str
    requests: int
    p50: float
    p95: float
    round_trips: int


def measure_entries(
    database: Database, data_api: str, keys: StackKeys, requests: int
) -> list[Entry]:
    """Let the same credential in again and again, as a warm function does.

    In a process of its own, since a function reads its settings once per process.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as function:
        return function.submit(_measure_all, database, data_api, keys, requests).result()


def _measure_all(database: Database, data_api: str, keys: StackKeys, requests: int) -> list[Entry]:
    os.environ |= {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
    }
    key = make_api_key("bench")
    arguments: dict[str, Any] = {"name": "bench", "environment": "bench", "scopes": ["read"]}
    arguments |= {"key_id": key.key_id, "digest": key.digest(load_pepper())}
    manage_as(CallerIdentity(TENANT, "dev")).rpc("create_api_key", arguments).execute()
    user = make_user(database.owner_url, {TENANT: "viewer"})
    tokens = {"API key": key.text, "user": log_in(keys, data_api, user)}
    return [_measure(name, token, requests) for name, token in tokens.items()]


def _measure(name: str, token: str, requests: int) -> Entry:
    times = []
    with patch("functions.common.auth.credentials.ask_gate", wraps=ask_gate) as asked:
        for _ in range(requests):
            started = time.process_time_ns()
            authenticate([f"Bearer {token}"])
            times.append((time.process_time_ns() - started) / 1000)
    return Entry(name, requests, median(times), p95(times), asked.call_count)
