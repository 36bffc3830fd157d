"""The stack's secrets: made once, private, and usable as what they are."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import jwt
import pytest

from infra.local.keys import load_keys
from infra.local.state import StateError, read_json

SECRET_FILES = (
    "signing_key.json",
    "auth_signing_key.json",
    "jwks.json",
    "publishable_key",
    "secret_key",
    "master_secret",
)


def test_made_once(tmp_path: Path) -> None:
    """A second load finds the same keys: tokens and digests outlive a restart."""
    assert load_keys(tmp_path) == load_keys(tmp_path)
    assert load_keys(tmp_path) != load_keys(tmp_path / "other")


def test_files_are_private(tmp_path: Path) -> None:
    """Nobody else on the machine can read any of them."""
    load_keys(tmp_path / "state")
    for name in SECRET_FILES:
        assert stat.S_IMODE((tmp_path / "state" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_jwks_verifies_what_the_key_signs(tmp_path: Path) -> None:
    """A token signed with the private JWK verifies with the published one of the same kid."""
    keys = load_keys(tmp_path)
    headers = {"kid": keys.signing_key["kid"]}
    signed = jwt.encode({"role": "anon"}, jwt.PyJWK(keys.signing_key).key, "ES256", headers)
    published = jwt.PyJWKSet.from_dict(read_json(keys.jwks_path) or {})[keys.signing_key["kid"]]
    assert jwt.decode(signed, published, algorithms=["ES256"]) == {"role": "anon"}


def test_jwks_holds_no_private_part(tmp_path: Path) -> None:
    """The published set has the functions' key and Auth's, and no secret number of either."""
    keys = load_keys(tmp_path)
    own = [keys.signing_key, json.loads(keys.auth_signing_key_path.read_text())]
    published = json.loads(keys.jwks_path.read_text())["keys"]
    assert [key["kid"] for key in published] == [key["kid"] for key in own]
    for key in own:
        assert key["d"] not in keys.jwks_path.read_text()


def test_secrets_stay_out_of_repr(tmp_path: Path) -> None:
    """A traceback or log line that shows the keys shows none of them."""
    keys = load_keys(tmp_path)
    secrets = (
        keys.signing_key["d"],
        keys.publishable_key,
        keys.secret_key,
        keys.master_secret,
    )
    assert not any(secret in repr(keys) for secret in secrets)


def test_broken_key_file_is_explained(tmp_path: Path) -> None:
    """A damaged file is an error that tells what to do, not a new key in silence."""
    (tmp_path / "signing_key.json").write_text("{")
    with pytest.raises(StateError, match="make demo-reset"):
        load_keys(tmp_path)
