"""Keys and tokens drawn at random in their issuers' forms: no real one stands here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from string import ascii_letters, digits

from llm_observe.privacy.token_forms import ALPHABETS, TOKEN_FORMS

_RUN = re.compile(r"<(\d+)(?:-(\d+))?([A-Za-z])\+?>")
_PRINTABLE = [chr(code) for code in range(33, 127) if chr(code) != "="]
"""An equals sign fills base64 up at its end, where none is needed."""
_LETTERS = {
    name: [letter for letter in _PRINTABLE if re.fullmatch(f"[{letters}]", letter)]
    for name, letters in ALPHABETS.items()
}
_ENDS = set(ascii_letters + digits)


def draw(form: str, random: Random) -> str:
    """Draw a key of a form, as long as its issuer makes it; no run starts or ends with a sign."""

    def fill(run: re.Match[str]) -> str:
        length = random.randint(int(run[1]), int(run[2] or run[1]))
        letters = _LETTERS[run[3]]
        ends = [letter for letter in letters if letter in _ENDS]
        middle = random.choices(letters, k=max(length - 2, 0))
        return "".join([random.choice(ends), *middle, random.choice(ends)])[:length]

    return _RUN.sub(fill, form)


def draw_all(seed: int) -> Iterator[tuple[str, str]]:
    """Give a key of each form of each issuer."""
    random = Random(seed)
    for issuer in TOKEN_FORMS:
        for form in issuer.forms.split():
            yield issuer.issuer, draw(form, random)


def draw_word(random: Random, length: int = 32) -> str:
    """Draw letters and digits, one of each at least."""
    return "".join(["k", "7", *random.choices(ascii_letters + digits, k=length - 2)])
