"""What the next charges will bring, as the chain stands: a calculation without I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rapport import units
from rapport.subscriptions.facts import Facts
from rapport.subscriptions.values import Plan, Status
from rapport.tokens import Token

_RUNNING = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)


@dataclass(frozen=True, slots=True)
class Expected:
    """One charge to come. ``reason`` says why it would fail, if nothing changes until then."""

    subscription: str
    plan: int
    payer: str
    cycle: int
    at: datetime
    amount: Decimal
    token: Token
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Revenue:
    """What charges bring in one token, in whole units, before any caller's fee."""

    token: Token
    charges: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """The charges from now until ``until``, the earliest first, and those that would fail."""

    since: datetime
    until: datetime
    charges: tuple[Expected, ...]
    failing: tuple[Expected, ...]
    revenue: tuple[Revenue, ...]
    at_risk: tuple[Revenue, ...]


@dataclass(frozen=True, slots=True)
class Purse:
    """What a payer has of a token, and lets the contract take, in its smallest unit."""

    balance: int
    allowance: int


def forecast(
    standing: Iterable[Facts],
    plans: Mapping[int, Plan],
    purses: Mapping[tuple[str, str], Purse],
    since: datetime,
    until: datetime,
) -> Forecast:
    """
    The charges that a collector would make until a moment. Each payer's money is counted once, in
    the order of the charges; after a charge that fails, none is expected of that subscription.
    """
    now, end = units.to_timestamp(since), units.to_timestamp(until)
    coming: list[tuple[int, int, Facts, Plan, int]] = []
    for place, each in enumerate(standing):
        if each.status in _RUNNING:
            plan = plans[each.next_plan_id]
            coming += [(at, place, each, plan, n) for at, n in _dates(each, plan, now, end)]
    taken: dict[tuple[str, str], int] = defaultdict(int)
    stopped: set[bytes] = set()
    charges: list[Expected] = []
    failing: list[Expected] = []
    for at, _, each, plan, ahead in sorted(coming, key=lambda one: (one[0], one[1])):
        if each.id in stopped:
            continue
        token = plan.token
        full = token.to_base(plan.price)
        amount = each.price(full, ahead)
        whose = (each.payer, token.address)
        reason = _reason(each, plan, full, amount + taken[whose], amount, purses.get(whose))
        expected = Expected(
            units.hex32(each.id),
            plan.id,
            each.payer,
            each.cycles + ahead + 1,
            units.from_timestamp(at),
            token.from_base(amount),
            token,
            reason,
        )
        if reason is None:
            taken[whose] += amount
            charges.append(expected)
        else:
            stopped.add(each.id)
            failing.append(expected)
    return Forecast(
        since, until, tuple(charges), tuple(failing), _totals(charges), _totals(failing)
    )


def _dates(each: Facts, plan: Plan, now: int, end: int) -> Iterable[tuple[int, int]]:
    """When charges come, each a period after the last: anchored, however late one is."""
    at, ahead = each.paid_through, 0
    while max(at, now) <= end and not plan.paid_off(each.cycles + ahead):
        yield max(at, now), ahead
        at += int(plan.period.total_seconds())
        ahead += 1


def _reason(
    each: Facts, plan: Plan, full: int, needed: int, amount: int, purse: Purse | None
) -> str | None:
    if plan.closed:
        return "the plan is closed"
    if full > each.price_cap:
        return "the price is above what the payer has agreed to"
    if amount and (purse is None or purse.balance < needed):
        return "the payer has too little money"
    if amount and (purse is None or purse.allowance < needed):
        return "the payer's allowance is too small"
    return None


def _totals(charges: Sequence[Expected]) -> tuple[Revenue, ...]:
    sums: dict[str, tuple[Token, int, Decimal]] = {}
    for each in charges:
        token, count, amount = sums.get(each.token.address, (each.token, 0, Decimal(0)))
        sums[each.token.address] = (token, count + 1, amount + each.amount)
    return tuple(Revenue(*sums[address]) for address in sorted(sums))
