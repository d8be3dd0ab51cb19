"""What a collector remembers, in the brand's one SQLite file: all of it can be found anew.

Ids, numbers and times only; an event that has been told leaves nothing but its id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapport.database import Tables

NEVER = 2**62
"""When to look at what nothing but a new event can change."""
_CHECKPOINTS = 64  # blocks whose hashes are kept, to find where the chain was reorganised

_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS renewal_checkpoint (
        place TEXT NOT NULL,       -- chain and contract
        block INTEGER NOT NULL,
        hash TEXT NOT NULL,
        PRIMARY KEY (place, block)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS renewal_plan (
        place TEXT NOT NULL,
        plan INTEGER NOT NULL,
        merchant TEXT NOT NULL,
        block INTEGER NOT NULL,
        PRIMARY KEY (place, plan)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS renewal_subscription (
        place TEXT NOT NULL,
        id BLOB NOT NULL CHECK (length(id) = 32),
        plan INTEGER NOT NULL,     -- as it began: the merchant never changes
        block INTEGER NOT NULL,
        look_at INTEGER NOT NULL,  -- Unix seconds
        anchor INTEGER NOT NULL DEFAULT 0,    -- the due date that was missed; 0 = none
        cycles INTEGER NOT NULL DEFAULT 0,    -- charges before it was missed
        failures INTEGER NOT NULL DEFAULT 0,
        tries INTEGER NOT NULL DEFAULT 0,     -- charges that were sent
        retry_at INTEGER NOT NULL DEFAULT 0,
        touched INTEGER NOT NULL DEFAULT 0,   -- grows when the logs say that something happened
        PRIMARY KEY (place, id)
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX IF NOT EXISTS renewal_look ON renewal_subscription (place, look_at)
    """,
    """
    CREATE TABLE IF NOT EXISTS renewal_event (
        number INTEGER PRIMARY KEY,
        place TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT,                 -- JSON; NULL once it was told
        UNIQUE (place, id)
    )
    """,
)

_ROW = "id, plan, look_at, anchor, cycles, failures, tries, retry_at, touched"
_WAKE = "UPDATE renewal_subscription SET look_at = 0, touched = touched + 1 WHERE place = ?"


@dataclass(frozen=True, slots=True)
class Row:
    """Where a collector stands with a subscription. Times are Unix seconds."""

    id: bytes
    plan: int
    look_at: int = 0
    anchor: int = 0
    cycles: int = 0
    failures: int = 0
    tries: int = 0
    retry_at: int = 0
    touched: int = 0


