"""See every LLM call: cost, tokens, latency, errors and traces, per tenant.

    import llm_observe

    llm_observe.init()

From then on calls of installed providers' clients are traced, without a line at the call.
Nothing here raises into the application once ``init`` has returned.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from llm_observe.config import Settings, read_settings
from llm_observe.errors import ConfigurationError, LlmObserveError, TokenRefusedError
from llm_observe.tenancy import session, tenant, user

if TYPE_CHECKING:
    # Imported where they are used: whoever imports only a part, as functions that read do, does
    # not pay for OpenTelemetry at a cold start.
    from opentelemetry.trace import Span

    from llm_observe._delivery.exporter import RpcClient
    from llm_observe._tracing.instance import Instance
    from llm_observe._tracing.runtime import Runtime
    from llm_observe._tracing.spans import Operation
    from llm_observe.content import ContentHook

    __version__: str

__all__ = [
    "ConfigurationError",
    "LlmObserveError",
    "Settings",
    "TokenRefusedError",
    "__version__",
    "flush",
    "init",
    "lambda_handler",
    "observe",
    "session",
    "shutdown",
    "span",
    "stats",
    "tenant",
    "user",
]

_P = ParamSpec("_P")
_R = TypeVar("_R")

_instance: Instance | None = None


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  # costs 40 ms, and few ask

        return globals().setdefault(name, version("llm-observe"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def init(settings: Settings | None = None, *, client: RpcClient | None = None) -> None:
    """Start tracing. The settings come from the environment unless given; once is enough.

    What traces is loaded when the first client is imported or the first span opened. If it does
    not work with what else is installed, nothing is traced, and one line of log says why.

    ``client`` is any Supabase client to write through instead of minted tokens; its own token
    must belong to the tenant of the settings.

    Raises:
        ConfigurationError: if a setting is missing or malformed; the message names it.
    """
    global _instance  # noqa: PLW0603  # one instance a process is the point
    from llm_observe._aws_lambda.lifecycle import renew_after_copy  # noqa: PLC0415  # see the top
    from llm_observe._tracing.instance import Instance  # noqa: PLC0415  # see the top

    if _instance is None:
        instance = Instance(settings or read_settings(), client)
        _instance = instance
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
    from llm_observe._tracing.spans import open_span  # noqa: PLC0415  # see the top

    with open_span(_build_runtime(), name, operation, attributes) as opened:
        yield opened


def observe(
    operation: Operation | None = None, *, name: str | None = None
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Trace every call of a function, sync or async: ``@observe("execute_tool")``.

    Its arguments and result are content: kept as a digest unless content capture is on.
    """
    from llm_observe._tracing.spans import decorate  # noqa: PLC0415  # see the top

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
    from llm_observe._aws_lambda.invocations import wrap_handler  # noqa: PLC0415  # see the top

    return wrap_handler(handler, _get_instance)


def _get_instance() -> Instance | None:
    return _instance


def _renew() -> None:
    if _instance is not None:
        _instance.renew()


def _build_runtime() -> Runtime | None:
    return _instance.build() if _instance is not None else None


def _get_hook() -> ContentHook | None:
    runtime = _instance.runtime if _instance is not None else None
    return runtime.content if runtime is not None else None
