"""``python -m infra.steps make lint types``: run ``make`` for each step, then print their minutes.

Runs before the virtual environment exists: standard library only, on the machine's own Python.
"""

from __future__ import annotations

import subprocess
import sys
import time


def main() -> int:
    """Run the steps in order up to the first that fails; return its exit code, or 0."""
    command, *steps = sys.argv[1:]
    minutes: dict[str, float] = {}
    code = 0
    for step in steps:
        began = time.monotonic()
        code = subprocess.run([command, "--no-print-directory", step], check=False).returncode
        minutes[step] = (time.monotonic() - began) / 60
        if code != 0:
            break
    _print_table(minutes, failed=code != 0)
    return code


def _print_table(minutes: dict[str, float], *, failed: bool) -> None:
    lines = [f"  {step:<16} {took:6.1f} min" for step, took in minutes.items()]
    if failed:
        lines[-1] += "   failed"
    lines.append(f"  {'all':<16} {sum(minutes.values()):6.1f} min")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
