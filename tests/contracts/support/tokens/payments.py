"""The paths of money in Payments: each is made ready with a good token, which then turns odd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.stand import GENESIS, Due, Met, Stand

DAY = 86_400
CAPTURE_BY = GENESIS + 7 * DAY
SHARES = (("affiliate", 2_500), ("elsewhere", 0))  # a split of nothing moves nothing


@dataclass(frozen=True)
class Order:
    """The arguments of one order; the payer's unless told otherwise."""

    struct: tuple[Any, ...]
    splits: list[tuple[str, int]]


class Till(Stand):
    """Payments, with a bystander's money held beside."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind, "Payments")
        self.bystander = self.order("bystander", 1, CAPTURE_BY)
        self.authorize(self.bystander, "bystander")

    def order(self, payer: str, number: int, capture_by: int = 0, shares: Any = ()) -> Order:
        splits = [(self.who[name], bps) for name, bps in shares]
        times = (GENESIS + DAY, capture_by, GENESIS + 30 * DAY)
        parties = (self.who["merchant"], self.who[payer], self.token.address)
        reference = number.to_bytes(32, "big")
        terms = (self.kind.amount, reference, *times, self.house.splitsHash(splits))
        return Order((*parties, *terms, bytes(32)), splits)

    def authorize(self, order: Order, payer: str = "payer") -> None:
        self.house.authorize(order.struct, order.splits, sender=self.who[payer])

    def pay(self, order: Order) -> None:
        self.house.pay(order.struct, order.splits, sender=self.who["payer"])

    def held_for(self, *orders: Order) -> int:
        """What is authorised of these."""
        held = 0
        for order in orders:
            state = self.house.payment(self.house.idOf(order.struct))[2]
            held += order.struct[3] if state == 1 else 0
        return held

    def watch(self, act: Callable[[], Any], due: Due, *orders: Order) -> Met:
        """As `meet`; a refusal must leave the orders in their state as well."""
        ids = [self.house.idOf(order.struct) for order in orders]
        before = [self.house.payment(each) for each in ids]
        met = self.meet(act, due, lambda: self.held_for(self.bystander, *orders))
        if met.word == "refused":
            assert [self.house.payment(each) for each in ids] == before
        return met


def _paying(shares: Any = (), poor: bool = False) -> Callable[[Kind], Met]:
    def path(kind: Kind) -> Met:
        till = Till(kind)
        if poor:
            # All but one unit of what the order takes is gone.
            spare = (kind.purse - 1) * kind.amount + 1
            till.token.transfer(till.who["bystander"], spare, sender=till.who["payer"])
        order = till.order("payer", 2, shares=shares)
        part = kind.amount // 4 if shares else 0
        moves = {"payer": -kind.amount, "merchant": kind.amount - part, "affiliate": part}
        blocked = ("affiliate",) if shares else ("merchant",)
        return till.watch(lambda: till.pay(order), Due(moves, blocked, ("payer",)), order)

    return path


def _authorize(kind: Kind) -> Met:
    till = Till(kind)
    order = till.order("payer", 2, CAPTURE_BY)
    due = Due({"payer": -kind.amount, "house": kind.amount}, ("house",), ("payer",))
    return till.watch(lambda: till.authorize(order), due, order)


def _capture(shares: Any = (), part: bool = False) -> Callable[[Kind], Met]:
    def path(kind: Kind) -> Met:
        till = Till(kind)
        order = till.order("payer", 2, CAPTURE_BY, shares)
        till.authorize(order)
        amount = kind.amount // 2 if part else kind.amount
        share = amount // 4 if shares else 0
        moves = {
            "house": -kind.amount,
            "merchant": amount - share,
            "affiliate": share,
            "payer": kind.amount - amount,
        }
        act = _as_merchant(till, till.house.capture, order.struct, order.splits, amount)
        return till.watch(act, Due(moves, ("merchant",), ("house",)), order)

    return path


def _released(verb: str) -> Callable[[Kind], Met]:
    def path(kind: Kind) -> Met:
        till = Till(kind)
        order = till.order("payer", 2, CAPTURE_BY)
        till.authorize(order)
        if verb == "reclaim":
            till.evm.warp(CAPTURE_BY + 1)
        act = _as_merchant(till, getattr(till.house, verb), order.struct)
        due = Due({"house": -kind.amount, "payer": kind.amount}, ("payer",), ("house",))
        return till.watch(act, due, order)

    return path


def _refund(kind: Kind) -> Met:
    till = Till(kind)
    order = till.order("payer", 2)
    till.pay(order)
    act = _as_merchant(till, till.house.refund, order.struct, kind.amount)
    due = Due({"merchant": -kind.amount, "payer": kind.amount}, ("payer",), ("merchant",))
    return till.watch(act, due, order)


def _withdraw(kind: Kind) -> Met:
    """The merchant was blocked when it was paid, and takes its credit elsewhere."""
    till = Till(kind)
    blocking = Kind("", "BlocksRecipient").number
    till.token.setBlocked(till.who["merchant"], True, sender=till.who["caller"])
    till.token.turn(blocking, sender=till.who["caller"])
    till.pay(till.order("payer", 2))
    till.token.setBlocked(till.who["merchant"], False, sender=till.who["caller"])
    to = till.who["elsewhere"]
    act = _as_merchant(till, till.house.withdraw, till.token.address, to)
    # What the merchant was owed is now had elsewhere.
    moves = {"merchant": -kind.amount, "elsewhere": kind.amount}
    return till.watch(act, Due(moves, ("elsewhere",), ("house",), creditor="merchant"))


def _as_merchant(till: Till, verb: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    return partial(verb, *args, sender=till.who["merchant"])


PATHS: dict[str, Callable[[Kind], Met]] = {
    "pay": _paying(),
    "pay, split": _paying(SHARES),
    "pay, too poor": _paying(poor=True),
    "authorize": _authorize,
    "capture": _capture(),
    "capture a part, split": _capture(SHARES, part=True),
    "void": _released("void"),
    "reclaim": _released("reclaim"),
    "refund": _refund,
    "withdraw": _withdraw,
}
