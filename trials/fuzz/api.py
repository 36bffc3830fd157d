"""``make fuzz-api``: Schemathesis sends what openapi.json allows, and what it forbids.

https://schemathesis.readthedocs.io. Never a 5xx but 503, content types and bodies as documented.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from infra.local.children import Leashes
from infra.local.keys import load_keys
from infra.local.ports import free_port
from infra.local.services import api_child, data_api_child, local_url
from infra.local.settings import REPOSITORY, read_settings
from infra.local.throwaway import TEMPLATE, run_throwaway_server

_CHECKS: Final = ("not_a_server_error", "content_type_conformance", "response_schema_conformance")
_TENANT: Final = "x-tenant-id: tenant-123"


def main() -> int:
    """Run it against a stack of its own; its exit code is Schemathesis'."""
    parser = argparse.ArgumentParser(prog="make fuzz-api")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        return _run(Path(name), arguments.seconds, arguments.seed)


def _run(folder: Path, seconds: int, seed: int) -> int:
    settings = replace(read_settings(), api_port=free_port(), data_api_port=free_port())
    keys, leashes = load_keys(folder / "keys"), Leashes(folder / "children")
    try:
        with run_throwaway_server(settings, folder / "postgres") as server:
            server.create_template()
            database = server.create_database("fuzz", template=TEMPLATE)
            dsn, port = database.authenticator_url, settings.data_api_port
            children = (
                data_api_child(settings, keys, dsn, port),
                api_child(settings, keys, free_port()),
            )
            running = [leashes.start(child) for child in children]
            for child in running:
                child.wait_until_ready()
            code = _send(folder, local_url(settings.api_port), seconds, seed)
            for child in running:
                child.stop()
            return code
    finally:
        leashes.close()


def _open_doors(folder: Path) -> Path:
    """Write the document without its credentials: made up, they would lead to 401s alone."""
    document = json.loads((REPOSITORY / "openapi.json").read_text())
    del document["components"]["securitySchemes"]
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    (folder / "openapi.json").write_text(json.dumps(document))
    return folder / "openapi.json"


def _send(folder: Path, url: str, seconds: int, seed: int) -> int:
    """Run Schemathesis; the demos are left out, which call a model that is not there."""
    program = Path(sys.executable).with_name("schemathesis")
    command = [str(program), "run", str(_open_doors(folder))]
    options = {
        "url": url,
        "header": _TENANT,
        "checks": ",".join(_CHECKS),
        "max-time": str(seconds),
        "seed": str(seed),
        "exclude-path-regex": "^/demo/",
        "phases": "examples,coverage,fuzzing",
        "suppress-health-check": "all",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return subprocess.run([*command, *flags], cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
