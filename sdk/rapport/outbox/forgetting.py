"""What the journal holds on customers, and how it forgets them.

A forgotten intent leaves a row that tells nothing: its key is random, its payload empty, its time
and its transaction are gone. So whoever waits for it still learns how it ended, and nobody learns
whose it was. Calls that reached the chain stay with their transactions, byte for byte what the
chain has published, so that they can be sent again if the chain ever loses them; calls that never
reached it are destroyed.
"""

from __future__ import annotations

import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rapport.errors import UnknownRevert
from rapport.outbox.kinds import Outcome
from rapport.outbox.records import Entry, Forgotten, Mention, State, Trace

if TYPE_CHECKING:
    from rapport.outbox.sql import Cursor

FORGOTTEN = "forgotten"
"""The kind of what was forgotten; nobody sends it."""

ERASURE = "customer.erase"
"""The kind whose success stays on record, under a key that names the id alone."""

_ENDED = "('final', 'failed', 'cancelled')"
_UNDER_WAY = ("signed", "sent", "mined")
_PART = 50  # ids to a statement


class SqlMemory(ABC):
    """The part of a journal in SQL that knows which intents are about whom."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Cursor]:
        """A durable transaction that excludes other writers of the same rows."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Cursor]:
        """A consistent look without locks."""

    def about(self, chain_id: int, customers: Sequence[bytes]) -> list[Mention]:
        rows: dict[int, Any] = {}
        with self.reading() as c:
            for part in _parts(customers):
                c.execute(
                    "SELECT i.id, i.key, i.kind, i.payload, i.state, i.outcome, i.created_at,"
                    " i.signer, t.nonce, t.winner, t.block_number, (SELECT hash FROM attempt a"
                    " WHERE a.tx_id = t.id ORDER BY a.created_at DESC LIMIT 1) FROM intent i"
                    f" LEFT JOIN tx t ON t.id = i.tx_id WHERE i.chain_id = ? AND ({_named(part)})",
                    (chain_id, *_patterns(part)),
                )
                rows.update((row[0], row) for row in c.fetchall())
        return [_mention(rows[number]) for number in sorted(rows)]

    def forget(self, chain_id: int, customers: Sequence[bytes]) -> Forgotten:
        with self.transaction() as c:
            found: dict[int, Any] = {}
            for part in _parts(customers):
                c.execute(
                    "SELECT i.id, i.signer, i.key, i.kind, i.state, i.outcome, i.payload FROM"
                    f" intent i WHERE i.chain_id = ? AND ({_named(part)})",
                    (chain_id, *_patterns(part)),
                )
                found.update((row[0], row) for row in c.fetchall())
            open_ = sum(row[4] in _UNDER_WAY for row in found.values())
            kept = _erasures(found.values())
            traces = []
            for number, signer, key, kind, state, outcome, _ in found.values():
                if number not in kept and state not in _UNDER_WAY:
                    self._blank(c, number, state, outcome)
                    traces.append(Trace(number, signer, key, kind))
            for number in kept:
                _, signer, key, kind, _, _, payload = found[number]
                # One that is under way may have the lasting key; then it is given later.
                if key != _lasting(payload) and not open_:
                    self._keep(c, number, _lasting(payload))
                    traces.append(Trace(number, signer, key, kind))
            self._destroy_unpublished(c, chain_id, customers)
        return Forgotten(open_, tuple(traces))

    def _blank(self, c: Cursor, number: int, state: str, outcome: str | None) -> None:
        ended = "cancelled" if state == "queued" else state
        c.execute(
            "UPDATE intent SET key = ?, kind = ?, payload = '{}', fingerprint = ?, state = ?,"
            " outcome = ?, tx_id = NULL, place = 0, solo = 0, tries = 0, cancel = 0,"
            f" created_at = 0 WHERE id = ? AND (state = 'queued' OR state IN {_ENDED})",
            (
                f"{FORGOTTEN}:{secrets.token_hex(16)}",
                FORGOTTEN,
                secrets.token_bytes(32),
                ended,
                _how_it_ended(outcome),
                number,
            ),
        )

    def _keep(self, c: Cursor, number: int, key: str) -> None:
        """The erasure itself stays, so that asking again finds it; its own key might tell."""
        c.execute("UPDATE intent SET key = ? WHERE id = ?", (key, number))

    def _destroy_unpublished(self, c: Cursor, chain_id: int, customers: Sequence[bytes]) -> None:
        c.execute(
            "SELECT id, data FROM tx WHERE chain_id = ? AND state IN ('cancelled', 'displaced')",
            (chain_id,),
        )
        for number, data in c.fetchall():
            if any(each in bytes(data) for each in customers):
                c.execute("UPDATE tx SET data = ? WHERE id = ?", (b"", number))
                # What cancelled it stays: it is what the chain has under this nonce.
                c.execute("DELETE FROM attempt WHERE tx_id = ? AND cancels = 0", (number,))


def _erasures(rows: Any) -> set[int]:
    """Of each customer, the intent that erased it."""
    first: dict[str, int] = {}
    for number, _, key, kind, state, outcome, payload in rows:
        if kind == ERASURE and state == State.FINAL and outcome is not None:
            if key == _lasting(payload):
                first[payload] = number
            else:
                first.setdefault(payload, number)
    return set(first.values())


def _lasting(payload: str) -> str:
    return f"erase:{json.loads(payload)['customer']}"


def _how_it_ended(outcome: str | None) -> str | None:
    """An outcome without what it was about."""
    if outcome is None:
        return None
    status = json.loads(outcome)["status"]
    short = Outcome.refused(UnknownRevert(b"")) if status == "refused" else Outcome(status)
    return short.dump()


def _mention(row: Any) -> Mention:
    number, key, kind, payload, state, outcome, created_at, signer, nonce, winner, block, last = row
    ended = None if outcome is None else Outcome.load(outcome, winner, block)
    made = datetime.fromtimestamp(created_at / 1_000_000, UTC)
    entry = Entry(number, key, kind, State(state), nonce, winner or last, block, ended, made)
    return Mention(entry, signer, json.loads(payload))


def _parts(customers: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [customers[at : at + _PART] for at in range(0, len(customers), _PART)]


def _named(customers: Sequence[bytes]) -> str:
    return " OR ".join(["i.payload LIKE ?"] * len(customers))


def _patterns(customers: Sequence[bytes]) -> list[str]:
    # Payloads hold ids as 0x text of 64 digits, under whatever name a service gives them.
    return [f"%0x{each.hex()}%" for each in customers]
