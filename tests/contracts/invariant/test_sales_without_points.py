"""Sales of a merchant whose contracts were deployed without rules by which they would earn."""

from __future__ import annotations

from tests.contracts.support.evm import Contract
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.payments import Order, Till
from tests.contracts.support.tokens.subscriptions import FAR, MONTHLY, Counter

HONEST = Kind("as ERC-20 demands", "None")
CUSTOMER = b"\x01" * 32
NONE = bytes(32)


def events(house: Contract) -> list[str]:
    return [event.name for event in house.evm.logs if event.contract == house.name]


def test_an_order_of_a_customer_is_paid_and_given_back_and_nothing_is_said_of_points() -> None:
    till = Till(HONEST)
    assert till.house.RULES() == NOBODY
    plain = till.order("payer", 2)
    order = Order((*plain.struct[:-1], CUSTOMER), plain.splits)

    till.pay(order)
    assert events(till.house) == ["Paid"]
    assert till.house.refund(order.struct, till.kind.amount, sender=till.who["merchant"]) is True
    assert events(till.house) == ["Refunded"]


def test_a_sale_without_rules_needs_none_of_the_gas_that_earning_takes() -> None:
    till = Till(HONEST)
    plain = till.order("payer", 2)
    arguments = ((*plain.struct[:-1], CUSTOMER), plain.splits)

    paid = till.house.pay(*arguments, sender=till.who["payer"], gas=till.house.EARN_GAS())

    assert paid is True


def test_a_subscription_of_a_customer_is_charged_and_nothing_is_said_of_points() -> None:
    counter = Counter(HONEST)
    assert counter.house.RULES() == NOBODY
    terms = (counter.who["payer"], MONTHLY, counter.price, NONE, CUSTOMER, NONE, NONE, FAR)

    counter.house.subscribe(terms, sender=counter.who["payer"])
    assert events(counter.house) == ["Subscribed", "Charged"]
