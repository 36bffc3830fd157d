"""The errors that the library can raise, all of them at set-up time.

LlmObserveError
├── ConfigurationError     a setting is missing or malformed
└── TokenRefusedError      a token was asked for that must not exist

Once ``init`` has returned, nothing of this library raises into the application.
"""

from __future__ import annotations


class LlmObserveError(Exception):
    """The root of all errors of this library."""


class ConfigurationError(LlmObserveError):
    """A setting is missing or malformed; the message names it and says what it takes."""


class TokenRefusedError(LlmObserveError):
    """A token was asked for a role or a tenant that may have none."""
