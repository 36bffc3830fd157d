"""A time with a fraction is read where its digits leave no doubt of its unit."""

from __future__ import annotations

from typing import Any

import pytest

from functions.ingest.json_fields import read_fraction

NOW = 1_795_975_520_264_438
"""Microseconds."""


@pytest.mark.parametrize(
    "held",
    [NOW / 10**6, str(NOW / 10**6), NOW / 10**3, f"{NOW}.25", "1795975520.264438"],
)
def test_a_fraction_of_any_unit_gives_microseconds(held: Any) -> None:
    """Python's ``time.time()`` and JavaScript's ``performance.now()`` have one."""
    assert read_fraction(held) == NOW


@pytest.mark.parametrize(
    "held", [0.5, -1.5, 17.25, "12.5", float("nan"), float("inf"), 1e300, "later", "", None, True]
)
def test_what_is_no_date_of_this_century_is_no_time(held: Any) -> None:
    """It is told as dropped, as before."""
    assert read_fraction(held) is None
