"""The function under test: an application that calls a model, well or badly behaved as asked.

It writes down every span it starts by itself, in a file that the library knows nothing of.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from openai import OpenAI

import llm_observe

llm_observe.init()

_client = OpenAI(max_retries=0, timeout=20)
_side_channel = os.open(os.environ["SIDE_CHANNEL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
_held: list[Any] = []


@contextmanager
def marked(event: Mapping[str, Any]) -> Iterator[None]:
    """Whatever span starts inside carries a name of its own, which is written down before."""
    marker = uuid.uuid4().hex
    os.write(_side_channel, f"{event['invocation']} {marker}\n".encode())
    with llm_observe.session(marker):
        yield


def call_model(event: Mapping[str, Any], *, stream: bool = False) -> Any:
    """One step of the application with one call of a model in it."""
    messages: Any = [{"role": "user", "content": "Say hello."}]
    with (
        marked(event),
        llm_observe.span("step"),
        marked(event),
    ):
        return _client.chat.completions.create(
            model="gpt-4o-mini", messages=messages, stream=stream
        )


def call_once(event: Mapping[str, Any]) -> None:
    """Call and read the answer."""
    call_model(event)


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
    "streaming": read_stream,
    "abandoned": abandon_stream,
    "8 threads": call_in_threads,
}


def answer(_event: Mapping[str, Any]) -> None:
    """Come to a good end."""


def sleep(event: Mapping[str, Any]) -> None:
    """Be in the middle of something when time is up."""
    with marked(event), llm_observe.span("too long"):
        time.sleep(60)


def leave(_event: Mapping[str, Any]) -> None:
    """End the process as a crash does: nothing else runs."""
    os._exit(1)


def fail(_event: Mapping[str, Any]) -> None:
    """Raise out of the handler."""
    raise RuntimeError("The application has a bug.")


def fork(event: Mapping[str, Any]) -> None:
    """Do some of the work in a child process, which flushes for itself."""
    child = os.fork()
    if child == 0:
        with marked(event), llm_observe.span("child"):
            pass
        llm_observe.flush()
        os._exit(0)
    os.waitpid(child, 0)


_END: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "answer": answer,
    "sleep": sleep,
    "exit": leave,
    "raise": fail,
    "fork": fork,
}


def handle_bare(event: Mapping[str, Any], _context: object) -> str:
    """Do the work of an invocation and end as asked; nobody sends what it leaves behind."""
    _WORK[event["work"]](event)
    _END[event["end"]](event)
    return "done"


handle = llm_observe.lambda_handler(handle_bare)
