"""The merchant changes what a period costs."""

import pytest

from tests.contracts.unit.subscriptions.conftest import END, PERIOD, PRICE
from tests.contracts.unit.support.subscriptions import charged


def test_set_plan_price_changes_price_and_fee_and_nothing_else(
    stage, subscriptions, merchant, monthly, offer
):
    receipt = subscriptions.setPlanPrice(monthly, 7, 3, sender=merchant)

    told = {"planId": monthly, "price": 7, "callerFee": 3}
    assert stage.events(receipt) == [("PlanPriced", told)]
    now = offer.but(price=7, caller_fee=3)
    assert stage.answer(subscriptions.plan, monthly, by=merchant) == now.struct


def test_set_plan_price_again_writes_the_same(stage, subscriptions, merchant, monthly):
    stage.send(subscriptions.setPlanPrice, monthly, 7, 3, by=merchant)

    again = subscriptions.setPlanPrice(monthly, 7, 3, sender=merchant)

    told = {"planId": monthly, "price": 7, "callerFee": 3}
    assert stage.events(again) == [("PlanPriced", told)]


def test_a_new_price_counts_from_the_next_charge_on(
    subscriptions, stranger, payer, monthly, start, price, told
):
    id = start(cap=PRICE + 5)
    price(monthly, PRICE + 5)
    assert subscriptions.subscription(id).lastPaid == PRICE

    events = told(subscriptions.charge, id, by=stranger, at=END)

    assert events == [charged(id, monthly, payer, PRICE + 5, 2, END + PERIOD)]


@pytest.mark.parametrize(("amount", "fee", "named"), [(0, 0, b"price"), (7, 8, b"callerFee")])
def test_set_plan_price_refuses_what_cannot_be(
    stage, subscriptions, merchant, monthly, amount, fee, named
):
    refusal = stage.refusal(subscriptions.setPlanPrice, monthly, amount, fee, by=merchant)

    assert refusal == ("BadPlan", named.ljust(32, b"\0"))


def test_set_plan_price_takes_a_fee_of_the_whole_price(stage, subscriptions, merchant, monthly):
    stage.send(subscriptions.setPlanPrice, monthly, 7, 7, by=merchant)

    assert subscriptions.plan(monthly).callerFee == 7


def test_set_plan_price_is_the_merchants_alone(stage, subscriptions, merchant, payer, monthly):
    refusal = stage.refusal(subscriptions.setPlanPrice, monthly, 7, 0, by=payer)

    assert refusal == ("NotMerchant", merchant.address, payer.address)


@pytest.mark.parametrize("unknown", [0, 2])
def test_set_plan_price_refuses_an_unknown_plan(stage, subscriptions, merchant, monthly, unknown):
    refusal = stage.refusal(subscriptions.setPlanPrice, unknown, 7, 0, by=merchant)

    assert refusal == ("UnknownPlan", unknown)


def test_set_plan_price_refuses_a_closed_plan(stage, subscriptions, merchant, monthly):
    stage.send(subscriptions.closePlan, monthly, by=merchant)

    refusal = stage.refusal(subscriptions.setPlanPrice, monthly, 7, 0, by=merchant)

    assert refusal == ("PlanIsClosed", monthly)
