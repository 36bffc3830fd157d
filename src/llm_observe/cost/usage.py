"""Raw token usage of a model call, cut into buckets that overlap nowhere.

Providers report parts beside their total: cached tokens are inside the input, reasoning tokens
inside the output (OpenTelemetry's GenAI convention). Pricing the total and then the parts counts
tokens twice, so a price is only ever applied to a bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from llm_observe import semconv

MOST_TOKENS = 10**12
"""More than any call has, and little enough that a trace's sums hold nine million such calls."""


@dataclass(slots=True)
class Buckets:
    """Tokens by price: each token of a call is in exactly one bucket.

    Not frozen, nor is ``Usage``: that costs 1 µs each.
    """

    input_uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    cache_audio_read: int = 0
    output_text: int = 0
    reasoning: int = 0
    output_audio: int = 0

    def to_dict(self) -> dict[str, int]:
        """Give the buckets that hold tokens, by name."""
        counts = zip(self.__slots__, _read_counts(self), strict=True)
        return {name: count for name, count in counts if count}


_read_counts: Final = attrgetter(*Buckets.__slots__)


@dataclass(slots=True)
class Usage:
    """Token counts as reported, each from 0 to 10^12; None is unknown, never 0.

    ``input_tokens`` includes what was cached, ``output_tokens`` what was reasoned;
    ``cache_write`` includes ``cache_write_1h``, ``cache_read`` and ``input_audio`` both include
    ``cache_audio_read``. ``without_output`` marks a call that by its nature has no output.
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
    def clamped(self) -> bool:
        """True where reported parts exceed their total, so that ``buckets`` cut them."""
        buckets = self.buckets()
        if buckets is None:
            return False
        audio_read = buckets.cache_audio_read
        kept = (
            (self.cache_read, buckets.cache_read + audio_read),
            (self.cache_write, buckets.cache_write + buckets.cache_write_1h),
            (self.cache_write_1h, buckets.cache_write_1h),
            (self.input_audio, buckets.input_audio + audio_read),
            (self.cache_audio_read, audio_read),
            (self.reasoning, buckets.reasoning),
            (self.output_audio, buckets.output_audio),
        )
        return any((reported or 0) > amount for reported, amount in kept)

    def buckets(self) -> Buckets | None:
        """Cut the totals into buckets that sum up to them; None where the total is unknown.

        Parts that exceed a total are cut to what is left of it, in the order
        cache read, cache write, audio of the input and reasoning, audio of the output.
        """
        if self.total_tokens is None:
            return None
        uncached, read = _cut(self.input_tokens or 0, self.cache_read)
        uncached, write = _cut(uncached, self.cache_write)
        audio_read = min(self.cache_audio_read or 0, self.cache_read or 0)
        uncached, audio = _cut(uncached, (self.input_audio or 0) - audio_read)
        read, audio_read = _cut(read, audio_read)
        write, write_1h = _cut(write, self.cache_write_1h)
        text, reasoning = _cut(self.output_tokens or 0, self.reasoning)
        text, output_audio = _cut(text, self.output_audio)
        return Buckets(
            uncached, read, write, write_1h, audio, audio_read, text, reasoning, output_audio
        )


def usage_from_attributes(attributes: Mapping[str, object]) -> Usage | None:
    """Read a span's OTel GenAI attributes; None where neither input nor output is known.

    A value that is no count (a float, a string, negative, above 10^12) is unknown.
    """
    return Usage(
        input_tokens=read_count(
            attributes, semconv.USAGE_INPUT_TOKENS, semconv.OLD_USAGE_INPUT_TOKENS
        ),
        output_tokens=read_count(
            attributes, semconv.USAGE_OUTPUT_TOKENS, semconv.OLD_USAGE_OUTPUT_TOKENS
        ),
        cache_read=read_count(attributes, semconv.USAGE_CACHE_READ, semconv.OLD_USAGE_CACHE_READ),
        cache_write=read_count(
            attributes,
            semconv.USAGE_CACHE_WRITE,
            semconv.USAGE_CACHE_CREATION,
            semconv.OLD_USAGE_CACHE_WRITE,
        ),
        cache_write_1h=read_count(attributes, semconv.USAGE_CACHE_WRITE_1H),
        reasoning=read_count(attributes, semconv.USAGE_REASONING, semconv.OLD_USAGE_REASONING),
        input_audio=read_count(attributes, semconv.USAGE_AUDIO_INPUT),
        cache_audio_read=read_count(attributes, semconv.USAGE_AUDIO_CACHE_READ),
        output_audio=read_count(attributes, semconv.USAGE_AUDIO_OUTPUT),
        without_output=attributes.get(semconv.OPERATION_NAME) == semconv.EMBEDDINGS,
    ).if_known()


def read_count(attributes: Mapping[str, object], *names: str) -> int | None:
    """Give the first name's value that is a count; ``bool`` is an ``int`` and is none."""
    for name in names:
        value = attributes.get(name)
        if type(value) is int and 0 <= value <= MOST_TOKENS:
            return value
    return None


def _cut(total: int, part: int | None) -> tuple[int, int]:
    """Take a part from the total: what is left, then what the part got."""
    if not part or part < 0:
        return total, 0
    return (total - part, part) if part < total else (0, total)
