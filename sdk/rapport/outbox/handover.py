"""
From a former account to the one that signs now: when a key was revoked or lost, what it left open
is sent by its successor, unless a transaction of the former account may still carry it out.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapport.chain import Chain
from rapport.errors import InputError, LeaseHeld
from rapport.outbox.records import Detail, State, Tx

if TYPE_CHECKING:
    from rapport.outbox.journal import Journal
    from rapport.outbox.sql import Cursor


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of a former account's open intents: keys, and why those left were left."""

    moved: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


class SqlHandover(ABC):
    """The part of a journal in SQL that knows whose intents are whose."""

    for_update: str

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Cursor]:
        """A durable transaction that excludes other writers of the same rows."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Cursor]:
        """A consistent look without locks."""

    def signer_of(self, intent: int) -> str:
        with self.reading() as c:
            c.execute("SELECT signer FROM intent WHERE id = ?", (intent,))
            return str(c.fetchone()[0])

    def unmined(self, chain_id: int, signer: str) -> list[int]:
        with self.reading() as c:
            c.execute(
                "SELECT id FROM intent WHERE chain_id = ? AND signer = ?"
                " AND state IN ('queued', 'signed', 'sent') ORDER BY id",
                (chain_id, signer),
            )
            return [row[0] for row in c.fetchall()]

    def hand_over(
        self, chain_id: int, intent: int, former: str, signer: str, tx: int | None
    ) -> bool:
        with self.transaction() as c:
            c.execute(
                "SELECT owner FROM lease WHERE chain_id = ? AND signer = ? AND until > ?"
                f"{self.for_update}",
                (chain_id, former, int(time.time() * 1_000_000)),
            )
            row = c.fetchone()
            if row is not None:
                raise LeaseHeld(
                    f"{row[0]} sends for {former} now; end it first, or wait some seconds if it is "
                    "gone"
                )
            c.execute(
                "UPDATE intent SET signer = ?, state = 'queued', outcome = NULL, tx_id = NULL,"
                " place = 0, tries = 0, cancel = 0 WHERE chain_id = ? AND id = ? AND signer = ?"
                " AND state IN ('queued', 'signed', 'sent', 'failed', 'cancelled')"
                " AND COALESCE(tx_id, 0) = ?",
                (signer, chain_id, intent, former, tx or 0),
            )
            return bool(c.rowcount == 1)


class Handover:
    """
    Moves intents to ``signer``. Looks at each transaction of the former account once.

    Args:
        depth: Blocks until what the chain says is final.
    """

    def __init__(
        self, chain: Chain, journal: Journal, chain_id: int, signer: str, depth: int
    ) -> None:
        self._chain = chain
        self._journal = journal
        self._chain_id = chain_id
        self._signer = signer
        self._depth = depth
        self._why_not: dict[int, str | None] = {}

    def move(self, found: Detail, former: str) -> State:
        """
        Queue an intent of a former account for the signer, under the same key.

        Raises:
            InputError: It took effect, or may still do so by a transaction of the former account.
            LeaseHeld: Somebody sends for the former account.
        """
        entry, tx = found.entry, found.tx
        if entry.state in (State.MINED, State.FINAL):
            raise InputError(f"{entry.key!r} is {entry.state}; there is nothing to try again")
        if tx is not None and not entry.state.ended:
            if tx.id not in self._why_not:
                self._why_not[tx.id] = self._may_land(tx, former)
            why_not = self._why_not[tx.id]
            if why_not is not None:
                raise InputError(f"{entry.key!r} {why_not}")
        number = None if tx is None else tx.id
        if not self._journal.hand_over(self._chain_id, entry.id, former, self._signer, number):
            raise LeaseHeld(f"{entry.key!r} changed meanwhile; try again")
        return State.QUEUED

    def _may_land(self, tx: Tx, former: str) -> str | None:
        """Why the transaction is not known to be without effect for good; ``None`` if it is."""
        head = self._chain.block().number
        used = self._chain.nonce(former, max(0, head - self._depth))
        receipts = self._chain.receipts([attempt.hash for attempt in tx.attempts])
        for attempt, receipt in zip(tx.attempts, receipts, strict=True):
            if receipt is not None and receipt.ok and not attempt.cancels:
                return (
                    f"was carried out by {former} in block {receipt.block_number}; there is "
                    "nothing to try again"
                )
        if used <= tx.nonce:
            return (
                f"was signed by {former} as its nonce {tx.nonce}, which is not used up for good, "
                "so it may still be mined; cancel it with the former key, or wait, then retry"
            )
        return None
