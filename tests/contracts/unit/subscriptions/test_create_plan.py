"""A merchant offers a plan."""

import pytest

from tests.contracts.unit.conftest import USD
from tests.contracts.unit.subscriptions.conftest import GRACE, PERIOD, PRICE, TRIAL
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import wallet

REF = b"\x01" * 32
LONGEST = 3_660 * DAY
MOST = 2**96 - 1


def field(name):
    return name.encode().ljust(32, b"\0")


def test_create_plan_numbers_it_and_keeps_its_terms(stage, subscriptions, merchant, offer):
    assert stage.answer(subscriptions.createPlan, REF, offer.struct, by=merchant) == (1, True)

    receipt = subscriptions.createPlan(REF, offer.struct, sender=merchant)

    fields = {"planId": 1, "merchant": merchant.address, "ref": REF, "plan": offer.struct}
    assert stage.events(receipt) == [("PlanCreated", fields)]
    assert stage.answer(subscriptions.plan, 1, by=merchant) == offer.struct
    assert subscriptions.plans() == 1


def test_create_plan_keeps_every_field_to_its_last_bit(
    stage, subscriptions, merchant, make_plan, offer
):
    largest = offer.but(
        period=LONGEST,
        trial=LONGEST,
        grace=LONGEST,
        max_cycles=2**16 - 1,
        price=MOST,
        caller_fee=MOST,
    )

    made = make_plan(largest)

    assert stage.answer(subscriptions.plan, made, by=merchant) == largest.struct


def test_create_plan_takes_the_shortest_period_with_a_grace_as_long(
    stage, subscriptions, merchant, make_plan, offer
):
    shortest = offer.but(period=DAY, grace=DAY, price=1, caller_fee=1)

    made = make_plan(shortest)

    assert stage.answer(subscriptions.plan, made, by=merchant) == shortest.struct


def test_create_plan_again_returns_the_same_plan(stage, subscriptions, merchant, offer):
    stage.send(subscriptions.createPlan, REF, offer.struct, by=merchant)

    again = subscriptions.createPlan(REF, offer.struct, sender=merchant)

    assert stage.answer(subscriptions.createPlan, REF, offer.struct, by=merchant) == (1, False)
    assert stage.events(again) == []
    assert subscriptions.plans() == 1


def test_create_plan_again_undoes_neither_a_price_nor_an_end(stage, subscriptions, merchant, offer):
    stage.send(subscriptions.createPlan, REF, offer.struct, by=merchant)
    stage.send(subscriptions.setPlanPrice, 1, 7, 3, by=merchant)
    stage.send(subscriptions.closePlan, 1, by=merchant)

    stage.send(subscriptions.createPlan, REF, offer.struct, by=merchant)

    now = offer.but(price=7, caller_fee=3, closed=True)
    assert stage.answer(subscriptions.plan, 1, by=merchant) == now.struct


@pytest.mark.parametrize(
    "change",
    [
        {"merchant": wallet("another").address},
        {"period": PERIOD + 1},
        {"trial": TRIAL},
        {"grace": GRACE + 1},
        {"token": wallet("another").address},
        {"max_cycles": 1},
        {"closed": True},
        {"price": PRICE + 1},
        {"caller_fee": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_create_plan_refuses_other_terms_under_the_same_reference(
    stage, subscriptions, merchant, offer, change
):
    stage.send(subscriptions.createPlan, REF, offer.struct, by=merchant)

    other = offer.but(**change).struct
    refusal = stage.refusal(subscriptions.createPlan, REF, other, by=merchant)

    assert refusal == ("RefConflict", REF)


def test_the_same_reference_of_another_merchant_is_another_plan(
    stage, subscriptions, merchant, stranger, offer
):
    stage.send(subscriptions.createPlan, REF, offer.struct, by=merchant)
    theirs = offer.but(merchant=stranger.address)

    made = stage.answer(subscriptions.createPlan, REF, theirs.struct, by=stranger)

    assert made == (2, True)


def test_the_same_terms_under_another_reference_are_another_plan(
    stage, subscriptions, merchant, offer
):
    stage.send(subscriptions.createPlan, REF, offer.struct, by=merchant)

    made = stage.answer(subscriptions.createPlan, USD, offer.struct, by=merchant)

    assert made == (2, True)


def test_create_plan_in_the_name_of_another_merchant_is_refused(
    stage, subscriptions, merchant, stranger, offer
):
    refusal = stage.refusal(subscriptions.createPlan, REF, offer.struct, by=stranger)

    assert refusal == ("NotMerchant", merchant.address, stranger.address)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"closed": True}, "closed"),
        ({"token": wallet("no contract").address}, "token"),
        ({"period": DAY - 1, "grace": 1}, "period"),
        ({"period": LONGEST + 1}, "period"),
        ({"trial": LONGEST + 1}, "trial"),
        ({"grace": 0}, "grace"),
        ({"grace": PERIOD + 1}, "grace"),
        ({"price": 0}, "price"),
        ({"caller_fee": PRICE + 1}, "callerFee"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_create_plan_refuses_what_cannot_be_and_says_which_field(
    stage, subscriptions, merchant, offer, change, named
):
    bad = offer.but(**change).struct

    refusal = stage.refusal(subscriptions.createPlan, REF, bad, by=merchant)

    assert refusal == ("BadPlan", field(named))
