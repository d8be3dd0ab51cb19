"""Whoever sends a sale brings enough gas for all that it does, or is refused as a whole.

A call keeps a 64th of the gas back (EIP-150), so a relayer who brings just too little could have
the money moved and the points fail. What is asked for is worked out here in exact numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.support import artifacts
from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.payments import CAPTURE_BY, Order, Till
from tests.contracts.support.tokens.subscriptions import GENESIS, PERIOD, Counter

HONEST = Kind("as ERC-20 demands", "None")
CUSTOMER = b"\x01" * 32
PLENTY = 20_000_000
OVERHEAD = 5_000  # of a call, besides what it hands on
# What stands between the look at the gas and the rules' own note of it; probes cost on top.
BETWEEN = 30_000 if os.environ.get("RAPPORT_PROBES") else 1_000


def required(handed_on: int) -> int:
    """The least that must be left so that so much can be handed on."""
    return handed_on * 64 // 63 + OVERHEAD


class EarningTill(Till):
    """Payments under rules that note what gas they were given."""

    asked: Contract

    def rules(self) -> str:
        self.asked = self.evm.deploy(artifacts.load("HostileRules"))
        return self.asked.address

    def sale(self, number: int, capture_by: int = 0) -> Order:
        order = self.order("payer", number, capture_by)
        return Order((*order.struct[:-1], CUSTOMER), order.splits)


def _pay(till: EarningTill) -> Callable[[int], Any]:
    arguments = (till.sale(2).struct, [])
    return lambda gas: till.house.pay(*arguments, sender=till.who["payer"], gas=gas)


def _capture(till: EarningTill) -> Callable[[int], Any]:
    order = till.sale(3, CAPTURE_BY)
    till.authorize(order)
    arguments = (order.struct, [], till.kind.amount)
    return lambda gas: till.house.capture(*arguments, sender=till.who["merchant"], gas=gas)


def _refund(till: EarningTill) -> Callable[[int], Any]:
    order = till.sale(4)
    till.pay(order)
    arguments = (order.struct, till.kind.amount)
    return lambda gas: till.house.refund(*arguments, sender=till.who["merchant"], gas=gas)


@pytest.mark.parametrize("prepare", [_pay, _capture, _refund])
def test_points_are_given_all_their_gas_or_nothing_is_sold(
    prepare: Callable[[EarningTill], Callable[[int], Any]],
) -> None:
    till = EarningTill(HONEST)
    act, given = prepare(till), till.house.EARN_GAS()

    enough, refusal = least(till, act)

    left, wanted = refusal.values
    assert (refusal.name, wanted) == ("GasTooLow", required(given))
    assert left < wanted
    act(enough)
    noted = till.asked.gasGiven()
    assert given - BETWEEN < noted <= given


def test_nobody_is_asked_for_points_where_there_is_no_customer() -> None:
    till = EarningTill(HONEST)
    order, merchant = till.order("payer", 5), till.who["merchant"]
    little = till.house.EARN_GAS()

    assert till.house.pay(order.struct, [], sender=till.who["payer"], gas=little) is True
    assert till.house.refund(order.struct, till.kind.amount, sender=merchant, gas=little) is True

    assert till.asked.gasGiven() == 0


def test_a_batch_gives_each_charge_all_its_gas_or_charges_none() -> None:
    counter = Counter(HONEST)
    key = counter.subscribe()
    counter.evm.warp(GENESIS + PERIOD)
    caller = counter.who["caller"]

    def act(gas: int) -> Any:
        return counter.house.chargeBatch([key], sender=caller, gas=gas)

    enough, refusal = least(counter, act)

    left, wanted = refusal.values
    assert (refusal.name, wanted) == ("GasTooLow", required(counter.house.CHARGE_GAS()))
    assert left < wanted
    assert act(enough) == (True,)


def least(stand: Till | Counter, act: Callable[[int], Any]) -> tuple[int, Refused]:
    """The least gas with which a call goes through, and the refusal with one less."""
    low, high = 0, PLENTY
    met = Refused("")
    while high - low > 1:
        middle = (low + high) // 2
        mark = stand.evm.snapshot()
        try:
            act(middle)
            high = middle
        except Refused as refusal:
            low, met = middle, refusal
        stand.evm.revert(mark)
    return high, met
