"""Plans and subscriptions as people know them: whole units of money, moments, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rapport.tokens import Token


class Status(StrEnum):
    """What a subscription is now; in the contract's order."""

    NONE = "none"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past due"
    PAUSED = "paused"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merchant offers. ``price`` and ``caller_fee`` are for a period, in whole units."""

    id: int
    merchant: str
    token: Token
    price: Decimal
    caller_fee: Decimal
    period: timedelta
    trial: timedelta
    grace: timedelta
    """After each period, in which the next one can be charged."""
    cycles: int | None
    """Paid off after so many charges; ``None``: until it is cancelled."""
    closed: bool

    @classmethod
    def of(cls, number: int, terms: Mapping[str, Any], token: Token) -> Plan:
        """A plan by the contract's terms."""
        return cls(
            id=number,
            merchant=terms["merchant"],
            token=token,
            price=token.from_base(terms["price"]),
            caller_fee=token.from_base(terms["callerFee"]),
            period=timedelta(seconds=terms["period"]),
            trial=timedelta(seconds=terms["trial"]),
            grace=timedelta(seconds=terms["grace"]),
            cycles=terms["maxCycles"] or None,
            closed=terms["closed"],
        )

    def paid_off(self, charges: int) -> bool:
        """Whether so many charges are all that it asks for."""
        return self.cycles is not None and charges >= self.cycles


@dataclass(frozen=True, slots=True)
class NextCharge:
    """When the next charge is due, what it takes, and why it would not succeed now, if so."""

    at: datetime
    amount: Decimal
    chargeable: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription and its plan. Money is whole units of the plan's token."""

    id: str
    status: Status
    plan: Plan
    next_plan: Plan | None
    """Which the next charge begins, where a change is set."""
    payer: str
    customer: str | None
    """Number of the customer who earns points, or the id where the number is not known here."""
    entitled: bool
    """What is paid for, or given, can be used now."""
    price_cap: Decimal
    cycles: int
    last_paid: Decimal
    paid_through: datetime
    discount: Decimal | None
    """Percent off the price, for ``discount_cycles`` charges more."""
    discount_cycles: int
    paused_since: datetime | None
    next_charge: NextCharge | None
    """``None`` where none will come by itself."""
    lapses_at: datetime | None
    """By when it has to be charged."""
    seq: int


@dataclass(frozen=True, slots=True)
class ChangeQuote:
    """What a change of plan takes now. If it does not begin at once, it begins with a charge."""

    plan: int
    amount: Decimal
    at_once: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a subscription, as the chain's logs have it."""

    what: str
    at: datetime
    amount: Decimal | None
    """What moved, in whole units of the token."""
    cycle: int | None
    plan: int | None
    until: datetime | None
    """Paid for, or free, until then."""
    note: str | None
    block: int
    transaction: str
