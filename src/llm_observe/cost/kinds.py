"""The kinds of tokens that buckets hold, and the prices that each may have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FALLBACKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "input_uncached": ("input",),
        "cache_read": ("cache_read", "input"),
        "cache_write": ("cache_write", "input"),
        "cache_write_1h": ("cache_write_1h", "cache_write", "input"),
        "cache_write_12h": ("cache_write_12h",),
        "input_audio": ("input_audio", "input"),
        "cache_audio_read": ("cache_audio_read", "input_audio", "cache_read", "input"),
        "input_image": ("input_image",),
        "cache_image_read": ("cache_image_read",),
        "output_text": ("output",),
        "reasoning": ("reasoning", "output"),
        "output_audio": ("output_audio", "output"),
        "output_image": ("output_image",),
    }
)
UNSPLIT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "input_unsplit": ("input_uncached", "cache_read", "cache_write", "cache_write_1h"),
        "output_unsplit": ("output_text", "reasoning"),
    }
)
"""Buckets of tokens that may have been of any of these."""
IMAGES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "input_uncached": ("input_image", ("input_image",)),
        "cache_read": ("input_image", ("cache_image_read",)),
        "input_unsplit": ("input_image", ("input_image", "cache_image_read")),
        "output_text": ("output_image", ("output_image",)),
        "output_unsplit": ("output_image", ("output_image",)),
    }
)
"""Buckets of tokens that may have been images, unless the first bucket tells how many were."""


def list_kinds(bucket: str, counts: Mapping[str, int]) -> list[str]:
    """Give the buckets that a bucket's tokens may belong to: none that is told by itself."""
    first, *others = UNSPLIT.get(bucket, (bucket,))
    told = {*counts, "cache_write_1h"} if "cache_write" in counts else counts
    return [first, *(kind for kind in others if kind not in told)]
