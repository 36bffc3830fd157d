"""Raw token usage of a model call, cut into buckets that overlap nowhere.

Providers report parts beside their total: cached tokens are inside the input, reasoning tokens
inside the output (OpenTelemetry's GenAI convention). Pricing the total and then the parts counts
tokens twice, so a price is only ever applied to a bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Final

MOST_TOKENS = 10**12
"""More than any call has, and little enough that a trace's sums hold nine million such calls."""
_STEP: Final = 200_000
"""Input above which a run costs more, of models that make a context shorter."""


@dataclass(slots=True)
class Buckets:
    """Tokens by price: each token of a call is in exactly one bucket.

    ``input_unsplit`` holds those of which nobody told whether a cache had them, and
    ``output_unsplit`` those of which nobody told whether they were reasoned.
    Not frozen, nor is ``Usage``: that costs 1 µs each.
    """

    input_uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    cache_write_12h: int = 0
    input_audio: int = 0
    cache_audio_read: int = 0
    input_image: int = 0
    cache_image_read: int = 0
    input_unsplit: int = 0
    output_text: int = 0
    reasoning: int = 0
    output_audio: int = 0
    output_image: int = 0
    output_unsplit: int = 0
    told_empty: tuple[str, ...] = ()
    """Buckets that are told to hold none, where that tells what other tokens were not."""

    def to_dict(self) -> dict[str, int]:
        """Give the buckets that hold tokens, by name, and those that are told to hold none."""
        counts = zip(BUCKETS, _read_counts(self), strict=True)
        told = {name: count for name, count in counts if count}
        for name in self.told_empty:
            told[name] = 0
        return told


BUCKETS: Final = Buckets.__slots__[:-1]
_read_counts: Final = attrgetter(*BUCKETS)


@dataclass(slots=True)
class Usage:
    """Token counts as reported, each from 0 to 10^12; None is unknown, never 0.

    ``input_tokens`` includes what was cached, ``output_tokens`` what was reasoned;
    ``cache_write`` includes ``cache_write_1h`` and ``cache_write_12h``; ``cache_read`` and
    ``input_audio`` both include ``cache_audio_read``, and so it is with images.
    ``reconcile`` puts right what a sender counted otherwise.
    ``without_output`` marks a call that by its nature has no output.
    ``total`` is the sum that the sender told; it is evidence and no count of its own.
    ``untold`` names the parts that this instrumentation never tells: ``cache_read``,
    ``cache_write``, ``reasoning``. A part that is told all the same is not untold.
    ``compacted`` is input of earlier runs of the model that made the context shorter, within
    ``input_tokens``; nobody tells which of it a cache had.
    ``mixed`` marks a call of which another model took a part, which has another price.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    input_audio: int | None = None
    cache_audio_read: int | None = None
    output_audio: int | None = None
    without_output: bool = False
    cache_write_12h: int | None = None
    input_image: int | None = None
    cache_image_read: int | None = None
    output_image: int | None = None
    total: int | None = field(default=None, compare=False)
    untold: frozenset[str] = frozenset()
    compacted: int = 0
    mixed: bool = False

    def if_known(self) -> Usage | None:
        """Give the usage, None where neither input nor output is known."""
        known = self.input_tokens is not None or self.output_tokens is not None
        return self if known else None

    def with_cache(self) -> Usage:
        """Put into the input what was read from and written to a cache, for who left it out."""
        if self.input_tokens is None:
            return self
        cached = (self.cache_read or 0) + (self.cache_write or 0)
        return replace(self, input_tokens=self.input_tokens + cached)

    def with_reasoning(self) -> Usage:
        """Put into the output what was reasoned, for who left it out."""
        if self.output_tokens is None:
            return self
        return replace(self, output_tokens=self.output_tokens + (self.reasoning or 0))

    def with_thoughts(self, total: int | None) -> Usage:
        """Take the output from a total that has what the output leaves out: Gemini's thoughts.

        Without such a total the output is unknown.
        """
        if total is None or self.input_tokens is None or total < self.input_tokens:
            return replace(self, output_tokens=None)
        output, spoken = total - self.input_tokens, self.output_tokens
        reasoning = output - spoken if spoken is not None and spoken <= output else None
        return replace(self, output_tokens=output, reasoning=reasoning)

    @property
    def total_tokens(self) -> int | None:
        """Input and output together; None where either should be known and is not."""
        output = 0 if self.output_tokens is None and self.without_output else self.output_tokens
        if self.input_tokens is None or output is None:
            return None
        return self.input_tokens + output

    @property
    def hides_overlap(self) -> bool:
        """True where tokens were both cached and heard or seen, and how many is not told."""
        heard = self.input_audio and self.cache_audio_read is None
        seen = self.input_image and self.cache_image_read is None
        return bool(self.cache_read and (heard or seen))

    @property
    def hides_runs(self) -> bool:
        """True where runs have several prices: of models, or some above a step of the input."""
        return self.mixed or bool(self.compacted and (self.input_tokens or 0) > _STEP)

    def buckets(self) -> Buckets | None:
        """Cut the totals into buckets that sum up to them.

        None where a total is unknown, where parts do not fit into it, where parts overlap nobody
        knows how far, or where runs have several prices: nothing is ever cut to fit.
        """
        if self.total_tokens is None or self.hides_overlap or self.hides_runs:
            return None
        read, write = self.cache_read or 0, self.cache_write or 0
        write_1h, write_12h = self.cache_write_1h or 0, self.cache_write_12h or 0
        audio_read, image_read = self.cache_audio_read or 0, self.cache_image_read or 0
        audio, image = (self.input_audio or 0) - audio_read, (self.input_image or 0) - image_read
        reasoning = self.reasoning or 0
        spoken, drawn = self.output_audio or 0, self.output_image or 0
        unsplit, unthought = self.compacted, 0
        uncached = (self.input_tokens or 0) - read - write - audio - image - unsplit
        text = (self.output_tokens or 0) - reasoning - spoken - drawn
        read -= audio_read + image_read
        write -= write_1h + write_12h
        if uncached < 0 or text < 0 or read < 0 or write < 0 or audio < 0 or image < 0:
            return None
        if self.untold:
            if self._is_untold("cache_read") or self._is_untold("cache_write"):
                uncached, unsplit = 0, unsplit + uncached
            if self._is_untold("reasoning"):
                text, unthought = 0, text
        if self.compacted:
            # A cache that one run tells says nothing of the others.
            unsplit += uncached + read + write + write_1h
            uncached = read = write = write_1h = 0
        empty: tuple[str, ...] = ()
        if unsplit or self.input_image == 0 or self.output_image == 0:
            empty = self._list_empty()
        # By place and without a tuple between: one made of two costs 0.5 µs a call.
        return Buckets(
            uncached, read, write, write_1h, write_12h, audio, audio_read, image, image_read,
            unsplit, text, reasoning, spoken, drawn, unthought, empty,
        )  # fmt: skip

    def _list_empty(self) -> tuple[str, ...]:
        names: tuple[str, ...] = ("input_image", "output_image")
        names = (
            (*names, "cache_read", "cache_write") if self.untold and not self.compacted else names
        )
        return tuple(name for name in names if getattr(self, name) == 0)

    def _is_untold(self, part: str) -> bool:
        return part in self.untold and getattr(self, part) is None


def read_count(attributes: Mapping[str, object], *names: str) -> int | None:
    """Give the first name's value that is a count; ``bool`` is an ``int`` and is none."""
    for name in names:
        value = attributes.get(name)
        if type(value) is int and 0 <= value <= MOST_TOKENS:
            return value
    return None
