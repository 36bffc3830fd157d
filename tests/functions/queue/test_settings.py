"""The write mode is chosen by the environment, and a mistake in it is said at start."""

from __future__ import annotations

import pytest

from functions.common.environment import QueueSettings, find_queue_settings
from llm_observe.errors import ConfigurationError

PARTS = {
    "LLM_OBSERVE_QUEUE_URL": "https://sqs.invalid/spans",
    "LLM_OBSERVE_DEAD_LETTER_URL": "https://sqs.invalid/letters",
    "LLM_OBSERVE_CLAIM_BUCKET": "claims",
}


@pytest.mark.parametrize("mode", [None, "", "sync"])
def test_sync_is_the_default(monkeypatch: pytest.MonkeyPatch, mode: str | None) -> None:
    """Also with the empty values that template.yaml sets there."""
    for name in PARTS:
        monkeypatch.setenv(name, "")
    if mode is not None:
        monkeypatch.setenv("LLM_OBSERVE_INGEST_MODE", mode)

    assert find_queue_settings() is None


def test_queue_mode_needs_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named; another mode is refused."""
    monkeypatch.setenv("LLM_OBSERVE_INGEST_MODE", "queue")
    for name, value in PARTS.items():
        with pytest.raises(ConfigurationError, match=name):
            find_queue_settings()
        monkeypatch.setenv(name, value)

    assert find_queue_settings() == QueueSettings(*PARTS.values())
    monkeypatch.setenv("LLM_OBSERVE_INGEST_MODE", "async")
    with pytest.raises(ConfigurationError, match="sync or queue"):
        find_queue_settings()
