#!/usr/bin/env python3
"""Write one trace with more spans than the API gives at once, and print its id.

Through the library's public door, as any application would; its settings come from the environment.
"""

from __future__ import annotations

import sys

import llm_observe

_BRANCHES = 60
_CALLS_PER_BRANCH = 40
_CHAIN = 60


def main() -> None:
    """Trace an agent with many tools, and one chain of tools inside each other."""
    llm_observe.init()
    with llm_observe.span("large", "invoke_agent") as root:
        trace_id = f"{root.get_span_context().trace_id:032x}"
        nest(_CHAIN)
        for branch in range(_BRANCHES):
            with llm_observe.span(f"branch-{branch}", "execute_tool"):
                for call in range(_CALLS_PER_BRANCH):
                    with llm_observe.span(f"call-{branch}-{call}", "execute_tool"):
                        pass
    llm_observe.flush()
    sys.stdout.write(f"{trace_id}\n")


def nest(depth: int) -> None:
    """Open ``depth`` tools, each inside the one before."""
    if depth > 0:
        with llm_observe.span(f"depth-{depth}", "execute_tool"):
            nest(depth - 1)


if __name__ == "__main__":
    main()
