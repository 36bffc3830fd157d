"""The meaning of a refusal, by its code: one table for all that writes to the database or asks it.

Codes are SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html), the Data
API's own (https://docs.postgrest.org/en/v14/references/errors.html), ours, which are ``PT`` and an
HTTP status, and plain HTTP statuses where a proxy answered.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class Refusal(Enum):
    """The side that is at fault, and so the remedy."""

    ROW = auto()
    """A row's: without it the others are stored."""
    LIMIT = auto()
    """The tenant's, which is over its rate: it waits."""
    TEMPORARY = auto()
    """Nobody's for long: the same may be sent again, a little later."""
    FINAL = auto()
    """The caller's, or of what is installed: no row is to blame, and again it will be refused."""
    UNFORESEEN = auto()
    """Nobody knows: perhaps a row's, which shows when its neighbours are stored without it."""


_OVER_LIMIT: Final = "PT429"
"""The code of ``ingest_spans`` for a tenant that sent more than its limit."""
_OURS: Final = "22023"
"""Codes of our own functions, each with a sentence for the caller and none of its values."""
_MEANINGS: Final = tuple(
    (meaning, re.compile(codes))
    for meaning, codes in (
        (Refusal.LIMIT, f"{_OVER_LIMIT}|429"),
        # Data, constraints, and what is larger or deeper than the database or a proxy takes.
        (Refusal.ROW, r"(22|23|54)\w{3}|413"),
        # Connections, states such as read-only, lost races, resources, locks, intervention, disks,
        # damage that somebody has to repair.
        (
            Refusal.TEMPORARY,
            r"(08|25|40|53|55|57|58|F0)\w{3}|XX00[12]|PGRST00\d|PT(408|5\d\d)|408|50[1-9]|5[1-9]\d",
        ),
        (Refusal.UNFORESEEN, r"(?!0P|28|3D|3F|42|PT)[0-9A-Z]{5}|500"),
    )
)
_STATUS: Final = re.compile(r"PT(\d{3})")
_AWAY: Final = re.compile(r"08\w{3}|57P0[1-5]|53300|PGRST00[0-2]|50[23]|52[1-3]")


def classify(code: str | None) -> Refusal:
    """Say what the code of an error means; one of no known form is final."""
    for meaning, codes in _MEANINGS:
        if codes.fullmatch(code or ""):
            return meaning
    return Refusal.FINAL


def means_away(code: str | None) -> bool:
    """Whether nobody is served now: the connection failed, is being ended, or found no place.

    Any other code is an answer, too: a statement that takes too long or a disk that
    is full is no reason to turn other tenants away.
    """
    return _AWAY.fullmatch(code or "") is not None


def refuses_tenant(code: str | None) -> bool:
    """Whether our own functions refuse the tenant or its credential, for good and in words."""
    return classify(code) is Refusal.FINAL and (code or "").startswith("PT")


def read_status(code: str | None) -> int | None:
    """Give the HTTP status that our own functions refuse with; None if it is not their code."""
    if code == _OURS:
        return 400
    found = _STATUS.fullmatch(code or "")
    return int(found[1]) if found else None


def describe_refusal(code: str | None, message: str | None) -> str:
    """Say why a row is refused, without its values: messages of Postgres' own may quote them."""
    if code == _OURS and message:
        return message
    if code == "413":
        return "It is larger than a request may be."
    return f"The database refuses it with {code}."
