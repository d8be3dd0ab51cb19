"""Sales rebuilt from logs alone, as an indexer or an auditor would rebuild them.

Knows neither the calls nor the model: only the events and the time of each. Whatever an event tells
must be lawful after what the earlier ones told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.contracts.support.evm import Event
from tests.contracts.support.model.payments import Order, Payment, State
from tests.contracts.support.model.plans import Plan
from tests.contracts.support.model.subscriptions import MAX_PAUSE, Mode, Note, Subscription
from tests.contracts.support.replay_custody import CustodyReplay


class PaymentReplay(CustodyReplay):
    """Orders, and what is owed."""

    def __init__(self) -> None:
        super().__init__()
        self.payments: dict[bytes, Payment] = {}
        self.orders: dict[bytes, Order] = {}

    def _met(self, key: bytes, order: Any, payment: Payment) -> None:
        assert key not in self.orders, "an order was paid twice"
        self.orders[key] = Order(*order)
        self.payments[key] = payment

    def Paid(self, now: int, key: bytes, _m: str, _p: str, order: Any, _splits: Any) -> None:
        self._met(key, order, Payment(order[3], 0, State.CAPTURED))
        assert now <= self.orders[key].payBy

    def Authorized(self, now: int, key: bytes, _m: str, _p: str, order: Any, _splits: Any) -> None:
        self._met(key, order, Payment(0, 0, State.AUTHORIZED))
        assert now <= self.orders[key].payBy
        assert now < self.orders[key].captureBy

    def _end(self, key: bytes, payment: Payment) -> None:
        assert self.payments[key].state == State.AUTHORIZED
        self.payments[key] = payment

    def Captured(self, now: int, key: bytes, captured: int, returned: int) -> None:
        order = self.orders[key]
        assert now <= order.captureBy
        assert captured + returned == order.amount
        self._end(key, Payment(captured, 0, State.CAPTURED))

    def Voided(self, _now: int, key: bytes) -> None:
        self._end(key, Payment(0, 0, State.RELEASED))

    def Reclaimed(self, now: int, key: bytes) -> None:
        assert now > self.orders[key].captureBy
        self._end(key, Payment(0, 0, State.RELEASED))

    def Refunded(self, now: int, key: bytes, total: int) -> None:
        payment = self.payments[key]
        assert payment.refunded < total <= payment.captured
        assert now <= self.orders[key].refundUntil
        self.payments[key] = payment._replace(refunded=total)

    def EarnSkipped(self, *_: Any) -> None:
        pass


class SubscriptionReplay:
    """Plans, subscriptions, and the time and money that went into each."""

    def __init__(self) -> None:
        self.plans: dict[int, Plan] = {}
        self.told: dict[bytes, Subscription] = {}
        self.notes: dict[bytes, Note] = {}
        self.customers: dict[bytes, bytes] = {}
        self.trials: set[tuple[str, str]] = set()
        self.began: dict[bytes, int] = {}
        self.service: Counter[bytes] = Counter()  # seconds: periods, trial, grants and pauses
        self.lapsed: Counter[bytes] = Counter()  # seconds without service before a reactivation
        self.paid: Counter[bytes] = Counter()
        self.returned: Counter[bytes] = Counter()

    def _set(self, key: bytes, **parts: Any) -> Subscription:
        self.told[key] = self.told[key]._replace(**parts)
        return self.told[key]

    def _note(self, key: bytes, **parts: Any) -> None:
        self.notes[key] = self.notes.get(key, Note())._replace(**parts)
        if key in self.told:
            self._set(key, noted=True)

    def _decided(self, key: bytes) -> None:
        self._set(key, seq=(self.told[key].seq + 1) % 2**16)

    # Plans

    def PlanCreated(self, _now: int, number: int, merchant: str, _ref: bytes, plan: Any) -> None:
        assert number == len(self.plans) + 1
        self.plans[number] = Plan(*plan)
        assert self.plans[number].merchant == merchant

    def PlanPriced(self, _now: int, number: int, price: int, fee: int) -> None:
        assert not self.plans[number].closed
        self.plans[number] = self.plans[number]._replace(price=price, callerFee=fee)

    def PlanClosed(self, _now: int, number: int) -> None:
        self.plans[number] = self.plans[number]._replace(closed=True)

    # Subscriptions

    def Subscribed(
        self,
        now: int,
        key: bytes,
        number: int,
        payer: str,
        cap: int,
        through: int,
        _ref: bytes,
        customer: bytes,
        _campaign: bytes,
    ) -> None:
        assert key not in self.told
        plan = self.plans[number]
        if through > now:
            assert (plan.merchant, payer) not in self.trials, "a second trial"
            assert through == now + plan.trial
            self.trials.add((plan.merchant, payer))
        noted, earning = key in self.notes, customer != bytes(32)
        made = Subscription(payer, through, 0, 0, Mode.RUNNING, noted, earning, cap)
        self.told[key] = made._replace(planId=number)
        self.began[key] = now
        self.service[key] = through - now
        if earning:
            self.customers[key] = customer

    def Charged(
        self, now: int, key: bytes, number: int, payer: str, amount: int, cycle: int, through: int
    ) -> None:
        s, plan = self.told[key], self.plans[number]
        assert s.mode == Mode.RUNNING, "charged after a cancellation or in a pause"
        assert (number, payer, cycle) == (s.coming, s.payer, s.cycles + 1)
        assert not plan.closed
        assert not 0 < plan.maxCycles < cycle
        assert amount <= plan.price <= s.priceCap, "charged above the price or the cap"
        start = through - plan.period
        assert s.paidThrough <= now < through, "charged early, or for a period that is over"
        if now >= s.paidThrough + plan.grace:
            assert start == now, "a lapsed subscription begins anew now"
            self.lapsed[key] += start - s.paidThrough
            self._decided(key)
        else:
            assert start == s.paidThrough, "periods follow each other from the anchor"
        self._set(key, planId=number, nextPlanId=0, paidThrough=through, cycles=cycle)
        self._set(key, lastPaid=amount)
        self.service[key] += plan.period
        self.paid[key] += amount
        if key in self.notes:
            left = max(0, self.notes[key].discountCycles - 1)
            self._note(key, basis=0, discountCycles=left)

    def ChargeFailed(self, *_: Any) -> None:
        pass

    def EarnSkipped(self, *_: Any) -> None:
        pass

    def PriceAccepted(self, _now: int, key: bytes, cap: int) -> None:
        self._decided(key)
        self._set(key, priceCap=cap)

    def PlanChanged(self, now: int, key: bytes, number: int, cap: int, paid: int) -> None:
        s = self.told[key]
        assert s.mode == Mode.RUNNING
        assert now < s.paidThrough
        assert self.plans[number].merchant == self.plans[s.planId].merchant
        assert self.plans[number].price <= cap
        self._decided(key)
        self._set(key, planId=number, nextPlanId=0, priceCap=cap, lastPaid=s.lastPaid + paid)
        self.paid[key] += paid
        if s.cycles:
            self._note(key, basis=self.plans[number].price)

    def PlanChangeSet(self, _now: int, key: bytes, number: int, cap: int) -> None:
        self._decided(key)
        coming = 0 if number == self.told[key].planId else number
        self._set(key, nextPlanId=coming, priceCap=cap)

    def Paused(self, now: int, key: bytes) -> None:
        s = self.told[key]
        assert s.mode == Mode.RUNNING
        assert now < s.paidThrough, "paused what was not paid for"
        self._decided(key)
        self._set(key, mode=Mode.PAUSED)
        self._note(key, pausedAt=now)

    def _ended_pause(self, now: int, key: bytes, through: int) -> None:
        note, added = self.notes[key], through - self.told[key].paidThrough
        assert 0 <= added <= now - note.pausedAt, "a pause gave more than its length"
        assert note.pausedTotal + added <= MAX_PAUSE
        self._note(key, pausedAt=0, pausedTotal=note.pausedTotal + added)
        self.service[key] += added

    def Resumed(self, now: int, key: bytes, through: int) -> None:
        self._ended_pause(now, key, through)
        self._decided(key)
        self._set(key, mode=Mode.RUNNING, paidThrough=through)

    def Cancelled(self, now: int, key: bytes, through: int, _by_merchant: bool) -> None:
        assert self.told[key].mode != Mode.CANCELLED
        if self.told[key].mode == Mode.PAUSED:
            self._ended_pause(now, key, through)
        assert through >= self.told[key].paidThrough, "cancelling took time away"
        self._decided(key)
        self._set(key, mode=Mode.CANCELLED, paidThrough=through)

    def TimeGranted(self, now: int, key: bytes, through: int) -> None:
        s = self.told[key]
        assert s.mode == Mode.RUNNING
        assert through > max(now, s.paidThrough)
        self.service[key] += through - s.paidThrough
        self._set(key, paidThrough=through)

    def Refunded(self, _now: int, key: bytes, cycle: int, amount: int, kept: int) -> None:
        s = self.told[key]
        assert cycle == s.cycles
        assert amount + kept == s.lastPaid, "refunded what was not paid"
        self.returned[key] += amount
        assert self.returned[key] <= self.paid[key]
        if key in self.notes:
            self._note(key, basis=-(-self.notes[key].basis * kept // s.lastPaid))
        self._set(key, lastPaid=kept)

    def CouponRedeemed(self, _now: int, key: bytes, _coupon: bytes, bps: int, cycles: int) -> None:
        if key in self.told:
            self._decided(key)
        self._note(key, discountBps=bps, discountCycles=cycles)


def replayed(log: Iterable[tuple[int, Event]]) -> tuple[PaymentReplay, SubscriptionReplay]:
    """Both contracts from the suite's log."""
    payments, subscriptions = PaymentReplay(), SubscriptionReplay()
    readers: dict[str, Any] = {"Payments": payments, "Subscriptions": subscriptions}
    for now, event in log:
        if event.contract in readers:
            getattr(readers[event.contract], event.name)(now, *event.args)
    return payments, subscriptions
