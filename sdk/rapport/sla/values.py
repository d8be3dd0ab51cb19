"""Policies and agreements as people know them: whole units of money, moments, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rapport.sla.terms import Due, Priority, Target, Terms
from rapport.tokens import Token


class State(StrEnum):
    """How far an agreement has come; in the contract's order."""

    NONE = "none"
    OPEN = "open"
    DELIVERED = "delivered"
    DISPUTED = "disputed"
    SETTLED = "settled"


class Settlement(StrEnum):
    """How an agreement was settled; in the contract's order."""

    ACCEPTED = "accepted"
    FINALIZED = "finalized"
    GIVEN_UP = "given up"
    RECLAIMED = "reclaimed"
    AGREED = "agreed"
    RULED = "ruled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a provider promises. It never changes, but can be closed to new agreements."""

    id: int
    provider: str
    token: Token
    closed: bool
    terms: Terms

    @classmethod
    def of(cls, number: int, record: Mapping[str, Any], token: Token) -> Policy:
        """A policy by the contract's record."""
        terms = Terms.of(record, token)
        return cls(number, record["provider"], token, record["closed"], terms)

    def stake(self, amount: int) -> int:
        """
        What is held for an agreement over ``amount``, both in the token's smallest unit: the fee,
        or the largest credit, rounded up.
        """
        if not self.terms.bonded:
            return amount
        return -(-amount * int(self.terms.max_credit * 100) // 10_000)

    def due(self, priority: Priority | str | int, opened_at: datetime) -> Due:
        """When an agreement that is opened at some moment is due: a preview, without the chain."""
        return self.terms.due(priority, opened_at)


@dataclass(frozen=True, slots=True)
class Clocks:
    """
    The clocks of an open agreement at a moment, in business hours. A clock is late once more than
    the target has passed.
    """

    agreement: str
    priority: Priority
    at: datetime
    """The chain's time of this reading."""
    response_due: datetime | None
    """``None``: no response is promised, or it was given."""
    resolution_due: datetime
    """If the clock is not paused from now on."""
    elapsed: timedelta
    """On the clock of the resolution, less pauses."""
    target: timedelta
    """Of the resolution."""
    paused: timedelta
    """What pauses have taken so far,"""
    max_pause: timedelta
    """of this at most."""
    standing: bool
    """Whether the clock is paused, and the pause counts."""
    response_late: bool
    resolution_late: bool

    @property
    def left(self) -> timedelta:
        """What is left of the target; zero if it is late."""
        return max(timedelta(0), self.target - self.elapsed)


@dataclass(frozen=True, slots=True)
class Quote:
    """What accepting would pay now; of an open agreement, if it were delivered now."""

    agreement: str
    to_provider: Decimal
    to_client: Decimal
    token: Token


@dataclass(frozen=True, slots=True)
class Proposal:
    """A split that waits for the other party's word. Shares are percent of what is at stake."""

    by: str
    provider: Decimal


@dataclass(frozen=True, slots=True)
class Agreement:
    """One promise under a policy, as it stands. Money is whole units of the policy's token."""

    id: str
    policy: Policy
    state: State
    priority: Priority
    amount: Decimal
    stake: Decimal
    """What is held for it: the fee, or what is reserved of the bond."""
    client: str | None
    customer: str | None
    """Number of the customer for whom it was opened without a wallet, or the id."""
    opened_at: datetime
    responded_at: datetime | None
    delivered_at: datetime | None
    paused_since: datetime | None
    paused: timedelta
    """Business hours that ended pauses have taken."""
    credit: Decimal
    """Percent of the amount that the clocks have said so far."""
    review_until: datetime | None
    """Until when a delivery can be disputed."""
    disputed_until: datetime | None
    """Until when the arbiter rules."""
    proposal: Proposal | None
    clocks: Clocks | None
    """Of an open agreement."""

    @property
    def target(self) -> Target:
        """What was promised for its priority."""
        return self.policy.terms.target(self.priority)


@dataclass(frozen=True, slots=True)
class Settleable:
    """
    What anyone may do for an agreement now: ``finalize`` a delivery that nobody disputed,
    ``expire`` a dispute in which the arbiter was silent, ``reclaim`` what was never delivered; or
    ``claim`` the credits that waited for a customer who has a wallet now.
    """

    verb: str
    since: datetime | None
    """From when on; not known of a claim."""
    token: Token
    provider: str
    agreement: str | None
    """``None`` of a claim."""
    customer: str | None
    """Id of the customer in whose name it was opened, if any."""
    to_client: Decimal
    """As things stand."""
    block: int
    """As of which this was found."""


@dataclass(frozen=True, slots=True)
class Bond:
    """What stands behind a provider's promises in one token, in whole units."""

    provider: str
    token: Token
    free: Decimal
    """Can be reserved or withdrawn."""
    reserved: Decimal
    agreements: int
    """For so many that are not settled."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to an agreement, as the chain's logs have it."""

    what: str
    at: datetime
    amount: Decimal | None
    """What moved, in whole units of the token; to the client, of a settlement."""
    note: str | None
    block: int
    transaction: str
