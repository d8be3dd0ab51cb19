"""What came from help desks, once each, and what was decided about it: tables of the brand's file.

No text of a ticket is kept, no name and no address: states, times, amounts, the ticket's number and
the customer's id. A customer's number waits here only while nobody is registered under it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapport.database import Tables
from rapport.desk.tickets import End, Event, Step, Verb, needless
from rapport.errors import RapportError
from rapport.ingest.seen import digest

_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS desk_delivery (
        place TEXT NOT NULL,       -- chain and contract
        desk TEXT NOT NULL,
        digest BLOB NOT NULL,      -- of the delivery's id
        content BLOB NOT NULL,     -- digest of what it told
        PRIMARY KEY (place, desk, digest)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_ticket (
        place TEXT NOT NULL,
        desk TEXT NOT NULL,
        ticket TEXT NOT NULL,      -- the desk's number
        customer BLOB CHECK (length(customer) = 32),
        number TEXT,               -- the customer's, while it has no id
        agreement BLOB CHECK (length(agreement) = 32),
        due INTEGER NOT NULL DEFAULT 1,  -- 1: there may be something to send
        concern TEXT,              -- what somebody should know
        PRIMARY KEY (place, desk, ticket)
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_due ON desk_ticket (place, due)
    """,
    """
    CREATE INDEX IF NOT EXISTS desk_stranger ON desk_ticket (place) WHERE number IS NOT NULL
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_event (
        place TEXT NOT NULL,
        desk TEXT NOT NULL,
        ticket TEXT NOT NULL,
        digest BLOB NOT NULL,
        at INTEGER NOT NULL,       -- Unix microseconds, the desk's
        state TEXT,
        sure INTEGER NOT NULL,
        priority TEXT,
        replied INTEGER NOT NULL,
        policy INTEGER,
        amount TEXT,
        customer BLOB CHECK (length(customer) = 32),
        agreement BLOB CHECK (length(agreement) = 32),
        PRIMARY KEY (place, desk, ticket, digest)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_step (
        place TEXT NOT NULL,
        desk TEXT NOT NULL,
        ticket TEXT NOT NULL,
        number INTEGER NOT NULL,   -- from 1
        verb TEXT NOT NULL,
        ended TEXT,                -- NULL: to be sent, or under way
        PRIMARY KEY (place, desk, ticket, number)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS desk_count (
        place TEXT NOT NULL,
        desk TEXT NOT NULL,        -- '' for a desk that there is not
        what TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (place, desk, what)
    ) WITHOUT ROWID
    """,
)
_EVENT = "at, digest, state, sure, priority, replied, policy, amount, customer, agreement"
_ONE = "place = ? AND desk = ? AND ticket = ?"
_OF = ("desk_event", "desk_step", "desk_ticket")
"""Tables with rows on tickets, the ticket itself last."""


