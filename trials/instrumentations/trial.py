"""Runs a library's snippet in its environment, as a process that lives for one call."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from functions.ingest.otlp_json import decode_json
from functions.ingest.rejections import Rejections
from llm_observe.dialects import Reading, read
from trials.instrumentations.library import Library
from trials.instrumentations.recording import Stage, describe_environment
from trials.instrumentations.snippet_calls import add_call
from trials.instrumentations.snippets import read_commands, read_snippets

_Done = subprocess.CompletedProcess[str]
_SECONDS: Final = 180
"""A snippet takes ten; some import for a minute where a machine does much else."""
_DIALECTS: Final = (
    "openinference",
    "traceloop",
    "openlit",
    "langfuse",
    "logfire",
    "mlflow",
    "vercel",
)
"""Those whose libraries begin with their names."""
_OTHERS: Final = {
    "anthropic": "anthropic-native",
    "litellm": "traceloop",
    "traceloop-openai-agents": "otel-genai",
    "pydantic-ai": "otel-genai",
    "logfire-pydantic-ai": "otel-genai",
    "google-adk": "google-adk",
    "strands": "otel-v2",
    "strands-bedrock": "otel-v2",
    "agent-framework": "otel-genai",
    "anthropic-node": "anthropic-native",
    "auto-instrumentations-node": "otel-v2",
    "laminar": "laminar",
    "phoenix-otel": "openinference",
    "zero-code-python": "otel-genai",
    "langsmith": "langsmith",
    "semantic-kernel": "otel-v2",
    "genai-openai": "otel-genai",
    "genai-anthropic": "otel-genai",
    "google-genai": "otel-genai",
    "logfire-google-genai": "otel-genai",
    "genai-bedrock": "otel-genai",
    "botocore": "otel-v2",
    "otel-python": "plain",
    "otel-js": "plain",
}


def try_page(library: Library, command: list[str], stage: Stage) -> str | None:
    """Do what the page says for a library; give what went wrong, None where its span came."""
    done = None
    if snippet := read_snippets().get(library.name):
        done = _run_snippet(library, snippet, command, stage)
    elif start := read_commands().get(library.name):
        done = _run_command(library, start, command, stage)
    readings = _take_readings(stage)
    if done is None:
        return None
    if done.returncode != 0:
        return done.stderr.strip().rpartition("\n")[2]
    dialect = expect_dialect(library.name)
    came = [(each.dialect, each.countable) for each in readings]
    wanted = (dialect, dialect != "plain")
    return None if wanted in came else f"no span of {dialect} came: {came}"


def _run_snippet(library: Library, snippet: str, command: list[str], stage: Stage) -> _Done:
    """Run the snippet and a call as one program."""
    with TemporaryDirectory() as folder:
        # Node looks for packages beside the script.
        home = Path(command[-1]).parent if library.script else Path(folder)
        script = home / ("snippet.mjs" if library.script else "snippet.py")
        script.write_text(add_call(library.name, snippet), encoding="utf-8")
        return _start([command[0], str(script)], Path(folder), library, stage)


def _run_command(library: Library, start: str, command: list[str], stage: Stage) -> _Done:
    """Run the command that starts an application, here one of a single call."""
    with TemporaryDirectory() as folder:
        # Node looks for packages above the application.
        home = Path(command[-1]).parent / "application" if library.script else Path(folder)
        home.mkdir(exist_ok=True)
        (home / "package.json").write_text('{"type": "commonjs"}', encoding="utf-8")
        application = home / ("app.js" if library.script else "app.py")
        application.write_text(add_call(library.name), encoding="utf-8")
        found = {"PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}"}
        return _start(["sh", "-ec", start], home, library, stage, found)


def _start(
    program: list[str],
    folder: Path,
    library: Library,
    stage: Stage,
    more: Mapping[str, str] = MappingProxyType({}),
) -> _Done:
    """Run a program to its end; one that does not end has failed."""
    environment = describe_environment(library, stage, protocol="http/protobuf")
    try:
        return subprocess.run(
            program,
            check=False,
            cwd=folder,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        return _Done(program, returncode=1, stdout="", stderr=str(error))


def expect_dialect(library: str) -> str:
    """Give the dialect that a library's spans of a call are read in."""
    if library in _OTHERS:
        return _OTHERS[library]
    return next(name for name in _DIALECTS if library.startswith(name))


def _take_readings(stage: Stage) -> list[Reading]:
    for witness in stage.providers:
        witness.take()
    requests, _ = stage.capture.take()
    bodies = (json.dumps(request).encode() for request in requests)
    return [read(span) for body in bodies for span in decode_json(body, Rejections())]
