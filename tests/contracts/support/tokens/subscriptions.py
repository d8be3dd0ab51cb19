"""The paths of money in Subscriptions, which never holds any."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.stand import GENESIS, Due, Met, Stand

DAY = 86_400
PERIOD = 30 * DAY
FAR = GENESIS + 1_000 * DAY
LARGEST = 2**96 - 1
MONTHLY, DOUBLE, OTHERS = 1, 2, 3  # plans


class Counter(Stand):
    """Subscriptions, with a plan, one of twice the price, and one in a good token."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind, "Subscriptions")
        self.price = min(kind.amount, LARGEST // 2)
        self.fee = self.price // 4  # of whoever charges
        self.good = self.money()
        self.plan(1, self.token, self.price)
        self.plan(2, self.token, 2 * self.price)
        self.plan(3, self.good, self.price)

    def plan(self, number: int, token: Contract, price: int) -> None:
        merchant = self.who["merchant"]
        times = (PERIOD, 0, PERIOD)
        terms = (merchant, *times, token.address, 0, False, price, self.fee)
        self.house.createPlan(number.to_bytes(32, "big"), terms, sender=merchant)

    def subscribe(self, number: int = 1, plan: int = MONTHLY) -> bytes:
        ref = number.to_bytes(32, "big")
        none = (bytes(32),) * 3
        terms = (self.who["payer"], plan, 2 * self.price, ref, *none, FAR)
        found: bytes = self.house.subscribe(terms, sender=self.who["payer"])[0]
        return found

    def watch(self, act: Callable[[], Any], due: Due) -> Met:
        """As `meet`; a refusal must leave the subscription as it was, and nothing stays here."""
        key = self.house.idOf(self.who["payer"], (1).to_bytes(32, "big"))
        before = self.house.subscription(key)
        met = self.meet(act, due, lambda: 0)
        assert self.token.held(self.house.address) == 0
        if met.word == "refused":
            assert self.house.subscription(key) == before
        return met

    def refusal(self) -> Refused:
        """Why the charge of a batch failed, as its event says."""
        (_, reason) = next(e.args for e in self.evm.logs if e.name == "ChargeFailed")
        return Refused(self.house.errors[reason][0] if any(reason) else "")

    def due_charge(self, fee: int) -> Due:
        moves = {"payer": -self.price, "merchant": self.price - fee, "caller": fee}
        return Due(moves, ("merchant",), ("payer",))


def _subscribe(kind: Kind) -> Met:
    counter = Counter(kind)
    return counter.watch(counter.subscribe, counter.due_charge(0))


def _charge(kind: Kind) -> Met:
    counter = Counter(kind)
    key = counter.subscribe()
    counter.evm.warp(GENESIS + PERIOD)
    act = partial(counter.house.charge, key, sender=counter.who["caller"])
    return counter.watch(act, counter.due_charge(counter.fee))


def _charge_batch(kind: Kind) -> Met:
    """The odd one comes first; a good one after it must be charged whatever it does."""
    counter = Counter(kind)
    key, good = counter.subscribe(), counter.subscribe(2, OTHERS)
    counter.evm.warp(GENESIS + PERIOD)
    met: list[bool] = []

    def act() -> None:
        met.extend(counter.house.chargeBatch([key, good], sender=counter.who["caller"]))
        if not met[0]:
            raise counter.refusal()

    found = counter.watch(act, counter.due_charge(counter.fee))
    assert met[1], "a good token was not charged"
    assert counter.good.held(counter.who["caller"]) == counter.fee
    return found


def _change_plan(kind: Kind) -> Met:
    """At once to a plan of twice the price, half a period in: half a price is due."""
    counter = Counter(kind)
    key = counter.subscribe()
    counter.evm.warp(GENESIS + PERIOD // 2)
    half = counter.price - counter.price // 2  # what is new rounds up, what is paid down
    arguments = (key, DOUBLE, 2 * counter.price, counter.price)
    act = partial(counter.house.changePlan, *arguments, sender=counter.who["payer"])
    due = Due({"payer": -half, "merchant": half}, ("merchant",), ("payer",))
    return counter.watch(act, due)


def _refund(kind: Kind) -> Met:
    counter = Counter(kind)
    key = counter.subscribe()
    act = partial(counter.house.refund, key, 1, 0, sender=counter.who["merchant"])
    moves = {"merchant": -counter.price, "payer": counter.price}
    return counter.watch(act, Due(moves, ("payer",), ("merchant",)))


PATHS: dict[str, Callable[[Kind], Met]] = {
    "subscribe": _subscribe,
    "charge": _charge,
    "chargeBatch": _charge_batch,
    "changePlan": _change_plan,
    "refund": _refund,
}
