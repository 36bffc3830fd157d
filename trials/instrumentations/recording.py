"""Lives a library's scenarios in its own process; gives what it emitted and what was served."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from starlette.types import ASGIApp

from infra.local import offline_openai
from infra.local.settings import REPOSITORY
from trials.instrumentations import (
    offline_anthropic,
    offline_bedrock,
    offline_cohere,
    offline_completions,
    offline_gemini,
)
from trials.instrumentations.capture import Capture
from trials.instrumentations.library import Library
from trials.instrumentations.normalising import Numbering, clean_truth, normalise_request
from trials.instrumentations.served import read_exchange
from trials.instrumentations.serving import serve
from trials.instrumentations.witness import Witness

_LOG: Final = "log"
_AUTHORIZATION: Final = "Bearer lo_offline"
_WITHOUT_TELEMETRY: Final = {
    "TRACELOOP_TELEMETRY": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "true",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "AGNO_TELEMETRY": "false",
    "HAYSTACK_TELEMETRY_ENABLED": "false",
}
"""What keeps libraries from telling their makers that they run, or from asking them."""
_KEPT_OF_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Stage:
    """The offline providers and the receiver that libraries are run against."""

    providers: tuple[Witness, ...]
    capture: Capture
    environment: dict[str, str]


@contextmanager
def set_stage() -> Iterator[Stage]:
    """Serve the providers and the receiver while the block runs."""
    witnesses = {name: Witness(app) for name, app in _create_providers().items()}
    capture = Capture(_AUTHORIZATION)
    with ExitStack() as stack:
        urls = {name: stack.enter_context(serve(each)) for name, each in witnesses.items()}
        otlp_url = stack.enter_context(serve(capture.app()))
        yield Stage(
            tuple(witnesses.values()),
            capture,
            {
                **_name_providers(urls),
                "OTEL_EXPORTER_OTLP_ENDPOINT": otlp_url,
                "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={_AUTHORIZATION}",
                "OTEL_SERVICE_NAME": "offline-scenarios",
                # Traceloop's own words for the same.
                "TRACELOOP_BASE_URL": otlp_url,
                "TRACELOOP_HEADERS": f"authorization={_AUTHORIZATION}",
            },
        )


def _create_providers() -> dict[str, ASGIApp]:
    return {
        "openai": offline_openai.create_app(),
        "anthropic": offline_anthropic.create_app(),
        "gemini": offline_gemini.create_app(),
        "bedrock": offline_bedrock.create_app(),
        "cohere": offline_cohere.create_app(),
        "groq": offline_completions.create_groq(),
        "mistral": offline_completions.create_mistral(),
    }


def _name_providers(urls: Mapping[str, str]) -> dict[str, str]:
    """Give the variables by which each client finds its provider; Mistral's has none of its own."""
    return {
        "OPENAI_BASE_URL": f"{urls['openai']}/v1",
        "OPENAI_API_BASE": f"{urls['openai']}/v1",
        "ANTHROPIC_BASE_URL": urls["anthropic"],
        "GOOGLE_GEMINI_BASE_URL": urls["gemini"],
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": urls["bedrock"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "CO_API_URL": urls["cohere"],
        "GROQ_BASE_URL": urls["groq"],
        "MISTRAL_SERVER_URL": f"{urls['mistral']}/mistral",
    }


def record(
    library: Library, command: list[str], stage: Stage, names: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Yield these scenarios as a fixture keeps them; one that failed says why in ``failed``."""
    with TemporaryDirectory() as folder, _drive(library, command, stage, Path(folder)) as driver:
        for name in names:
            numbering = Numbering()
            answer = _live(driver, name) or _tell_end(Path(folder))
            exchanges = [each for witness in stage.providers for each in witness.take()]
            served = [read_exchange(exchange) for exchange in exchanges]
            requests, encodings = stage.capture.take()
            yield {
                "name": name,
                **({} if answer == "lived" else {"failed": numbering.clean(answer)}),
                "served": [clean_truth(each, numbering) for each in served],
                "encodings": encodings,
                "request": normalise_request(_merge(requests), numbering),
            }


def describe_environment(library: Library, stage: Stage, protocol: str) -> dict[str, str]:
    """Give the environment of a process that uses the library on this stage."""
    kept = {name: os.environ[name] for name in _KEPT_OF_ENVIRONMENT if name in os.environ}
    # The providers keep one prompt cache per key, so no library finds another's prompts cached.
    key = f"sk-offline-{library.name}"
    own = {
        "OPENAI_API_KEY": key,
        "ANTHROPIC_API_KEY": key,
        "GEMINI_API_KEY": key,
        "CO_API_KEY": key,
        "GROQ_API_KEY": key,
        "MISTRAL_API_KEY": key,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": key,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
    }
    return kept | stage.environment | own | _WITHOUT_TELEMETRY


@contextmanager
def _drive(
    library: Library, command: list[str], stage: Stage, folder: Path
) -> Iterator[subprocess.Popen[str]]:
    environment = describe_environment(library, stage, library.protocol)
    with (folder / _LOG).open("w") as log:
        driver = subprocess.Popen(
            command,
            cwd=folder,
            env=environment | {"PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield driver
        finally:
            driver.kill()
            driver.communicate()


def _live(driver: subprocess.Popen[str], name: str) -> str:
    assert driver.stdin is not None
    assert driver.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        driver.stdin.write(f"{name}\n")
        driver.stdin.flush()
    return driver.stdout.readline().strip()


def _tell_end(folder: Path) -> str:
    """Say why there is no answer: the last line of what the process wrote."""
    lines = (folder / _LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    return f"failed, the process has ended: {next(filter(None, reversed(lines)), '')}"


def _merge(requests: list[dict[str, Any]]) -> dict[str, Any]:
    """Give one request for several: where a batch was cut is a matter of time."""
    groups: dict[str, dict[str, Any]] = {}
    for group in (group for each in requests for group in each.get("resourceSpans", ())):
        resource = json.dumps({**group, "scopeSpans": None}, sort_keys=True)
        merged = groups.setdefault(resource, {**group, "scopeSpans": []})
        for spans in group["scopeSpans"]:
            _append(merged["scopeSpans"], spans)
    return {"resourceSpans": list(groups.values())}


def _append(scopes: list[dict[str, Any]], spans: dict[str, Any]) -> None:
    for known in scopes:
        if known["scope"] == spans["scope"]:
            known["spans"] += spans["spans"]
            return
    scopes.append(spans)
