"""Errors of the schema that its author can mend."""

from __future__ import annotations


class SchemaError(RuntimeError):
    """A command about the schema cannot go on; the message says what to do."""
