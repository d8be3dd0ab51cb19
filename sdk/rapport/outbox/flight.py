"""What the worker has under way, in memory: a mirror of the journal while the lease is held."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rapport.outbox.kinds import Outcome
from rapport.outbox.policy import Price
from rapport.outbox.records import Attempt, Intent, Tx


@dataclass(slots=True)
class LiveTx:
    """A transaction that is signed, sent or mined, and not final."""

    id: int
    nonce: int
    to: str
    data: bytes
    value: int
    gas: int
    kind: str
    intents: list[Intent]
    attempts: list[Attempt]
    block_number: int | None = None
    block_hash: str | None = None
    cancel: bool = False
    refusal: str | None = None
    """Why the node will never take it, so that it is being cancelled."""
    recorded: bool = False
    """The journal knows that it was broadcast."""
    sent_at: float | None = None
    """When it was last broadcast, on the monotonic clock."""
    signed_at: float = field(default_factory=time.monotonic)
    signed_head: int = 0
    """The head when its last version was signed."""
    absent: int = 0
    """Looks in a row at which its nonce was used and none of its versions was to be found."""
    winner: str | None = None
    """The version that was mined."""
    outcomes: list[Outcome | None] = field(default_factory=list)
    """Of its intents, once mined; ``None`` where the receipt decides nothing."""
    reverted: bool = False
    doubtful: bool = False
    """Its block may have left the chain."""
    underpriced: bool = False
    """The node refuses its price."""

    @property
    def mined(self) -> bool:
        return self.block_number is not None

    @property
    def price(self) -> Price:
        """What its last version offers."""
        last = self.attempts[-1]
        return Price(last.max_fee, last.priority_fee)

    @property
    def cancelling(self) -> bool:
        """True once its last version is an empty one."""
        return self.attempts[-1].cancels

    def cancels(self, tx_hash: str | None) -> bool:
        """True if this version of it is an empty one."""
        return any(attempt.cancels for attempt in self.attempts if attempt.hash == tx_hash)

    @property
    def worst_cost(self) -> int:
        """Wei that it can cost at most."""
        return self.gas * max(a.max_fee for a in self.attempts) + self.value


class Flight:
    """All transactions under way, by nonce."""

    def __init__(self) -> None:
        self.by_nonce: dict[int, LiveTx] = {}
        self.floor = 0

    @classmethod
    def load(cls, rows: list[tuple[Tx, list[Intent]]], floor: int) -> Flight:
        """From the journal, as a worker finds it when it takes the lease."""
        flight = cls()
        flight.floor = floor
        for tx, intents in rows:
            live = LiveTx(
                tx.id,
                tx.nonce,
                tx.to,
                tx.data,
                tx.value,
                tx.gas,
                tx.kind,
                intents,
                list(tx.attempts),
                tx.block_number,
                tx.block_hash,
                tx.cancel,
                recorded=tx.state != "signed",
                winner=tx.winner,
            )
            if live.mined:
                live.outcomes = [intent.outcome for intent in intents]
                live.reverted = None in live.outcomes and not live.cancels(tx.winner)
            flight.add(live)
        return flight

    def add(self, tx: LiveTx) -> None:
        self.by_nonce[tx.nonce] = tx

    def end(self, tx: LiveTx, *, on_chain: bool) -> None:
        """It is over; ``on_chain`` says whether its nonce was used by ourselves."""
        self.by_nonce.pop(tx.nonce, None)
        if on_chain:
            self.floor = max(self.floor, tx.nonce + 1)

    def all(self) -> list[LiveTx]:
        """By nonce."""
        return [self.by_nonce[nonce] for nonce in sorted(self.by_nonce)]

    def unmined(self) -> list[LiveTx]:
        """By nonce."""
        return [tx for tx in self.all() if not tx.mined]

    def free_nonces(self, count: int, wanted: int) -> list[int]:
        """
        The next nonces to sign with: gaps first, since everything above a gap waits for it.
        ``count`` is the chain's transaction count of the account.
        """
        found: list[int] = []
        nonce = max(count, self.floor)
        while len(found) < wanted:
            if nonce not in self.by_nonce:
                found.append(nonce)
            nonce += 1
        return found

    def gaps(self, count: int) -> list[int]:
        """Nonces below the highest one under way that nothing of ours uses."""
        if not self.by_nonce:
            return []
        return [
            nonce
            for nonce in range(max(count, self.floor), max(self.by_nonce))
            if nonce not in self.by_nonce
        ]
