"""What Lambda calls in place of a function's own handler, where the layer is switched on.

The script ``/opt/llm-observe`` leaves the handler's name in ``LLM_OBSERVE_HANDLER``. This module is
not part of the library: what keeps the library from being imported, such as a dependency that the
function brings in a version of its own, must not keep the function from running.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

Handler = Callable[[Any, Any], Any]

_log = logging.getLogger("llm_observe")


def _start_tracing() -> Callable[[Handler], Handler]:
    """Start before the function is imported; give what its handler is to be wrapped in."""
    try:
        import llm_observe  # noqa: PLC0415  # see above

        llm_observe.init()
    except Exception as error:  # noqa: BLE001  # the function must run
        # A message of our own names a setting; any other may quote anything.
        ours = type(error).__name__ == "ConfigurationError"
        reason = str(error) if ours else type(error).__name__
        _log.warning("llm_observe: not started, this function runs untraced: %s", reason)
        return lambda handler: handler
    return llm_observe.lambda_handler


def _load_handler(name: str) -> Handler:
    """Load ``package.module.function`` as Lambda's runtime does, slashes for dots included.

    Raises:
        ImportError: if there is no such module or no such function in it.
    """
    module_name, _, function_name = name.rpartition(".")
    module = import_module(module_name.replace("/", "."))
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        raise ImportError(f"Handler {function_name!r} missing on module {module_name!r}") from None
    return handler


# The function's own code may look at it.
os.environ["_HANDLER"] = os.environ.pop("LLM_OBSERVE_HANDLER")
_wrap = _start_tracing()
handler = _wrap(_load_handler(os.environ["_HANDLER"]))
