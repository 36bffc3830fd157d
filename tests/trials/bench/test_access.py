from __future__ import annotations

from trials.bench.access.__main__ import Effort, measure


def test_the_bench_of_access_works() -> None:
    """With next to no data it measures every read and every credential; a key asks once."""
    page = measure(Effort(tenants=1, spans=50, rounds=2, requests=5))

    assert page.count("| 24 hours by hour |") == 2
    assert "| API key |" in page
    assert page.count("| 1 |\n") == 2
