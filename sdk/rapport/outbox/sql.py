"""The journal in SQL, as SQLite and Postgres both understand it."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from rapport.errors import ConfigError, IdempotencyConflict, LeaseHeld
from rapport.outbox.journal import Changes, IntentEnd, Lease, Progress, SignedTx
from rapport.outbox.kinds import Outcome
from rapport.outbox.records import Attempt, Detail, Entry, Intent, NewIntent, State, Tx

T = TypeVar("T")

VERSION = 1
"""Of the tables; a journal of a later version is refused."""

# {id}, {blob} and {int} are the words of the dialect. Times are Unix microseconds.
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS outbox_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS tx (
        id {id}, chain_id {int} NOT NULL, signer TEXT NOT NULL, nonce {int} NOT NULL,
        recipient TEXT NOT NULL, data {blob} NOT NULL, value TEXT NOT NULL, gas {int} NOT NULL,
        kind TEXT NOT NULL, state TEXT NOT NULL, cancel {int} NOT NULL DEFAULT 0,
        block_number {int}, block_hash TEXT, winner TEXT, created_at {int} NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS intent (
        id {id}, chain_id {int} NOT NULL, signer TEXT NOT NULL, key TEXT NOT NULL,
        kind TEXT NOT NULL, payload TEXT NOT NULL, fingerprint {blob} NOT NULL,
        state TEXT NOT NULL, outcome TEXT, tx_id {int} REFERENCES tx (id),
        place {int} NOT NULL DEFAULT 0, solo {int} NOT NULL DEFAULT 0,
        tries {int} NOT NULL DEFAULT 0, cancel {int} NOT NULL DEFAULT 0,
        created_at {int} NOT NULL, UNIQUE (chain_id, key))""",
    # The hash alone is not unique: a nonce that a foreign transaction took, and a reorganisation
    # gave back, may be signed for the same intent, at the same price, once more.
    """CREATE TABLE IF NOT EXISTS attempt (
        hash TEXT NOT NULL, tx_id {int} NOT NULL REFERENCES tx (id), raw {blob} NOT NULL,
        max_fee TEXT NOT NULL, priority_fee TEXT NOT NULL, cancels {int} NOT NULL,
        created_at {int} NOT NULL, PRIMARY KEY (tx_id, hash))""",
    """CREATE TABLE IF NOT EXISTS lease (
        chain_id {int} NOT NULL, signer TEXT NOT NULL, owner TEXT, token {int} NOT NULL,
        until {int} NOT NULL, head {int}, trouble TEXT, PRIMARY KEY (chain_id, signer))""",
    # A nonce belongs to one transaction, unless a foreign one took it from us.
    """CREATE UNIQUE INDEX IF NOT EXISTS tx_nonce ON tx (chain_id, signer, nonce)
        WHERE state <> 'displaced'""",
    """CREATE INDEX IF NOT EXISTS tx_live ON tx (chain_id, signer, nonce)
        WHERE state IN ('signed', 'sent', 'mined')""",
    "CREATE INDEX IF NOT EXISTS tx_cancel ON tx (chain_id, signer) WHERE cancel = 1",
    """CREATE INDEX IF NOT EXISTS intent_queued ON intent (chain_id, signer, id)
        WHERE state = 'queued'""",
    "CREATE INDEX IF NOT EXISTS intent_tx ON intent (tx_id) WHERE tx_id IS NOT NULL",
)

_LIVE = "('signed', 'sent', 'mined')"
_ON_CHAIN = "('final', 'failed', 'cancelled')"

_INTENT = """i.id, i.key, i.kind, i.payload, i.fingerprint, i.state, i.outcome, i.tx_id, i.solo,
    i.tries, i.created_at, t.winner, t.block_number"""
_TX = """id, nonce, recipient, data, value, gas, kind, state, cancel, block_number, block_hash,
    winner"""


