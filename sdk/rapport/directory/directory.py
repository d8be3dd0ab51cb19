"""The directory itself: one SQLite file, and what is done with its customers."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rapport import database, records, units
from rapport.directory import tables
from rapport.directory.people import Closing, Person, Standing
from rapport.directory.tables import KEY_BYTES, Sealing
from rapport.errors import ConfigError, InputError, NotFound
from rapport.sealing import OpenVault, Seal, SealedVault, Vault, new_data_key, open_data_key

_KNOWN = 200_000  # customers remembered, about 100 MB
_COLUMNS = "id, entry, state, merged_into, added_at"
_BY = {
    "id": f"SELECT {_COLUMNS} FROM customer WHERE id = ?",
    "number": f"SELECT {_COLUMNS} FROM customer WHERE number = ?",
    "renews": f"SELECT {_COLUMNS} FROM customer WHERE renews = ?",
}
_GONE = """
    WITH RECURSIVE gone (id) AS (
        SELECT ?
        UNION
        SELECT customer.id FROM customer JOIN gone
        ON customer.merged_into = gone.id OR customer.renews = gone.id
    )
"""
_Row = tuple[bytes, bytes | None, str, bytes | None, int]


class Directory:
    """
    Customers by number or id, one SQLite file, safe for threads.

    With a ``seal``, a file that is not sealed yet is sealed as it is opened; from then on it opens
    with the same master key only.

    Raises:
        ConfigError: The file cannot be opened, is no database, was written by a later version, or
            is sealed with another key than given.
    """

    def __init__(self, path: Path | str, *, seal: Seal | None = None) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._known: dict[bytes | str, Person] = {}
        self._vault: Vault = OpenVault()
        try:
            self._db = database.connect(path, threads=True)
            try:
                with self._changing():
                    tables.migrate(self._db)
                self._unlock(seal)
            except BaseException:
                self._db.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"the journal {path} cannot be used: {error}") from error

    def _unlock(self, seal: Seal | None) -> None:
        found = tables.sealing(self._db)
        if found is None and seal is not None:
            try:
                self._seal_with(seal)
                return
            except ConfigError:
                found = tables.sealing(self._db)  # another process may have been quicker
                if found is None:
                    raise
        if found is not None and seal is None:
            raise ConfigError(
                f"the customer directory in {self.path} is sealed with {found.master}: export "
                "RAPPORT_SEAL_KEY or RAPPORT_SEAL_KEY_FILE, or write seal in rapport.toml"
            )
        if found is not None and seal is not None:
            key = open_data_key(seal, found.data_key, found.master)
            self._vault = SealedVault(found.generation, key)

    def _seal_with(self, seal: Seal) -> None:
        # The master key may be far away, so it is asked before anything is locked.
        key, closed = new_data_key(seal)
        with self._lock:
            before = self._vault
            after = SealedVault(before.generation % 255 + 1, key)
            with self._writing():
                tables.move(self._db, before, after)
                tables.keep_sealing(self._db, Sealing(after.generation, seal.name, closed))
            self._vault = after
            self.truncate()

    @property
    def sealed(self) -> bool:
        """True if numbers and keys in the file cannot be read without the master key."""
        return self._vault.generation > 0

    def reseal(self, seal: Seal) -> None:
        """
        Closes every entry with a new data key, and that one with ``seal``'s master key. One
        transaction; other processes that have the file open refuse to go on until they are started
        with the new key.

        Raises:
            ConfigError: The seal cannot be used, or another process has sealed the file anew.
        """
        self._seal_with(seal)

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
        met: dict[str, Person] = {}
        with self._writing():
            for number in wanted:
                if number not in met:
                    person = self._find("number", number)
                    met[number] = person or self._insert(number, units.new_customer_id())
        return [met[number] for number in wanted]

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
            return person or self._insert(number, customer_id)

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
                self._require_same_seal()
                name = "0x" + value.hex() if isinstance(value, bytes) else repr(value)
                raise NotFound(
                    f"no customer {name} in this directory; "
                    "register it first: rapport customer register NUMBER"
                )
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[value] = person
            return person

    def rectify(self, number: str, correct: str) -> Person:
        """
        Gives the customer with this number another one. Id, key and everything on chain stay.

        Raises:
            InputError: The new number stands for somebody else, or is malformed.
            NotFound: Nobody has the number.
        """
        number, correct = records.check_number(number), records.check_number(correct)
        with self._writing():
            holder = self._find("number", correct)
            person = self._find("number", number)
            if person is None:
                hint = "" if holder is None else f"; {correct!r} stands for {holder.hex} already"
                raise NotFound(f"no customer {number!r} in this directory{hint}")
            if holder is not None and holder.id != person.id:
                raise InputError(f"customer number {correct!r} already stands for {holder.hex}")
            self._renumber(person, correct)
            return self._one("id", person.id)

    def renew(self, customer_id: bytes) -> Person:
        """
        The customer under the fresh id and key that are about to replace this one; always the same
        until :meth:`merge` completes it. The number stays with the old id until then.

        Raises:
            InputError: The customer was merged or erased, or is itself about to replace one.
            NotFound: Unknown.
        """
        with self._lock:
            fresh = self._find("renews", customer_id)
        if fresh is not None:
            return fresh
        with self._writing():
            person = self._one("id", customer_id)
            if person.state is not Standing.OPEN or person.number is None:
                raise InputError(f"customer {person.hex} is {person.state.value}; nothing to renew")
            return self._find("renews", customer_id) or self._insert(
                "", units.new_customer_id(), renews=customer_id
            )

    def merge(self, source: bytes, target: bytes) -> None:
        """
        Notes that ``source`` was merged on chain. Its number stands for ``target`` from now on;
        its key stays, since its older references remain on chain. Where ``target`` was made by
        :meth:`renew`, the number itself moves to it.

        Raises:
            NotFound: One of the two is unknown.
        """
        with self._writing():
            merged, heir = self._one("id", source), self._one("id", target)
            fresh = self._find("renews", source)
            if fresh is not None and fresh.id == heir.id and merged.number is not None:
                self._renumber(merged, "")
                self._renumber(heir, merged.number)
                self._db.execute("UPDATE customer SET renews = NULL WHERE id = ?", (target,))
            self._db.execute(
                "UPDATE customer SET state = 'merged', merged_into = ? WHERE id = ?",
                (target, source),
            )

    def family(self, customer_id: bytes) -> list[bytes]:
        """The customer's id and those of whoever was merged into it, however long ago."""
        with self._lock:
            rows = self._db.execute(f"{_GONE} SELECT id FROM gone", (customer_id,)).fetchall()
        return [bytes(row[0]) for row in rows]

    def erase(self, customer_id: bytes) -> None:
        """
        Destroys the customer's number and key for ever, and those of whoever was merged into it.
        Until :meth:`truncate` succeeds, the write-ahead log may still hold them.

        Raises:
            NotFound: Unknown.
        """
        with self._writing():
            self._one("id", customer_id)
            self._db.execute(
                f"""{_GONE}
                UPDATE customer SET number = NULL, entry = NULL, state = 'erased',
                    merged_into = coalesce(merged_into, renews), renews = NULL
                WHERE id IN (SELECT id FROM gone)""",
                (customer_id,),
            )
        self.truncate()

    def truncate(self) -> bool:
        """
        Empties the write-ahead log, so that what was destroyed does not outlive in it. False while
        another process is reading from it; then try again.
        """
        with self._lock:
            row = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return row is None or row[0] == 0

    def rewrite(self) -> bool:
        """
        Has the whole file written anew, without its free space. Others cannot write meanwhile;
        false if they kept it from beginning.
        """
        with self._lock:
            try:
                self._db.execute("VACUUM")
            except sqlite3.OperationalError:
                return False
        return True

    def traces(self, customer_ids: Iterable[bytes]) -> list[bytes]:
        """The bytes that the file holds for these customers' numbers and keys. Secrets."""
        found: list[bytes] = []
        with self._lock:
            for customer_id in customer_ids:
                row = self._db.execute(
                    "SELECT number, entry FROM customer WHERE id = ?", (customer_id,)
                ).fetchone()
                number, entry = row or (None, None)
                if number is not None:
                    found.append(bytes(number) + customer_id)  # as its index has it
                if entry is not None:
                    found += [bytes(entry), self._vault.open(entry, customer_id)[:KEY_BYTES]]
        return found

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
            row = self._db.execute(
                "SELECT count(*) FROM customer WHERE state = 'open' AND number IS NOT NULL"
            ).fetchone()
            return int(row[0])

    def __iter__(self) -> Iterator[Person]:
        """Customers that are open, by number."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM customer WHERE state = 'open' AND number IS NOT NULL"
            ).fetchall()
            people = [self._person(row) for row in rows]
        return iter(sorted(people, key=lambda person: person.number or ""))

    def _insert(self, number: str, customer_id: bytes, renews: bytes | None = None) -> Person:
        key, now = secrets.token_bytes(KEY_BYTES), int(time.time())
        self._db.execute(
            "INSERT INTO customer (id, number, entry, state, renews, added_at)"
            " VALUES (?, ?, ?, 'open', ?, ?)",
            (
                customer_id,
                self._vault.index(number) if number else None,
                self._vault.close(key + number.encode(), customer_id),
                renews,
                now,
            ),
        )
        return Person(
            customer_id,
            number or None,
            Standing.OPEN,
            key,
            added_at=units.from_timestamp(now),
        )

    def _renumber(self, person: Person, number: str) -> None:
        if person.key is None:
            raise NotFound(f"customer {person.hex} was erased")
        entry = self._vault.close(person.key + number.encode(), person.id)
        index = self._vault.index(number) if number else None
        self._db.execute(
            "UPDATE customer SET number = ?, entry = ? WHERE id = ?", (index, entry, person.id)
        )

    def _find(self, column: str, value: str | bytes) -> Person | None:
        wanted = self._vault.index(value) if isinstance(value, str) else value
        row = self._db.execute(_BY[column], (wanted,)).fetchone()
        return None if row is None else self._person(row)

    def _one(self, column: str, value: str | bytes) -> Person:
        person = self._find(column, value)
        if person is None:
            name = "0x" + value.hex() if isinstance(value, bytes) else repr(value)
            raise NotFound(f"no customer {name} in this directory")
        return person

    def _person(self, row: _Row) -> Person:
        customer_id, entry, state, merged_into, added_at = row
        number = key = None
        if entry is not None:
            secret = self._vault.open(entry, customer_id)
            key, number = secret[:KEY_BYTES], secret[KEY_BYTES:].decode() or None
        return Person(
            customer_id,
            number,
            Standing(state),
            key,
            merged_into,
            units.from_timestamp(added_at),
        )

    def _require_same_seal(self) -> None:
        found = tables.sealing(self._db)
        if (0 if found is None else found.generation) != self._vault.generation:
            raise ConfigError(
                "the customer directory was sealed anew by another process; "
                "start this one again with the key that holds now"
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._changing():
            self._require_same_seal()
            yield

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock, database.writing(self._db):
            yield
            self._known.clear()


def _address(text: str) -> tuple[str, str | bytes]:
    text = text.strip()
    if text[:2] not in ("0x", "0X"):
        return "number", records.check_number(text)
    return "id", units.customer_id(text)
