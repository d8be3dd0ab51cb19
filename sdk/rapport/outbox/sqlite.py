"""The journal in one SQLite file: write-ahead log, and every commit on disk before it returns."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from rapport import database
from rapport.errors import ConfigError
from rapport.outbox.forgetting import SqlMemory
from rapport.outbox.handover import SqlHandover
from rapport.outbox.sql import Cursor, SqlJournal

_WORDS = {"id": "INTEGER PRIMARY KEY AUTOINCREMENT", "int": "INTEGER", "blob": "BLOB"}


class SqliteJournal(SqlMemory, SqlHandover, SqlJournal):
    """
    A journal for any number of threads and processes of one machine.

    Raises:
        ConfigError: The file cannot be opened, is no database, or is of a later version.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._local = threading.local()
        try:
            self.migrate(_WORDS)
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"cannot use the journal {self.path}: {error}") from error

    def close(self) -> None:
        """Close this thread's connection; the others close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        connection = self._connection()
        cursor = connection.cursor()
        with database.writing(cursor):
            yield cast(Cursor, cursor)

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        cursor = self._connection().cursor()
        cursor.execute("BEGIN")
        try:
            yield cast(Cursor, cursor)
        finally:
            cursor.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self.connect()
            self._local.connection = connection
        return connection

    def connect(self) -> sqlite3.Connection:
        """A connection of its own to the journal's file."""
        connection = database.connect(self.path)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection
