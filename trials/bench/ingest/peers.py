"""MLflow and Phoenix: installed from pinned requirements, each apart, and how they are run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from infra.local.children import Child
from infra.local.ports import LOOPBACK, free_port
from infra.local.services import local_url
from infra.local.settings import REPOSITORY
from infra.local.setup import SetupError, install_uv, run
from trials.bench.ingest.systems import System

MLFLOW: Final = "MLflow"
PHOENIX: Final = "Phoenix"
_REQUIREMENTS: Final = Path(__file__).with_name("requirements")
_START_SECONDS: Final = 180.0


def install(name: str) -> Path:
    """Give the Python of a virtual environment that holds exactly a peer's requirements.

    Raises:
        SetupError: if it cannot be installed; the message ends with what to do.
    """
    environment = REPOSITORY / f".venv-{name.lower()}"
    requirements = _REQUIREMENTS / f"{name.lower()}.txt"
    python = environment / "bin" / "python"
    try:
        uv = str(install_uv())
        create = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable]
        run([*create, str(environment)], REPOSITORY)
        fill = [uv, "pip", "sync", "--quiet", "--python", str(python)]
        run([*fill, str(requirements)], REPOSITORY)
    except SetupError as error:
        raise SetupError(
            f"{error}\n{name} could not be installed from {requirements.relative_to(REPOSITORY)}. "
            "It comes from PyPI: look at the network, or name the systems to measure, "
            'as in make bench-ingest ARGS="--quick stack app".'
        ) from error
    return python


def describe_mlflow(python: Path, database_url: str, folder: Path) -> System:
    """Set up MLflow's server with a worker per core, and without the jobs it could run beside."""
    port = free_port()
    options = {
        "--backend-store-uri": database_url.replace("postgresql:", "postgresql+psycopg2:", 1),
        "--default-artifact-root": str(folder / "artifacts"),
        "--host": LOOPBACK,
        "--port": str(port),
        "--workers": str(os.cpu_count()),
    }
    environment = {
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    arguments = (argument for option in options.items() for argument in option)
    return System(
        name=MLFLOW,
        children=(
            _python_child(
                MLFLOW, (python, "-m", "mlflow", "server", *arguments), port, environment, folder
            ),
        ),
        url=f"{local_url(port)}/v1/traces",
        headers={"x-mlflow-experiment-id": "0"},
        database_url=database_url,
        count="select count(*) from spans",
        find="select count(*) from spans where trace_id = 'tr-' || %(trace)s",
    )


def describe_phoenix(python: Path, database_url: str, folder: Path) -> System:
    """Set up Phoenix' server as it comes, without what would call home."""
    port = free_port()
    environment = {
        "PHOENIX_HOST": LOOPBACK,
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_SQL_DATABASE_URL": database_url,
        "PHOENIX_WORKING_DIR": str(folder / "phoenix"),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }
    return System(
        name=PHOENIX,
        children=(
            _python_child(
                PHOENIX,
                (python, "-m", "phoenix.server.main", "serve"),
                port,
                environment,
                folder,
                health="healthz",
            ),
        ),
        url=f"{local_url(port)}/v1/traces",
        headers={},
        database_url=database_url,
        count="select count(*) from spans",
        find="select count(*) from spans join traces on traces.id = spans.trace_rowid "
        "where traces.trace_id = %(trace)s",
    )


def read_pins() -> list[str]:
    """Give the versions of the peers themselves, as they are required."""
    return [
        line
        for path in sorted(_REQUIREMENTS.glob("*.in"))
        for line in path.read_text(encoding="utf-8").splitlines()[:1]
    ]


def _python_child(
    name: str,
    argv: tuple[str | Path, ...],
    port: int,
    environment: dict[str, str],
    folder: Path,
    health: str = "health",
) -> Child:
    python = Path(argv[0])
    path = os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath)))
    return Child(
        name=name.lower(),
        argv=tuple(map(str, argv)),
        health=f"{local_url(port)}/{health}",
        environment={"PATH": path, "HOME": str(folder), **environment},
        directory=folder,
        start_seconds=_START_SECONDS,
    )
