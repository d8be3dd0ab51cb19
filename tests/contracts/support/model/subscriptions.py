"""Subscriptions in plain Python, from the prose of ISubscriptions."""

from __future__ import annotations

from enum import IntEnum
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.model.earn import EarnModel, asset_of, renewal_of
from tests.contracts.support.model.earning import NO_CUSTOMER
from tests.contracts.support.model.ledger import Ledger, Signed, check_sequence
from tests.contracts.support.model.money import TokenModel
from tests.contracts.support.model.plans import ALL, Coupon, Plan, PlansModel, fits
from tests.contracts.support.model.reasons import reason

MAX_PAUSE = 365 * 86_400
MAX_GRANT = 3_660 * 86_400
UINT96 = 2**96
ACTIONS = ("cancel", "pause", "resume", "reactivate", "accept price", "change plan")


class Status(IntEnum):
    """As in the interface."""

    NONE = 0
    TRIALING = 1
    ACTIVE = 2
    PAST_DUE = 3
    PAUSED = 4
    LAPSED = 5
    CANCELLED = 6
    COMPLETED = 7


class Mode(IntEnum):
    """As in the interface."""

    NONE = 0
    RUNNING = 1
    PAUSED = 2
    CANCELLED = 3


class Subscription(NamedTuple):
    """As in the interface."""

    payer: str = "0x" + "00" * 20
    paidThrough: int = 0
    cycles: int = 0
    seq: int = 0
    mode: int = Mode.NONE
    noted: bool = False
    earning: bool = False
    priceCap: int = 0
    lastPaid: int = 0
    planId: int = 0
    nextPlanId: int = 0

    @property
    def coming(self) -> int:
        """The plan that the next charge is under."""
        return self.nextPlanId or self.planId


class Note(NamedTuple):
    """As in the interface."""

    basis: int = 0
    discountBps: int = 0
    discountCycles: int = 0
    pausedAt: int = 0
    pausedTotal: int = 0


class Terms(NamedTuple):
    """As in the interface."""

    payer: str
    planId: int
    priceCap: int
    ref: bytes
    customerId: bytes
    campaign: bytes
    coupon: bytes
    deadline: int


class Instruction(NamedTuple):
    """As in the interface."""

    action: int
    subscriptionId: bytes
    planId: int
    priceCap: int
    maxPay: int
    seq: int
    deadline: int

    @property
    def content(self) -> tuple[Any, ...]:
        """As it is signed."""
        return ("Instruction", ACTIONS[self.action], *self[1:])


def id_of(payer: str, ref: bytes) -> bytes:
    return keccak(encode(["address", "bytes32"], [payer, ref]))


def discounted(price: int, note: Note) -> int:
    """A price less a coupon; what is taken off is rounded down."""
    if note.discountCycles == 0:
        return price
    return price - floor(Fraction(price * note.discountBps, ALL))


def difference(basis: int, period: int, price: int, new_period: int, left: int) -> int:
    """What the rest of a period costs more under a new price; what is new rounds up."""
    worth = ceil(Fraction(price * left, new_period))
    return max(0, worth - floor(Fraction(basis * left, period)))


