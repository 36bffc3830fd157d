"""What docs/security.md says of redaction is counted, and docs/redaction.md has the count."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llm_observe.privacy.redaction import redact
from trials.redaction.document import DOCUMENT, write_document
from trials.redaction.findings import FINDINGS
from trials.redaction.harmless import HARMLESS
from trials.redaction.recall import is_found, tally_findings, tally_harmless
from trials.redaction.secrets_drawn import draw_all

SECURITY = Path(__file__).parents[3] / "docs" / "security.md"


def test_nineteen_of_twenty_of_what_is_claimed_are_found() -> None:
    """Of 300 texts and more, 95 % at least, and 9 of 10 of each kind."""
    tallies = tally_findings(FINDINGS)
    wrong = [text for tally in tallies for text in tally.wrong]

    assert sum(tally.all for tally in tallies) >= 300
    assert sum(tally.right for tally in tallies) >= 0.95 * sum(tally.all for tally in tallies), (
        wrong
    )
    assert [tally.kind for tally in tallies if tally.right < 0.9 * tally.all] == []


def test_one_in_a_hundred_harmless_texts_is_changed_at_most() -> None:
    """Hashes, ids, versions, code, logs and prose stay readable."""
    tallies = tally_harmless(HARMLESS)
    wrong = [text for tally in tallies for text in tally.wrong]

    assert sum(tally.all for tally in tallies) >= 150
    assert len(wrong) <= 0.01 * sum(tally.all for tally in tallies), wrong


def test_each_kind_that_is_claimed_is_counted() -> None:
    """docs/security.md claims what is in the set, and the set has nothing else."""
    claims = SECURITY.read_text(encoding="utf-8").partition("Redaction finds")[2]
    claimed = re.findall(r"^- (.+)$", claims.partition("It does not find")[0], re.MULTILINE)

    assert claimed == list(FINDINGS)


def test_the_page_has_the_count_of_today() -> None:
    """Else `.venv/bin/python -m trials.redaction` writes it anew."""
    assert DOCUMENT.read_text(encoding="utf-8") == write_document()


@pytest.mark.parametrize("seed", range(20))
def test_keys_of_every_issuer_are_found_whatever_is_drawn(seed: int) -> None:
    """One key in a hundred may have no digit or all small letters, and pass for words."""
    missed = [key for _, key in draw_all(seed) if not is_found(f"see «{key}» today")]

    assert len(missed) <= 2, missed


@pytest.mark.parametrize("texts", [*FINDINGS.values(), *HARMLESS.values()])
def test_redacting_twice_changes_nothing_more(texts: list[str]) -> None:
    """What is stored may be redacted again on its way."""
    for text in texts:
        once = redact(text.replace("«", "").replace("»", ""))

        assert redact(once) == once
