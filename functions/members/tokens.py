"""The secret of an invitation: ``loi_<id>_<secret><checksum>``, in the manner of an API key.

The id is public and finds the invitation, the secret is 256 random bits, and of a link that was not
copied whole the checksum tells without asking the database. Stored is an HMAC of all but the
checksum under the pepper of API keys.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import Final, Self

from functions.common.auth.api_keys import draw_key_id, draw_secret, sum_up

_FORM: Final = re.compile(
    r"(?P<body>loi_(?P<id>[0-9a-z]{8})_[\w-]{43})(?P<checksum>[0-9A-Za-z]{6})", re.ASCII
)
LONGEST: Final = 62
"""Characters of a token."""


@dataclass(frozen=True, slots=True)
class InvitationToken:
    """A token as the invited has it."""

    invitation_id: str
    body: str = field(repr=False)

    @classmethod
    def draw(cls) -> Self:
        """Make a new one."""
        invitation_id = draw_key_id()
        return cls(invitation_id, f"loi_{invitation_id}_{draw_secret()}")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read one; None if it is not written as one or its checksum is wrong."""
        found = _FORM.fullmatch(text)
        if found is None or not hmac.compare_digest(found["checksum"], sum_up(found["body"])):
            return None
        return cls(found["id"], found["body"])

    @property
    def text(self) -> str:
        """The whole, as it is shown once."""
        return self.body + sum_up(self.body)

    def describe(self, pepper: str) -> dict[str, str]:
        """Give what the database knows it by: its id, and the HMAC-SHA-256 in hex."""
        digest = hmac.digest(pepper.encode(), self.body.encode(), "sha256").hex()
        return {"invitation_id": self.invitation_id, "digest": digest}
