"""``python -m trials.instrumentations.scenarios.drive <library>``: lives the scenarios it is told.

Runs in the library's own environment, so it imports nothing of the project's dependencies.
A line on stdin names a scenario; a line on stdout answers ``lived`` once its spans have left, or
``failed`` with the reason. Whatever the library prints goes to stderr.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from importlib import import_module

from trials.instrumentations.scenarios.framework_set_ups import FRAMEWORK_SET_UPS
from trials.instrumentations.scenarios.provider_set_ups import PROVIDER_SET_UPS
from trials.instrumentations.scenarios.set_ups import SET_UPS


def main() -> None:
    """Set the library up, then live one scenario per line."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, set_up = {**SET_UPS, **PROVIDER_SET_UPS, **FRAMEWORK_SET_UPS}[sys.argv[1]]
    flush = set_up()
    calls = import_module(f"trials.instrumentations.scenarios.{module}")
    for line in sys.stdin:
        try:
            getattr(calls, line.strip())()
            # What a left stream has to tell is told when it is collected.
            gc.collect()
            flush()
            answer = "lived"
        except Exception as error:  # noqa: BLE001  # whatever a library raises is its result
            traceback.print_exc()
            answer = f"failed {type(error).__name__}: {error}".splitlines()[0]
        answers.write(f"{answer}\n")
        answers.flush()


if __name__ == "__main__":
    main()
