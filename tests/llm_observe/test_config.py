"""Settings from the environment."""

from __future__ import annotations

import pytest

from llm_observe.config import Settings, read_settings, require_project
from llm_observe.errors import ConfigurationError


def test_an_empty_environment_gives_the_defaults() -> None:
    """Content is off, Supabase is the exporter, nothing is trusted."""
    assert read_settings({}) == Settings()
    assert not Settings().capture_content
    assert not Settings().dev


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOW_CONTENT_CAPTURE", "maybe"),
        ("LLM_OBSERVE_EXPORTERS", "supabase,statsd"),
        ("LLM_OBSERVE_TENANT", "Tenant 123"),
        ("LLM_OBSERVE_STREAM_USAGE", "sometimes"),
        ("LLM_OBSERVE_EXPORT_TIMEOUT", "-1"),
        ("LLM_OBSERVE_EXPORT_TIMEOUT", "nan"),
        ("LLM_OBSERVE_MAX_SPANS", "many"),
        ("LLM_OBSERVE_DEV", "perhaps"),
    ],
)
def test_a_malformed_variable_is_named(name: str, value: str) -> None:
    """The error says which variable is wrong and what it takes."""
    with pytest.raises(
        ConfigurationError, match=name if name != "LLM_OBSERVE_TENANT" else "tenant id"
    ):
        read_settings({name: value})


@pytest.mark.parametrize(
    "name",
    [
        *("ALLOW_CONTENT_CAPTURE", "LLM_OBSERVE_DEV", "LLM_OBSERVE_EXPORTERS", "SUPABASE_URL"),
        *("LLM_OBSERVE_MAX_SPANS", "LLM_OBSERVE_STREAM_USAGE", "LLM_OBSERVE_TENANT"),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(name: str) -> None:
    """A connection string is easily taken for the project's URL; what is raised here is logged."""
    secret = "postgresql://postgres:Hunter2@db.abcdefghijklmnop.supabase.co:5432/postgres"
    others = {"SUPABASE_PUBLISHABLE_KEY": "k", "SUPABASE_JWT_SIGNING_KEY": "k"}
    with pytest.raises(ConfigurationError) as caught:
        require_project(read_settings({**others, name: secret}))

    assert name in str(caught.value) or "tenant id" in str(caught.value)
    assert "hunter2" not in str(caught.value).lower()


def test_development_mode_is_refused_on_lambda() -> None:
    """A deployed function never trusts a bare header."""
    deployed = {"LLM_OBSERVE_DEV": "true", "AWS_LAMBDA_FUNCTION_NAME": "spans"}

    with pytest.raises(ConfigurationError, match="LLM_OBSERVE_DEV"):
        read_settings(deployed)
    assert read_settings({**deployed, "AWS_SAM_LOCAL": "true"}).dev


def test_secrets_are_not_in_the_repr() -> None:
    """Settings end up in logs and tracebacks."""
    settings = read_settings(
        {
            "LLM_OBSERVE_DIGEST_KEY": "s3cret",
            "SUPABASE_JWT_SIGNING_KEY": "s3cret",
            "SUPABASE_PUBLISHABLE_KEY": "s3cret",
        }
    )

    assert "s3cret" not in repr(settings)


def test_exporters_are_a_set() -> None:
    """Any of the three, in any order, once each."""
    settings = read_settings({"LLM_OBSERVE_EXPORTERS": "console, supabase,console"})

    assert settings.exporters == ("supabase", "console")
