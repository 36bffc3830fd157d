from __future__ import annotations

import pytest

from infra.build.programs import BuildError
from trials.bench.lambda_runtime.__main__ import PARTS, Effort, measure
from trials.bench.lambda_runtime.document import replace_sections
from trials.bench.samples import compare, p95, take_turns

_LEAST = Effort((200,), 2, 1, (1, 10), rounds=1, warm_up=0)


def test_every_part_measures_what_really_runs() -> None:
    """A run gives each part's table; it raises where a call fails or a span is not stored."""
    try:
        page = "\n".join(measure(PARTS, _LEAST))
    except BuildError as error:
        pytest.skip(str(error))

    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    names = [name for row in rows for name in row[:2]]
    ways = [row[1] for row in rows if row[0] == "| 200 ms"]
    assert ways == ["no telemetry", "no telemetry, again", "after the response", "in `finally`"]
    assert {"| HealthFunction", "| DemoRunFunction", "| FunctionsLayer"} <= set(names)
    assert names.count("llm_observe, sent every 10") == 2
    assert names.count("LlmObserveLayer") == 2
    assert page.count("Target: ") == 4


def test_a_part_is_written_by_itself() -> None:
    """A new section comes in, a known one is replaced, each with its own day; the rest stays."""
    page = "# Costs\n\n## Start\n\nold\n\n## Bytes\n\nmany\n\n## The run\n\nMeasured on Monday.\n"
    run = "## The run\n\nMeasured on Friday.\n"

    written = replace_sections(page, ["# Costs\n", "## Start\n\nnew\n", "## Layer\n\n44\n", run])

    assert written == (
        "# Costs\n\n## Start\n\nnew\n\nOf a run of its own. Measured on Friday.\n\n"
        "## Layer\n\n44\n\nOf a run of its own. Measured on Friday.\n\n"
        "## Bytes\n\nmany\n\n## The run\n\nMeasured on Monday.\n"
    )


def test_difference_is_of_pairs() -> None:
    """What disturbs both of a pair leaves no trace in the difference or in its interval."""
    disturbed = [10.0, 500.0, 20.0, 9000.0]

    difference = compare([value + 3 for value in disturbed], disturbed)

    assert (difference.low, difference.median, difference.high) == (3, 3, 3)


def test_interval_covers_what_chance_explains() -> None:
    """Noise around nothing gives an interval with zero in it."""
    difference = compare([1.0, -1.0, 2.0, -2.0, 0.5, -0.5] * 5, [0.0] * 30)

    assert difference.low < 0 < difference.high


def test_p95_is_near_the_end() -> None:
    """Of the values 0 to 100 it is 95."""
    assert p95([float(value) for value in range(101)]) == 95


def test_everyone_is_first_in_turn() -> None:
    """Over as many rounds as there are items, each has every place once."""
    rounds = [take_turns("abc", number) for number in range(3)]

    assert rounds == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]
