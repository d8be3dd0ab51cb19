"""What the outbox needs of a durable store. :mod:`.sqlite` is the default.

Every method is one transaction, durable when it returns. The worker's methods take its lease and
raise :class:`~rapport.errors.LeaseHeld` once another worker has taken over, so a worker that was
asleep can never commit a signature of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rapport.outbox.kinds import Outcome
from rapport.outbox.records import (
    Attempt,
    Detail,
    Entry,
    Forgotten,
    Intent,
    Mention,
    NewIntent,
    State,
    Tx,
)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send for one account on one chain. ``token`` grows with every owner."""

    chain_id: int
    signer: str
    owner: str
    token: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one intent has come."""

    id: int
    key: str
    state: State
    outcome: Outcome | None
    block_number: int | None


@dataclass(frozen=True, slots=True)
class SignedTx:
    """A transaction about to be sent for the first time, with the intents it carries."""

    nonce: int
    to: str
    data: bytes
    value: int
    gas: int
    kind: str
    intents: Sequence[int]
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class IntentEnd:
    """The state an intent moves to, and its outcome as JSON text."""

    intent: int
    state: State
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A transaction that was mined (``state`` mined) or whose block is final (other states)."""

    tx: int
    state: str
    winner: str
    block_number: int
    block_hash: str
    ends: Sequence[IntentEnd]


@dataclass(slots=True)
class Changes:
    """
    What one turn of the worker found and decided; committed as a whole or not at all. Applied in
    the order of the fields.
    """

    sent: list[int] = field(default_factory=list)
    """Transactions that were broadcast."""
    settled: list[Settled] = field(default_factory=list)
    unmined: list[int] = field(default_factory=list)
    """Transactions whose block left the chain; they and their intents are ``sent`` again."""
    closed: list[tuple[int, str]] = field(default_factory=list)
    """Transactions that came to an end otherwise, with their new state."""
    requeued: list[tuple[int, bool]] = field(default_factory=list)
    """Intents to be sent anew; the flag says that each travels alone from now on."""
    ended: list[IntentEnd] = field(default_factory=list)
    """Intents that end without a transaction of their own."""
    attempts: list[tuple[int, Attempt]] = field(default_factory=list)
    """Further signed versions of transactions under way."""
    signed: list[SignedTx] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.sent
            or self.settled
            or self.unmined
            or self.closed
            or self.requeued
            or self.ended
            or self.attempts
            or self.signed
        )


class Journal(Protocol):
    """The durable store of intents, transactions, attempts and leases."""

    # Callers

    def bind(self, chain_id: int, genesis: str) -> None:
        """
        Remember the chain by its first block's hash.

        Raises:
            ConfigError: The journal belongs to another chain of this id.
        """
        ...

    def add(self, chain_id: int, signer: str, intents: Sequence[NewIntent]) -> list[Progress]:
        """
        Keep intents, in order. One that is there already with equal content is returned as it
        stands.

        Raises:
            IdempotencyConflict: A key is there with other content; nothing of this call is kept.
        """
        ...

    def progress(self, chain_id: int, ids: Sequence[int]) -> list[Progress]:
        """How far these intents have come, in no particular order."""
        ...

    def find(self, chain_id: int, which: int | str) -> Detail | None:
        """An intent by id or by key."""
        ...

    def entries(
        self, chain_id: int, state: State | None = None, after: int = 0, limit: int = 100
    ) -> list[Entry]:
        """Intents by id, oldest first, those after id ``after``."""
        ...

    def counts(self, chain_id: int, signer: str) -> Mapping[State, int]:
        """How many intents stand in each state."""
        ...

    def worker(self, chain_id: int, signer: str) -> tuple[str | None, int | None, str | None]:
        """Who holds the lease now, the last head it saw, and its trouble."""
        ...

    def cancel(self, chain_id: int, intent: int) -> State:
        """
        End a queued intent; ask the worker to replace the transaction of one under way. Returns
        the state afterwards.
        """
        ...

    def retry(self, chain_id: int, intent: int) -> State:
        """Queue a failed or cancelled intent again. Returns the state afterwards."""
        ...

    def signer_of(self, intent: int) -> str:
        """The account that sends an intent."""
        ...

    def unmined(self, chain_id: int, signer: str) -> list[int]:
        """An account's intents that are queued, signed or sent, oldest first."""
        ...

    def hand_over(
        self, chain_id: int, intent: int, former: str, signer: str, tx: int | None
    ) -> bool:
        """
        Queue an intent of a former account for another. ``tx`` is the transaction that carries it,
        which the caller knows to be without effect. False if the intent has moved on meanwhile.

        Raises:
            LeaseHeld: A worker sends for the former account.
        """
        ...

    def about(self, chain_id: int, customers: Sequence[bytes]) -> list[Mention]:
        """Intents whose payload names one of these customers, oldest first."""
        ...

    def forget(self, chain_id: int, customers: Sequence[bytes]) -> Forgotten:
        """
        Takes key, payload, time and transaction from intents about these customers. What is queued
        is cancelled, and what is under way must come to its end first.
        """
        ...

    # The worker

    def acquire(
        self, chain_id: int, signer: str, owner: str, seconds: float, over: str | None = None
    ) -> Lease:
        """
        Take the lease, if it is free, past its time, or held by ``over``, who is known to be dead.

        Raises:
            LeaseHeld: Another worker holds it.
        """
        ...

    def renew(self, lease: Lease, seconds: float, head: int | None, trouble: str | None) -> None:
        """Prolong the lease, and leave word of how things stand."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the lease back. Does nothing if it was lost."""
        ...

    def live(self, lease: Lease) -> list[tuple[Tx, list[Intent]]]:
        """Transactions signed, sent or mined and not final, by nonce, with their intents."""
        ...

    def floor(self, lease: Lease) -> int:
        """The first nonce above all transactions that came to an end on chain."""
        ...

    def reopen(self, lease: Lease, nonce: int) -> int:
        """
        Take final transactions from this nonce on as merely sent, since the chain no longer has
        them. Returns how many.
        """
        ...

    def queued(
        self, lease: Lease, kinds: Collection[str], limit: int, without: Collection[int] = ()
    ) -> list[Intent]:
        """Intents of these kinds to be sent, oldest first, without those given by id."""
        ...

    def cancellations(self, lease: Lease) -> list[int]:
        """Transactions under way for which a cancellation was asked."""
        ...

    def cancelled(self, lease: Lease, intents: Sequence[int]) -> set[int]:
        """Which of these intents were asked to be cancelled."""
        ...

    def commit(self, lease: Lease, changes: Changes) -> list[int]:
        """
        Apply a turn's changes in one transaction. Returns the ids of the transactions signed.

        Raises:
            LeaseHeld: The lease was lost, or an intent was no longer queued; nothing is applied.
        """
        ...
