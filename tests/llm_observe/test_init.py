"""What ``init`` says of its settings: in one line each, and without a value of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import llm_observe
from llm_observe import Settings, _door

QUIET = Settings(exporters=("console",), tenant="first", digest_key="a master secret")


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test is a process that has said nothing yet."""
    monkeypatch.setattr(_door, "_said", set())
    yield
    llm_observe.shutdown()


def test_other_settings_are_named_once_and_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The line names the settings, not their values: one may be a key."""
    other = Settings(exporters=("console",), tenant="second", digest_key="another secret")

    llm_observe.init(QUIET)
    llm_observe.init(other)
    llm_observe.init(other)

    told = "another digest_key, tenant; the first call's settings stay until shutdown"
    assert caplog.messages == [f"llm_observe: init was called again with {told}"]
    assert _door._instance is not None
    assert _door._instance.settings.tenant == "first"


@pytest.mark.parametrize(
    "again",
    [
        None,
        QUIET,
        Settings(**{name: getattr(QUIET, name) for name in ("exporters", "tenant", "digest_key")}),
    ],
)
def test_the_same_settings_say_nothing(
    again: Settings | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither does a call without settings, which asks for tracing and no more."""
    llm_observe.init(QUIET)
    llm_observe.init(again)

    assert caplog.messages == []


def test_after_shutdown_other_settings_are_taken() -> None:
    """They are no second call then."""
    llm_observe.init(QUIET)
    llm_observe.shutdown()
    llm_observe.init(Settings(exporters=("console",), tenant="second", digest_key="another"))

    assert _door._instance is not None
    assert _door._instance.settings.tenant == "second"


def test_another_client_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever brings a client expects that it is written through."""
    llm_observe.init(QUIET)
    llm_observe.init(QUIET, client=Client())

    assert "with another client;" in caplog.text


def test_a_missing_digest_key_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Lengths are all that is kept then, however often tracing starts."""
    for _ in range(2):
        llm_observe.init(Settings(exporters=("console",), tenant="keyless"))
        llm_observe.shutdown()

    assert caplog.messages == [
        "llm_observe: no digest key: of inputs and outputs only lengths are kept"
    ]


def test_captured_content_needs_no_digest_key(caplog: pytest.LogCaptureFixture) -> None:
    """It is stored itself, so nothing is missing."""
    llm_observe.init(Settings(exporters=("console",), tenant="open", capture_content=True))

    assert caplog.messages == []


class Client:
    """Stands for a Supabase client."""

    def rpc(self, func: str, params: object) -> object:
        raise NotImplementedError
