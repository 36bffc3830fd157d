"""Passwords: bcrypt, as in Supabase's ``encrypted_password``."""

from __future__ import annotations

from typing import Final

import bcrypt

from infra.local.auth.answers import AuthError, invalid

_SHORTEST: Final = 6
"""Supabase's default."""
_LONGEST: Final = 72
"""Bytes that bcrypt reads."""
_ROUNDS: Final = 10
"""Supabase Auth's cost."""


def check_strength(password: str) -> None:
    """Refuse a password that Auth refuses; raises AuthError."""
    size = len(password.encode())
    if size > _LONGEST:
        raise invalid(f"Password cannot be longer than {_LONGEST} characters")
    if size < _SHORTEST:
        message = f"Password should be at least {_SHORTEST} characters."
        reasons = {"weak_password": {"reasons": ["length"]}}
        raise AuthError(422, "weak_password", message, reasons)


def hash_password(password: str) -> str:
    """Hash a password, slowly: never inside a transaction."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()


def is_password(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one, as slowly."""
    if not stored or len(password.encode()) > _LONGEST:
        return False
    return bcrypt.checkpw(password.encode(), stored.encode())
