"""Runs a library's snippet in its environment, as a process that lives for one call."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from functions.ingest.otlp_json import decode_json
from functions.ingest.rejections import Rejections
from llm_observe.dialects import Reading, read
from trials.instrumentations.library import Library
from trials.instrumentations.recording import Stage, describe_environment
from trials.instrumentations.snippets import add_call

_SECONDS: Final = 60
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


def try_snippet(library: Library, snippet: str, command: list[str], stage: Stage) -> str | None:
    """Run the snippet and a call; give what went wrong, None where its span came and is counted."""
    with TemporaryDirectory() as folder:
        # Node looks for packages beside the script.
        home = Path(command[-1]).parent if library.script else Path(folder)
        script = home / ("snippet.mjs" if library.script else "snippet.py")
        script.write_text(add_call(library.name, snippet), encoding="utf-8")
        done = subprocess.run(
            [command[0], str(script)],
            check=False,
            cwd=folder,
            env=describe_environment(library, stage, protocol="http/protobuf"),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    readings = _take_readings(stage)
    if done.returncode != 0:
        return done.stderr.strip().rpartition("\n")[2]
    dialect = expect_dialect(library.name)
    came = [(each.dialect, each.countable) for each in readings]
    wanted = (dialect, dialect != "plain")
    return None if wanted in came else f"no span of {dialect} came: {came}"


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
