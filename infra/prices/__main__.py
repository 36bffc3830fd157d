"""``python -m infra.prices [--check | --send]``: write the price document and send it.

It is written from the installed genai-prices, and sent to the project of the environment
(SUPABASE_URL, or else DATABASE_URL), or else to the running demo.
"""

from __future__ import annotations

import argparse
import sys

import httpx
import psycopg

from infra.local.prices import DOCUMENT
from infra.local.settings import REPOSITORY
from infra.local.state import StateError
from infra.prices.delivery import find_place
from llm_observe.errors import ConfigurationError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; an error that a user can meet is one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m infra.prices", description=__doc__)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--check", action="store_true", help="compare only; exit 1 if stale")
    only.add_argument("--send", action="store_true", help="send the committed document as it is")
    options = parser.parse_args(arguments)
    if options.check:
        return _check()
    if not options.send:
        _write()
    try:
        return _send(must=options.send)
    except (ConfigurationError, StateError) as error:
        return _fail(str(error))
    except httpx.HTTPStatusError as error:
        return _fail(f"The project refused the prices: {error.response.text}")
    except httpx.HTTPError as error:
        return _fail(f"The project did not answer ({type(error).__name__}). Is SUPABASE_URL right?")
    except psycopg.Error as error:
        return _fail(f"The database refused the prices: {error}")


def _check() -> int:
    if DOCUMENT.read_text(encoding="utf-8") == _read_source():
        return 0
    return _fail(f"{_name()} is not what genai-prices says: run make prices")


def _write() -> None:
    text = _read_source()
    if DOCUMENT.read_text(encoding="utf-8") != text:
        DOCUMENT.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{_name()}: {len(text.encode()):,} bytes\n")
    else:
        sys.stdout.write(f"{_name()}: current\n")


def _send(*, must: bool) -> int:
    place = find_place()
    if place is None:
        sentence = "No prices were sent: set SUPABASE_URL or DATABASE_URL, or start `make demo`."
        if must:
            return _fail(sentence)
        sys.stdout.write(f"{sentence}\n")
        return 0
    counts = place.set_prices()
    told = ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items()))
    sys.stdout.write(f"{place.name}: {told}\n")
    return 0


def _read_source() -> str:
    # Sending alone needs no genai-prices.
    from infra.prices.document import write_document  # noqa: PLC0415  # see above
    from infra.prices.source import read_catalog  # noqa: PLC0415  # see above

    return write_document(read_catalog())


def _name() -> str:
    return str(DOCUMENT.relative_to(REPOSITORY))


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
