"""Which lives, databases and kinds of work meet, and which combinations are left out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

from trials.lifecycle import databases as db
from trials.lifecycle import lives
from trials.lifecycle.databases import Database
from trials.lifecycle.lives import Life

DEMO: Final = "DemoRunFunction"
WORKS: Final = {
    "sync": "a span with one model call inside, read to its end",
    "async": "the same with `AsyncOpenAI` in an event loop that ends with the invocation",
    "streaming": "a stream, read to its end",
    "abandoned": "a stream of which one chunk is read, held for ever",
    "8 threads": "eight model calls at once, two spans each",
    DEMO: "the built function of template.yaml behind Mangum, unchanged: an agent with two tool "
    "calls and two model calls, five spans, sent within the invocation",
}
LEFT_OUT: Final = (
    (
        "A kind of work decides what is open or finished when an invocation ends, not how a batch "
        "travels afterwards. So all kinds meet only the lives that end an invocation differently, "
        "before one database of each sort: well (5 ms), silent (down) and of two minds (cut after "
        "commit). Sync work meets the rest."
    ),
    (
        "Lives that begin with work waiting, or end with a database that never came back, need a "
        "database in trouble: a well one leaves nothing waiting, which the other lives show."
    ),
    (
        "A handler that raises, forks, is malformed, late or hangs does not touch the network, so "
        "those meet the same three databases."
    ),
    (
        "Called until killed is for times, so it meets the well databases. There a p95 has 40 "
        "invocations behind it; elsewhere it is the slowest invocation of a few."
    ),
    (
        "Only two cells are idle for 61 s in earnest, with a well database and with one that was "
        "down before; in the other idle ones the server hangs up between invocations."
    ),
    (
        "A first invocation that times out meets the well databases: it shows that the watchdog "
        "does without the request that a first batch otherwise begins with."
    ),
    (
        "DemoRunFunction shares its handler's wrapper with the test function and meets four lives "
        "and the same three databases; what hangs in it is the model."
    ),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One life with one database and one kind of work."""

    life: Life
    database: Database
    work: str
    handler: str = "handle"

    @property
    def name(self) -> str:
        """Its place in the matrix."""
        return f"{self.life.name} · {self.database.name} · {self.work}"


def list_cells() -> list[Cell]:
    """The cells that can differ, those that wait longest first; ``LEFT_OUT`` says what is not."""
    few, well = (db.FAST, db.DOWN, db.CUT), (db.FAST, db.MEDIUM, db.SLOW)
    faulty = (db.DOWN, db.RESET, db.UNAVAILABLE, db.LIMITED, db.BLACKHOLE, db.CUT)
    sync = [
        *product((lives.LONG_IDLE,), (db.FAST, db.DOWN)),
        *product(lives.COMMON, (*well, *faulty)),
        *product(lives.TROUBLED, faulty),
        *product((lives.TIMEOUT_AT_FIRST,), well),
        *product(lives.ODD, few),
    ]
    kinds = [work for work in WORKS if work not in {"sync", DEMO}]
    works = product((*lives.ENDINGS, lives.SIGTERM_DOWN), few, kinds)
    demo = product((lives.NORMAL, lives.FROZEN, lives.HANG, lives.SIGTERM), few)
    return [
        *(Cell(life, database, "sync") for life, database in sync),
        *(Cell(*place) for place in works if place[:2] != (lives.SIGTERM_DOWN, db.FAST)),
        *(Cell(*place, DEMO, "demo") for place in demo if place != (lives.SIGTERM, db.FAST)),
        *(Cell(lives.UNTIL_KILLED, *place) for place in product(well, ["sync", *kinds])),
    ]


CONTROL: Final = Cell(lives.UNTIL_KILLED, db.FAST, "sync", handler="handle_bare")
"""A handler without ``lambda_handler``: if this one loses nothing, the harness proves nothing."""
