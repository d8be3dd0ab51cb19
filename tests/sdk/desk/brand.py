"""A brand's side of a help desk without a chain: its file, and an outbox that never loses a key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rapport.desk import Desk, Forwarder, Inbox, Intake
from rapport.errors import IdempotencyConflict, NotFound, Reverted
from rapport.outbox import Outcome, State
from rapport.sla import Priority

PLACE = "31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
CUSTOMER = bytes([8]) * 32
AGREEMENT = bytes([9]) * 32


class Submission:
    """As the outbox hands them out."""

    def __init__(self, key: str, state: State, outcome: Outcome | None) -> None:
        self.key, self.state, self.outcome = key, state, outcome


class Ledger:
    """
    Stands in for ``client.sla`` and the outbox: what is submitted is on disk at once, under its
    key, and takes effect there. The chain's own refusals are given by verb.
    """

    def __init__(self, path: Path, **refusals: Reverted) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS sent (n INTEGER PRIMARY KEY, key UNIQUE, call)"
        )
        self.refusals = refusals
        self.slow = False
        self.cancelled: set[str] = set()

    def sent(self) -> list[str]:
        """What was sent, in its order."""
        return [row[0] for row in self._db.execute("SELECT call FROM sent ORDER BY n")]

    def keys(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT key FROM sent ORDER BY n")]

    def get(self, key: str) -> Any:
        row = self._db.execute("SELECT call FROM sent WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise NotFound(key)
        verb = row[0].split()[0]
        if key in self.cancelled:
            return Submission(key, State.CANCELLED, None)
        if self.slow:
            return Submission(key, State.SENT, None)
        if verb in self.refusals:
            return Submission(key, State.FAILED, Outcome.refused(self.refusals[verb]))
        return Submission(key, State.MINED, Outcome.done(agreement=f"0x{AGREEMENT.hex()}"))

    def _send(self, key: str, call: str) -> Any:
        self._db.execute("INSERT OR IGNORE INTO sent (key, call) VALUES (?, ?)", (key, call))
        (known,) = self._db.execute("SELECT call FROM sent WHERE key = ?", (key,)).fetchone()
        if known != call:
            raise IdempotencyConflict(key)
        return self.get(key)

    def open(
        self,
        policy: int,
        amount: str,
        *,
        priority: Priority,
        customer: bytes,
        idempotency_key: str,
    ) -> Any:
        call = f"open {policy} {amount} {priority} {customer.hex()[:4]}"
        return self._send(idempotency_key, call)

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        if verb not in ("respond", "pause", "resume", "deliver"):
            raise AttributeError(verb)

        def send(agreement: bytes, *, idempotency_key: str) -> Any:
            return self._send(idempotency_key, f"{verb} {agreement.hex()[:4]}")

        return send


class Brand:
    """Intake and forwarder over one file; any number may use it."""

    def __init__(self, folder: Path, desks: dict[str, Desk], **refusals: Reverted) -> None:
        self.people = {"C-8": CUSTOMER}
        self.inbox = Inbox(folder / "rapport.db", PLACE)
        self.ledger = Ledger(folder / "sent.db", **refusals)
        self.intake = Intake(desks, self.inbox, self.people.get, self._register)
        outbox: Any = self.ledger
        self.forwarder = Forwarder(desks, self.inbox, self.ledger, outbox, self.people.get, 0)

    def _register(self, number: str) -> bytes:
        return self.people.setdefault(number, bytes([len(self.people) + 20]) * 32)

    def concern(self) -> str | None:
        """Of the one ticket."""
        (ticket,) = self.inbox.tickets()
        return ticket.concern
