"""Anyone charges the period that is due."""

import pytest

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    START,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.subscriptions import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    LAPSED,
    PAST_DUE,
    PAUSED,
    charged,
)

FEE = PRICE // 100
BLOCKS_RECIPIENT = 10  # an oddity of OddToken


def test_charge_by_anyone_moves_the_price_to_the_merchant(
    stage, subscriptions, stranger, payer, monthly, begun, told, balances, record
):
    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == PRICE

    events = told(subscriptions.charge, begun, by=stranger, at=END)

    assert events == [charged(begun, monthly, payer, PRICE, 2, END + PERIOD)]
    assert balances(stranger) == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE, 0, 0]
    kept = record(begun)
    assert (kept.paidThrough, kept.cycles, kept.lastPaid) == (END + PERIOD, 2, PRICE)


def test_charge_works_from_the_second_that_is_not_paid_for_and_not_before_it(
    stage, subscriptions, stranger, begun, status
):
    early = stage.refusal(subscriptions.charge, begun, by=stranger, at=END - 1)

    assert early == ("NotDue", END - 1, END)
    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == PRICE
    assert [status(begun, at) for at in (END - 1, END, END + 1)] == [ACTIVE, PAST_DUE, PAST_DUE]


def test_charge_works_to_the_last_second_of_the_grace_and_not_after_it(
    stage, subscriptions, stranger, begun, status
):
    over = END + GRACE

    late = stage.refusal(subscriptions.charge, begun, by=stranger, at=over)

    assert late == ("WrongStatus", begun, LAPSED)
    assert stage.answer(subscriptions.charge, begun, by=stranger, at=over - 1) == PRICE
    times = (over - 1, over, over + 1, over + 1_000 * PERIOD)
    assert [status(begun, at) for at in times] == [PAST_DUE, LAPSED, LAPSED, LAPSED]


def test_a_grace_as_long_as_the_period_never_charges_for_what_is_over(
    stage, subscriptions, stranger, make_plan, offer, start, charge, record, status
):
    id = start(plan=make_plan(offer.but(grace=PERIOD)))
    last = END + PERIOD - 1

    charge(id, at=last)

    assert record(id).paidThrough == last + 1
    assert status(id, last) == ACTIVE
    refusal = stage.refusal(subscriptions.charge, id, by=stranger, at=last)
    assert refusal == ("NotDue", last, last + 1)


def test_charge_refuses_a_subscription_that_does_not_exist(stage, subscriptions, stranger):
    unknown = b"\x01" * 32

    refusal = stage.refusal(subscriptions.charge, unknown, by=stranger)

    assert refusal == ("UnknownSubscription", unknown)


@pytest.mark.parametrize(("verb", "met"), [("pause", PAUSED), ("cancel", CANCELLED)])
def test_charge_refuses_what_is_paused_or_cancelled(
    stage, subscriptions, stranger, payer, begun, do, verb, met
):
    do(getattr(subscriptions, verb), begun, by=payer, at=START + 1)

    for at in (END - 1, END, END + GRACE):
        refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=at)
        assert refusal == ("WrongStatus", begun, met)


def test_nobody_charges_from_outside_as_if_in_a_batch(stage, subscriptions, stranger, begun):
    refusal = stage.refusal(subscriptions.chargeFor, begun, stranger, 0, 0, by=stranger, at=END)

    assert refusal == ("NotSelf", stranger.address)


# Prices


def test_charge_refuses_a_price_above_the_cap_until_it_is_accepted_or_lowered(
    stage, subscriptions, stranger, payer, monthly, begun, price
):
    price(monthly, PRICE + 1)

    refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=END)

    assert refusal == ("PriceAboveCap", PRICE + 1, PRICE)
    price(monthly, PRICE)
    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == PRICE


# The fee of whoever charges


def test_charge_gives_the_fee_to_the_caller_from_the_merchants_share(
    stage, subscriptions, stranger, payer, monthly, begun, price, told, balances
):
    price(monthly, PRICE, FEE)

    events = told(subscriptions.charge, begun, by=stranger, at=END)

    assert events == [charged(begun, monthly, payer, PRICE, 2, END + PERIOD)]
    assert balances(stranger) == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE - FEE, 0, FEE]


def test_a_fee_of_the_whole_price_leaves_nothing_to_the_merchant(
    monthly, begun, price, charge, balances, stranger
):
    price(monthly, PRICE, PRICE)

    charge(begun, at=END)

    assert balances(stranger) == [FUNDS - 2 * PRICE, FUNDS + PRICE, 0, PRICE]


