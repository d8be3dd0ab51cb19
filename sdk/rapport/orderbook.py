"""The orders that a shop has made, by its own numbers, beside outbox and directory.

The chain knows an order by a digest that tells nothing. Here the shop finds it by its number, so
that an order which is made twice is the same order, and is paid once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapport.database import Tables

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS payment_order (
        place TEXT NOT NULL,       -- chain and contract
        number TEXT NOT NULL,      -- the shop's
        id BLOB NOT NULL CHECK (length(id) = 32),
        customer BLOB CHECK (length(customer) = 32),
        content TEXT NOT NULL,     -- JSON: the order as signed, and its lines
        PRIMARY KEY (place, number),
        UNIQUE (place, id)
    ) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Booked:
    """An order as it stands in the book."""

    number: str
    id: bytes
    content: Mapping[str, Any]


class OrderBook(Tables):
    """
    The orders in one SQLite file, the journal's.

    Raises:
        As :class:`Tables`.
    """

    schema = (_SCHEMA,)

    def enter(
        self,
        place: str,
        booked: Booked,
        customer: bytes | None,
        replacing: bytes | None = None,
    ) -> Booked:
        """
        Enters an order, unless its number stands: then that one is returned. ``replacing`` is the
        id of the order that may give way.
        """
        content = json.dumps(booked.content, ensure_ascii=False)
        with self._writing():
            if replacing is not None:
                self._db.execute(
                    "DELETE FROM payment_order WHERE place = ? AND number = ? AND id = ?",
                    (place, booked.number, replacing),
                )
            self._db.execute(
                "INSERT OR IGNORE INTO payment_order (place, number, id, customer, content)"
                " VALUES (?, ?, ?, ?, ?)",
                (place, booked.number, booked.id, customer, content),
            )
        return self.numbered(place, booked.number) or booked

    def numbered(self, place: str, number: str) -> Booked | None:
        """The order with the shop's number."""
        return self._one(place, "number", number)

    def identified(self, place: str, order_id: bytes) -> Booked | None:
        """The order with an id of the chain's."""
        return self._one(place, "id", order_id)

    def all(self, place: str) -> list[Booked]:
        """Every order made for a contract, by its number."""
        with self._lock:
            rows = self._db.execute(
                "SELECT number, id, content FROM payment_order WHERE place = ? ORDER BY number",
                (place,),
            ).fetchall()
        return [_booked(row) for row in rows]

    def made_for(self, place: str, customers: Iterable[bytes]) -> list[Booked]:
        """The orders that earn points for these customers, by number."""
        found: list[Booked] = []
        with self._lock:
            for customer in customers:
                rows = self._db.execute(
                    "SELECT number, id, content FROM payment_order"
                    " WHERE place = ? AND customer = ? ORDER BY number",
                    (place, customer),
                ).fetchall()
                found += [_booked(row) for row in rows]
        return found

    def destroy(self, customers: Iterable[bytes]) -> None:
        """Deletes all orders of these customers."""
        with self._writing():
            for customer in customers:
                self._db.execute("DELETE FROM payment_order WHERE customer = ?", (customer,))

    def traces(self, customers: Iterable[bytes]) -> list[bytes]:
        """The bytes that the file holds for these customers' orders."""
        found: list[bytes] = []
        with self._lock:
            for customer in customers:
                rows = self._db.execute(
                    "SELECT id, content FROM payment_order WHERE customer = ?", (customer,)
                ).fetchall()
                for order_id, content in rows:
                    found += [bytes(order_id), str(content).encode()]
        return found

    def _one(self, place: str, column: str, value: str | bytes) -> Booked | None:
        with self._lock:
            row = self._db.execute(
                f"SELECT number, id, content FROM payment_order WHERE place = ? AND {column} = ?",
                (place, value),
            ).fetchone()
        return None if row is None else _booked(row)


def _booked(row: tuple[str, bytes, str]) -> Booked:
    number, order_id, content = row
    return Booked(number, bytes(order_id), json.loads(content))
