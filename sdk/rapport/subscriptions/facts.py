"""Subscriptions as the contract keeps them, many at a time, in its own units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapport import units
from rapport.chain import Read
from rapport.reversal import reason_of
from rapport.subscriptions.values import Plan, Status

CONTRACT = "Subscriptions"
_STATUS = tuple(Status)
_VIEWS = ("subscription", "note", "statusOf", "customerOf", "isEntitled")

ENDED = (Status.NONE, Status.CANCELLED, Status.COMPLETED)
"""Nothing will ever be charged."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One subscription. Money in the token's smallest unit, times in Unix seconds."""

    id: bytes
    status: Status
    payer: str
    plan_id: int
    next_plan_id: int
    """Of the next charge: the present one's where no change is set."""
    price_cap: int
    last_paid: int
    cycles: int
    seq: int
    paid_through: int
    discount_bps: int
    discount_cycles: int
    paused_at: int
    customer: bytes
    entitled: bool

    @property
    def named(self) -> dict[str, str]:
        """The subscription in a payload."""
        return named(self.id, self.customer)

    def price(self, full: int, ahead: int = 0) -> int:
        """What a charge takes of a price, ``ahead`` charges after the next one; as the contract."""
        if self.discount_cycles <= ahead:
            return full
        return full - full * self.discount_bps // units.MAX_BPS


@dataclass(frozen=True, slots=True)
class Due:
    """What the contract says of the next charge: when, what, and why not now."""

    at: int
    amount: int
    chargeable: bool
    why: str | None
    """The name of the error that a charge would meet now, if any."""


def named(number: bytes, customer: bytes) -> dict[str, str]:
    """A subscription in a payload, and whom it concerns: erasing the customer finds it."""
    found = {"subscription": units.hex32(number)}
    return {**found, "customer": units.hex32(customer)} if any(customer) else found


def questions(ids: Sequence[bytes]) -> list[Read]:
    """What to ask about subscriptions; none of it is refused for one that does not exist."""
    return [Read(CONTRACT, view, (each,)) for each in ids for view in _VIEWS]


def read(ids: Sequence[bytes], answers: Sequence[Any]) -> list[Facts]:
    """What the answers to :func:`questions` say."""
    size = len(_VIEWS)
    return [
        _facts(each, *answers[size * place : size * place + size]) for place, each in enumerate(ids)
    ]


def due_questions(facts: Sequence[Facts]) -> list[Read]:
    """What to ask about the next charges of subscriptions that exist."""
    return [Read(CONTRACT, "nextCharge", (each.id,), refusable=True) for each in facts]


def read_due(
    facts: Sequence[Facts], plans: Mapping[int, Plan], answers: Sequence[Any]
) -> list[Due]:
    """
    What the answers to :func:`due_questions` say, with the plans of the next charges. The contract
    refuses where a token does not tell balances: nothing can be taken in it then.
    """
    return [
        _silent(each, plans[each.next_plan_id]) if answer is None else _due(*answer)
        for each, answer in zip(facts, answers, strict=True)
    ]


def _due(at: int, amount: int, chargeable: bool, reason: bytes) -> Due:
    return Due(at, amount, chargeable, reason_of(reason) if any(reason) else None)


def _silent(each: Facts, plan: Plan) -> Due:
    amount = each.price(plan.token.to_base(plan.price))
    return Due(each.paid_through, amount, False, "TransferFailed")


def _facts(
    number: bytes,
    record: Mapping[str, Any],
    note: Mapping[str, Any],
    status: int,
    customer: bytes,
    entitled: bool,
) -> Facts:
    return Facts(
        id=number,
        status=_STATUS[status],
        payer=record["payer"],
        plan_id=record["planId"],
        next_plan_id=record["nextPlanId"] or record["planId"],
        price_cap=record["priceCap"],
        last_paid=record["lastPaid"],
        cycles=record["cycles"],
        seq=record["seq"],
        paid_through=record["paidThrough"],
        discount_bps=note["discountBps"],
        discount_cycles=note["discountCycles"],
        paused_at=note["pausedAt"],
        customer=customer,
        entitled=entitled,
    )
