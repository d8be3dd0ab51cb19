"""The bytes that SQLite writes for an idempotency key are found exactly, wherever they lie."""

from __future__ import annotations

import sqlite3

import pytest

from rapport.outbox import SqliteJournal, Trace
from rapport.outbox.records import NewIntent
from rapport.privacy import traces


@pytest.mark.parametrize("chain_id", [1, 10, 137, 8453, 31337, 42161, 11155111, 2**40])
@pytest.mark.parametrize("before", [0, 1, 126, 127, 40_000, 10_000_000])
def test_the_rows_of_an_intent_are_found_whatever_their_width(tmp_path, chain_id, before):
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path)
    if before:
        with journal.transaction() as c:
            c.execute("INSERT INTO sqlite_sequence VALUES ('intent', ?)", (before,))
    signer = "0x" + "a" * 40
    (made,) = journal.add(
        chain_id, signer, [NewIntent("order:1001", "loyalty.award", "{}", b"f" * 32)]
    )
    journal.close()
    trace = Trace(made.id, signer, "order:1001", "loyalty.award")
    wanted = traces.of_intents(chain_id, [trace])
    assert made.id == before + 1
    assert traces.search(path, wanted) == wanted
    shorter = Trace(made.id, signer, "order:100", "loyalty.award")
    assert traces.search(path, traces.of_intents(chain_id, [shorter])) == []


def test_the_write_ahead_log_is_searched_too(tmp_path):
    path = tmp_path / "a.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t (x)")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("INSERT INTO t VALUES (?)", (b"in the log only",))
    assert b"in the log only" not in path.read_bytes()
    assert traces.search(path, [b"in the log only", b"nowhere"]) == [b"in the log only"]
    db.close()
