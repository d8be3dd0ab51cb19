"""The directory's tables, and how a file comes to have them, or to be sealed.

Everything here runs within one transaction of the caller's, so a crash leaves the file as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from rapport.errors import ConfigError
from rapport.sealing import OpenVault, Vault

SCHEMA = 2
KEY_BYTES = 32

_CUSTOMER = """
    CREATE TABLE customer (
        id BLOB PRIMARY KEY CHECK (length(id) = 32),
        number BLOB UNIQUE,           -- what it is found by: the number, or its HMAC once sealed
        entry BLOB,                   -- key and number, sealed; NULL once erased
        state TEXT NOT NULL CHECK (state IN ('open', 'merged', 'erased')),
        merged_into BLOB,             -- the heir's id
        renews BLOB UNIQUE,           -- the id that this one is about to replace
        added_at INTEGER NOT NULL     -- Unix seconds
    ) WITHOUT ROWID
"""
_OTHERS = (
    "CREATE TABLE IF NOT EXISTS directory_schema (version INTEGER NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS closing (
        customer BLOB PRIMARY KEY,
        key TEXT NOT NULL,            -- of the intent in the outbox that closes the customer
        into_id BLOB                  -- heir of a merge, NULL for an erasure
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS directory_seal (
        generation INTEGER PRIMARY KEY,  -- 1 to 255, the first byte of every entry
        master TEXT NOT NULL,            -- name of the master key
        data_key BLOB NOT NULL           -- as closed by the master key
    )
    """,
    "CREATE INDEX IF NOT EXISTS customer_heir ON customer (merged_into)"
    " WHERE merged_into IS NOT NULL",
)


@dataclass(frozen=True, slots=True)
class Sealing:
    """That a file is sealed, and how."""

    generation: int
    master: str
    data_key: bytes


def migrate(db: sqlite3.Connection) -> None:
    """
    Makes the tables where they are missing, and takes over those of schema 1.

    Raises:
        ConfigError: A later version wrote them.
    """
    db.execute(_OTHERS[0])
    row = db.execute("SELECT version FROM directory_schema").fetchone()
    if row is not None and row[0] not in (1, SCHEMA):
        raise ConfigError(
            f"the customer directory has schema {row[0]}, this version of Rapport reads "
            f"{SCHEMA}; install the version that wrote it"
        )
    if row is None:
        db.execute(_CUSTOMER)
        db.execute("INSERT INTO directory_schema VALUES (?)", (SCHEMA,))
    elif row[0] == 1:
        _take_over_1(db)
        db.execute("UPDATE directory_schema SET version = ?", (SCHEMA,))
    for statement in _OTHERS[1:]:
        db.execute(statement)


def _take_over_1(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE customer RENAME TO customer_1")
    db.execute(_CUSTOMER)
    vault = OpenVault()
    rows = db.execute("SELECT id, number, key, state, merged_into, added_at FROM customer_1")
    for customer_id, number, key, *rest in rows.fetchall():
        index = entry = None
        if key is not None:
            index = vault.index(number)
            entry = vault.close(key + number.encode(), customer_id)
        db.execute(
            "INSERT INTO customer (id, number, entry, state, merged_into, added_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (customer_id, index, entry, *rest),
        )
    db.execute("DROP TABLE customer_1")


def sealing(db: sqlite3.Connection) -> Sealing | None:
    """How the file is sealed; ``None`` if it is not."""
    row = db.execute("SELECT generation, master, data_key FROM directory_seal").fetchone()
    return None if row is None else Sealing(*row)


def move(db: sqlite3.Connection, before: Vault, after: Vault) -> None:
    """Closes every entry anew: from one vault into the other."""
    for customer_id, entry in list(_entries(db)):
        secret = before.open(entry, customer_id)
        number = secret[KEY_BYTES:].decode()
        db.execute(
            "UPDATE customer SET number = ?, entry = ? WHERE id = ?",
            (
                after.index(number) if number else None,
                after.close(secret, customer_id),
                customer_id,
            ),
        )


def keep_sealing(db: sqlite3.Connection, made: Sealing) -> None:
    """Notes how the file is sealed from now on; the data key before it is gone."""
    db.execute("DELETE FROM directory_seal")
    db.execute(
        "INSERT INTO directory_seal VALUES (?, ?, ?)", (made.generation, made.master, made.data_key)
    )


def _entries(db: sqlite3.Connection) -> Iterator[tuple[bytes, bytes]]:
    yield from db.execute("SELECT id, entry FROM customer WHERE entry IS NOT NULL")
