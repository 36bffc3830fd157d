"""The newest migration that this version was written for. `make migration` writes this line."""

from typing import Final

NEWEST_MIGRATION: Final = "20261130142742"
