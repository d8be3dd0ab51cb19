"""A token that calls back while it is moved gets into no verb of Payments.

The token is the merchant, the payer and the creditor of what it calls back with, so that each call
would succeed if the contract let it in; that it would is tried first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.support.evm import Contract
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.payments import CAPTURE_BY, Order, Till
from tests.contracts.support.tokens.stand import NO_PERMIT

CALLS_BACK = Kind("calls back", "CallsBack")
BLOCKS = Kind("", "BlocksRecipient").number


class Trap(Till):
    """Payments in which the token itself has money, sales, authorisations and a credit."""

    def __init__(self) -> None:
        super().__init__(CALLS_BACK)
        self.who["token"] = self.token.address
        self.token.mint(self.token.address, 4 * self.kind.amount, sender=self.who["caller"])
        self.act(self.token, "approve", self.house.address, 2**256 - 1)
        self.sold = self.sale(10)
        self.house.pay(self.sold.struct, [], sender=self.who["payer"])
        self.kept = self.sale(11, CAPTURE_BY)
        self.authorize(self.kept)
        self.credit()

    def act(self, contract: Contract, verb: str, *arguments: Any) -> None:
        """A call that the token makes; raises `Refused` if that is refused."""
        call = contract.functions[verb].encode(arguments)
        self.token.act(contract.address, call, sender=self.who["caller"])

    def sale(self, number: int, capture_by: int = 0) -> Order:
        """An order whose merchant is the token."""
        order = self.order("payer", number, capture_by)
        return Order((self.token.address, *order.struct[1:]), order.splits)

    def purchase(self, number: int, capture_by: int = 0) -> Order:
        """An order whose payer is the token."""
        return self.order("token", number, capture_by)

    def credit(self) -> None:
        """The token is owed the amount of an order."""
        self.token.setBlocked(self.token.address, True, sender=self.who["caller"])
        self.token.turn(BLOCKS, sender=self.who["caller"])
        self.house.pay(self.sale(12).struct, [], sender=self.who["payer"])
        self.token.setBlocked(self.token.address, False, sender=self.who["caller"])
        self.token.turn(0, sender=self.who["caller"])


CALLS: dict[str, Callable[[Trap], tuple[Any, ...]]] = {
    "pay": lambda t: (t.purchase(20).struct, []),
    "authorize": lambda t: (t.purchase(21, CAPTURE_BY).struct, []),
    # A retry needs no signature, and would answer false.
    "payBySig": lambda t: (t.sold.struct, [], b""),
    "authorizeBySig": lambda t: (t.kept.struct, [], b""),
    "capture": lambda t: (t.kept.struct, [], 1),
    "void": lambda t: (t.kept.struct,),
    "reclaim": lambda t: (t.kept.struct,),
    "refund": lambda t: (t.sold.struct, 1),
    "withdraw": lambda t: (t.token.address, t.who["elsewhere"]),
    "permit": lambda t: NO_PERMIT,
    "multicall": lambda t: ([t.house.functions["permit"].encode(NO_PERMIT)],),
}


def test_every_verb_is_called_back():
    verbs = {name for name, function in Trap().house.functions.items() if not function.view}

    assert verbs == set(CALLS)


@pytest.mark.parametrize("verb", CALLS)
def test_no_verb_is_reached_while_a_token_is_moved(verb):
    trap = Trap()
    arguments = CALLS[verb](trap)
    if verb == "reclaim":
        trap.evm.warp(CAPTURE_BY + 1)
    order = trap.order("payer", 30, CAPTURE_BY)
    order = Order((*order.struct[:5], CAPTURE_BY + 9, CAPTURE_BY + 99, *order.struct[7:]), [])
    mark = trap.evm.snapshot()
    trap.act(trap.house, verb, *arguments)
    trap.evm.revert(mark)
    back = trap.house.functions[verb].encode(arguments)
    trap.token.setCallBack(back, sender=trap.who["caller"])
    trap.token.turn(CALLS_BACK.number, sender=trap.who["caller"])

    trap.authorize(order)

    assert trap.token.calledBack() is False
    assert trap.held_for(order) == trap.kind.amount
    trap.token.turn(0, sender=trap.who["caller"])
    trap.act(trap.house, verb, *arguments)  # it was not used up
