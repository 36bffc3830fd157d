"""The function under test: an application that calls a model, well or badly behaved as asked.

It writes down every span it starts by itself, in a file that the library knows nothing of.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from openai import AsyncOpenAI, OpenAI

import llm_observe

llm_observe.init()

_client = OpenAI(max_retries=0, timeout=20)
_side_channel = os.open(os.environ["SIDE_CHANNEL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
_held: list[Any] = []
_MODEL = "gpt-4o-mini"
_MESSAGES: Any = [{"role": "user", "content": "Say hello."}]


@contextmanager
def marked(event: Mapping[str, Any]) -> Iterator[None]:
    """Whatever span starts inside carries a name of its own, which is written down before.

    Of the library's numbers only the process's name is written, to tell forks apart.
    """
    marker, process = uuid.uuid4().hex, llm_observe.stats()["process_id"]
    os.write(_side_channel, f"{event['invocation']} {process} {marker}\n".encode())
    with llm_observe.session(marker):
        yield


@contextmanager
def stepping(event: Mapping[str, Any]) -> Iterator[None]:
    """One step of the application; the call of a model inside is a span of its own."""
    with marked(event), llm_observe.span("step"), marked(event):
        yield


def call_model(event: Mapping[str, Any], *, stream: bool = False, fault: str = "") -> Any:
    """Call the model in a step; ``fault`` is what the offline server is asked to do wrong."""
    headers = {"x-offline-fault": fault} if fault else {}
    with stepping(event):
        return _client.chat.completions.create(
            model=_MODEL, messages=_MESSAGES, stream=stream, extra_headers=headers
        )


def call_once(event: Mapping[str, Any]) -> None:
    """Call and read the answer."""
    call_model(event)


def call_asynchronously(event: Mapping[str, Any]) -> None:
    """Call in an event loop that ends with the invocation, and read the answer."""

    async def call() -> None:
        async with AsyncOpenAI(max_retries=0, timeout=20) as client:
            with stepping(event):
                await client.chat.completions.create(model=_MODEL, messages=_MESSAGES)

    asyncio.run(call())


def read_stream(event: Mapping[str, Any]) -> None:
    """Read a stream to its end."""
    for _ in call_model(event, stream=True):
        pass


def abandon_stream(event: Mapping[str, Any]) -> None:
    """Read a stream's first chunk and keep the rest for ever."""
    stream = call_model(event, stream=True)
    next(iter(stream))
    _held.append(stream)


def call_in_threads(event: Mapping[str, Any]) -> None:
    """Call eight times at once."""
    threads = [threading.Thread(target=call_model, args=(event,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


_WORK: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "sync": call_once,
    "async": call_asynchronously,
    "streaming": read_stream,
    "abandoned": abandon_stream,
    "8 threads": call_in_threads,
}


def answer(_event: Mapping[str, Any], _context: Any) -> None:
    """Come to a good end."""


def sleep(event: Mapping[str, Any], _context: Any) -> None:
    """Be in the middle of something when time is up."""
    with marked(event), llm_observe.span("too long"):
        time.sleep(60)


def hang(event: Mapping[str, Any], _context: Any) -> None:
    """Wait for a model that does not answer, until time is up."""
    call_model(event, fault="timeout")


def return_late(event: Mapping[str, Any], context: Any) -> None:
    """Go on when open work has been given up, and still answer before the deadline."""
    with marked(event), llm_observe.span("long"):
        time.sleep(context.get_remaining_time_in_millis() / 1000 - 0.3)
    with marked(event), llm_observe.span("afterthought"):
        pass


def return_too_late(event: Mapping[str, Any], context: Any) -> None:
    """Answer after the deadline, which is never heard."""
    with marked(event), llm_observe.span("too long"):
        time.sleep(context.get_remaining_time_in_millis() / 1000 + 0.2)


def leave(_event: Mapping[str, Any], _context: Any) -> None:
    """End the process as a crash does: nothing else runs."""
    os._exit(1)


def fail(_event: Mapping[str, Any], _context: Any) -> None:
    """Raise out of the handler."""
    raise RuntimeError("The application has a bug.")


def fork(event: Mapping[str, Any], _context: Any) -> None:
    """Do some of the work in a child process, which flushes for itself."""
    child = os.fork()
    if child == 0:
        with marked(event), llm_observe.span("child"):
            pass
        llm_observe.flush()
        os._exit(0)
    os.waitpid(child, 0)


_END: Mapping[str, Callable[[Mapping[str, Any], Any], None]] = {
    "answer": answer,
    "sleep": sleep,
    "hang": hang,
    "late": return_late,
    "too late": return_too_late,
    "exit": leave,
    "raise": fail,
    "fork": fork,
}


def handle_bare(event: Mapping[str, Any], context: Any) -> str:
    """Do the work of an invocation and end as asked; nobody sends what it leaves behind."""
    _WORK[event["work"]](event)
    _END[event["end"]](event, context)
    return "done"


handle = llm_observe.lambda_handler(handle_bare)
