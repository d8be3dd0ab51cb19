"""A plain allowance: OpenZeppelin's ERC-20 alone, which nobody has to deploy for.

The customer sends the money, or allows the merchant's own wallet to take any amount at any time.
"""

from __future__ import annotations

from bench.gas import packages
from bench.gas.figures import Operation, PeerFigure
from bench.gas.money import PRICE, Money

_TERMS = "period, price cap, end: the merchant may take any amount at any time"
_AGAIN = "pays again"


def measure(money: Money) -> list[PeerFigure]:
    token, merchant = money.token, money.merchant
    peer = f"bare ERC-20 of OpenZeppelin {packages.openzeppelin_version()}"
    customer = money.holder("customer with an allowance")
    allowed = money.allow(customer, merchant)
    money.allow(customer, merchant)
    with money.moving(peer, {customer: -4 * PRICE, merchant: 4 * PRICE}):
        sent = token.send(customer, "transfer", merchant, PRICE).gas
        taken = token.send(merchant, "transferFrom", customer, merchant, PRICE).gas
        token.send(customer, "transfer", merchant, PRICE)
        token.send(merchant, "transferFrom", customer, merchant, PRICE)
    with money.moving(peer, {customer: 2 * PRICE, merchant: -2 * PRICE}):
        returned = token.send(merchant, "transfer", customer, PRICE).gas
        token.send(merchant, "transfer", customer, PRICE)

    order = "the order's reference, so that it is paid once; splits, points"
    tie = "a tie to what was paid, so that it cannot exceed it"
    return [
        PeerFigure(Operation.ALLOW, peer, "approve", allowed, "", "allows the same again"),
        PeerFigure(Operation.PAY, peer, "transfer", sent, order, _AGAIN),
        PeerFigure(Operation.PAY, peer, "transferFrom", taken, order, _AGAIN),
        PeerFigure(Operation.PAYMENT_REFUND, peer, "transfer", returned, tie, _AGAIN),
        PeerFigure(Operation.CHARGE, peer, "transferFrom", taken, _TERMS, "charges again"),
        PeerFigure(Operation.CHARGE_REFUND, peer, "transfer", returned, tie, _AGAIN),
    ]
