"""Runs one function with and without the layer, and compares all that can be seen of it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Final

import psycopg

from infra.local.aws.template import Function
from tests.infra.build.runtime_emulator import EmulatedFunction, install, run_emulator
from tests.tokens import mint_token
from trials.hosts.cells import Host
from trials.lifecycle.applications import Backend

_FUNCTION: Final = Path(__file__).with_name("function")
_OWN_LINE: Final = "llm_observe: "
_METRICS: Final = '"Namespace": "llm-observe"'
_EMULATORS: Final = "(rapid)"
_OTHER_EACH_TIME: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+(\.\d+)?")
_MONTHS: Final = 100 * 24 * 3600
"""Seconds; a token that is nearer to its end is warned of."""
_SHOWN: Final = ("openai", "opentelemetry-api", "opentelemetry-sdk", "wrapt", "pydantic", "httpx")


class HostError(RuntimeError):
    """A host could not be put together; the message says what."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run showed."""

    answer: Any
    log: list[str]
    """Without what is another each time."""
    lines: list[str]
    """Of those, ours, without metric lines and as they were."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a host fares under the layer."""

    host: Host
    versions: str
    bare: Seen
    layered: Seen
    spans: int

    @property
    def faults(self) -> list[str]:
        """What is not as it should be."""
        faults = []
        if self.layered.answer != self.bare.answer:
            faults.append("the function answers otherwise")
        if self.layered.log != self.bare.log:
            faults.append("there are other lines in the log")
        if bool(self.spans) == bool(self.layered.lines) or len(self.layered.lines) > 1:
            faults.append("it is traced, or one line says why not: neither, or both")
        return faults

    @property
    def said(self) -> str:
        """What became of its telemetry."""
        if self.spans:
            return f"traced, {self.spans} spans"
        line = " ".join(self.layered.lines)
        _, _, said = line.partition(_OWN_LINE)
        return re.sub(r"/\S+/task/", "/var/task/", said)


def try_host(host: Host, number: int, backend: Backend) -> Result:
    """Put the host together and run it twice.

    Raises:
        HostError: if its packages cannot be installed.
    """
    folder = backend.folder / f"host-{number}"
    task = folder / "task"
    task.mkdir(parents=True)
    before = ("--exclude-newer", host.before) if host.before else ()
    try:
        install(backend.artifact.python, task, list(host.requirements), *before)
    except CalledProcessError as error:
        raise HostError(
            f"{host.name}: {', '.join(host.requirements)} cannot be installed"
        ) from error
    shutil.copytree(_FUNCTION, task, dirs_exist_ok=True)
    for name in host.modules:
        (task / f"{name}.py").write_text("")
    tenant = f"host-{number}"
    bare = _run(backend, task, folder / "bare.log", tenant, layered=False)
    layered = _run(backend, task, folder / "layered.log", tenant, layered=True)
    result = Result(host, _name_versions(task), bare, layered, _count_spans(backend, tenant))
    shutil.rmtree(task)
    return result


def _run(backend: Backend, task: Path, log: Path, tenant: str, *, layered: bool) -> Seen:
    with _serve(backend, task, log, tenant, layered=layered) as function:
        answer = function.send(b"{}").json()
        # The next call comes when the spans of the one before have left.
        function.send(b"{}")
        written = function.read_log()
    if isinstance(answer, dict):
        answer.pop("requestId", None)
    kept = [line for line in written.splitlines() if _EMULATORS not in line]
    lines = [line for line in kept if _OWN_LINE in line]
    others = [line for line in kept if line not in lines and _METRICS not in line]
    return Seen(answer, [_OTHER_EACH_TIME.sub("#", line) for line in others], lines)


@contextmanager
def _serve(
    backend: Backend, task: Path, log: Path, tenant: str, *, layered: bool
) -> Iterator[EmulatedFunction]:
    artifact = backend.artifact
    layer = artifact.built / "LlmObserveLayer"
    # On Lambda a function's own packages come before a layer's.
    path = (task, layer / "python", artifact.client) if layered else (task, artifact.client)
    variables = {
        "SUPABASE_URL": backend.data_api,
        "SUPABASE_PUBLISHABLE_KEY": backend.keys.publishable_key,
        "LLM_OBSERVE_INGEST_TOKEN": mint_token(
            backend.keys.signing_key,
            tenant,
            "llm_ingest",
            key_id="dev",
            exp=int(time.time()) + _MONTHS,
        ),
        "LLM_OBSERVE_DIGEST_KEY": backend.keys.master_secret,
        "LLM_OBSERVE_TENANT": tenant,
        "OPENAI_API_KEY": "offline",
        "OPENAI_BASE_URL": backend.openai,
        "LLM_OBSERVE_EXPORT_TIMEOUT": "20",
        # As with OpenAI's own server: usage is asked for underneath, which must not be seen.
        "LLM_OBSERVE_STREAM_USAGE": "always",
        # Libraries that talk are heard.
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_LAMBDA_LOG_FORMAT": "TEXT",
    }
    function = Function("host", "app.handler", task, 60, 512, ())
    wrapper = layer / "llm-observe" if layered else None
    with run_emulator(function, artifact.python, path, variables, log, wrapper) as served:
        yield served


def _count_spans(backend: Backend, tenant: str) -> int:
    with psycopg.connect(backend.owner_url) as connection:
        row = connection.execute(
            "select count(*) from spans where tenant_id = %s", (tenant,)
        ).fetchone()
    return int(row[0]) if row else 0


def _name_versions(task: Path) -> str:
    found = {d.name.lower().replace("_", "-"): d.version for d in distributions(path=[str(task)])}
    return ", ".join(f"{name} {found[name]}" for name in _SHOWN if name in found)
