"""The payer, or the merchant, ends the charges for good."""

import pytest

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    MAX_PAUSE,
    PRICE,
    SOON,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.subscriptions import CANCELLED

PAUSED_TOKEN, BURNS_GAS, NO_BALANCE = 12, 21, 22  # oddities of OddToken


def cancelled(id, until, by_merchant=False):
    fields = {"subscriptionId": id, "paidThrough": until, "byMerchant": by_merchant}
    return ("Cancelled", fields)


def test_cancel_by_the_payer_ends_it_and_leaves_what_is_paid_for(
    stage, subscriptions, payer, begun, told, status, balances, record
):
    assert stage.answer(subscriptions.cancel, begun, by=payer) is True

    events = told(subscriptions.cancel, begun, by=payer, at=SOON)

    assert events == [cancelled(begun, END)]
    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]
    assert [status(begun, at) for at in (SOON, END - 1, END, END + GRACE)] == [CANCELLED] * 4
    usable = [
        stage.answer(subscriptions.isEntitled, begun, by=payer, at=at) for at in (END - 1, END)
    ]
    assert usable == [True, False]
    assert record(begun).seq == 1


def test_cancel_by_the_merchant_says_so(stage, subscriptions, merchant, begun, told):
    events = told(subscriptions.cancel, begun, by=merchant, at=SOON)

    assert events == [cancelled(begun, END, by_merchant=True)]


def test_cancel_again_changes_nothing_and_says_so(
    stage, subscriptions, payer, merchant, begun, do, record
):
    do(subscriptions.cancel, begun, by=payer, at=SOON)

    for sender in (payer, merchant):
        assert stage.answer(subscriptions.cancel, begun, by=sender) is False
        assert stage.events(subscriptions.cancel(begun, sender=sender)) == []
    assert record(begun).seq == 1


def test_cancel_by_anybody_else_is_refused(
    stage, subscriptions, merchant, stranger, make_plan, offer, begun
):
    make_plan(offer.but(merchant=stranger.address))

    refusal = stage.refusal(subscriptions.cancel, begun, by=stranger)

    assert refusal == ("NotMerchant", merchant.address, stranger.address)


def test_cancel_refuses_what_does_not_exist(stage, subscriptions, payer):
    refusal = stage.refusal(subscriptions.cancel, bytes(32), by=payer)

    assert refusal == ("UnknownSubscription", bytes(32))


@pytest.mark.parametrize("at", [START + 1, END - 1, END, END + GRACE, END + 1_000 * GRACE])
def test_cancel_works_at_every_time(stage, subscriptions, payer, merchant, begun, at):
    for sender in (payer, merchant):
        assert stage.answer(subscriptions.cancel, begun, by=sender, at=at) is True


def test_cancel_in_a_trial_leaves_the_trial(
    stage, subscriptions, payer, make_plan, offer, start, told
):
    id = start(plan=make_plan(offer.but(trial=TRIAL)))

    events = told(subscriptions.cancel, id, by=payer, at=SOON)

    assert events == [cancelled(id, START + TRIAL)]
    at = START + TRIAL - 1
    assert stage.answer(subscriptions.isEntitled, id, by=payer, at=at) is True


def test_cancel_while_paused_gives_back_what_the_pause_took(
    stage, subscriptions, payer, begun, do, told
):
    do(subscriptions.pause, begun, by=payer, at=SOON)

    events = told(subscriptions.cancel, begun, by=payer, at=SOON + 5 * DAY)

    assert events == [cancelled(begun, END + 5 * DAY)]
    at = END + 5 * DAY - 1
    assert stage.answer(subscriptions.isEntitled, begun, by=payer, at=at) is True


def test_cancel_after_an_endless_pause_gives_back_no_more_than_pauses_can(
    subscriptions, payer, begun, do, told
):
    do(subscriptions.pause, begun, by=payer, at=SOON)

    events = told(subscriptions.cancel, begun, by=payer, at=SOON + MAX_PAUSE + 1)

    assert events == [cancelled(begun, END + MAX_PAUSE)]


def test_cancel_of_instalments_works_before_and_after_they_are_paid_off(
    stage, subscriptions, payer, make_plan, offer, start
):
    id = start(plan=make_plan(offer.but(max_cycles=1)))

    for at in (SOON, END):
        assert stage.answer(subscriptions.cancel, id, by=payer, at=at) is True


@pytest.mark.parametrize("oddity", [PAUSED_TOKEN, BURNS_GAS, NO_BALANCE])
def test_cancel_asks_no_token(
    stage, admin, subscriptions, payer, odd, make_plan, offer, start, oddity
):
    id = start(plan=make_plan(offer.but(token=odd.address)))
    stage.send(odd.turn, oddity, by=admin)

    assert stage.answer(subscriptions.cancel, id, by=payer) is True


def test_after_a_cancellation_nothing_moves_it_any_more(
    stage, subscriptions, merchant, payer, stranger, monthly, begun, coupon, do, balances
):
    do(subscriptions.cancel, begun, by=payer, at=SOON)
    used = coupon.signed(subscriptions, by=MERCHANT)
    calls = [
        (subscriptions.charge, (), stranger),
        (subscriptions.reactivate, (), payer),
        (subscriptions.pause, (), payer),
        (subscriptions.resume, (), payer),
        (subscriptions.acceptPrice, (PRICE,), payer),
        (subscriptions.changePlan, (monthly, PRICE, PRICE), payer),
        (subscriptions.redeem, used, payer),
        (subscriptions.grantTime, (END + 10 * DAY,), merchant),
    ]

    for at in (SOON + 1, END, END + GRACE):
        for verb, args, sender in calls:
            refusal = stage.refusal(verb, begun, *args, by=sender, at=at)
            assert refusal == ("WrongStatus", begun, CANCELLED)
    assert balances()[0] == FUNDS - PRICE
