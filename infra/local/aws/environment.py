"""One execution environment: a process that imports a handler and runs one request at a time."""

from __future__ import annotations

import json
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from infra.local.aws.template import Function

Handler = Callable[[Any, Any], Any]
READY, FAILED, DONE = b"ready", b"failed", b"done"


class LambdaContext:
    """A handler's second argument, with Lambda's names and units."""

    function_version = "$LATEST"
    identity = None
    client_context = None

    def __init__(self, function: Function) -> None:
        self.function_name = function.name
        self.memory_limit_in_mb = str(function.memory_mb)
        self.invoked_function_arn = (
            f"arn:aws:lambda:us-east-1:123456789012:function:{function.name}"
        )
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{function.name}"
        self.log_stream_name = "local"
        self._deadline = time.monotonic() + function.timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's timeout, never below 0."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def run_environment(function: Function, connection: Connection) -> None:
    """Import the handler, then answer events until the other end closes."""
    # A Ctrl-C in the terminal reaches the whole group; the server ends its environments itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        handler = _import_handler(function)
    except Exception:  # noqa: BLE001  # whatever a module raises at import, Lambda reports it
        traceback.print_exc()
        connection.send_bytes(FAILED)
        return
    connection.send_bytes(READY)
    with suppress(EOFError):
        while True:
            event = json.loads(connection.recv_bytes())
            connection.send_bytes(_invoke(handler, event, function))


def _import_handler(function: Function) -> Handler:
    sys.path.insert(0, str(function.root))
    module, _, name = function.handler.rpartition(".")
    handler: Handler = getattr(import_module(module), name)
    return handler


def _invoke(handler: Handler, event: Any, function: Function) -> bytes:
    try:
        return DONE + json.dumps(handler(event, LambdaContext(function))).encode()
    except Exception as error:  # noqa: BLE001  # the runtime's guard, as in Lambda
        # Its type and where it arose; not its message, which may hold a prompt.
        place = "".join(traceback.format_tb(error.__traceback__))
        sys.stderr.write(f"{function.name} raised {type(error).__name__}\n{place}")
        return FAILED
