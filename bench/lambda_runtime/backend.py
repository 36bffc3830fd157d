"""What the measured functions run on and talk to: the built artifact, a real database, a model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import psycopg

from infra.local.children import Leashes
from infra.local.health import free_port
from infra.local.keys import StackKeys, load_keys
from infra.local.services import gateway_child
from infra.local.settings import read_settings
from infra.local.throwaway import TEMPLATE, run_throwaway_server
from tests.lifecycle.artifact import Artifact, make_artifact
from tests.offline_openai.running import Server

_FUNCTION: Final = Path(__file__).with_name("function")


class BenchError(RuntimeError):
    """What was to be measured did not work; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What all parts share."""

    artifact: Artifact
    keys: StackKeys = field(repr=False)
    gateway: str
    openai: str
    owner_url: str = field(repr=False)
    folder: Path

    @property
    def libraries(self) -> tuple[Path, ...]:
        """What every function may import: the layer, and AWS's runtime client."""
        return (self.artifact.built / "RuntimeLayer" / "python", self.artifact.client)

    @property
    def packages(self) -> dict[str, str]:
        """The version of each package in the layer and of the runtime client, by its name."""
        found = distributions(path=list(map(str, self.libraries)))
        return {package.name.lower().replace("_", "-"): package.version for package in found}

    def make_variables(
        self, tenant: str, gateway: str, function: Path = _FUNCTION
    ) -> dict[str, str]:
        """Give the environment of a function; ``function`` is the folder of its own code."""
        folders = (function, *self.libraries)
        return self.artifact.variables(None) | {
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "LAMBDA_TASK_ROOT": str(function),
            "LLM_OBSERVE_TENANT": tenant,
            "SUPABASE_URL": gateway,
            "SUPABASE_PUBLISHABLE_KEY": self.keys.publishable_key,
            "SUPABASE_JWT_SIGNING_KEY": json.dumps(self.keys.signing_key),
            "LLM_OBSERVE_DIGEST_KEY": self.keys.master_secret,
            "OPENAI_API_KEY": "offline",
        }

    def count_spans(self, tenant: str) -> int:
        """Count what a tenant has in the database: telemetry that stores nothing is cheap."""
        with psycopg.connect(self.owner_url) as connection:
            query = "select count(*) from spans where tenant_id = %s"
            row = connection.execute(query, (tenant,)).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def run_backend(folder: Path) -> Iterator[Backend]:
    """Build what has changed, and run Postgres, the gateway and the offline model.

    Raises:
        BuildError: if a program that the build needs is missing; the message says which.
    """
    settings, artifact = read_settings(), make_artifact()
    keys, port = load_keys(folder / "keys"), free_port()
    with ExitStack() as stack:
        server = stack.enter_context(run_throwaway_server(settings, folder / "postgres"))
        server.create_template()
        database = server.create_database("bench", template=TEMPLATE)
        leashes = Leashes(folder / "children")
        stack.callback(leashes.close)
        gateway = leashes.start(gateway_child(settings, keys, database.authenticator_url, port))
        stack.callback(gateway.stop)
        gateway.wait_until_ready()
        openai = Server("--port", "0", "--pace", "0")
        stack.callback(openai.stop)
        url = f"http://127.0.0.1:{port}"
        yield Backend(artifact, keys, url, openai.base_url, database.owner_url, folder)
