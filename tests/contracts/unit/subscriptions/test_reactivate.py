"""The payer starts a lapsed subscription anew."""

import pytest

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.subscriptions import (
    ACTIVE,
    CANCELLED,
    LAPSED,
    PAST_DUE,
    PAUSED,
    charged,
)

LATE = END + GRACE


def test_reactivate_charges_one_period_from_now(
    stage, subscriptions, payer, monthly, begun, told, balances, record
):
    at = LATE + 12_345
    assert stage.answer(subscriptions.reactivate, begun, by=payer, at=at) == PRICE

    events = told(subscriptions.reactivate, begun, by=payer, at=at)

    assert events == [charged(begun, monthly, payer, PRICE, 2, at + PERIOD)]
    assert balances() == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE, 0]
    assert (record(begun).paidThrough, record(begun).seq) == (at + PERIOD, 1)


@pytest.mark.parametrize(
    ("at", "met"), [(START + 1, ACTIVE), (END - 1, ACTIVE), (END, PAST_DUE), (LATE - 1, PAST_DUE)]
)
def test_reactivate_is_refused_while_not_lapsed(stage, subscriptions, payer, begun, at, met):
    refusal = stage.refusal(subscriptions.reactivate, begun, by=payer, at=at)

    assert refusal == ("WrongStatus", begun, met)
    assert stage.answer(subscriptions.reactivate, begun, by=payer, at=LATE) == PRICE


@pytest.mark.parametrize(("verb", "met"), [("pause", PAUSED), ("cancel", CANCELLED)])
def test_reactivate_refuses_what_is_paused_or_cancelled(
    stage, subscriptions, payer, begun, do, verb, met
):
    do(getattr(subscriptions, verb), begun, by=payer, at=START + 1)

    refusal = stage.refusal(subscriptions.reactivate, begun, by=payer, at=LATE)

    assert refusal == ("WrongStatus", begun, met)


def test_reactivate_is_the_payers_alone(stage, subscriptions, merchant, payer, begun):
    refusal = stage.refusal(subscriptions.reactivate, begun, by=merchant, at=LATE)

    assert refusal == ("NotPayer", payer.address, merchant.address)


def test_reactivate_refuses_what_does_not_exist(stage, subscriptions, payer):
    refusal = stage.refusal(subscriptions.reactivate, bytes(32), by=payer)

    assert refusal == ("UnknownSubscription", bytes(32))


def test_reactivate_again_is_refused_and_charges_nothing(
    stage, subscriptions, payer, begun, do, balances
):
    do(subscriptions.reactivate, begun, by=payer, at=LATE)

    refusal = stage.refusal(subscriptions.reactivate, begun, by=payer, at=LATE + 1)

    assert refusal == ("WrongStatus", begun, ACTIVE)
    assert balances()[0] == FUNDS - 2 * PRICE


def test_a_trial_that_lapsed_is_reactivated_with_a_first_charge(
    subscriptions, payer, make_plan, offer, start, told
):
    plan = make_plan(offer.but(trial=TRIAL))
    id = start(plan=plan)
    at = START + TRIAL + GRACE

    events = told(subscriptions.reactivate, id, by=payer, at=at)

    assert events == [charged(id, plan, payer, PRICE, 1, at + PERIOD)]


def test_reactivate_refuses_a_price_above_the_cap(
    stage, subscriptions, payer, monthly, begun, price
):
    price(monthly, PRICE + 1)

    refusal = stage.refusal(subscriptions.reactivate, begun, by=payer, at=LATE)

    assert refusal == ("PriceAboveCap", PRICE + 1, PRICE)


def test_reactivate_without_money_leaves_it_lapsed(
    stage, subscriptions, payer, merchant, token, begun, status
):
    stage.send(token.approve, subscriptions, PRICE - 1, by=payer)

    refusal = stage.refusal(subscriptions.reactivate, begun, by=payer, at=LATE)

    told = (token.address, payer.address, merchant.address, PRICE)
    assert refusal == ("TransferFailed", *told)
    assert status(begun, LATE) == LAPSED


def test_nobody_gets_a_fee_for_a_reactivation(
    subscriptions, payer, monthly, begun, price, do, balances
):
    price(monthly, PRICE, PRICE)

    do(subscriptions.reactivate, begun, by=payer, at=LATE)

    assert balances() == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE, 0]


def test_a_coupon_counts_for_a_reactivation(subscriptions, payer, begun, coupon, do, balances):
    used = coupon.signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *used, by=payer, at=LATE)

    do(subscriptions.reactivate, begun, by=payer, at=LATE + 1)

    assert balances()[0] == FUNDS - PRICE - PRICE // 2
