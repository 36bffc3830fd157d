"""Starts tracing, then loads the function's own handler as Lambda's runtime would have.

The script ``/opt/llm-observe`` leaves the handler's name in ``LLM_OBSERVE_HANDLER``. This module is
not part of the library: what keeps the library from being imported, such as a dependency that the
function brings in a version of its own, must not keep the function from running.

An error of the function's own reads as it would without the layer. The runtime's own loader makes
it, and the runtime leaves files that are called as this one is out of the start of a stack trace.
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

Handler = Callable[[Any, Any], Any]

_log = logging.getLogger("llm_observe")


def __getattr__(name: str) -> Any:
    """Load the handler when the runtime asks for it: its errors then have no import of ours."""
    if name != "handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return globals().setdefault(name, _wrap(_load_handler(os.environ["_HANDLER"])))
    except AttributeError as error:
        # One that leaves here would say that this module has no handler.
        raise _as_fault(error) from error


def _start_tracing() -> Callable[[Handler], Handler]:
    """Start before the function is imported; give what its handler is to be wrapped in."""
    _quieten()
    try:
        import llm_observe  # noqa: PLC0415  # see above

        llm_observe.init(strict=True)
    except Exception as error:  # noqa: BLE001  # the function must run
        # A message of our own names a setting; any other may quote anything.
        ours = type(error).__name__ == "ConfigurationError"
        reason = str(error) if ours else type(error).__name__
        _log.warning("llm_observe: not started, this function runs untraced: %s", reason)
        return lambda handler: handler
    return llm_observe.lambda_handler


def _quieten() -> None:
    """Keep OpenTelemetry's remarks out of the log of a function that knows nothing of it."""
    brought = os.path.join(os.environ.get("LAMBDA_TASK_ROOT", ""), "opentelemetry")  # noqa: PTH118  # light
    if not os.path.isdir(brought):  # noqa: PTH112  # light
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)


def _wrap(handler: Handler) -> Handler:
    try:
        return _decorate(handler)
    except Exception as error:  # noqa: BLE001  # the function must run
        kind = type(error).__name__
        _log.warning("llm_observe: this function's invocations are not followed (%s)", kind)
        return handler


def _load_handler(name: str) -> Handler:
    """Load ``package.module.function`` as Lambda's runtime does, by its own code if it is there.

    Raises:
        BaseException: what the function's module raises, or what the runtime makes of it.
    """
    runtime = sys.modules.get("awslambdaric.bootstrap")
    load = getattr(runtime, "_get_handler", None)
    if load is not None:
        handler: Handler = load(name)
        return handler
    module_name, _, function_name = name.rpartition(".")
    module = import_module(module_name.replace("/", "."))
    try:
        handler = getattr(module, function_name)
    except AttributeError:
        raise ImportError(f"Handler {function_name!r} missing on module {module_name!r}") from None
    return handler


def _as_fault(error: AttributeError) -> Exception:
    """Give what the runtime makes of the error where it is not its own search that raises it."""
    runtime: Any = sys.modules.get("awslambdaric.bootstrap")
    try:
        told = runtime.build_fault_result((type(error), error, error.__traceback__), None)
        fault: Exception = runtime.FaultException(
            told["errorType"], told["errorMessage"], told["stackTrace"]
        )
    except Exception:  # noqa: BLE001  # a runtime that is not as it was
        return ImportError(str(error))
    return fault


# The function's own code may look at it.
os.environ["_HANDLER"] = os.environ.pop("LLM_OBSERVE_HANDLER", "")
_decorate = _start_tracing()
