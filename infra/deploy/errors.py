"""The error that a person who deploys can mend."""

from __future__ import annotations


class DeployError(RuntimeError):
    """A step cannot be done; the message says what to do. It never holds a secret."""
