"""``python -m trials.redaction``: write docs/redaction.md and name what was treated wrongly."""

from __future__ import annotations

import sys

from trials.redaction.document import DOCUMENT, write_document
from trials.redaction.findings import FINDINGS
from trials.redaction.harmless import HARMLESS
from trials.redaction.recall import tally_findings, tally_harmless

DOCUMENT.write_text(write_document(), encoding="utf-8")
for tally in tally_findings(FINDINGS) + tally_harmless(HARMLESS):
    for text in tally.wrong:
        sys.stdout.write(f"{tally.kind}: {text!r}\n")
