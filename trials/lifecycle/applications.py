"""What a cell invokes: the function written for it, or one of template.yaml as it was built."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.local.keys import StackKeys
from trials.lifecycle.artifact import REPOSITORY, Artifact
from trials.lifecycle.cells import DEMO, Cell

_MALFORMED: Final = b'{"work": '
_DEMO_EVENT: Final = REPOSITORY / "tests" / "functions" / "events" / "demo_run.json"


@dataclass(frozen=True, slots=True)
class Backend:
    """What all cells share."""

    artifact: Artifact
    keys: StackKeys
    data_api: str
    openai: str
    owner_url: str
    folder: Path
    postgres: str
    """Its version."""


@dataclass(frozen=True, slots=True)
class Application:
    """How a cell's function is started and invoked, and what it answers when all is well."""

    command: list[str]
    variables: Mapping[str, str]
    side_channel: Path
    make_payload: Callable[[int, str], bytes]
    """From an invocation's number and end to its event."""
    answer: Callable[[bytes], bool]
    """Whether an answer is the function's own."""


def make_application(
    cell: Cell, tenant: str, side_channel: Path, backend: Backend, data_api: str, model: str
) -> Application:
    """Describe a cell's function, before its own ways to the database and to the model."""
    common = {
        "SIDE_CHANNEL": str(side_channel),
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": backend.keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(backend.keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": backend.keys.master_secret,
        "OPENAI_API_KEY": "offline",
        "LLM_OBSERVE_STREAM_USAGE": "always",
    }
    if cell.work == DEMO:
        # With the last two the tenant's header is believed, as under `sam local`.
        own = {
            "OPENAI_BASE_URL": model,
            "LLM_OBSERVE_OFFLINE": "true",
            "AWS_SAM_LOCAL": "true",
            "LLM_OBSERVE_DEV": "true",
        }
        return Application(
            backend.artifact.command("witnessed.handle"),
            backend.artifact.variables(DEMO) | common | own,
            side_channel,
            lambda _number, _end: _make_demo_event(tenant),
            _is_ok,
        )
    # The stream that is abandoned must stay open, so no proxy stands before the model.
    own = {"OPENAI_BASE_URL": backend.openai, "LLM_OBSERVE_TENANT": tenant}
    return Application(
        backend.artifact.command(f"traced.{cell.handler}"),
        backend.artifact.variables(None) | common | own,
        side_channel,
        lambda number, end: _make_event(number, cell.work, end),
        lambda answer: answer == b'"done"',
    )


def _make_event(number: int, work: str, end: str) -> bytes:
    if end == "malformed":
        return _MALFORMED
    end = "sleep" if end == "struck" else end
    return json.dumps({"invocation": number, "work": work, "end": end}).encode()


def _make_demo_event(tenant: str) -> bytes:
    event: dict[str, Any] = json.loads(_DEMO_EVENT.read_text())
    event["headers"]["x-tenant-id"] = tenant
    return json.dumps(event).encode()


def _is_ok(answer: bytes) -> bool:
    return bool(json.loads(answer).get("statusCode") == 200)
