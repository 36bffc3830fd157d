"""The checks of an application, which holds an ingest token and nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import Final

from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import ProjectDoor, split
from llm_observe.doctor.rounds import Step
from llm_observe.supabase.tokens import HeldToken

_WARN_DAYS: Final = 14
_SECONDS_PER_DAY: Final = 86_400
_ISSUE: Final = (
    "Issue another: `make access ARGS='ingest-token --tenant …'`, by the project's operator."
)
_LIMITED: Final = "PT429"


def list_application_steps(door: ProjectDoor, token: HeldToken) -> list[Step]:
    """Give the checks of an ingest token: its end, and whether the project takes it."""
    return [
        Step("ingest_token", partial(_check_token, token)),
        Step(
            "ingestion", partial(_check_ingestion, door, token), needs=("project", "ingest_token")
        ),
    ]


def _check_token(token: HeldToken) -> Check:
    days = (token.expires_at - time.time()) / _SECONDS_PER_DAY
    end = datetime.fromtimestamp(token.expires_at, UTC).strftime("%Y-%m-%d")
    if days <= 0:
        return Check("ingest_token", "failed", f"The ingest token expired on {end}.", _ISSUE)
    message = f"The ingest token is of tenant {token.tenant}, until {end}."
    if days < _WARN_DAYS:
        return Check("ingest_token", "warning", message, f"It ends soon. {_ISSUE}")
    return Check("ingest_token", "ok", message)


def _check_ingestion(door: ProjectDoor, token: HeldToken) -> Check:
    """Send a batch without a span, as the library does to learn what the tenant wants."""
    body = {"spans": [], "settings": True}
    answer = door.ask("rpc/ingest_spans", "llm_ingest", body, tenant=token.tenant, key_id=None)
    if answer.is_success:
        kept = (
            "kept where the application captures it" if answer.body.get("content") else "left out"
        )
        return Check(
            "ingestion", "ok", f"The project takes spans of {token.tenant}; content is {kept}."
        )
    if answer.trouble is not None:
        return Check("ingestion", "failed", *split(answer.trouble))
    return Check("ingestion", "failed", f"The project took no batch: {answer.explain()}.", _ISSUE)
