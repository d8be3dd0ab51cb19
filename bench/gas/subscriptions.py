"""Subscriptions, measured beside the floor of their promise.

The merchant held some of the token before; points are earned where the operation says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.gas.chain import Contract
from bench.gas.figures import BATCH, CHARGES, Operation
from bench.gas.floor import Line, call, changed, fresh, log, moved, read, recovery, touched
from bench.gas.money import PERIOD, PRICE, Money
from bench.gas.packages import BenchError
from bench.gas.suite import DAY, DEADLINE, DEADLINE_SECONDS, NOBODY, Suite, ref, wallet
from rapport.subscriptions import Instruction, Subscribe

PART = PRICE // 5
DEARER = 2 * PRICE
CAP = 10 * PRICE
TRIAL = 14 * DAY
GRACE = 7 * DAY
LATE = DAY  # after the period's end that charges come
_SIGNER = 400  # wallets of other numbers are used elsewhere in the run

WHO = "the subscription: payer, time, cycles, sequence"
TERMS = "the subscription: cap, last charge, plan"
OFFER = (read("the plan: merchant, period"), read("the plan: token, price"))


@dataclass
class _Shop:
    """A merchant with plans, and payers who were not there before."""

    suite: Suite
    plans: int = 0
    payers: int = 0

    @property
    def money(self) -> Money:
        return self.suite.money

    @property
    def contract(self) -> Contract:
        return self.suite.subscriptions

    def terms(self, price: int, trial: int = 0) -> tuple[Any, ...]:
        """A plan, as the contract takes it."""
        merchant, token = self.money.merchant, self.money.token.address
        return (merchant, PERIOD, trial, GRACE, token, 0, False, price, 0)

    def plan(self, price: int = PRICE, trial: int = 0) -> int:
        self.plans += 1
        made = (ref(f"plan {self.plans}"), self.terms(price, trial))
        self.contract.send(self.money.merchant, "createPlan", *made)
        return self.plans

    def payer(self) -> str:
        self.payers += 1
        return self.money.customer(f"subscriber {self.payers}", self.contract)

    def asked(self, payer: str, plan: int, customer: bytes = NOBODY) -> tuple[Any, ...]:
        """What a payer asks for, as the contract takes it."""
        about = (customer, ref("campaign"), NOBODY, DEADLINE_SECONDS)
        return (payer, plan, CAP, ref(f"subscription of {payer}"), *about)

    def id(self, payer: str) -> bytes:
        found: bytes = self.contract.call("idOf", payer, ref(f"subscription of {payer}"))
        return found

    def subscribed(self, plan: int, customer: bytes = NOBODY) -> tuple[str, bytes]:
        """A payer, and the subscription that they have begun."""
        payer = self.payer()
        self.contract.send(payer, "subscribe", self.asked(payer, plan, customer))
        return payer, self.id(payer)

    def entitled(self, subscription: bytes, expected: bool = True) -> None:
        """
        Raises:
            BenchError: What is paid for cannot be used, or what is not can.
        """
        if self.contract.call("isEntitled", subscription) != expected:
            raise BenchError(f"isEntitled is {not expected}, where the table has the other")

    @property
    def paying(self) -> Line:
        return moved(self.money.token.abi, "the price")


def measure(suite: Suite) -> None:
    """
    Every operation of subscriptions, each transaction checked for the money that it moved. One
    period passes.
    """
    shop = _Shop(suite)
    suite.money.allow(suite.money.merchant, shop.contract.address)
    plan = _opened(shop)
    _subscribed(shop, plan)
    _decided(shop, plan)
    due = _before_they_are_due(shop, plan)
    suite.chain.wait(PERIOD + LATE)
    _charged(shop, due)
    _earned(shop, due)


@dataclass
class _Due:
    """Subscriptions that are to be charged after a period."""

    one: tuple[str, bytes]
    few: list[tuple[str, bytes]]
    many: list[tuple[str, bytes]]
    earning: tuple[str, bytes]
    customer: bytes
    other: tuple[str, bytes]


def _opened(shop: _Shop) -> int:
    """The number of a plan, measured after another was made."""
    suite, contract, merchant = shop.suite, shop.contract, shop.money.merchant
    shop.plan(trial=TRIAL)
    lines = (
        changed("the number of plans"),
        fresh("the plan: merchant, period"),
        fresh("the plan: token, price"),
        fresh("that the reference is used"),
        log(contract.abi, "PlanCreated"),
    )
    made = (ref("plan measured"), shop.terms(PRICE))
    suite.measure(Operation.PLAN, lines, contract, "createPlan", *made, sender=merchant)
    shop.plans += 1
    if contract.call("plans") != shop.plans:
        raise BenchError("the plan that was measured is not the last one")
    return shop.plans


def _subscribed(shop: _Shop, plan: int) -> None:
    suite, money, contract, merchant = shop.suite, shop.money, shop.contract, shop.money.merchant
    record = (fresh(WHO), fresh(TERMS), *OFFER, log(contract.abi, "Subscribed"))
    lines = (*record, shop.paying, log(contract.abi, "Charged"))
    shop.subscribed(plan)

    payer = shop.payer()
    with money.moving("a subscription", {payer: -PRICE, merchant: PRICE}):
        asked = (contract, "subscribe", shop.asked(payer, plan))
        suite.measure(Operation.SUBSCRIBE, lines, *asked, sender=payer)
        contract.send(payer, "subscribe", shop.asked(payer, plan))
    shop.entitled(shop.id(payer))
    question = (call("the subscriptions"), read(WHO))
    suite.ask(Operation.IN_FORCE_ASKED, question, "isEntitled", contract, shop.id(payer))

    payer, trial = shop.payer(), (*record, fresh("that the trial was had"))
    with money.moving("a trial", {payer: 0, merchant: 0}):
        asked = (contract, "subscribe", shop.asked(payer, 1))
        suite.measure(Operation.SUBSCRIBE_TRIAL, trial, *asked, sender=payer)
    shop.entitled(shop.id(payer))

    account = wallet(_SIGNER)
    payer = suite.chain.fund(account.address)
    money.token.send(payer, "mint", payer, 10 * PRICE)
    money.allow(payer, contract.address)
    terms = shop.asked(payer, plan)
    intent = Subscribe(*terms[:-1], DEADLINE)
    signed = suite.sign(account, contract, intent)
    with money.moving("a signed subscription", {payer: -PRICE, merchant: PRICE}):
        suite.measure(
            Operation.SUBSCRIBE_SIGNED,
            (*lines, recovery("the payer's")),
            contract,
            "subscribeBySig",
            terms,
            signed,
        )
    cancelling = Instruction("cancel", shop.id(payer), 0, 0, 0, 0, DEADLINE)
    signed = suite.sign(account, contract, cancelling)
    suite.measure(
        Operation.CANCEL_SIGNED,
        (changed(WHO), log(contract.abi, "Cancelled"), recovery("the payer's")),
        contract,
        "instruct",
        (0, shop.id(payer), 0, 0, 0, 0, DEADLINE_SECONDS),
        signed,
    )


def _decided(shop: _Shop, plan: int) -> None:
    suite, money, contract, merchant = shop.suite, shop.money, shop.contract, shop.money.merchant
    dearer = shop.plan(DEARER)
    note = fresh("what few subscriptions have")

    payer, one = shop.subscribed(plan)
    suite.chain.wait(DAY)
    both = (*OFFER, read("the other plan: merchant, period"), read("the other plan: token, price"))
    lines = (changed(WHO), changed(TERMS), note, *both, shop.paying)
    lines = (*lines, log(contract.abi, "PlanChanged"))
    before = money.balance(merchant)
    change = (contract, "changePlan", one, dearer, CAP, CAP)
    suite.measure(Operation.CHANGE_PLAN, lines, *change, sender=payer)
    if not 0 < money.balance(merchant) - before < DEARER - PRICE:
        raise BenchError("a change of plan did not take the difference for the rest of the period")

    payer, one = shop.subscribed(plan)
    lines = (changed(WHO), read(TERMS), OFFER[0], note, log(contract.abi, "Paused"))
    suite.measure(Operation.PAUSE, lines, contract, "pause", one, sender=payer)
    shop.entitled(one, False)
    noted = changed("what few subscriptions have")
    lines = (changed(WHO), noted, log(contract.abi, "Resumed"))
    suite.measure(Operation.RESUME, lines, contract, "resume", one, sender=payer)
    shop.entitled(one)

    until = suite.chain.now + 2 * PERIOD
    lines = (changed(WHO), read(TERMS), OFFER[0], log(contract.abi, "TimeGranted"))
    suite.measure(Operation.GRANT_TIME, lines, contract, "grantTime", one, until, sender=merchant)
    contract.send(merchant, "grantTime", one, until)

    lines = (changed(WHO), log(contract.abi, "Cancelled"))
    suite.measure(Operation.CANCEL, lines, contract, "cancel", one, sender=payer)
    contract.send(payer, "cancel", one)
    if contract.call("statusOf", one) != 6:
        raise BenchError("a cancelled subscription is not cancelled")

    payer, one = shop.subscribed(plan)
    lines = (read(WHO), changed(TERMS), *OFFER)
    lines = (*lines, moved(money.token.abi, "what is given back"), log(contract.abi, "Refunded"))
    with money.moving("a refund of a charge", {merchant: -PART, payer: PART}):
        back = (contract, "refund", one, 1, PRICE - PART)
        suite.measure(Operation.CHARGE_REFUND, lines, *back, sender=merchant)
        contract.send(merchant, "refund", one, 1, PRICE - PART)


def _before_they_are_due(shop: _Shop, plan: int) -> _Due:
    other, customer = shop.suite.existing(2)
    return _Due(
        shop.subscribed(plan),
        [shop.subscribed(plan) for _ in range(CHARGES)],
        [shop.subscribed(plan) for _ in range(BATCH)],
        shop.subscribed(plan, customer),
        customer,
        shop.subscribed(plan, other),
    )


def _charged(shop: _Shop, due: _Due) -> None:
    suite, money, contract, merchant = shop.suite, shop.money, shop.contract, shop.money.merchant
    told = log(contract.abi, "Charged")
    payer, one = due.one
    shop.entitled(one, False)
    lines = (changed(WHO), read(TERMS), *OFFER, shop.paying, told)
    with money.moving("a charge", {payer: -PRICE, merchant: PRICE}):
        suite.measure(Operation.CHARGE, lines, contract, "charge", one)
    again = contract.attempt(suite.staff, "charge", one)
    if again.succeeded:
        raise BenchError("a period can be charged twice")
    shop.entitled(one)

    first = touched("the token, the merchant's balance")
    each = moved(money.token.abi, "the price", first=False)
    offer = tuple(line.once() for line in OFFER)
    lines = (changed(WHO), read(TERMS), *offer, first, each, told)
    for operation, batch in (
        (Operation.CHARGE_BATCH, due.few),
        (Operation.CHARGE_MANY, due.many),
    ):
        gains = dict.fromkeys((payer for payer, _ in batch), -PRICE)
        with money.moving("a batch of charges", gains | {merchant: len(batch) * PRICE}):
            ids = [number for _, number in batch]
            call_ = (contract, "chargeBatch", ids)
            suite.measure(operation, lines, *call_, count=len(batch))
            contract.send(suite.staff, "chargeBatch", ids)


def _earned(shop: _Shop, due: _Due) -> None:
    """A renewal with points, and a part of it given back."""
    suite, money, contract, merchant = shop.suite, shop.money, shop.contract, shop.money.merchant
    contract.send(suite.staff, "charge", due.other[1])
    contract.send(merchant, "refund", due.other[1], 2, PRICE - PART)

    payer, one = due.earning
    before = suite.balance(due.customer)
    charged = changed("who earns, and the last charge")
    lines = (changed(WHO), read(TERMS), *OFFER, shop.paying, log(contract.abi, "Charged"))
    lines = (*lines, read("who earns"), charged, *suite.earning())
    with money.moving("a charge that earns", {payer: -PRICE, merchant: PRICE}):
        suite.measure(Operation.CHARGE_EARN, lines, contract, "charge", one)
    if suite.balance(due.customer) <= before:
        raise BenchError("a charge earned nothing, where the table says that it earns")
