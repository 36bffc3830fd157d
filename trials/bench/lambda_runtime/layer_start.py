"""What LlmObserveLayer adds to the start of somebody's function, with a client and without one."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import Final

from trials.bench.lambda_runtime.functions import OWN_FUNCTIONS, BenchError
from trials.bench.samples import Difference, compare, p95, take_turns
from trials.lifecycle.applications import Backend

NO_CLIENT: Final = "no client"
FUNCTIONS: Final = {NO_CLIENT: "no_client.handler", "imports openai": "with_client.handler"}
WITHOUT, AGAIN, WITH = "none", "none, again", "LlmObserveLayer"
_LAYERED: Final = "llm_observe_layer.bootstrap.handler"
_LOAD: Final = """
import sys, time
import awslambdaric.bootstrap
before = time.process_time()
awslambdaric.bootstrap._get_handler(sys.argv[1])
print((time.process_time() - before) * 1000)
"""
"""As the runtime does it, whose own modules are there by then."""


@dataclass(frozen=True, slots=True)
class LayerStart:
    """Milliseconds of processor time to load a handler in a fresh process."""

    function: str
    layer: str
    runs: int
    p50: float
    p95: float
    added: Difference | None
    """Over no layer."""


def measure_layer_starts(backend: Backend, *, runs: int, warm_up: int) -> list[LayerStart]:
    """Load each function with and without the layer in turn, each time in a new process.

    Raises:
        BenchError: if a handler cannot be loaded.
    """
    cells = [(name, layer) for name in FUNCTIONS for layer in (WITHOUT, AGAIN, WITH)]
    measured: dict[tuple[str, str], list[float]] = {cell: [] for cell in cells}
    with _serve_extensions() as address:
        for number in range(warm_up + runs):
            for name, layer in take_turns(cells, number):
                measured[name, layer].append(
                    _load(backend, FUNCTIONS[name], address if layer == WITH else None)
                )
    measured = {cell: values[warm_up:] for cell, values in measured.items()}
    return [
        LayerStart(
            name,
            layer,
            runs,
            median(own),
            p95(own),
            None if layer == WITHOUT else compare(own, measured[name, WITHOUT]),
        )
        for (name, layer), own in measured.items()
    ]


def _load(backend: Backend, handler: str, extensions_api: str | None) -> float:
    """Load a handler; with the layer where the address of Lambda's Extensions API is given."""
    artifact = backend.artifact
    folders = [OWN_FUNCTIONS, artifact.built / "FunctionsLayer" / "python", artifact.client]
    variables = artifact.variables(None) | {"OPENAI_API_KEY": "offline", "_HANDLER": handler}
    if extensions_api is not None:
        folders.insert(1, artifact.built / "LlmObserveLayer" / "python")
        variables |= {
            "AWS_LAMBDA_RUNTIME_API": extensions_api,
            "LLM_OBSERVE_HANDLER": handler,
            "LLM_OBSERVE_TENANT": "start",
            "SUPABASE_URL": backend.data_api,
            "SUPABASE_PUBLISHABLE_KEY": backend.keys.publishable_key,
            "SUPABASE_JWT_SIGNING_KEY": json.dumps(backend.keys.signing_key),
            "LLM_OBSERVE_DIGEST_KEY": backend.keys.master_secret,
        }
    variables["PYTHONPATH"] = os.pathsep.join(map(str, folders))
    called = handler if extensions_api is None else _LAYERED
    done = subprocess.run(
        [artifact.python, "-S", "-P", "-c", _LOAD, called],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or done.stderr:
        raise BenchError(f"{called} cannot be loaded:\n{done.stderr}")
    return float(done.stdout)


class _Extensions(BaseHTTPRequestHandler):
    """A fake of Lambda's Extensions API in which nothing ever happens."""

    def do_POST(self) -> None:
        """Register."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("Lambda-Extension-Identifier", "extension-1")
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """Wait until the caller is gone."""
        self.rfile.read(1)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _serve_extensions() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Extensions) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
