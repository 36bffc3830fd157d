"""The stack's own secrets, made once: signing keys, API keys, digest secret, key pepper."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from infra.local.state import StateError, open_state_dir, read_json, write_json, write_private

if TYPE_CHECKING:
    from pathlib import Path

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class StackKeys:
    """Secrets of one state directory.

    ``signing_key``, the functions', is a private ES256 JWK with its ``kid``, and so is Auth's own.
    """

    signing_key_path: Path
    auth_signing_key_path: Path
    jwks_path: Path
    signing_key: dict[str, Any] = field(repr=False)
    publishable_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    master_secret: str = field(repr=False)
    key_pepper: str = field(repr=False)


def load_keys(state_dir: Path) -> StackKeys:
    """The keys in ``state_dir``, made where absent; raises StateError on a broken one."""
    open_state_dir(state_dir)
    signing_key_path = state_dir / "signing_key.json"
    auth_signing_key_path = state_dir / "auth_signing_key.json"
    jwks_path = state_dir / "jwks.json"
    signing_key = _signing_key(signing_key_path)
    auth_signing_key = _signing_key(auth_signing_key_path)
    write_json(jwks_path, {"keys": [public_jwk(signing_key), public_jwk(auth_signing_key)]})
    return StackKeys(
        signing_key_path=signing_key_path,
        auth_signing_key_path=auth_signing_key_path,
        jwks_path=jwks_path,
        signing_key=signing_key,
        publishable_key=_secret(state_dir / "publishable_key", prefix="sb_publishable_"),
        secret_key=_secret(state_dir / "secret_key", prefix="sb_secret_"),
        master_secret=_secret(state_dir / "master_secret"),
        key_pepper=_secret(state_dir / "key_pepper"),
    )


def make_signing_key() -> dict[str, Any]:
    """A new private ES256 JWK, in the form that ``supabase gen signing-key`` prints."""
    jwk: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    return jwk | {
        "kid": str(uuid.uuid4()),
        "use": "sig",
        "alg": "ES256",
        "key_ops": ["sign", "verify"],
        "ext": True,
    }


def public_jwk(signing_key: dict[str, Any]) -> dict[str, Any]:
    """The public half of ``signing_key``, as a JWKS publishes it."""
    try:
        public = {name: signing_key[name] for name in ("kty", "crv", "x", "y", "kid", "use", "alg")}
    except KeyError as error:
        raise StateError(
            f"The signing key has no {error}. `make demo-reset` makes a new one."
        ) from error
    return public | {"key_ops": ["verify"], "ext": True}


def _signing_key(path: Path) -> dict[str, Any]:
    key = read_json(path)
    if key is None:
        key = make_signing_key()
        write_json(path, key)
    return key


def _secret(path: Path, prefix: str = "") -> str:
    if not path.exists():
        write_private(path, prefix + secrets.token_urlsafe(_SECRET_BYTES) + "\n")
    return path.read_text(encoding="utf-8").strip()
