"""A function's environments: started when needed, reused, ended when they fail."""

from __future__ import annotations

import asyncio
import json
import math
import multiprocessing
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, LifoQueue
from typing import Any

from infra.local.aws.environment import DONE, READY, run_environment
from infra.local.aws.template import Function

MOST_ENVIRONMENTS = 3
"""Lambda starts as many as there are requests at once; a machine of two cores gains from few."""
_INIT_SECONDS = 30.0
_STOP_SECONDS = 2.0
# Imported once, before the environments are forked from there. Their import starts no thread.
_PRELOADED = (
    "aws_lambda_powertools",
    "fastapi",
    "infra.local.aws.environment",
    "infra.local.aws.server",
    "llm_observe",
    "mangum",
    "openai",
    "postgrest",
)


class FunctionFailedError(Exception):
    """The handler could not be imported, raised, or its process ended."""


class FunctionTimedOutError(Exception):
    """The handler did not answer before its function's timeout; its process was killed."""


def create_forks() -> multiprocessing.context.ForkServerContext:
    """Return the context that forks environments from one process with the libraries loaded."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(list(_PRELOADED))
    return forks


@dataclass(frozen=True)
class _Environment:
    process: BaseProcess
    connection: Connection

    def invoke(self, event: bytes, timeout_s: float) -> bytes:
        """Send an event and wait for the result; blocks."""
        try:
            self.connection.send_bytes(event)
            if self.connection.poll(timeout_s):
                return self.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise FunctionFailedError from error
        raise FunctionTimedOutError

    def end(self) -> None:
        """End the process: it leaves by itself when its connection closes, else is killed."""
        self.connection.close()
        self.process.join(_STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process at once, in the middle of whatever it does."""
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.process.close()


class Pool:
    """The environments of one function."""

    def __init__(
        self,
        function: Function,
        executor: Executor,
        forks: multiprocessing.context.ForkServerContext,
        *,
        longest_wait_s: float = math.inf,
    ) -> None:
        self._function = function
        self._timeout_s = min(function.timeout_s, longest_wait_s)
        self._executor = executor
        self._forks = forks
        self._free = asyncio.Semaphore(MOST_ENVIRONMENTS)
        # Last in, first out, so that what is not needed stays idle.
        self._idle: LifoQueue[_Environment] = LifoQueue()

    async def invoke(self, event: Mapping[str, Any]) -> str:
        """Return the handler's result as JSON text.

        Raises:
            FunctionFailedError: if it raised, or its process ended.
            FunctionTimedOutError: if it took longer than its function's timeout.
        """
        loop = asyncio.get_running_loop()
        async with self._free:
            payload = json.dumps(event).encode()
            # Shielded by the thread: a client that leaves does not end the invocation.
            result = await loop.run_in_executor(self._executor, self._invoke, payload)
        return result.decode()

    def end(self) -> None:
        """End every environment that is idle; those at work end with the server."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().end()

    def _invoke(self, payload: bytes) -> bytes:
        try:
            environment = self._idle.get_nowait()
        except Empty:
            environment = self._start()
        try:
            result = environment.invoke(payload, self._timeout_s)
        except (FunctionFailedError, FunctionTimedOutError):
            environment.kill()
            raise
        self._idle.put(environment)
        if not result.startswith(DONE):
            raise FunctionFailedError
        return result.removeprefix(DONE)

    def _start(self) -> _Environment:
        ours, theirs = self._forks.Pipe()
        process = self._forks.Process(
            target=run_environment,
            args=(self._function, theirs),
            name=self._function.name,
            daemon=True,
        )
        process.start()
        # Only the process holds its end now, so its death is seen as the end of the connection.
        theirs.close()
        environment = _Environment(process, ours)
        try:
            ready = ours.poll(_INIT_SECONDS) and ours.recv_bytes() == READY
        except EOFError:
            ready = False
        if not ready:
            environment.kill()
            raise FunctionFailedError
        return environment
