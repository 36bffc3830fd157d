"""The functions behind the package's names: the one instance of a process, and what is asked of it.

Light: nothing here imports OpenTelemetry, an HTTP client or cryptography before it is needed.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from llm_observe._aws_lambda.invocations import wrap_handler
from llm_observe._aws_lambda.lifecycle import renew_after_copy
from llm_observe._tracing.instance import Instance
from llm_observe._tracing.spans import Operation, decorate, open_span
from llm_observe.config import Settings, is_strict, read_settings
from llm_observe.content import ContentHook
from llm_observe.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from llm_observe._delivery.exporter import RpcClient
    from llm_observe._tracing.pipeline import Pipeline

_P = ParamSpec("_P")
_R = TypeVar("_R")

_log = logging.getLogger("llm_observe")
_instance: Instance | None = None
_said: set[str] = set()


def init(
    settings: Settings | None = None,
    *,
    client: RpcClient | None = None,
    strict: bool | None = None,
) -> None:
    """Start tracing. The settings come from the environment unless given; once is enough.

    Tracing itself is loaded when the first client is imported or the first span opened. If a
    setting is missing or malformed, or tracing does not work with the packages that are installed,
    nothing is traced, the application runs on, and one line of log says why and what to set.
    Another call changes nothing; if it brings other settings, a line of log says so.

    ``client`` is any Supabase client to write through instead of minted tokens; its own token
    must belong to the tenant of the settings. ``strict``: a wrong setting raises; unless it is
    given, ``LLM_OBSERVE_STRICT`` decides.

    Raises:
        ConfigurationError: if strict, where a setting is missing or malformed; the message names
            it.
    """
    global _instance  # noqa: PLW0603  # one instance a process is the point
    if _instance is not None:
        _compare(_instance, settings, client)
        return
    try:
        instance = Instance(settings or read_settings(), client)
    except ConfigurationError as error:
        if is_strict() if strict is None else strict:
            raise
        _warn_once(f"not started, nothing is traced: {error}")
        return
    _instance = instance
    if not (instance.settings.digest_key or instance.settings.capture_content):
        _warn_once("no digest key: of inputs and outputs only lengths are kept")
    renew_after_copy(_renew)
    instance.start()
    atexit.register(shutdown)


def flush(timeout: float | None = None) -> None:
    """Send all finished spans, within ``timeout`` seconds (default: the export timeout)."""
    if _instance is not None:
        _instance.drain(timeout)


def shutdown() -> None:
    """Flush, stop tracing and close connections. ``init`` may be called again."""
    global _instance  # see init
    if _instance is not None:
        instance, _instance = _instance, None
        atexit.unregister(shutdown)
        instance.stop()


def stats() -> dict[str, Any]:
    """Give ``{"process_id", "emitted", "stored", "dropped", "waiting"}``; empty before ``init``."""
    return _instance.ledger.snapshot() if _instance is not None else {}


@contextmanager
def span(name: str, operation: Operation | None = None, **attributes: Any) -> Iterator[Span]:
    """Trace a step of the application's own, such as ``span("researcher", "invoke_agent")``."""
    with open_span(_build_pipeline(), name, operation, attributes) as opened:
        yield opened


def observe(
    operation: Operation | None = None, *, name: str | None = None
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Trace every call of a function, sync or async: ``@observe("execute_tool")``.

    Its arguments and result are content: kept as a digest unless content capture is on.
    """

    def decorator(function: Callable[_P, _R]) -> Callable[_P, _R]:
        label = name or function.__name__
        return decorate(function, open_one=lambda: span(label, operation), hook=_get_hook)

    return decorator


def lambda_handler(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Send spans at the end of each invocation of a Lambda handler, before it is frozen.

    After the response where Lambda's Extensions API is there and ``init`` has been called before;
    else before it. Work that is still open then is ended as abandoned, and 500 ms before the
    deadline as timed out.
    """
    return wrap_handler(handler, _get_instance)


def _compare(instance: Instance, settings: Settings | None, client: RpcClient | None) -> None:
    """Say once that another call of ``init`` does not change the settings; never their values."""
    others = {
        each.name
        for each in fields(Settings)
        if settings and getattr(settings, each.name) != getattr(instance.given, each.name)
    }
    if client is not None and client is not instance.client:
        others.add("client")
    if others:
        _warn_once(
            f"init was called again with another {', '.join(sorted(others))}; the first call's "
            "settings stay until shutdown"
        )


def _warn_once(sentence: str) -> None:
    if sentence not in _said:
        _said.add(sentence)
        _log.warning("llm_observe: %s", sentence)


def _get_instance() -> Instance | None:
    return _instance


def _renew() -> None:
    if _instance is not None:
        _instance.renew()


def _build_pipeline() -> Pipeline | None:
    return _instance.build() if _instance is not None else None


def _get_hook() -> ContentHook | None:
    pipeline = _instance.pipeline if _instance is not None else None
    return pipeline.content if pipeline is not None else None
