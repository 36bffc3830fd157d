"""One event loop as long as the driver lives: frameworks keep clients that die with their loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

_LOOP: Final = asyncio.new_event_loop()
asyncio.set_event_loop(_LOOP)


def run(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine to its end."""
    _LOOP.run_until_complete(coroutine)
