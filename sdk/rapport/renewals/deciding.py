"""What to do about a subscription: a calculation without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.renewals.book import NEVER, Row
from rapport.renewals.schedule import Schedule
from rapport.subscriptions.facts import ENDED, Due, Facts
from rapport.subscriptions.values import Plan, Status

EVENTS = (
    "trial_ending",
    "price_needs_consent",
    "past_due",
    "retry",
    "recovered",
    "lapsed",
    "completed",
)
"""What the marketing system is told of, each once."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription as the chain has it, and the plan of its next charge."""

    facts: Facts
    due: Due
    plan: Plan

    @property
    def amount(self) -> Decimal:
        """What the next charge takes, in whole units."""
        return self.plan.token.from_base(self.due.amount)

    @property
    def complete(self) -> bool:
        """Paid off."""
        return self.plan.paid_off(self.facts.cycles)

    @property
    def lapses_at(self) -> int:
        """By when it has to be charged, Unix seconds."""
        return self.facts.paid_through + int(self.plan.grace.total_seconds())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done: whether it is charged now, what is told, and where the row stands then."""

    row: Row
    charge: bool = False
    events: tuple[Mapping[str, Any], ...] = field(default=())


def decide(row: Row, found: Standing, now: int, schedule: Schedule) -> Verdict:
    """What to do about a subscription at a moment."""
    status = found.facts.status
    if status in ENDED or status is Status.PAUSED:
        told = (_event("completed", found, now),) if status is Status.COMPLETED else ()
        return Verdict(_calm(row, NEVER), events=told)
    consent = _consent(found, now)
    if status is Status.LAPSED:
        missed = _missed(row, found)
        after = replace(missed, look_at=NEVER, failures=max(1, missed.failures))
        return Verdict(after, events=(_event("lapsed", found, now, found.facts.paid_through),))
    if status is Status.PAST_DUE:
        after = _missed(row, found)
        if found.due.chargeable:
            return Verdict(after, charge=True, events=consent)
        failed = fail(after, found, now, schedule, found.due.why)
        return replace(failed, events=(*consent, *failed.events))
    recovered = row.failures and found.facts.cycles > row.cycles
    events = [*consent, *([_event("recovered", found, now, row.anchor)] if recovered else [])]
    look_at = found.facts.paid_through
    if status is Status.TRIALING:
        notice = look_at - int(schedule.notice.total_seconds())
        if now >= notice:
            events.append(_event("trial_ending", found, now, look_at))
        else:
            look_at = notice
    return Verdict(_calm(row, look_at), events=tuple(events))


def fail(row: Row, found: Standing, now: int, schedule: Schedule, reason: str | None) -> Verdict:
    """A charge that is due cannot be made: when to try again, and who is told."""
    if now < row.retry_at:
        return Verdict(replace(row, look_at=row.retry_at))
    again = schedule.next_try(row.anchor, now, found.lapses_at)
    event = _event(
        "retry" if row.failures else "past_due",
        found,
        now,
        row.anchor,
        row.failures or None,
        reason=reason,
        retry=row.failures,
        next_try=None if again is None else _moment(again),
    )
    after = replace(
        row,
        failures=row.failures + 1,
        retry_at=again or found.lapses_at,
        look_at=again or found.lapses_at,
    )
    return Verdict(after, events=(event,))


def charge_key(row: Row, found: Standing) -> str:
    """
    The idempotency key of a charge: whoever tries the same cycle for the same time uses it too.
    """
    cycle = found.facts.cycles + 1
    return f"renewal:{row.id.hex()}:{cycle}:{row.anchor}:{row.tries}"


def _missed(row: Row, found: Standing) -> Row:
    """The row of a due date that passed; one that is known goes on as it is."""
    if row.anchor == found.facts.paid_through:
        return row
    calm = _calm(row, row.look_at)
    return replace(calm, anchor=found.facts.paid_through, cycles=found.facts.cycles)


def _calm(row: Row, look_at: int) -> Row:
    return Row(row.id, row.plan, look_at, touched=row.touched)


def _consent(found: Standing, now: int) -> tuple[Mapping[str, Any], ...]:
    """That the price is above what the payer has agreed to, as soon as it is."""
    price = found.plan.token.to_base(found.plan.price)
    if found.complete or found.plan.closed or price <= found.facts.price_cap:
        return ()
    cap = found.plan.token.from_base(found.facts.price_cap)
    return (
        _event(
            "price_needs_consent",
            found,
            now,
            found.plan.id,
            price,
            price=f"{found.plan.price:f}",
            price_cap=f"{cap:f}",
        ),
    )


def _event(kind: str, found: Standing, now: int, *of: int | None, **more: Any) -> dict[str, Any]:
    """An event under an id that is the same whoever finds it. ``of`` sets it apart from others."""
    facts, plan = found.facts, found.plan
    marks = ":".join(str(each) for each in of if each is not None)
    token = plan.token
    ended = facts.status in (*ENDED, Status.PAUSED)
    return {
        "event": kind,
        "id": f"{kind}:{units.hex32(facts.id)}{':' if marks else ''}{marks}",
        "at": _moment(now),
        "subscription": units.hex32(facts.id),
        "plan": plan.id,
        "payer": facts.payer,
        "customer": units.hex32(facts.customer) if any(facts.customer) else None,
        "cycle": facts.cycles + (0 if kind in ("recovered", "completed") else 1),
        "amount": f"{token.from_base(facts.last_paid) if kind == 'recovered' else found.amount:f}",
        "token": token.address,
        "symbol": token.symbol,
        "paid_through": _moment(facts.paid_through),
        "lapses_at": None if ended or found.complete else _moment(found.lapses_at),
        **more,
    }


def _moment(seconds: int) -> str:
    return units.iso(units.from_timestamp(seconds))
