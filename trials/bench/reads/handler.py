"""The same questions through the function: an event of API Gateway, the handler, the Data API."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from infra.local.aws.environment import LambdaContext
from infra.local.aws.template import read_functions
from infra.local.children import Leashes
from infra.local.keys import load_keys
from infra.local.ports import free_port
from infra.local.services import data_api_child, function_environment
from infra.local.settings import REPOSITORY, read_settings
from infra.local.throwaway import Database
from trials.bench.reads.population import Tenant
from trials.bench.reads.questions import Sum
from trials.bench.reads.turns import Patience, Timing, ask_in_turns

_EVENT: Final = REPOSITORY / "tests" / "functions" / "events" / "metrics.json"
_TEMPLATE: Final = REPOSITORY / "template.yaml"
_FUNCTION: Final = "MetricsFunction"
_QUIET: Final = {"POWERTOOLS_LOG_LEVEL": "CRITICAL"}
"""A line for each request is nothing to read here."""
_NO_PORT: Final = 1
"""Where the function would find a model; nothing here calls one."""


def ask_handler(
    database: Database,
    tenant: Tenant,
    questions: Sequence[Sum],
    end: datetime,
    patience: Patience,
    folder: Path,
) -> dict[str, Timing]:
    """Ask GET /metrics each question in turns, in a process as a function has; not what fails."""
    port = free_port()
    settings, keys = replace(read_settings(), data_api_port=port), load_keys(folder / "keys")
    leashes = Leashes(folder / "children")
    child = data_api_child(settings, keys, database.authenticator_url, port)
    running = leashes.start(child)
    try:
        running.wait_until_ready()
        environment = function_environment(settings, keys, _NO_PORT) | _QUIET
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as function:
            return function.submit(
                _ask, environment, tenant, list(questions), end, patience
            ).result()
    finally:
        running.stop()
        leashes.close()


def _ask(
    environment: Mapping[str, str],
    tenant: Tenant,
    questions: Sequence[Sum],
    end: datetime,
    patience: Patience,
) -> dict[str, Timing]:
    os.environ |= environment
    from functions.metrics.handler import handler  # noqa: PLC0415  # it reads its settings once

    [function] = (f for f in read_functions(_TEMPLATE) if f.name == _FUNCTION)
    events = {question.name: write_event(tenant, question, end) for question in questions}
    refused: set[str] = set()

    def ask(name: str) -> None:
        if handler(events[name], LambdaContext(function))["statusCode"] != HTTPStatus.OK:
            refused.add(name)

    times = ask_in_turns(list(events), patience, ask)
    return {name: timing for name, timing in times.items() if name not in refused}


def write_event(tenant: Tenant, question: Sum, end: datetime) -> dict[str, Any]:
    """Give the event of a request that asks a question."""
    asked = question.arguments(end)
    parameters = {
        "start": asked["window_start"].isoformat(),
        "end": asked["window_end"].isoformat(),
        "bucket": question.bucket,
        "time_zone": question.zone,
        "group_by": question.group_by,
        "top": str(question.top),
        **({"then_by": question.then_by} if question.then_by else {}),
        **{name: value for name, (value,) in question.filter.items()},
    }
    event: dict[str, Any] = json.loads(_EVENT.read_text(encoding="utf-8"))
    event["headers"]["x-tenant-id"] = tenant.name
    event["rawQueryString"] = urlencode(parameters)
    event["queryStringParameters"] = parameters
    return event
