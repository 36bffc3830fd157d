"""Writes docs/redaction.md: what is found, what is changed in vain, and what is not found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llm_observe.privacy.token_forms import TOKEN_FORMS
from trials.redaction.findings import FINDINGS
from trials.redaction.harmless import HARMLESS
from trials.redaction.recall import Tally, tally_findings, tally_harmless

DOCUMENT = Path(__file__).parents[2] / "docs" / "redaction.md"

_PREAMBLE = """\
# What redaction finds

Written by `.venv/bin/python -m trials.redaction`, and compared by `make test`; do not edit.

Names of spans, attributes and captured content are redacted before they are cut and stored.
What is found becomes its kind in square brackets, `[email]` or `[token]`; what only its name or
place gives away becomes `[redacted]`.
The texts counted here are our own, in `trials/redaction`; keys and tokens are drawn at random in
their issuers' forms.
Found means whole: nothing of it is left, and the text around it stays.
The same texts were at hand when the patterns were written, so expect less of texts that nobody saw.
"""

_NOT_FOUND = """\
## What is not found

- Names of people and companies, postal addresses, dates of birth, and whatever else has no
  form.
- National ids other than the US social security number: NINO, Aadhaar, PAN, CPF, AHV, DNI,
  codice fiscale, Steuer-ID, numbers of passports and licence plates; MAC addresses.
- Phone numbers of digits alone, or grouped as lists of numbers are (`4155552671`, `12 34 56
  78`, `98765 43210`), without `+`, a trunk `0` or a word such as "phone" before them: ids look
  the same. National forms of other countries than the ones above.
- A social security number without hyphens, where "SSN" does not stand before it.
- Passwords in prose ("my password is sesame"), in a `.netrc`, behind short options (`-p
  sesame`; `curl -u` alone is known), and behind `password =` with a blank and without a digit,
  where code looks the same.
- After `password:` the rest of the clause goes, eight words at most, because nothing tells a
  passphrase from prose; a ninth word stays. So does a password that looks like a call or a
  look-up (`a(b`, `a[b`), as code does.
- A secret without a form of its own, or whose issuer gives it none (Azure OpenAI, Cohere,
  Mistral, Fireworks, Cerebras, AssemblyAI, Deepgram, Vercel, Datadog), unless its name or a
  header tells.
- What is encoded, split over lines or values, spelled out or disguised (`anna at example dot
  com`).
"""


def write_document() -> str:
    """Write the page as it should be."""
    found, harmless = tally_findings(FINDINGS), tally_harmless(HARMLESS)
    return "\n".join(
        [
            _PREAMBLE,
            "## Found",
            "",
            f"**{_describe(found)} are found.**",
            "",
            *_write_table("kind", "found", found),
            "",
            "## Harmless",
            "",
            f"**{_describe(harmless)} stay as they are.**",
            "",
            *_write_table("kind", "unchanged", harmless),
            "",
            _NOT_FOUND,
            "## Whose keys are known by their form",
            "",
            "`<36a>` is 36 characters of an alphabet, `+` that 16 are enough to tell;",
            "`src/llm_observe/privacy/token_forms.py` has alphabets and sources.",
            "",
            "| issuer | forms |",
            "|---|---|",
            *(
                f"| {issuer.issuer} | {' '.join(f'`{form}`' for form in issuer.forms.split())} |"
                for issuer in TOKEN_FORMS
            ),
            "",
        ]
    )


def _describe(tallies: Sequence[Tally]) -> str:
    right, of = sum(tally.right for tally in tallies), sum(tally.all for tally in tallies)
    return f"{right} of {of} ({100 * right / of:.1f} %)"


def _write_table(kind: str, verb: str, tallies: Sequence[Tally]) -> list[str]:
    rows = [f"| {tally.kind} | {tally.right} | {tally.all} |" for tally in tallies]
    return [f"| {kind} | {verb} | of |", "|---|---|---|", *rows]