class Conflict(RapportError):
    """A delivery came again under the same id, and tells something else."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it stands."""

    desk: str
    number: str
    customer: bytes | None
    unknown: str | None
    """The customer's number, while nobody is registered under it."""
    agreement: bytes | None
    steps: tuple[Step, ...]
    concern: str | None
    due: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided about a ticket: a verb, and what somebody should know."""

    verb: Verb | None
    concern: str | None = None


Decide = Callable[[Sequence[Event], Sequence[Step]], Decision]


class Inbox(Tables):
    """
    The tickets of one contract; without a place it only tells and destroys what is held of
    customers.

    Raises:
        As :class:`Tables`.
    """

    schema = _SCHEMA

    def __init__(self, path: Path | str, place: str = "") -> None:
        self.place = place
        super().__init__(path)

    # Coming in

    def take(
        self, desk: str, ticket: str, event: Event, content: bytes, number: str | None = None
    ) -> bool:
        """
        Keeps a delivery, once. ``number`` is that of a customer whom nobody knows yet.

        Returns:
            False if it had come before.

        Raises:
            Conflict: It had, and told something else.
        """
        with self._writing():
            met = self._db.execute(
                "SELECT content FROM desk_delivery WHERE place = ? AND desk = ? AND digest = ?",
                (self.place, desk, event.digest),
            ).fetchone()
            if met is not None:
                if bytes(met[0]) != content:
                    raise Conflict("a delivery with this id came before, and told something else")
                return False
            self._db.execute(
                "INSERT INTO desk_delivery VALUES (?, ?, ?, ?)",
                (self.place, desk, event.digest, content),
            )
            self._db.execute(
                "INSERT INTO desk_ticket (place, desk, ticket, customer, number)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET due = 1,"
                " customer = coalesce(customer, excluded.customer),"
                " number = CASE WHEN coalesce(customer, excluded.customer) IS NULL"
                " THEN coalesce(number, excluded.number) END",
                (self.place, desk, ticket, event.customer, number),
            )
            self._db.execute(
                f"INSERT INTO desk_event (place, desk, ticket, {_EVENT})"
                f" VALUES (?, ?, ?{', ?' * 10})",
                (
                    *(self.place, desk, ticket, event.at, event.digest, event.state, event.sure),
                    *(event.priority, event.replied, event.policy, event.amount),
                    *(event.customer, event.agreement),
                ),
            )
        return True

    def count(self, met: Mapping[tuple[str, str], int]) -> None:
        """More requests, by desk and kind: all that is kept of those refused."""
        with self._writing():
            self._db.executemany(
                "INSERT INTO desk_count VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(self.place, *which, number) for which, number in met.items()],
            )

    def introduce(self, desk: str, ticket: str, customer: bytes) -> None:
        """Says whose a ticket is; the number that waited for it is deleted."""
        with self._writing():
            self._db.execute(
                f"UPDATE desk_ticket SET customer = ?, number = NULL, due = 1 WHERE {_ONE}",
                (customer, self.place, desk, ticket),
            )
            self._db.execute(
                f"UPDATE desk_event SET customer = ? WHERE {_ONE} AND customer IS NULL",
                (customer, self.place, desk, ticket),
            )

    # Going out

    def wake(self) -> None:
        """Has every ticket looked at that needs attention: what it lacked may be there now."""
        with self._writing():
            self._db.execute(
                "UPDATE desk_ticket SET due = 1 WHERE place = ? AND concern IS NOT NULL",
                (self.place,),
            )

    def due(self) -> list[Ticket]:
        """The tickets for which there may be something to send."""
        return self._tickets("AND due = 1")

    def strangers(self) -> list[Ticket]:
        """The tickets of customers whom nobody knew."""
        return self._tickets("AND number IS NOT NULL")

    def plan(self, desk: str, ticket: str, decide: Decide) -> Step | str | None:
        """
        The step to send: the one under way, or the next that ``decide`` finds, kept before it is
        returned. Whoever asks at the same time, or after a crash, is told the same. Without one,
        what somebody should know, if anything.
        """
        with self._writing():
            steps = self._steps(desk, ticket)
            if steps and steps[-1].end is None:
                return steps[-1]
            events = self.events(desk, ticket)
            while True:
                decision = decide(events, steps)
                if decision.verb is None:
                    self._db.execute(
                        f"UPDATE desk_ticket SET due = 0, concern = ? WHERE {_ONE}",
                        (decision.concern, self.place, desk, ticket),
                    )
                    return decision.concern
                end = End.SKIPPED if needless(decision.verb, steps) else None
                step = Step(len(steps) + 1, decision.verb, end)
                self._db.execute(
                    "INSERT INTO desk_step VALUES (?, ?, ?, ?, ?, ?)",
                    (self.place, desk, ticket, step.number, step.verb, step.end),
                )
                if end is None:
                    return step
                steps = [*steps, step]

    def end(
        self, desk: str, ticket: str, step: Step, end: End, agreement: bytes | None = None
    ) -> None:
        """Notes how a step ended; again changes nothing."""
        with self._writing():
            self._db.execute(
                f"UPDATE desk_step SET ended = ? WHERE {_ONE} AND number = ? AND ended IS NULL",
                (end, self.place, desk, ticket, step.number),
            )
            self._db.execute(
                f"UPDATE desk_ticket SET due = 1, concern = NULL,"
                f" agreement = coalesce(agreement, ?) WHERE {_ONE}",
                (agreement, self.place, desk, ticket),
            )

    def trouble(self, desk: str, ticket: str, concern: str) -> None:
        """Notes what keeps a ticket from going on; it stays due."""
        with self._writing():
            self._db.execute(
                f"UPDATE desk_ticket SET concern = ? WHERE {_ONE}",
                (concern, self.place, desk, ticket),
            )

    # Looking

    def tickets(self) -> list[Ticket]:
        """Every ticket, by desk and number."""
        return self._tickets()

    def counts(self) -> list[tuple[str, str, int]]:
        """How many requests there were, by desk and kind."""
        with self._lock:
            return self._db.execute(
                "SELECT desk, what, count FROM desk_count WHERE place = ? ORDER BY desk, what",
                (self.place,),
            ).fetchall()

    def events(self, desk: str, ticket: str) -> list[Event]:
        """What was told of a ticket, in no order."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_EVENT} FROM desk_event WHERE {_ONE}", (self.place, desk, ticket)
            ).fetchall()
        return [_event(row) for row in rows]

    # A customer's rows, for privacy

    def told_of(self, customers: Iterable[bytes]) -> list[Ticket]:
        """The tickets of these customers."""
        wanted = set(customers)
        return [each for each in self.tickets() if each.customer in wanted]

    def destroy(self, customers: Iterable[bytes]) -> None:
        """
        Deletes all tickets of these customers. Digests remain: of their deliveries, and of the
        tickets' numbers, so that nothing of them comes in again.
        """
        with self._writing():
            for customer in customers:
                rows = self._db.execute(
                    "SELECT place, desk, ticket FROM desk_ticket WHERE customer = ?", (customer,)
                ).fetchall()
                for place, desk, ticket in rows:
                    for table in _OF:
                        self._db.execute(f"DELETE FROM {table} WHERE {_ONE}", (place, desk, ticket))
                    self._db.execute(
                        "INSERT OR IGNORE INTO desk_delivery VALUES (?, ?, ?, ?)",
                        (place, desk, _gone(ticket), b""),
                    )

    def gone(self, desk: str, ticket: str) -> bool:
        """True of a ticket whose customer was erased."""
        with self._lock:
            found = self._db.execute(
                "SELECT 1 FROM desk_delivery WHERE place = ? AND desk = ? AND digest = ?",
                (self.place, desk, _gone(ticket)),
            ).fetchone()
        return found is not None

    def traces(self, customers: Iterable[bytes]) -> list[bytes]:
        """
        The bytes that the file holds for these customers' tickets: their rows as they begin. What
        is in them can stand elsewhere by itself, such as an id in a transaction.
        """
        found: list[bytes] = []
        with self._lock:
            for customer in customers:
                for row in self._db.execute(
                    "SELECT place, desk, ticket FROM desk_ticket WHERE customer = ?", (customer,)
                ).fetchall():
                    head = "".join(row).encode()
                    digests = self._db.execute(
                        f"SELECT digest FROM desk_event WHERE {_ONE}", row
                    ).fetchall()
                    found += [head + customer, *(head + bytes(each[0]) for each in digests)]
        return found

    def _tickets(self, which: str = "") -> list[Ticket]:
        with self._lock:
            rows = self._db.execute(
                "SELECT desk, ticket, customer, number, agreement, concern, due FROM desk_ticket"
                f" WHERE place = ? {which} ORDER BY desk, length(ticket), ticket",
                (self.place,),
            ).fetchall()
            return [
                Ticket(
                    *(row[0], row[1], row[2], row[3], row[4]),
                    tuple(self._steps(row[0], row[1])),
                    *(row[5], bool(row[6])),
                )
                for row in rows
            ]

    def _steps(self, desk: str, ticket: str) -> list[Step]:
        rows = self._db.execute(
            f"SELECT number, verb, ended FROM desk_step WHERE {_ONE} ORDER BY number",
            (self.place, desk, ticket),
        ).fetchall()
        return [Step(row[0], Verb(row[1]), None if row[2] is None else End(row[2])) for row in rows]


def _gone(ticket: str) -> bytes:
    """What is remembered of a ticket whose customer was erased."""
    return digest(f"erased ticket {ticket}")


def _event(row: Sequence[Any] | sqlite3.Row) -> Event:
    at, digest, state, sure, priority, replied, policy, amount, customer, agreement = row
    return Event(
        *(at, digest, state, bool(sure), priority, bool(replied), policy, amount),
        *(customer, agreement),
    )
