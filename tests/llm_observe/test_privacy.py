"""Digests, lengths and cut content."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe import semconv
from llm_observe.errors import ConfigurationError
from llm_observe.privacy.kept_attributes import allow_attributes
from llm_observe.privacy.protection import (
    DigestKey,
    cut,
    derive_digest_key,
    keep,
    pseudonymize,
    read_derived_key,
    write_derived_key,
)

SALT = b"s" * 32
KEY = derive_digest_key("master", tenant="tenant-123", kid="k1", salt=SALT)


def say(text: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def test_without_capture_only_a_digest_and_a_length_are_kept() -> None:
    """No byte of the prompt survives where capture is off."""
    kept = keep([say("my secret prompt")], key=KEY, capture=False, limit=500)

    assert kept.content is None
    assert kept.length == len("my secret prompt")
    assert kept.digest is not None
    assert kept.digest.startswith("h1:k1:")
    assert "secret" not in repr(kept)


def test_without_a_key_only_the_length_is_kept() -> None:
    """A bare hash would fall to guessing, so without a key there is none."""
    kept = keep([say("hello")], key=None, capture=False, limit=500)

    assert (kept.digest, kept.length, kept.content) == (None, 5, None)


def test_equal_prompts_are_equal_within_a_tenant_and_different_across() -> None:
    """Digests find repeats, and never across tenants."""
    other = derive_digest_key("master", tenant="tenant-456", kid="k1", salt=SALT)
    reworded = keep([say("Hello.")], key=KEY, capture=False, limit=1).digest
    first, again, elsewhere = (
        keep([say("hello")], key=key, capture=False, limit=1).digest for key in (KEY, KEY, other)
    )

    assert first == again
    assert len({first, reworded, elsewhere}) == 3


def test_the_same_letters_in_another_unicode_form_are_the_same_prompt() -> None:
    """Digests are over NFC text."""
    composed, decomposed = "caf\u00e9", "cafe\u0301"

    assert (
        keep([say(composed)], key=KEY, capture=False, limit=1).digest
        == keep([say(decomposed)], key=KEY, capture=False, limit=1).digest
    )


def test_a_destroyed_salt_changes_every_digest() -> None:
    """Shredding: without the old salt, old digests match nothing."""
    renewed = derive_digest_key("master", tenant="tenant-123", kid="k1", salt=b"t" * 32)

    assert renewed.secret != KEY.secret


def test_the_newest_message_is_kept_when_content_is_cut() -> None:
    """The limit is spent from the last message backwards."""
    kept = cut([say("i" * 600, "system"), say("What is the time?")], limit=500)

    assert kept[-1]["parts"][0]["content"] == "What is the time?"
    assert len(kept[0]["parts"][0]["content"]) == 500 - len("What is the time?")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50) | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=20,
)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "parts": json_values}),
    max_size=6,
)


@given(messages, st.integers(min_value=0, max_value=100))
def test_cut_content_never_exceeds_its_limit(conversation: list[Any], limit: int) -> None:
    """Whatever shape messages have, their text together is at most the limit."""
    kept = keep(conversation, key=KEY, capture=True, limit=limit)
    again = keep(kept.content or [], key=KEY, capture=False, limit=limit)

    # Bytes are told by their size, which is text that the limit does not count.
    spelled = json.dumps(kept.content, default=str).count(" bytes") * len("00 bytes")
    assert (again.length or 0) <= limit + spelled


@given(messages)
def test_keeping_never_raises(conversation: list[Any]) -> None:
    """Messages of any shape get a digest."""
    assert keep(conversation, key=KEY, capture=False, limit=500).content is None


def test_only_allowed_attributes_pass_without_capture() -> None:
    """What could hold content is left out, and how much is told."""
    attributes = {
        semconv.REQUEST_MODEL: "gpt-4o-mini",
        "gen_ai.input.messages": "secret",
        "url.full": "https://host/?q=secret",
        "my.note": "secret",
        "gen_ai.response.text": "secret",
        "gen_ai.usage.note": "secret",
        "gen_ai.usage.images": 3,
    }

    assert allow_attributes(attributes, capture=False) == {
        semconv.REQUEST_MODEL: "gpt-4o-mini",
        "gen_ai.usage.images": 3,
        semconv.DROPPED_ATTRIBUTES: 5,
    }
    assert allow_attributes(attributes, capture=True) == {
        **attributes,
        "url.full": "https://host/?q=[redacted]",
    }


def test_a_text_in_the_place_of_a_number_does_not_pass() -> None:
    """OpenLIT writes a seed of "" where there is none; any other text might be anything."""
    asked = {"gen_ai.request.seed": "said", "gen_ai.request.temperature": 0.5}

    assert allow_attributes(asked, capture=False) == {
        "gen_ai.request.temperature": 0.5,
        semconv.DROPPED_ATTRIBUTES: 1,
    }


def test_a_digest_key_keeps_its_secret_to_itself() -> None:
    """Keys end up in tracebacks and logs by their repr."""
    assert "secret" not in repr(DigestKey(kid="k1", secret=b"secret"))


@pytest.mark.parametrize("capture", [False, True])
def test_attributes_are_redacted_either_way(*, capture: bool) -> None:
    """What an allowed name holds is no less looked at than a prompt is."""
    attributes = {semconv.AGENT_NAME: "for jane@example.com", "gen_ai.usage.input_tokens": 12}

    assert allow_attributes(attributes, capture=capture) == {
        semconv.AGENT_NAME: "for [email]",
        "gen_ai.usage.input_tokens": 12,
    }


@pytest.mark.parametrize("capture", [False, True])
def test_our_own_names_are_closed_to_senders(*, capture: bool) -> None:
    """A note of ours cannot be forged, nor can anything be put beside it."""
    forged = dict.fromkeys(
        (semconv.REPAIRS, semconv.DIALECT, semconv.LINKS, semconv.MAPPED, "llm_observe.x"), "said"
    )

    assert allow_attributes(forged, capture=capture) == {semconv.DROPPED_ATTRIBUTES: len(forged)}


def test_captured_content_is_redacted_before_it_is_cut() -> None:
    """No start of a secret is left at the cut; a tool's argument by its name, too."""
    (message,) = cut([say("write to jane@example.com")], 16)
    call = {"type": "tool_call", "name": "log_in", "arguments": {"password": "hunter2"}}
    (asked,) = cut([{"role": "assistant", "parts": [call]}], 100)

    assert message["parts"][0]["content"] == "write to [email]"[:16]
    assert asked["parts"][0]["arguments"] == {"password": "[redacted]"}


def test_a_pseudonym_is_the_tenants_own() -> None:
    """Equal for a user within a tenant, different across tenants, and nothing without a key."""
    other = derive_digest_key("master", tenant="tenant-456", kid="k1", salt=SALT)
    own, again, elsewhere = (pseudonymize("jane@example.com", k) for k in (KEY, KEY, other))

    assert own is not None
    assert own.startswith("u1:k1:")
    assert own == again
    assert own != elsewhere
    assert pseudonymize("jane@example.com", None) is None


def test_a_key_that_is_handed_out_is_the_same_key() -> None:
    """Written and read again; a master secret is not taken for one, a broken one is refused."""
    assert read_derived_key(write_derived_key(KEY)) == KEY
    assert read_derived_key("a master secret") is None
    with pytest.raises(ConfigurationError, match="not whole"):
        read_derived_key(write_derived_key(KEY)[:-8])
