"""``make fuzz``: look for a request that decoders or dialects cannot bear, led by coverage.

Atheris (https://github.com/google/atheris) changes bytes and keeps what reaches new code. What is
found is written to ``crashes`` beside this file, and is a regression test from then on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["functions.ingest", "llm_observe"]):
    from trials.fuzz.inputs import judge
    from trials.fuzz.seeds import CRASHES, list_words, write_seeds


def main() -> None:
    """Fuzz for so many seconds; atheris ends the process, with an error where it found one."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    arguments = parser.parse_args()
    words = list_words()
    with tempfile.TemporaryDirectory() as folder:
        corpus, dictionary = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        sys.stdout.write(f"{write_seeds(corpus)} seeds, {len(words)} words\n")
        dictionary.write_text("".join(f'"{word}"\n' for word in words))
        options = {
            "max_total_time": arguments.seconds,
            "seed": arguments.seed,
            "dict": dictionary,
            "max_len": 20_000,
            "timeout": 10,
            "rss_limit_mb": 2048,
            "print_final_stats": 1,
            "artifact_prefix": f"{CRASHES}/",
        }
        flags = [f"-{name}={value}" for name, value in options.items()]
        atheris.Setup([sys.argv[0], *flags, str(corpus)], partial(judge, words=words))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
