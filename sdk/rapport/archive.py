"""Notices and consent receipts as the brand keeps them, beside outbox and directory.

A receipt is closed under its own key, which comes from the customer's. So a sealed directory seals
the receipts too, and once a customer's key is destroyed nobody opens theirs again; their rows are
deleted all the same. Notices are public, and kept as they are.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from rapport.database import Tables
from rapport.errors import ConfigError, NotFound
from rapport.sealing import SealedVault

_GENERATION = 1
_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS consent_notice (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        document TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS consent_receipt (
        id TEXT PRIMARY KEY,
        customer BLOB NOT NULL CHECK (length(customer) = 32),
        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
        key TEXT UNIQUE,              -- idempotency key of the submission that it was made for
        kept_at INTEGER NOT NULL,     -- Unix seconds
        content BLOB NOT NULL,        -- format and document, closed under the receipt's key
        evidence TEXT                 -- where the chain has its digest, once that is final
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS consent_receipt_customer ON consent_receipt (customer)",
)
_COLUMNS = "id, customer, digest, content, evidence"
_Row = tuple[str, bytes, bytes, str | None, int, bytes]
_gathered: ContextVar[list[_Row] | None] = ContextVar("gathered", default=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A receipt as it lies in the archive."""

    id: str
    customer: bytes
    digest: bytes
    content: bytes
    evidence: str | None

    def open(self, key: bytes) -> str:
        """
        What was kept.

        Raises:
            NotFound: The key is not this receipt's.
        """
        try:
            return SealedVault(_GENERATION, key).open(self.content, self.customer).decode()
        except ConfigError:
            raise NotFound(
                f"receipt {self.id} cannot be opened: its customer's key was destroyed or altered"
            ) from None


class Archive(Tables):
    """
    The archive in one SQLite file, the journal's.

    Raises:
        As :class:`Tables`.
    """

    schema = _SCHEMA

    def keep_notice(self, digest: bytes, document: Mapping[str, Any]) -> None:
        """Keeps a notice's document; again changes nothing."""
        text = json.dumps(document, ensure_ascii=False)
        with self._writing():
            self._db.execute("INSERT OR IGNORE INTO consent_notice VALUES (?, ?)", (digest, text))

    def notice(self, digest: bytes) -> str | None:
        """The document with this digest, if it was ever kept here."""
        with self._lock:
            row = self._db.execute(
                "SELECT document FROM consent_notice WHERE digest = ?", (digest,)
            ).fetchone()
        return None if row is None else str(row[0])

    def keep(
        self,
        receipt_id: str,
        customer: bytes,
        digest: bytes,
        receipt_key: bytes,
        content: str,
        key: str | None = None,
    ) -> bytes:
        """
        Keeps a receipt and returns its digest; if one was made for the same idempotency key
        before, that one stays and its digest is returned.
        """
        closed = SealedVault(_GENERATION, receipt_key).close(content.encode(), customer)
        row = (receipt_id, customer, digest, key, int(time.time()), closed)
        waiting = _gathered.get()
        if waiting is not None:
            waiting.append(row)
            return digest
        with self._writing():
            earlier = self._db.execute(
                "SELECT digest FROM consent_receipt WHERE key = ?", (key,)
            ).fetchone()
            if earlier is not None:
                return bytes(earlier[0])
            self._insert(row)
        return digest

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Receipts kept meanwhile are written by one commit at the end, or none of them."""
        rows: list[_Row] = []
        token = _gathered.set(rows)
        try:
            yield
        finally:
            _gathered.reset(token)
        if not rows:
            return
        with self._writing():
            for row in rows:
                if row[3] is not None and self._for_key(row[3]) is not None:
                    # Made by another process meanwhile: both digests may be on their way.
                    row = (*row[:3], None, *row[4:])
                self._insert(row)

    def _insert(self, row: _Row) -> None:
        self._db.execute(
            "INSERT INTO consent_receipt (id, customer, digest, key, kept_at, content)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )

    def made_for(self, key: str) -> bytes | None:
        """The digest of the receipt that was made for an idempotency key, if any."""
        for row in reversed(_gathered.get() or ()):
            if row[3] == key:
                return row[2]
        return self._for_key(key)

    def _for_key(self, key: str) -> bytes | None:
        with self._lock:
            row = self._db.execute(
                "SELECT digest FROM consent_receipt WHERE key = ?", (key,)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def receipts(self, customers: Iterable[bytes]) -> list[Kept]:
        """All that is kept for these customers, the oldest first."""
        found: list[tuple[int, Kept]] = []
        with self._lock:
            for customer in customers:
                rows = self._db.execute(
                    f"SELECT kept_at, {_COLUMNS} FROM consent_receipt WHERE customer = ?",
                    (customer,),
                ).fetchall()
                found += [(row[0], Kept(*row[1:])) for row in rows]
        return [kept for _, kept in sorted(found, key=lambda each: (each[0], each[1].id))]

    def keep_evidence(self, digest: bytes, evidence: str) -> None:
        """Keeps where the chain has a receipt's digest."""
        with self._writing():
            self._db.execute(
                "UPDATE consent_receipt SET evidence = ? WHERE digest = ?", (evidence, digest)
            )

    def destroy(self, customers: Iterable[bytes]) -> None:
        """Deletes all receipts of these customers."""
        with self._writing():
            for customer in customers:
                self._db.execute("DELETE FROM consent_receipt WHERE customer = ?", (customer,))

    def traces(self, customers: Iterable[bytes]) -> list[bytes]:
        """The bytes that the file holds for these customers' receipts and idempotency keys."""
        found: list[bytes] = []
        with self._lock:
            for customer in customers:
                rows = self._db.execute(
                    "SELECT id, key, content FROM consent_receipt WHERE customer = ?", (customer,)
                ).fetchall()
                for receipt_id, key, content in rows:
                    found.append(bytes(content))
                    if key is not None:  # as its index has it
                        found.append(key.encode() + receipt_id.encode())
        return found
