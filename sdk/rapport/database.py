"""The one SQLite file of a brand, as journal, directory and archive all open it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
