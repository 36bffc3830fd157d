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


def test_without_settings_the_application_runs_untraced(caplog: pytest.LogCaptureFixture) -> None:
    """One line names what is missing, and the way to it; the same trouble is not told again."""
    for _ in range(2):
        llm_observe.init(Settings())
    with llm_observe.span("step", "invoke_agent"):
        pass
    llm_observe.flush()

    [message] = caplog.messages
    assert "not started, nothing is traced: To reach Supabase, set SUPABASE_URL, " in message
    assert "LLM_OBSERVE_INGEST_TOKEN" in message
    assert "make access" in message
    assert llm_observe.stats() == {}


def test_a_malformed_variable_stops_no_application(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is named like a missing one; right settings start it afterwards."""
    monkeypatch.setenv("LLM_OBSERVE_MAX_SPANS", "many")
    llm_observe.init()
    llm_observe.init(QUIET)

    assert "LLM_OBSERVE_MAX_SPANS is a number above 0." in caplog.text
    assert _door._instance is not None


def test_strict_mode_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment or the call, of which the call decides."""
    monkeypatch.setenv("LLM_OBSERVE_STRICT", "true")
    llm_observe.init(Settings(), strict=False)

    with pytest.raises(llm_observe.ConfigurationError, match="SUPABASE_URL"):
        llm_observe.init(Settings())


class Client:
    """Stands for a Supabase client."""

    def rpc(self, func: str, params: object) -> object:
        raise NotImplementedError
