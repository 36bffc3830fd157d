"""How the measured functions are run: what they may import, their settings, what they left."""

from __future__ import annotations

import json
import os
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import psycopg

from trials.lifecycle.applications import Backend

OWN_FUNCTIONS: Final = Path(__file__).with_name("function")


class BenchError(RuntimeError):
    """What was to be measured did not work; the message says what to look at."""


def make_variables(
    backend: Backend, tenant: str, data_api: str, function: Path = OWN_FUNCTIONS
) -> dict[str, str]:
    """Give a function's environment; ``function`` is the folder of its own code."""
    folders = (function, *_list_libraries(backend))
    return backend.artifact.variables(None) | {
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "LAMBDA_TASK_ROOT": str(function),
        "LLM_OBSERVE_TENANT": tenant,
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": backend.keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(backend.keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": backend.keys.master_secret,
        "OPENAI_API_KEY": "offline",
    }


def count_spans(backend: Backend, tenant: str) -> int:
    """Count what a tenant has in the database: telemetry that stores nothing is cheap."""
    with psycopg.connect(backend.owner_url) as connection:
        query = "select count(*) from spans where tenant_id = %s"
        row = connection.execute(query, (tenant,)).fetchone()
    return int(row[0]) if row else 0


def read_versions(backend: Backend) -> dict[str, str]:
    """Give the version of each package in the layer and of the runtime client, by its name."""
    found = distributions(path=list(map(str, _list_libraries(backend))))
    return {package.name.lower().replace("_", "-"): package.version for package in found}


def _list_libraries(backend: Backend) -> tuple[Path, ...]:
    """Every function may import the layer and AWS's runtime client, and nothing else of others."""
    return (backend.artifact.built / "FunctionsLayer" / "python", backend.artifact.client)