def test_a_fee_is_never_more_than_what_is_charged(
    subscriptions, payer, monthly, begun, coupon, price, charge, do, balances, stranger
):
    price(monthly, PRICE, PRICE)
    used = coupon.signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *used, by=payer, at=START + 1)

    charge(begun, at=END)

    assert balances(stranger) == [FUNDS - PRICE * 3 // 2, FUNDS + PRICE, 0, PRICE // 2]


def test_a_charge_of_nothing_moves_no_money_whatever_the_fee(
    stage, subscriptions, payer, stranger, monthly, begun, coupon, price, do
):
    """Some tokens refuse to move nothing: a free period could not be charged in them."""
    price(monthly, PRICE, FEE)
    used = coupon.but(bps=10_000).signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *used, by=payer, at=START + 1)
    stage.next(END)

    events = stage.events(subscriptions.charge(begun, sender=stranger))

    assert events == [charged(begun, monthly, payer, 0, 2, END + PERIOD)]


def test_merchant_and_payer_who_charge_get_the_fee_as_anyone_does(
    subscriptions, merchant, payer, monthly, begun, price, do, balances
):
    price(monthly, PRICE, FEE)

    do(subscriptions.charge, begun, by=merchant, at=END)
    assert balances() == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE, 0]

    do(subscriptions.charge, begun, by=payer, at=END + PERIOD)
    assert balances() == [FUNDS - 3 * PRICE + FEE, FUNDS + 3 * PRICE - FEE, 0]


def test_a_first_charge_has_no_fee(payer, monthly, price, start, balances):
    price(monthly, PRICE, FEE)

    start()

    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]


def test_a_caller_who_cannot_be_paid_is_told_so(
    stage, subscriptions, stranger, payer, odd, block, make_plan, offer, start, admin, merchant
):
    plan = make_plan(offer.but(token=odd.address, caller_fee=FEE))
    id = start(plan=plan)
    stage.send(odd.turn, BLOCKS_RECIPIENT, by=admin)
    block(odd, stranger)

    refusal = stage.refusal(subscriptions.charge, id, by=stranger, at=END)

    told = (odd.address, payer.address, stranger.address, FEE)
    assert refusal == ("TransferFailed", *told)
    assert stage.answer(subscriptions.charge, id, by=merchant, at=END) == PRICE


# Money that does not come


def test_charge_without_money_or_allowance_leaves_no_trace(
    stage, subscriptions, stranger, payer, merchant, token, begun, status, balances
):
    told = ("TransferFailed", token.address, payer.address, merchant.address, PRICE)
    stage.send(token.approve, subscriptions, PRICE - 1, by=payer)
    assert stage.refusal(subscriptions.charge, begun, by=stranger, at=END) == told

    stage.send(token.approve, subscriptions, PRICE, by=payer)
    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == PRICE

    stage.send(token.transfer, merchant, balances()[0] - PRICE + 1, by=payer)
    assert stage.refusal(subscriptions.charge, begun, by=stranger, at=END) == told
    assert status(begun, END) == PAST_DUE


# Instalments


def test_an_instalment_plan_is_completed_after_its_last_charge(
    stage, subscriptions, stranger, make_plan, offer, start, charge, status, balances
):
    id = start(plan=make_plan(offer.but(max_cycles=3)))
    charge(id, at=END)
    assert status(id, END + PERIOD) == PAST_DUE
    charge(id, at=END + PERIOD)
    over = END + 2 * PERIOD

    refusal = stage.refusal(subscriptions.charge, id, by=stranger, at=over)

    assert refusal == ("WrongStatus", id, COMPLETED)
    assert balances() == [FUNDS - 3 * PRICE, FUNDS + 3 * PRICE, 0]
    # What is paid for can be used to its end.
    times = (over - 1, over, over + GRACE, over + 100 * PERIOD)
    assert [status(id, at) for at in times] == [ACTIVE, COMPLETED, COMPLETED, COMPLETED]


def test_a_plan_of_one_charge_is_paid_at_once_and_never_again(
    stage, subscriptions, stranger, payer, make_plan, offer, start, status
):
    id = start(plan=make_plan(offer.but(max_cycles=1)))

    assert [status(id, at) for at in (END - 1, END)] == [ACTIVE, COMPLETED]
    for verb in (subscriptions.charge, subscriptions.reactivate):
        refusal = stage.refusal(verb, id, by=payer, at=END + GRACE)
        assert refusal == ("WrongStatus", id, COMPLETED)


def test_an_instalment_that_was_missed_is_still_owed_after_reactivation(
    subscriptions, payer, make_plan, offer, start, charge, do, status
):
    id = start(plan=make_plan(offer.but(max_cycles=3)))
    again = END + GRACE + 100

    assert status(id, again) == LAPSED
    do(subscriptions.reactivate, id, by=payer, at=again)
    charge(id, at=again + PERIOD)

    assert status(id, again + 2 * PERIOD) == COMPLETED
