"""Rows of the journal, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from rapport.outbox.kinds import Outcome


class State(StrEnum):
    """
    How far an intent, or its transaction, has come::

        queued -> signed -> sent -> mined -> final
                                          -> failed
        queued, signed or sent            -> cancelled

    ``final`` and ``failed`` are reached after the configured confirmations; ``failed`` also when a
    simulation refused the intent, which then never used a nonce.
    """

    QUEUED = "queued"
    SIGNED = "signed"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """True if nothing more will happen by itself."""
        return self in (State.FINAL, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class NewIntent:
    """An intent to be kept. ``payload`` is JSON text, ``fingerprint`` a digest of its content."""

    key: str
    kind: str
    payload: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent. ``tx_id`` is the transaction that carries it now, if any."""

    id: int
    key: str
    kind: str
    payload: Mapping[str, Any]
    fingerprint: bytes
    state: State
    outcome: Outcome | None
    tx_id: int | None
    solo: bool
    """True after a batch with it reverted: it travels alone from then on."""
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed version of a transaction. Fees are wei per gas."""

    hash: str
    raw: bytes
    max_fee: int
    priority_fee: int
    cancels: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tx:
    """One transaction under one nonce, with every version of it that was ever signed."""

    id: int
    nonce: int
    to: str
    data: bytes
    value: int
    gas: int
    kind: str
    state: str
    """As the intents' states; also ``displaced``, when a foreign transaction took the nonce."""
    cancel: bool
    """A cancellation was asked for."""
    block_number: int | None
    block_hash: str | None
    winner: str | None
    """The hash of the version that was mined."""
    intents: tuple[int, ...]
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An intent as listed."""

    id: int
    key: str
    kind: str
    state: State
    nonce: int | None
    tx_hash: str | None
    block_number: int | None
    outcome: Outcome | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Detail:
    """An intent with all that is known of it."""

    entry: Entry
    payload: Mapping[str, Any]
    tx: Tx | None


@dataclass(frozen=True, slots=True)
class Mention:
    """An intent that is about a customer, with what it carried."""

    entry: Entry
    signer: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """What stood in the journal's file for an intent that was forgotten."""

    id: int
    signer: str
    key: str = field(repr=False)
    kind: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a customer's erasure did to the journal. Those ``open`` are under way; forget again."""

    open: int
    traces: tuple[Trace, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Status:
    """
    The outbox at a glance. ``worker`` names the process that sends, if one does; ``trouble`` is
    what keeps it from going on, if anything.
    """

    chain_id: int
    signer: str
    counts: Mapping[State, int]
    worker: str | None
    head: int | None
    trouble: str | None

    @property
    def open(self) -> int:
        """How many intents have not come to an end."""
        return sum(count for state, count in self.counts.items() if not state.ended)
