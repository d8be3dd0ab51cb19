"""Customer numbers from CSV or JSONL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b

from rapport.errors import InputError
from rapport.ingest.tables import Row, Table
from rapport.records import check_number


def read_customers(table: Table, column: str) -> Iterator[tuple[Row, str | None, str | None]]:
    """
    Each row with its customer number, or with the reason why it has none; a row that repeats a
    number has neither.

    Raises:
        InputError: A CSV without this column.
    """
    if table.shape == "csv" and column not in table.columns:
        raise InputError(
            f"{table.path} has no column {column!r}; its header has "
            f"{', '.join(map(repr, table.columns))}; name one with --column NAME"
        )
    return _read(table, column)


def _read(table: Table, column: str) -> Iterator[tuple[Row, str | None, str | None]]:
    seen = sqlite3.connect("", isolation_level=None)  # a temporary file: memory does not grow
    seen.execute("PRAGMA journal_mode = OFF")
    seen.execute("CREATE TABLE seen (number BLOB PRIMARY KEY) WITHOUT ROWID")
    try:
        for row in table.rows():
            if row.fault:
                yield row, None, row.fault
                continue
            value = row.values.get(column)
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            try:
                if not isinstance(value, str):
                    raise InputError(f"the customer number is missing (column {column!r})")
                number = check_number(value)
            except InputError as error:
                yield row, None, str(error)
                continue
            digest = blake2b(number.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            added = seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,))
            yield row, (number if added.rowcount else None), None
    finally:
        seen.close()