class Cursor(Protocol):
    """What is used of a DB-API cursor, with ``?`` for parameters."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    @property
    def rowcount(self) -> int: ...


class SqlJournal(ABC):
    """Implements :class:`~rapport.outbox.journal.Journal`; a dialect adds its transactions."""

    for_update = ""
    """What makes a SELECT lock its rows, where a transaction does not lock by itself."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Cursor]:
        """A durable transaction that excludes other writers of the same rows."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Cursor]:
        """A consistent look without locks."""

    def migrate(self, words: Mapping[str, str]) -> None:
        """Make the tables where they are missing."""
        with self.transaction() as c:
            for statement in SCHEMA:
                c.execute(statement.format(**words))
            c.execute("SELECT value FROM outbox_meta WHERE name = 'version'")
            row = c.fetchone()
            if row is None:
                c.execute("INSERT INTO outbox_meta VALUES ('version', ?)", (str(VERSION),))
            elif int(row[0]) > VERSION:
                raise ConfigError(
                    f"the journal has version {row[0]}, this program knows {VERSION}; update it"
                )

    # Callers

    def bind(self, chain_id: int, genesis: str) -> None:
        name = f"genesis:{chain_id}"
        with self.transaction() as c:
            c.execute("SELECT value FROM outbox_meta WHERE name = ?", (name,))
            row = c.fetchone()
            if row is None:
                c.execute("INSERT INTO outbox_meta VALUES (?, ?)", (name, genesis))
            elif row[0] != genesis:
                raise ConfigError(
                    f"the journal belongs to another chain {chain_id} (first block {row[0][:10]}, "
                    f"met {genesis[:10]}); a development chain that was started anew needs a new "
                    "journal"
                )

    def add(self, chain_id: int, signer: str, intents: Sequence[NewIntent]) -> list[Progress]:
        now = _now()
        rows = [
            (chain_id, signer, new.key, new.kind, new.payload, new.fingerprint, now)
            for new in intents
        ]
        found: dict[str, Sequence[Any]] = {}
        with self.transaction() as c:
            c.executemany(
                "INSERT INTO intent (chain_id, signer, key, kind, payload, fingerprint, state,"
                " created_at) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)"
                " ON CONFLICT (chain_id, key) DO NOTHING",
                rows,
            )
            for part in _parts([new.key for new in intents]):
                c.execute(
                    f"SELECT {_INTENT} FROM intent i LEFT JOIN tx t ON t.id = i.tx_id"
                    f" WHERE i.chain_id = ? AND i.key IN ({_marks(part)})",
                    (chain_id, *part),
                )
                found.update((row[1], row) for row in c.fetchall())
            for new in intents:
                if bytes(found[new.key][4]) != new.fingerprint:
                    raise IdempotencyConflict(new.key)
        return [_progress(found[new.key]) for new in intents]

    def progress(self, chain_id: int, ids: Sequence[int]) -> list[Progress]:
        found: list[Progress] = []
        with self.reading() as c:
            for part in _parts(ids):
                # The plus keeps SQLite off the keys' index, which it would search from end to end.
                c.execute(
                    f"SELECT {_INTENT} FROM intent i LEFT JOIN tx t ON t.id = i.tx_id"
                    f" WHERE +i.chain_id = ? AND i.id IN ({_marks(part)})",
                    (chain_id, *part),
                )
                found += [_progress(row) for row in c.fetchall()]
        return found

    def find(self, chain_id: int, which: int | str) -> Detail | None:
        column = "id" if isinstance(which, int) else "key"
        with self.reading() as c:
            c.execute(
                f"SELECT {_INTENT} FROM intent i LEFT JOIN tx t ON t.id = i.tx_id"
                f" WHERE i.chain_id = ? AND i.{column} = ?",
                (chain_id, which),
            )
            row = c.fetchone()
            if row is None:
                return None
            intent = _intent(row)
            tx = None
            if intent.tx_id is not None:
                (tx,) = self._txs(c, "id = ?", (intent.tx_id,))
        return Detail(_entry(intent, tx), intent.payload, tx)

    def entries(
        self, chain_id: int, state: State | None = None, after: int = 0, limit: int = 100
    ) -> list[Entry]:
        chosen = "" if state is None else " AND i.state = ?"
        with self.reading() as c:
            c.execute(
                f"SELECT {_INTENT}, t.nonce, t.winner, (SELECT hash FROM attempt a WHERE a.tx_id ="
                " t.id ORDER BY a.created_at DESC LIMIT 1) FROM intent i LEFT JOIN tx t ON"
                f" t.id = i.tx_id WHERE i.chain_id = ? AND i.id > ?{chosen} ORDER BY i.id LIMIT ?",
                (chain_id, after, *(() if state is None else (state.value,)), limit),
            )
            rows = c.fetchall()
        entries = []
        for row in rows:
            intent, (nonce, winner, last) = _intent(row), row[13:]
            entries.append(
                Entry(
                    intent.id,
                    intent.key,
                    intent.kind,
                    intent.state,
                    nonce,
                    winner or last,
                    row[12],
                    intent.outcome,
                    intent.created_at,
                )
            )
        return entries

    def counts(self, chain_id: int, signer: str) -> Mapping[State, int]:
        with self.reading() as c:
            c.execute(
                "SELECT state, count(*) FROM intent WHERE chain_id = ? AND signer = ?"
                " GROUP BY state",
                (chain_id, signer),
            )
            return {State(state): count for state, count in c.fetchall()}

    def worker(self, chain_id: int, signer: str) -> tuple[str | None, int | None, str | None]:
        with self.reading() as c:
            c.execute(
                "SELECT owner, until, head, trouble FROM lease WHERE chain_id = ? AND signer = ?",
                (chain_id, signer),
            )
            row = c.fetchone()
        if row is None:
            return None, None, None
        return (row[0] if row[1] > _now() else None), row[2], row[3]

    def cancel(self, chain_id: int, intent: int) -> State:
        with self.transaction() as c:
            c.execute(
                "UPDATE intent SET state = 'cancelled' WHERE chain_id = ? AND id = ?"
                " AND state = 'queued'",
                (chain_id, intent),
            )
            c.execute(
                "UPDATE intent SET cancel = 1 WHERE chain_id = ? AND id = ?"
                " AND state IN ('signed', 'sent')",
                (chain_id, intent),
            )
            if c.rowcount:
                c.execute(
                    "UPDATE tx SET cancel = 1 WHERE id = (SELECT tx_id FROM intent WHERE id = ?)",
                    (intent,),
                )
            return self._state(c, intent)

    def retry(self, chain_id: int, intent: int) -> State:
        with self.transaction() as c:
            c.execute(
                "UPDATE intent SET state = 'queued', outcome = NULL, tx_id = NULL, tries = 0,"
                " cancel = 0 WHERE chain_id = ? AND id = ? AND state IN ('failed', 'cancelled')",
                (chain_id, intent),
            )
            return self._state(c, intent)

    def _state(self, c: Cursor, intent: int) -> State:
        c.execute("SELECT state FROM intent WHERE id = ?", (intent,))
        return State(c.fetchone()[0])

    # The worker

    def acquire(
        self, chain_id: int, signer: str, owner: str, seconds: float, over: str | None = None
    ) -> Lease:
        now = _now()
        with self.transaction() as c:
            c.execute(
                "INSERT INTO lease (chain_id, signer, token, until) VALUES (?, ?, 0, 0)"
                " ON CONFLICT (chain_id, signer) DO NOTHING",
                (chain_id, signer),
            )
            c.execute(
                "UPDATE lease SET owner = ?, token = token + 1, until = ?, trouble = NULL"
                " WHERE chain_id = ? AND signer = ? AND (until <= ? OR owner = ?)"
                " RETURNING token",
                (owner, now + _micros(seconds), chain_id, signer, now, over),
            )
            row = c.fetchone()
        if row is None:
            held = self.worker(chain_id, signer)[0]
            raise LeaseHeld(f"{held or 'another worker'} sends for {signer} now; wait for it")
        return Lease(chain_id, signer, owner, row[0])

    def renew(self, lease: Lease, seconds: float, head: int | None, trouble: str | None) -> None:
        with self.transaction() as c:
            self._hold(c, lease)
            c.execute(
                "UPDATE lease SET until = ?, head = ?, trouble = ? WHERE chain_id = ?"
                " AND signer = ?",
                (_now() + _micros(seconds), head, trouble, lease.chain_id, lease.signer),
            )

    def release(self, lease: Lease) -> None:
        with self.transaction() as c:
            c.execute(
                "UPDATE lease SET owner = NULL, until = 0 WHERE chain_id = ? AND signer = ?"
                " AND token = ?",
                (lease.chain_id, lease.signer, lease.token),
            )

    def live(self, lease: Lease) -> list[tuple[Tx, list[Intent]]]:
        with self.reading() as c:
            txs = self._txs(
                c,
                f"chain_id = ? AND signer = ? AND state IN {_LIVE} ORDER BY nonce",
                (lease.chain_id, lease.signer),
            )
            c.execute(
                f"SELECT {_INTENT} FROM tx t JOIN intent i ON i.tx_id = t.id WHERE t.chain_id = ?"
                f" AND t.signer = ? AND t.state IN {_LIVE} ORDER BY i.tx_id, i.place",
                (lease.chain_id, lease.signer),
            )
            carried: dict[int, list[Intent]] = {}
            for row in c.fetchall():
                carried.setdefault(row[7], []).append(_intent(row))
        return [(tx, carried.get(tx.id, [])) for tx in txs]

    def floor(self, lease: Lease) -> int:
        with self.reading() as c:
            c.execute(
                f"SELECT max(nonce) FROM tx WHERE chain_id = ? AND signer = ?"
                f" AND state IN {_ON_CHAIN}",
                (lease.chain_id, lease.signer),
            )
            highest = c.fetchone()[0]
        return 0 if highest is None else int(highest) + 1

    def reopen(self, lease: Lease, nonce: int) -> int:
        with self.transaction() as c:
            self._hold(c, lease)
            c.execute(
                f"UPDATE intent SET state = 'sent', outcome = NULL WHERE tx_id IN (SELECT id"
                f" FROM tx WHERE chain_id = ? AND signer = ? AND nonce >= ? AND state IN"
                f" {_ON_CHAIN})",
                (lease.chain_id, lease.signer, nonce),
            )
            c.execute(
                "UPDATE tx SET state = 'sent', winner = NULL, block_number = NULL,"
                " block_hash = NULL WHERE chain_id = ? AND signer = ? AND nonce >= ?"
                f" AND state IN {_ON_CHAIN}",
                (lease.chain_id, lease.signer, nonce),
            )
            return c.rowcount

    def queued(
        self, lease: Lease, kinds: Collection[str], limit: int, without: Collection[int] = ()
    ) -> list[Intent]:
        known = sorted(kinds)
        with self.reading() as c:
            c.execute(
                "SELECT i.id, i.key, i.kind, i.payload, i.fingerprint, i.state, NULL, NULL, i.solo,"
                " i.tries, i.created_at, NULL, NULL FROM intent i WHERE i.chain_id = ? AND"
                " i.signer = ? AND i.state = 'queued' AND i.kind IN"
                f" ({_marks(known)}) ORDER BY i.id LIMIT ?",
                (lease.chain_id, lease.signer, *known, limit + len(without)),
            )
            rows = c.fetchall()
        return [_intent(row) for row in rows if row[0] not in without][:limit]

    def cancellations(self, lease: Lease) -> list[int]:
        with self.reading() as c:
            c.execute(
                f"SELECT id FROM tx WHERE chain_id = ? AND signer = ? AND cancel = 1"
                f" AND state IN {_LIVE}",
                (lease.chain_id, lease.signer),
            )
            return [row[0] for row in c.fetchall()]

    def cancelled(self, lease: Lease, intents: Sequence[int]) -> set[int]:
        found: set[int] = set()
        with self.reading() as c:
            for part in _parts(intents):
                c.execute(
                    f"SELECT id FROM intent WHERE cancel = 1 AND id IN ({_marks(part)})", part
                )
                found.update(row[0] for row in c.fetchall())
        return found

    def commit(self, lease: Lease, changes: Changes) -> list[int]:
        with self.transaction() as c:
            self._hold(c, lease)
            self._apply_sent(c, changes)
            self._apply_ends(c, changes)
            c.executemany(
                "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?)",
                [_attempt_row(tx, attempt) for tx, attempt in changes.attempts],
            )
            return self._apply_signed(c, lease, changes.signed)

    def _apply_sent(self, c: Cursor, changes: Changes) -> None:
        sent = [(tx,) for tx in changes.sent]
        c.executemany("UPDATE tx SET state = 'sent' WHERE id = ? AND state = 'signed'", sent)
        c.executemany("UPDATE intent SET state = 'sent' WHERE tx_id = ? AND state = 'signed'", sent)

    def _apply_ends(self, c: Cursor, changes: Changes) -> None:
        c.executemany(
            "UPDATE tx SET state = ?, winner = ?, block_number = ?, block_hash = ? WHERE id = ?",
            [(s.state, s.winner, s.block_number, s.block_hash, s.tx) for s in changes.settled],
        )
        self._end(c, [end for settled in changes.settled for end in settled.ends])
        unmined = [(tx,) for tx in changes.unmined]
        c.executemany(
            "UPDATE tx SET state = 'sent', winner = NULL, block_number = NULL, block_hash = NULL"
            " WHERE id = ?",
            unmined,
        )
        c.executemany("UPDATE intent SET state = 'sent', outcome = NULL WHERE tx_id = ?", unmined)
        c.executemany(
            "UPDATE tx SET state = ? WHERE id = ?", [(state, tx) for tx, state in changes.closed]
        )
        c.executemany(
            "UPDATE intent SET state = 'queued', tx_id = NULL, outcome = NULL, solo = ?,"
            " tries = tries + 1 WHERE id = ?",
            [(int(solo), intent) for intent, solo in changes.requeued],
        )
        self._end(c, changes.ended)

    def _end(self, c: Cursor, ends: Sequence[IntentEnd]) -> None:
        c.executemany(
            "UPDATE intent SET state = ?, outcome = ? WHERE id = ?",
            [(end.state.value, end.outcome, end.intent) for end in ends],
        )

    def _apply_signed(self, c: Cursor, lease: Lease, signed: Sequence[SignedTx]) -> list[int]:
        if not signed:
            return []
        now, account = _now(), (lease.chain_id, lease.signer)
        c.executemany(
            "INSERT INTO tx (chain_id, signer, nonce, recipient, data, value, gas, kind, state,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'signed', ?)",
            [
                (*account, tx.nonce, tx.to, tx.data, str(tx.value), tx.gas, tx.kind, now)
                for tx in signed
            ],
        )
        nonces = [tx.nonce for tx in signed]
        c.execute(
            "SELECT nonce, id FROM tx WHERE chain_id = ? AND signer = ? AND nonce BETWEEN ? AND ?"
            " AND state <> 'displaced'",
            (*account, min(nonces), max(nonces)),
        )
        numbers = dict(c.fetchall())
        ids = [numbers[nonce] for nonce in nonces]
        made = list(zip(ids, signed, strict=True))
        c.executemany(
            "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?)",
            [_attempt_row(number, tx.attempt) for number, tx in made],
        )
        rows = [
            (number, place, intent, lease.signer)
            for number, tx in made
            for place, intent in enumerate(tx.intents)
        ]
        if rows:
            c.executemany(
                "UPDATE intent SET state = 'signed', tx_id = ?, place = ? WHERE id = ?"
                " AND signer = ? AND state = 'queued'",
                rows,
            )
            if c.rowcount != len(rows):
                raise LeaseHeld("an intent was taken away while it was being signed; plan anew")
        return ids

    def _hold(self, c: Cursor, lease: Lease) -> None:
        """The fence: whoever lost the lease changes nothing."""
        c.execute(
            f"SELECT token FROM lease WHERE chain_id = ? AND signer = ?{self.for_update}",
            (lease.chain_id, lease.signer),
        )
        row = c.fetchone()
        if row is None or row[0] != lease.token:
            raise LeaseHeld(f"another worker took over sending for {lease.signer}")

    def _txs(self, c: Cursor, where: str, values: Sequence[Any]) -> list[Tx]:
        c.execute(f"SELECT {_TX} FROM tx WHERE {where}", values)
        rows = c.fetchall()
        attempts: dict[int, list[Attempt]] = {}
        carried: dict[int, list[int]] = {}
        for part in _parts([row[0] for row in rows]):
            c.execute(
                "SELECT hash, raw, max_fee, priority_fee, cancels, created_at, tx_id FROM attempt"
                f" WHERE tx_id IN ({_marks(part)}) ORDER BY created_at",
                part,
            )
            for row in c.fetchall():
                attempt = Attempt(
                    row[0], bytes(row[1]), int(row[2]), int(row[3]), bool(row[4]), _time(row[5])
                )
                attempts.setdefault(row[6], []).append(attempt)
            c.execute(
                f"SELECT tx_id, id FROM intent WHERE tx_id IN ({_marks(part)}) ORDER BY place",
                part,
            )
            for tx_id, intent in c.fetchall():
                carried.setdefault(tx_id, []).append(intent)
        return [
            Tx(
                row[0],
                row[1],
                row[2],
                bytes(row[3]),
                int(row[4]),
                row[5],
                row[6],
                row[7],
                bool(row[8]),
                row[9],
                row[10],
                row[11],
                tuple(carried.get(row[0], ())),
                tuple(attempts.get(row[0], ())),
            )
            for row in rows
        ]


def _attempt_row(tx: int, attempt: Attempt) -> tuple[Any, ...]:
    return (
        attempt.hash,
        tx,
        attempt.raw,
        str(attempt.max_fee),
        str(attempt.priority_fee),
        int(attempt.cancels),
        int(attempt.created_at.timestamp() * 1_000_000),
    )


def _intent(row: Sequence[Any]) -> Intent:
    return Intent(
        row[0],
        row[1],
        row[2],
        json.loads(row[3]),
        bytes(row[4]),
        State(row[5]),
        None if row[6] is None else Outcome.load(row[6], row[11], row[12]),
        row[7],
        bool(row[8]),
        row[9],
        _time(row[10]),
    )


def _progress(row: Sequence[Any]) -> Progress:
    outcome = None if row[6] is None else Outcome.load(row[6], row[11], row[12])
    return Progress(row[0], row[1], State(row[5]), outcome, row[12])


def _entry(intent: Intent, tx: Tx | None) -> Entry:
    last = tx.attempts[-1].hash if tx and tx.attempts else None
    return Entry(
        intent.id,
        intent.key,
        intent.kind,
        intent.state,
        tx.nonce if tx else None,
        (tx.winner or last) if tx else None,
        tx.block_number if tx else None,
        intent.outcome,
        intent.created_at,
    )


def _parts(values: Sequence[T], size: int = 500) -> Iterable[list[T]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _now() -> int:
    return int(time.time() * 1_000_000)


def _micros(seconds: float) -> int:
    return int(seconds * 1_000_000)


def _time(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)