class Book(Tables):
    """
    One contract's subscriptions.

    Raises:
        As :class:`Tables`.
    """

    schema = _SCHEMA

    def __init__(self, path: Path | str, place: str) -> None:
        self.place = place
        super().__init__(path)

    # What the logs say

    def checkpoints(self) -> list[tuple[int, str]]:
        """Blocks up to which the logs were read, and their hashes, the newest first."""
        return self._all(
            "SELECT block, hash FROM renewal_checkpoint WHERE place = ? ORDER BY block DESC"
        )

    def advance(
        self,
        head: tuple[int, str],
        fork: int | None,
        plans: Iterable[tuple[int, str, int]],
        begun: Iterable[tuple[bytes, int, int]],
        touched: Iterable[bytes],
        repriced: Iterable[int],
    ) -> None:
        """
        Takes in the logs up to ``head``, at once.

        Args:
            head: Number and hash of the last block that was read.
            fork: The last block that is still part of the chain, where it was reorganised: what
                came after it is forgotten, and everything else looked at again.
            plans: Number, merchant and block of plans.
            begun: Id, plan and block of subscriptions.
            touched: Ids of subscriptions to which something has happened.
            repriced: Numbers of plans to which something has happened.
        """
        place = self.place
        with self._writing():
            if fork is not None:
                for table in ("renewal_checkpoint", "renewal_plan", "renewal_subscription"):
                    self._db.execute(
                        f"DELETE FROM {table} WHERE place = ? AND block > ?", (place, fork)
                    )
                self._db.execute(_WAKE, (place,))
            self._db.executemany(
                "INSERT OR IGNORE INTO renewal_plan VALUES (?, ?, ?, ?)",
                [(place, *each) for each in plans],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO renewal_subscription (place, id, plan, block, look_at)"
                " VALUES (?, ?, ?, ?, 0)",
                [(place, *each) for each in begun],
            )
            self._db.executemany(
                f"{_WAKE} AND id = ?",
                [(place, each) for each in touched],
            )
            merchants = {self._merchant(each) for each in repriced}
            self._db.executemany(
                f"{_WAKE} AND plan IN"
                " (SELECT plan FROM renewal_plan WHERE place = ? AND merchant = ?)",
                [(place, place, each) for each in merchants],
            )
            self._db.execute(
                "INSERT OR REPLACE INTO renewal_checkpoint VALUES (?, ?, ?)", (place, *head)
            )
            self._db.execute(
                "DELETE FROM renewal_checkpoint WHERE place = ? AND block NOT IN (SELECT block"
                " FROM renewal_checkpoint WHERE place = ? ORDER BY block DESC LIMIT ?)",
                (place, place, _CHECKPOINTS),
            )

    def _merchant(self, plan: int) -> str | None:
        row = self._db.execute(
            "SELECT merchant FROM renewal_plan WHERE place = ? AND plan = ?", (self.place, plan)
        ).fetchone()
        return None if row is None else str(row[0])

    # What is to be looked at

    def waiting(self, now: int, merchant: str | None) -> list[Row]:
        """Subscriptions to look at by ``now``: a merchant's, everybody's without one."""
        found = self._all(
            f"SELECT {_ROW} FROM renewal_subscription s WHERE s.place = ? AND s.look_at <= ?"
            " AND (? IS NULL OR EXISTS (SELECT 1 FROM renewal_plan p WHERE p.place = s.place"
            " AND p.plan = s.plan AND p.merchant = ?)) ORDER BY s.block, s.id",
            now,
            merchant,
            merchant,
        )
        return [Row(bytes(row[0]), *row[1:]) for row in found]

    def settle(
        self, changes: Iterable[tuple[Row, Row]], events: Iterable[Mapping[str, Any]]
    ) -> int:
        """
        Keeps what was decided, with its events, at once. A decision about a row that another
        collector has changed meanwhile is dropped; an event is kept once for its ``id``.

        Returns:
            How many of the events are new.
        """
        new = 0
        with self._writing():
            for before, after in changes:
                self._db.execute(
                    "UPDATE renewal_subscription SET look_at = ?, anchor = ?, cycles = ?,"
                    " failures = ?, tries = ?, retry_at = ? WHERE place = ? AND id = ?"
                    " AND look_at = ? AND anchor = ? AND failures = ? AND tries = ?"
                    " AND touched = ?",
                    (
                        *(after.look_at, after.anchor, after.cycles, after.failures, after.tries),
                        *(after.retry_at, self.place, before.id),
                        *(before.look_at, before.anchor, before.failures, before.tries),
                        before.touched,
                    ),
                )
            for event in events:
                new += self._db.execute(
                    "INSERT OR IGNORE INTO renewal_event (place, id, body) VALUES (?, ?, ?)",
                    (self.place, event["id"], json.dumps(event, ensure_ascii=False)),
                ).rowcount
        return new

    # What is told

    def tell(self, write: Callable[[Sequence[str]], None]) -> int:
        """
        Hands the events that nobody was told of yet to ``write``, as lines of JSON in their order,
        and remembers that. Nobody else tells any meanwhile. If ``write`` fails they are told again.

        Returns:
            How many there were.
        """
        with self._writing():
            found = self._db.execute(
                "SELECT number, body FROM renewal_event WHERE place = ? AND body IS NOT NULL"
                " ORDER BY number",
                (self.place,),
            ).fetchall()
            if found:
                write([body for _, body in found])
                self._db.executemany(
                    "UPDATE renewal_event SET body = NULL WHERE number = ?",
                    [(number,) for number, _ in found],
                )
        return len(found)

    def _all(self, query: str, *more: Any) -> list[Any]:
        with self._lock:
            return self._db.execute(query, (self.place, *more)).fetchall()
