"""The file that holds customers' keys, whoever opens it first."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rapport import database
from rapport.archive import Archive
from rapport.directory import Directory
from rapport.orderbook import OrderBook
from rapport.outbox import SqliteJournal


@pytest.mark.parametrize("first", [Archive, OrderBook, Directory, SqliteJournal])
def test_a_new_file_is_readable_by_its_owner_alone(
    tmp_path: Path, first: Callable[[Path], Archive | OrderBook | Directory | SqliteJournal]
) -> None:
    path = tmp_path / "rapport.db"
    first(path).close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_commit_is_on_disk_and_a_deletion_leaves_no_bytes(tmp_path: Path) -> None:
    connection = database.connect(tmp_path / "rapport.db")
    settings = ("journal_mode", "synchronous", "secure_delete")
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in settings]

    assert found == ["wal", 2, 1]


def test_what_fails_half_way_writes_nothing(tmp_path: Path) -> None:
    connection = database.connect(tmp_path / "rapport.db")
    connection.execute("CREATE TABLE kept (number INTEGER)")
    with pytest.raises(sqlite3.OperationalError), database.writing(connection):  # noqa: PT012
        connection.execute("INSERT INTO kept VALUES (1)")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with database.writing(connection):
        connection.execute("INSERT INTO kept VALUES (2)")
    assert connection.execute("SELECT number FROM kept").fetchall() == [(2,)]
