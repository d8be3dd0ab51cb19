"""What a file held so far, so that a row that comes again is known."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from hashlib import blake2b
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Met:
    """Where a key stood first, whether with the same content, and what was noted of it."""

    line: int
    same: bool
    note: str


class Seen:
    """Rows by key, in a temporary file of SQLite's own, so that memory does not grow."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute(
            "CREATE TABLE seen (key BLOB PRIMARY KEY, content BLOB, line INTEGER, note TEXT) "
            "WITHOUT ROWID"
        )

    def __enter__(self) -> Seen:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def find(self, key: str, content: str = "") -> Met | None:
        """The row that had this key, if one had."""
        row = self._db.execute(
            "SELECT line, content, note FROM seen WHERE key = ?", (digest(key),)
        ).fetchone()
        return None if row is None else Met(row[0], row[1] == digest(content), row[2])

    def add(self, key: str, content: str = "", *, line: int, note: str = "") -> None:
        """Notes a key that :meth:`find` does not know."""
        self._db.execute(
            "INSERT INTO seen VALUES (?, ?, ?, ?)", (digest(key), digest(content), line, note)
        )


def digest(text: str) -> bytes:
    """16 bytes that stand for a text, whatever surrogates a damaged file has put into it."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
