"""The tests run the Data API without coverage, which may then miss nothing."""

from __future__ import annotations

import subprocess
import sys

from infra.local.settings import REPOSITORY

_LIST_MEASURED = """
import sys, infra.local.data_api.__main__
print([name for name in sys.modules if name.split('.')[0] in ('llm_observe', 'functions')])
"""


def test_the_data_api_runs_nothing_that_coverage_measures() -> None:
    """Neither the library nor the functions are imported there."""
    done = subprocess.run(
        [sys.executable, "-c", _LIST_MEASURED],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
