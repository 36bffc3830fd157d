"""The figures of docs/operations.md are the benches', and what it sets can be set."""

from __future__ import annotations

import re
import tomllib

from infra.deploy.parameters import check_chosen
from infra.local.settings import REPOSITORY

DOCS = REPOSITORY / "docs"
SETTINGS = re.findall(r"```toml\n(.*?)```", (DOCS / "operations.md").read_text(), re.DOTALL)
(CAPACITY,) = re.findall(
    r"^## Capacity$(.+?)(?=^## |\Z)", (DOCS / "operations.md").read_text(), re.MULTILINE | re.DOTALL
)
FIGURE = re.compile(r"[\d,]+(?:\.\d+)?")
ROWS = re.findall(
    r"^\| .+ \| ([\d,.]+) [^|]+\| \[.+\]\((bench-.+\.md)\) \|$", CAPACITY, re.MULTILINE
)


def test_capacity_is_what_the_benches_measured() -> None:
    """A figure that its page no longer has is wrong."""
    stale = [row for row in ROWS if row[0] not in FIGURE.findall((DOCS / row[1]).read_text())]

    assert len(ROWS) == CAPACITY.count("](bench-")
    assert stale == []


def test_what_the_page_sets_is_a_parameter() -> None:
    """Each block for deploy/<environment>.toml is taken by `make deploy`."""
    chosen = [tomllib.loads(block)["parameters"] for block in SETTINGS]
    for each in chosen:
        check_chosen(each, REPOSITORY / "template.yaml")

    assert {name for each in chosen for name in each} == {"AlarmEmail", "SecretsVersion"}
