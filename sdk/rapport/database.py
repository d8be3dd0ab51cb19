"""The one SQLite file of a brand, as journal, directory and archive all open it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from rapport.errors import ConfigError

PATIENCE = 30  # seconds to wait for another writer


def connect(path: Path | str, *, threads: bool = False) -> sqlite3.Connection:
    """
    A connection on which every commit is on disk before it returns, and what is deleted leaves no
    bytes. A new file is readable by its owner alone: it holds the customers' keys. With
    ``threads`` several may use the connection, and guard it themselves.

    Raises:
        sqlite3.Error, OSError: The file cannot be opened, or is no database.
    """
    if str(path) != ":memory:" and not Path(path).exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    connection = sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=not threads
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def writing(cursor: sqlite3.Connection | sqlite3.Cursor) -> Iterator[None]:
    """
    All that is written within, or nothing. The write lock is taken at once, so what is read inside
    stays true.
    """
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")


class Tables:
    """
    Some tables of that file. Safe for threads and processes.

    Raises:
        ConfigError: The file cannot be used.
    """

    schema: ClassVar[tuple[str, ...]]
    """What makes the tables, if they are not there."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        try:
            self._db = connect(path, threads=True)
            with self._writing():
                for statement in self.schema:
                    self._db.execute(statement)
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"the journal {path} cannot be used: {error}") from error

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, writing(self._db):
            yield
