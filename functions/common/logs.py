"""How functions write their log: a JSON object a line, with request, route and tenant, no content.

Each line of a request has ``function_request_id``, which an error's answer has as ``request_id``,
``route`` as the template has it, and, from where they are known, ``tenant`` and ``key_id``.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from copy import copy
from types import TracebackType
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_OURS: Final = ("llm-observe", "llm_observe")
_UNSAID: Final = "a line of another library, whose text may quote values"
_OUR_FOLDERS: Final = ("functions", "llm_observe")


class PlainFormatter(LambdaPowertoolsFormatter):
    """Leaves out what may quote a prompt: exceptions' texts, and values in others' lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record without them."""
        told = copy(record)
        told.exc_info = told.exc_text = told.stack_info = None
        told.__dict__["logger"] = record.name
        if not record.name.startswith(_OURS):
            told.msg, told.args = (record.msg if record.args else _UNSAID), None
        if record.exc_info and (error := record.exc_info[1]) is not None:
            told.__dict__.update(describe_error(error))
        return super().format(told)


def _make_logger() -> Logger:
    form = PlainFormatter(utc=True, use_rfc3339=True)
    return Logger(service="llm-observe", logger_formatter=form)


logger: Final = _make_logger()


def write_every_line_so() -> None:
    """Give all other loggers the same form: where Lambda has set one up, and where nobody has."""
    root = logging.getLogger()
    if any(not type(each).__module__.startswith("awslambdaric") for each in root.handlers):
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logger.registered_formatter)
    # It has a handler of its own.
    handler.addFilter(lambda record: record.name != logger.name)
    root.handlers[:] = [handler]
    logging.captureWarnings(True)


def note(**known: str) -> None:
    """Put something that is known from here on into every further line of this invocation."""
    logger.append_keys(**known)


def forget(*names: str) -> None:
    """Take what ``note`` put away again: what follows is about something else."""
    logger.remove_keys(names)


def tell_answer(status: int, started: float) -> None:
    """Write the line of a request that was answered; ``started`` is in ``time.monotonic``."""
    took = round((time.monotonic() - started) * 1000, 1)
    logger.info("request answered", status=status, milliseconds=took)


def describe_error(error: BaseException) -> dict[str, str]:
    """Give an error's class, and the place in our code where it arose, for a line about it."""
    place = _find_place(error.__traceback__)
    return {"error_type": type(error).__name__} | ({"raised_at": place} if place else {})


def _find_place(raised: TracebackType | None) -> str | None:
    for frame in reversed(traceback.extract_tb(raised)):
        parts = frame.filename.replace("\\", "/").split("/")
        ours = [number for number, part in enumerate(parts) if part in _OUR_FOLDERS]
        if ours:
            return f"{'/'.join(parts[ours[-1] :])}:{frame.lineno}"
    return None


def read_route(event: Any) -> dict[str, str]:
    """Give a request's route as the template has it, and the id that API Gateway gave it."""
    context = event.get("requestContext", {})
    found = {"route": event.get("routeKey"), "api_request_id": context.get("requestId")}
    return {name: str(value) for name, value in found.items() if value}
