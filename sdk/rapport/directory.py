"""Who is who: the brand's customer numbers, the random ids on chain, and the key of each customer.

The chain knows a customer only as 32 random bytes. This table is the one place where a number
of the brand meets that id, and where the customer's key lies, under which references become
``ref``s. Erasing a customer destroys number and key, after which nothing on chain can be
connected with the person again.

The table shares the SQLite file of the outbox's journal, so that one back-up holds both.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from rapport import records, units
from rapport.errors import ConfigError, InputError, NotFound

SCHEMA = 1
KEY_BYTES = 32

_TABLES = (
    "CREATE TABLE IF NOT EXISTS directory_schema (version INTEGER NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS customer (
        id BLOB PRIMARY KEY CHECK (length(id) = 32),
        number TEXT UNIQUE,           -- NULL once erased
        key BLOB,                     -- sealed, and NULL once erased
        state TEXT NOT NULL CHECK (state IN ('open', 'merged', 'erased')),
        merged_into BLOB REFERENCES customer (id),
        added_at INTEGER NOT NULL     -- Unix seconds
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS closing (
        customer BLOB PRIMARY KEY,
        key TEXT NOT NULL,            -- of the intent in the outbox that closes the customer
        into_id BLOB                  -- heir of a merge, NULL for an erasure
    ) WITHOUT ROWID
    """,
)


class Seal(Protocol):
    """Keeps customers' keys unreadable at rest."""

    def close(self, key: bytes) -> bytes:
        """The sealed form of ``key``."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """The key within ``sealed``."""
        ...


class Unsealed:
    """Keys as they are, protected by the permissions of the file alone."""

    def close(self, key: bytes) -> bytes:
        return key

    def open(self, sealed: bytes) -> bytes:
        return sealed


class Standing(StrEnum):
    """What became of a customer in this directory."""

    OPEN = "open"
    MERGED = "merged"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as the brand and the chain know it. The key never shows in a printout."""

    id: bytes
    number: str | None
    state: Standing
    key: bytes | None = field(repr=False)
    merged_into: bytes | None = None

    @property
    def hex(self) -> str:
        """The id as on chain: ``0x`` and 64 digits."""
        return "0x" + self.id.hex()

    def ref(self, idempotency_key: str) -> bytes:
        """
        The reference that stands for ``idempotency_key`` on chain: HMAC-SHA256 under the
        customer's own key, so it tells nothing and dies with the key.

        Raises:
            NotFound: The customer was erased.
        """
        if self.key is None:
            raise NotFound(f"customer {self.hex} was erased; nothing can be recorded for it")
        return units.ref(self.key, idempotency_key)

    def commitment(self) -> bytes:
        """
        A keyed digest of the brand's record of this customer, for the registration.

        Raises:
            NotFound: The customer was erased.
        """
        return self.ref(f"customer:{self.number}")


@dataclass(frozen=True, slots=True)
class Closing:
    """A merge or an erasure that the outbox has taken, and that is not final yet."""

    customer: bytes
    key: str
    into: bytes | None