class SubscriptionsModel(PlansModel):
    """Who subscribes to what, paid until when."""

    def __init__(
        self, chain: Ledger, at: Contract, rules: EarnModel, tokens: dict[str, TokenModel]
    ) -> None:
        super().__init__(chain, at, rules, tokens)
        self.subscriptions: dict[bytes, Subscription] = chain.table()
        self.notes: dict[bytes, Note] = chain.table()
        self.customers: dict[bytes, bytes] = chain.table()
        self.charged: dict[bytes, int] = chain.table()  # by the last charge
        self.trials: dict[tuple[str, str], bool] = chain.table()

    # Reading

    def subscription(self, key: bytes) -> Subscription:
        return self.subscriptions.get(key, Subscription())

    def note(self, key: bytes) -> Note:
        return self.notes.get(key, Note())

    def known(self, key: bytes) -> Subscription:
        if key not in self.subscriptions:
            raise Refused("UnknownSubscription", key)
        return self.subscriptions[key]

    def status(self, s: Subscription) -> Status:
        if s.mode == Mode.CANCELLED:
            return Status.CANCELLED
        if s.mode == Mode.PAUSED:
            return Status.PAUSED
        if self.chain.now < s.paidThrough:
            return Status.ACTIVE if s.cycles else Status.TRIALING
        plan = self.plan(s.coming)
        if plan.maxCycles and s.cycles >= plan.maxCycles:
            return Status.COMPLETED
        late = self.chain.now - s.paidThrough
        return Status.PAST_DUE if late < plan.grace else Status.LAPSED

    def status_of(self, key: bytes) -> Status:
        return self.status(self.known(key)) if key in self.subscriptions else Status.NONE

    def is_entitled(self, key: bytes) -> bool:
        s = self.subscription(key)
        return s.mode != Mode.PAUSED and self.chain.now < s.paidThrough

    def next_charge(self, key: bytes) -> tuple[int, int, bool, bytes]:
        s = self.known(key)
        plan = self.plan(s.coming)
        amount = discounted(plan.price, self.note(key))
        why = self._hindrance(s, plan, amount)
        return s.paidThrough, amount, not why, reason(why) if why else bytes(4)

    def _hindrance(self, s: Subscription, plan: Plan, amount: int) -> str:
        status, token = self.status(s), self.tokens[plan.token]
        if plan.closed:
            return "PlanIsClosed"
        if status in (Status.TRIALING, Status.ACTIVE):
            return "NotDue"
        if status != Status.PAST_DUE:
            return "WrongStatus"
        if plan.price > s.priceCap:
            return "PriceAboveCap"
        can = min(token.balance(s.payer), token.allowance(s.payer, self.address))
        return "" if can >= amount else "TransferFailed"

    def quote_change(self, key: bytes, number: int) -> tuple[int, bool]:
        s = self.known(key)
        return self._quote(key, s, self._exchangeable(s.planId, number))

    def charge_ref(self, key: bytes, cycle: int) -> bytes:
        return keccak(encode(["address", "bytes32", "uint16"], [self.address, key, cycle]))

    # Subscribing

    def subscribe(self, sender: str, terms: Terms) -> tuple[bytes, bool]:
        if self._stands(terms):
            return id_of(terms.payer, terms.ref), False
        if sender != terms.payer:
            raise Refused("NotPayer", terms.payer, sender)
        self._in_time(terms)
        return self._subscribe(terms)

    def subscribeBySig(self, _sender: str, terms: Terms, signed: Signed) -> tuple[bytes, bool]:
        if self._stands(terms):
            return id_of(terms.payer, terms.ref), False
        self.chain.check_intent(terms.payer, ("Subscribe", *terms), terms.deadline, signed)
        return self._subscribe(terms)

    def subscribeWithCoupon(
        self, sender: str, terms: Terms, signed: Signed, coupon: Coupon, granted: Signed
    ) -> tuple[bytes, bool]:
        key = id_of(terms.payer, terms.ref)
        if self._stands(terms):
            return key, False
        if sender == terms.payer:
            self._in_time(terms)
        else:
            self.chain.check_intent(terms.payer, ("Subscribe", *terms), terms.deadline, signed)
        fits(terms.coupon == self.coupon_id(coupon), "BadCoupon", "coupon")
        self._discount(key, terms.payer, terms.planId, coupon, granted)
        return self._begin(key, terms, noted=True)

    def _stands(self, terms: Terms) -> bool:
        present = self.subscription(id_of(terms.payer, terms.ref))
        if present.mode != Mode.NONE and present.planId != terms.planId:
            raise Refused("RefConflict", terms.ref)
        return present.mode != Mode.NONE

    def _in_time(self, terms: Terms) -> None:
        if self.chain.now > terms.deadline:
            raise Refused("Expired", terms.deadline, self.chain.now)

    def _subscribe(self, terms: Terms) -> tuple[bytes, bool]:
        fits(terms.coupon == bytes(32), "BadCoupon", "coupon")
        return self._begin(id_of(terms.payer, terms.ref), terms, noted=False)

    def _begin(self, key: bytes, terms: Terms, noted: bool) -> tuple[bytes, bool]:
        plan, now = self.open_plan(terms.planId), self.chain.now
        earning = terms.customerId != NO_CUSTOMER
        if earning:
            self.customers[key] = terms.customerId
        trial = 0 if (plan.merchant, terms.payer) in self.trials else plan.trial
        s = Subscription(
            terms.payer, now + trial, 0, 0, Mode.RUNNING, noted, earning, terms.priceCap
        )._replace(planId=terms.planId)
        told = (terms.priceCap, now + trial, terms.ref, terms.customerId, terms.campaign)
        self.emit("Subscribed", key, terms.planId, terms.payer, *told)
        if trial:
            self._agreed(plan.price, terms.priceCap)
            self.trials[plan.merchant, terms.payer] = True
            self.subscriptions[key] = s
        else:
            self._take(key, s, plan)
        return key, True

    # Charging

    def charge(self, sender: str, key: bytes) -> int:
        s = self.known(key)
        s = s._replace(planId=s.coming, nextPlanId=0)
        plan = self.open_plan(s.planId)
        status = self.status(s)
        if status in (Status.TRIALING, Status.ACTIVE):
            raise Refused("NotDue", self.chain.now, s.paidThrough)
        if status != Status.PAST_DUE:
            raise Refused("WrongStatus", key, status)
        return self._take(key, s, plan, sender)

    def chargeBatch(self, sender: str, keys: list[bytes]) -> tuple[bool, ...]:
        return tuple(self._charge_apart(sender, key) for key in keys)

    def _charge_apart(self, sender: str, key: bytes) -> bool:
        try:
            self.chain.within(self.charge, sender, key)
        except Refused as refusal:
            self.emit("ChargeFailed", key, reason(refusal.name))
            return False
        return True

    def chargeFor(self, sender: str, *_charge: bytes | str | int) -> int:
        raise Refused("NotSelf", sender)

    def _take(self, key: bytes, s: Subscription, plan: Plan, caller: str | None = None) -> int:
        """One period's price, from where the period begins."""
        self._agreed(plan.price, s.priceCap)
        note = self.note(key)
        amount = discounted(plan.price, note)
        if key in self.notes:
            left = max(0, note.discountCycles - 1)
            self.notes[key] = note._replace(discountCycles=left, basis=0)
        s = s._replace(
            paidThrough=s.paidThrough + plan.period, cycles=s.cycles + 1, lastPaid=amount
        )
        self.subscriptions[key] = s
        self.emit("Charged", key, s.planId, s.payer, amount, s.cycles, s.paidThrough)
        token = self.tokens[plan.token]
        fee = min(plan.callerFee, amount) if caller else 0
        if caller and fee and caller != s.payer:  # one who charges itself keeps the fee
            token.pull(self.address, s.payer, caller, fee)
        if amount > fee:
            token.pull(self.address, s.payer, plan.merchant, amount - fee)
        if s.earning:
            self.charged[key] = amount
            ref, asset = self.charge_ref(key, s.cycles), self._asset(plan, s.cycles)
            self.earn(plan.merchant, self.customers[key], ref, asset, amount)
        return amount

    @staticmethod
    def _asset(plan: Plan, cycle: int) -> bytes:
        """What a first charge buys is a purchase; then it renews."""
        asset = asset_of(plan.token)
        return asset if cycle == 1 else renewal_of(asset)

    @staticmethod
    def _agreed(price: int, cap: int) -> None:
        if price > cap:
            raise Refused("PriceAboveCap", price, cap)

    # What the payer decides

    def _decided(self, sender: str, key: bytes) -> Subscription:
        s = self.known(key)
        if sender != s.payer:
            raise Refused("NotPayer", s.payer, sender)
        return self._moved_on(s)

    @staticmethod
    def _moved_on(s: Subscription) -> Subscription:
        return s._replace(seq=(s.seq + 1) % 2**16)

    def acceptPrice(self, sender: str, key: bytes, cap: int) -> None:
        self._accept(key, self._decided(sender, key), cap)

    def changePlan(self, sender: str, key: bytes, number: int, cap: int, most: int) -> int:
        return self._change(key, self._decided(sender, key), number, cap, most)

    def pause(self, sender: str, key: bytes) -> None:
        self._pause(key, self._decided(sender, key))

    def resume(self, sender: str, key: bytes) -> None:
        self._resume(key, self._decided(sender, key))

    def reactivate(self, sender: str, key: bytes) -> int:
        return self._reactivate(key, self._decided(sender, key))

    def cancel(self, sender: str, key: bytes) -> bool:
        s = self.known(key)
        if sender != s.payer:
            self.own_plan(sender, s.planId)
        return self._cancel(key, s, sender != s.payer)

    def instruct(self, _sender: str, told: Instruction, signed: Signed) -> None:
        key = told.subscriptionId
        s = self.known(key)
        check_sequence(told.seq, s.seq)
        self.chain.check_intent(s.payer, told.content, told.deadline, signed)
        action = ACTIONS[told.action]
        if action == "cancel":
            self._cancel(key, s, False)
            return
        s = self._moved_on(s)
        if action == "pause":
            self._pause(key, s)
        elif action == "resume":
            self._resume(key, s)
        elif action == "reactivate":
            self._reactivate(key, s)
        elif action == "accept price":
            self._accept(key, s, told.priceCap)
        else:
            self._change(key, s, told.planId, told.priceCap, told.maxPay)

    def redeem(self, sender: str, key: bytes, coupon: Coupon, granted: Signed) -> None:
        s = self._decided(sender, key)
        self._still_running(key, s)
        self._discount(key, s.payer, s.coming, coupon, granted)
        self.subscriptions[key] = s._replace(noted=True)

    def _discount(
        self, key: bytes, payer: str, number: int, coupon: Coupon, granted: Signed
    ) -> None:
        coupon_id = self.use_coupon(coupon, granted, payer, number)
        self.notes[key] = self.note(key)._replace(
            discountBps=coupon.bps, discountCycles=coupon.cycles
        )
        self.emit("CouponRedeemed", key, coupon_id, coupon.bps, coupon.cycles)

    def _refuse(self, key: bytes, s: Subscription) -> None:
        raise Refused("WrongStatus", key, self.status(s))

    def _still_running(self, key: bytes, s: Subscription) -> None:
        if self.status(s) in (Status.CANCELLED, Status.COMPLETED):
            self._refuse(key, s)

    def _accept(self, key: bytes, s: Subscription, cap: int) -> None:
        if s.mode == Mode.CANCELLED:
            self._refuse(key, s)
        self.subscriptions[key] = s._replace(priceCap=cap)
        self.emit("PriceAccepted", key, cap)

    def _change(self, key: bytes, s: Subscription, number: int, cap: int, most: int) -> int:
        if number == s.planId:
            self._still_running(key, s)
            self.subscriptions[key] = s._replace(nextPlanId=0, priceCap=cap)
            self.emit("PlanChangeSet", key, number, cap)
            return 0
        plan = self._exchangeable(s.planId, number)
        due, at_once = self._quote(key, s, plan)
        self._agreed(plan.price, cap)
        if due > most:
            raise Refused("PaysTooMuch", due, most)
        if not at_once:
            self.subscriptions[key] = s._replace(nextPlanId=number, priceCap=cap)
            self.emit("PlanChangeSet", key, number, cap)
            return 0
        if s.lastPaid + due >= UINT96:
            raise Refused("Panic", 0x11)
        s = s._replace(planId=number, nextPlanId=0, priceCap=cap, lastPaid=s.lastPaid + due)
        if s.cycles:
            self.notes[key] = self.note(key)._replace(basis=plan.price)
            s = s._replace(noted=True)
        self.subscriptions[key] = s
        self.emit("PlanChanged", key, number, cap, due)
        if due:
            self.tokens[plan.token].pull(self.address, s.payer, plan.merchant, due)
        return due

    def _exchangeable(self, present: int, number: int) -> Plan:
        old, new = self.plan(present), self.open_plan(number)
        if (old.merchant, old.token, old.maxCycles, 0) != (
            new.merchant,
            new.token,
            0,
            new.maxCycles,
        ):
            raise Refused("PlanNotExchangeable", present, number)
        return new

    def _quote(self, key: bytes, s: Subscription, plan: Plan) -> tuple[int, bool]:
        status = self.status(s)
        if status == Status.TRIALING:
            return 0, True
        if status in (Status.PAST_DUE, Status.LAPSED):
            return 0, False
        if status != Status.ACTIVE:
            self._refuse(key, s)
        present = self.plan(s.planId)
        if Fraction(plan.price, plan.period) <= Fraction(present.price, present.period):
            return 0, False
        basis = self.note(key).basis or s.lastPaid
        left = s.paidThrough - self.chain.now
        return difference(basis, present.period, plan.price, plan.period, left), True

    def _pause(self, key: bytes, s: Subscription) -> None:
        if self.status(s) not in (Status.TRIALING, Status.ACTIVE):
            self._refuse(key, s)
        note = self.note(key)
        if note.pausedTotal >= MAX_PAUSE:
            raise Refused("PauseExhausted", note.pausedTotal, MAX_PAUSE)
        self.notes[key] = note._replace(pausedAt=self.chain.now)
        self.subscriptions[key] = s._replace(mode=Mode.PAUSED, noted=True)
        self.emit("Paused", key)

    def _resume(self, key: bytes, s: Subscription) -> None:
        if s.mode != Mode.PAUSED:
            self._refuse(key, s)
        s = self._with_pause(key, s)._replace(mode=Mode.RUNNING)
        self.subscriptions[key] = s
        self.emit("Resumed", key, s.paidThrough)

    def _with_pause(self, key: bytes, s: Subscription) -> Subscription:
        """With the length of the pause added, as far as pauses can be."""
        note = self.note(key)
        total = min(MAX_PAUSE, note.pausedTotal + self.chain.now - note.pausedAt)
        self.notes[key] = note._replace(pausedAt=0, pausedTotal=total)
        return s._replace(paidThrough=s.paidThrough + total - note.pausedTotal)

    def _reactivate(self, key: bytes, s: Subscription) -> int:
        s = s._replace(planId=s.coming, nextPlanId=0)
        plan = self.open_plan(s.planId)
        if self.status(s) != Status.LAPSED:
            self._refuse(key, s)
        return self._take(key, s._replace(paidThrough=self.chain.now), plan)

    def _cancel(self, key: bytes, s: Subscription, by_merchant: bool) -> bool:
        if s.mode == Mode.CANCELLED:
            return False
        if s.mode == Mode.PAUSED:
            s = self._with_pause(key, s)
        s = self._moved_on(s)._replace(mode=Mode.CANCELLED)
        self.subscriptions[key] = s
        self.emit("Cancelled", key, s.paidThrough, by_merchant)
        return True

    # What the merchant gives

    def grantTime(self, sender: str, key: bytes, until: int) -> bool:
        s = self.known(key)
        self.own_plan(sender, s.planId)
        if until <= s.paidThrough:
            return False
        limit = self.chain.now + MAX_GRANT
        if not self.chain.now < until <= limit:
            raise Refused("BadGrant", until, limit)
        if self.status(s) not in (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE):
            self._refuse(key, s)
        self.subscriptions[key] = s._replace(paidThrough=until)
        self.emit("TimeGranted", key, until)
        return True

    def refund(self, sender: str, key: bytes, cycle: int, kept: int) -> bool:
        s = self.known(key)
        plan = self.own_plan(sender, s.planId)
        if cycle == 0 or cycle != s.cycles:
            raise Refused("NotTheLastCharge", cycle, s.cycles)
        if kept >= s.lastPaid:
            return False
        if key in self.notes:
            note = self.note(key)
            self.notes[key] = note._replace(basis=ceil(Fraction(note.basis * kept, s.lastPaid)))
        self.subscriptions[key] = s._replace(lastPaid=kept)
        self.emit("Refunded", key, cycle, s.lastPaid - kept, kept)
        self.tokens[plan.token].pull(self.address, sender, s.payer, s.lastPaid - kept)
        if s.earning:
            charged = self.charged[key]
            ref, asset = self.charge_ref(key, cycle), self._asset(plan, cycle)
            self.unearn(self.customers[key], ref, asset, charged, max(0, charged - kept))
        return True