class Directory:
    """
    Customers by number or id, one SQLite file, safe for threads.

    Raises:
        ConfigError: The file cannot be opened, is no database, or was written by a later version.
    """

    def __init__(self, path: Path | str, *, seal: Seal | None = None) -> None:
        self._seal: Seal = Unsealed() if seal is None else seal
        self._lock = threading.RLock()
        self._known: dict[bytes | str, Person] = {}
        try:
            _keep_private(Path(path))
            self._db = sqlite3.connect(
                path, isolation_level=None, timeout=30, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA secure_delete = ON")  # an erased key leaves no bytes behind
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"the journal {path} cannot be used: {error}") from error

    def _migrate(self) -> None:
        with self._writing():
            for statement in _TABLES:
                self._db.execute(statement)
            row = self._db.execute("SELECT version FROM directory_schema").fetchone()
            if row is None:
                self._db.execute("INSERT INTO directory_schema VALUES (?)", (SCHEMA,))
            elif row[0] != SCHEMA:
                raise ConfigError(
                    f"the customer directory has schema {row[0]}, this version of Rapport reads "
                    f"{SCHEMA}; install the version that wrote it"
                )

    def close(self) -> None:
        """Closes the file; nothing is waiting to be written."""
        with self._lock:
            self._known.clear()
            self._db.close()

    def add(self, numbers: Iterable[str]) -> list[Person]:
        """
        The customers with these numbers, in order; those not met before get a random id and key.

        One commit for all, so that a crash leaves every number with an id or none.

        Raises:
            InputError: A number is empty, too long, or looks like an id.
        """
        wanted = [records.check_number(each) for each in numbers]
        with self._lock:
            present = [self._find("number", number) for number in wanted]
        if all(present):  # nothing to write, so nothing to wait for
            return [each for each in present if each is not None]
        with self._writing():
            for number in wanted:
                if self._find("number", number) is None:
                    self._insert(number, units.new_customer_id())
            return [self._one("number", number) for number in wanted]

    def candidate(self, number: str) -> Person:
        """The customer with this number, or who it would be; keeps nothing."""
        number = records.check_number(number)
        with self._lock:
            return self._find("number", number) or Person(
                units.new_customer_id(), number, Standing.OPEN, secrets.token_bytes(KEY_BYTES)
            )

    def adopt(self, number: str, customer_id: bytes) -> Person:
        """
        Gives a number to an id that exists on chain already, such as a wallet that joined.

        Raises:
            InputError: The number or the id belongs to somebody else, or is malformed.
        """
        number = records.check_number(number)
        customer_id = units.customer_id(customer_id)
        with self._writing():
            holder = self._find("number", number)
            person = self._find("id", customer_id)
            if holder is not None and holder.id != customer_id:
                raise InputError(f"customer number {number!r} already stands for {holder.hex}")
            if person is not None and person.number != number:
                raise InputError(f"customer {person.hex} already has a number in this directory")
            if person is None:
                self._insert(number, customer_id)
            return self._one("id", customer_id)

    def find(self, customer: str | bytes) -> Person:
        """
        A customer by the brand's number, by id (``0x`` and 64 hexadecimal digits), or by raw id.

        Raises:
            InputError: An id that is not 32 bytes.
            NotFound: Nobody is known under it; the line says how to register.
        """
        with self._lock:
            column, value = ("id", customer) if isinstance(customer, bytes) else _address(customer)
            known = self._known.get(value)
            if known is not None:
                return known
            person = self._find(column, value)
            if person is None:
                name = "0x" + value.hex() if isinstance(value, bytes) else repr(value)
                raise NotFound(
                    f"no customer {name} in this directory; "
                    "register it first: rapport customer register NUMBER"
                )
            if len(self._known) >= 200_000:  # about 100 MB
                self._known.clear()
            self._known[value] = person
            return person

    def merge(self, source: bytes, target: bytes) -> None:
        """
        Notes that ``source`` was merged on chain. Its number stands for ``target`` from now on;
        its key stays, since its older references remain on chain.

        Raises:
            NotFound: One of the two is unknown.
        """
        with self._writing():
            for each in (source, target):
                self._one("id", each)
            self._db.execute(
                "UPDATE customer SET state = 'merged', merged_into = ? WHERE id = ?",
                (target, source),
            )

    def erase(self, customer_id: bytes) -> None:
        """
        Destroys the customer's number and key for ever, and those of whoever was merged into it.

        Raises:
            NotFound: Unknown.
        """
        with self._writing():
            self._one("id", customer_id)
            self._db.execute(
                """
                WITH RECURSIVE gone (id) AS (
                    SELECT ?
                    UNION
                    SELECT customer.id FROM customer JOIN gone ON customer.merged_into = gone.id
                )
                UPDATE customer SET number = NULL, key = NULL, state = 'erased'
                WHERE id IN (SELECT id FROM gone)
                """,
                (customer_id,),
            )
        with self._lock:
            # The key must not outlive the erasure in the write-ahead log either.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def announce(self, customer_id: bytes, key: str, into: bytes | None) -> None:
        """Notes that a customer is about to be closed by the intent of this key."""
        with self._writing():
            self._db.execute(
                "INSERT OR REPLACE INTO closing VALUES (?, ?, ?)", (customer_id, key, into)
            )

    def announced(self) -> list[Closing]:
        """Customers that are about to be closed."""
        with self._lock:
            rows = self._db.execute("SELECT customer, key, into_id FROM closing").fetchall()
        return [Closing(*row) for row in rows]

    def withdraw(self, customer_id: bytes) -> None:
        """Forgets that a customer was about to be closed."""
        with self._writing():
            self._db.execute("DELETE FROM closing WHERE customer = ?", (customer_id,))

    def __len__(self) -> int:
        with self._lock:
            row = self._db.execute("SELECT count(*) FROM customer WHERE state = 'open'").fetchone()
            return int(row[0])

    def __iter__(self) -> Iterator[Person]:
        """Customers that are open, by number."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, number, key, state, merged_into FROM customer "
                "WHERE state = 'open' ORDER BY number"
            ).fetchall()
        return (self._person(row) for row in rows)

    def _insert(self, number: str, customer_id: bytes) -> None:
        key = self._seal.close(secrets.token_bytes(KEY_BYTES))
        self._db.execute(
            "INSERT INTO customer (id, number, key, state, added_at) VALUES (?, ?, ?, 'open', ?)",
            (customer_id, number, key, int(time.time())),
        )

    def _find(self, column: str, value: str | bytes) -> Person | None:
        row = self._db.execute(_BY[column], (value,)).fetchone()
        return None if row is None else self._person(row)

    def _one(self, column: str, value: str | bytes) -> Person:
        person = self._find(column, value)
        if person is None:
            name = "0x" + value.hex() if isinstance(value, bytes) else repr(value)
            raise NotFound(f"no customer {name} in this directory")
        return person

    def _person(self, row: tuple[bytes, str | None, bytes | None, str, bytes | None]) -> Person:
        customer_id, number, sealed, state, merged_into = row
        key = None if sealed is None else self._seal.open(sealed)
        return Person(customer_id, number, Standing(state), key, merged_into)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._known.clear()
            self._db.execute("COMMIT")


def _keep_private(path: Path) -> None:
    """Makes a new file readable by its owner alone: it holds the customers' keys."""
    if str(path) != ":memory:" and not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


_BY = {
    "id": "SELECT id, number, key, state, merged_into FROM customer WHERE id = ?",
    "number": "SELECT id, number, key, state, merged_into FROM customer WHERE number = ?",
}


def _address(text: str) -> tuple[str, str | bytes]:
    text = text.strip()
    if text[:2] not in ("0x", "0X"):
        return "number", records.check_number(text)
    return "id", units.customer_id(text)
