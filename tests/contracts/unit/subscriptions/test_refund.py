"""The merchant gives back of the last charge."""

import pytest

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    SOON,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.subscriptions import ACTIVE

MIDDLE = START + PERIOD // 2
KEPT = 3_000_001
RECIPIENT_FEE = 7  # an oddity of OddToken


@pytest.fixture
def refund(subscriptions, merchant, do):
    """``refund(begun, kept=KEPT, at=SOON)``."""

    def build(id, kept, at, cycle=1):
        do(subscriptions.refund, id, cycle, kept, by=merchant, at=at)

    return build


def refunded(id, amount, kept, cycle=1):
    fields = {"subscriptionId": id, "cycle": cycle, "amount": amount, "kept": kept}
    return ("Refunded", fields)


def test_refund_gives_back_all_but_what_is_kept_from_the_merchants_balance(
    stage, subscriptions, merchant, begun, told, balances, record, status
):
    assert stage.answer(subscriptions.refund, begun, 1, KEPT, by=merchant, at=SOON) is True

    events = told(subscriptions.refund, begun, 1, KEPT, by=merchant, at=SOON)

    assert events == [refunded(begun, PRICE - KEPT, KEPT)]
    assert balances() == [FUNDS - KEPT, FUNDS + KEPT, 0]
    kept = record(begun)
    assert (kept.lastPaid, kept.paidThrough, kept.cycles, kept.seq) == (KEPT, END, 1, 0)
    # Money goes back; what is paid for can still be used.
    assert status(begun, SOON) == ACTIVE


@pytest.mark.parametrize("kept", [KEPT, KEPT + 1, PRICE, 2 * PRICE])
def test_refund_that_keeps_no_less_changes_nothing_and_says_so(
    stage, subscriptions, merchant, begun, refund, balances, kept
):
    refund(begun, KEPT, at=SOON)
    before = balances()

    assert stage.answer(subscriptions.refund, begun, 1, kept, by=merchant) is False
    assert stage.events(subscriptions.refund(begun, 1, kept, sender=merchant)) == []
    assert balances() == before


def test_refunds_of_a_charge_never_exceed_it(
    stage, subscriptions, begun, refund, balances, merchant
):
    for number, kept in enumerate((PRICE - 1, KEPT, 0)):
        refund(begun, kept, at=SOON + number)
        assert balances() == [FUNDS - kept, FUNDS + kept, 0]

    assert stage.answer(subscriptions.refund, begun, 1, 0, by=merchant) is False


def test_refund_names_the_charge_so_that_a_late_one_never_meets_the_next(
    stage, subscriptions, merchant, begun, charge
):
    charge(begun, at=END)

    for cycle in (0, 1, 3):
        refusal = stage.refusal(subscriptions.refund, begun, cycle, 0, by=merchant)
        assert refusal == ("NotTheLastCharge", cycle, 2)
    assert stage.answer(subscriptions.refund, begun, 2, 0, by=merchant) is True


def test_refund_of_a_trial_is_refused(stage, subscriptions, merchant, make_plan, offer, start):
    id = start(plan=make_plan(offer.but(trial=TRIAL)))

    refusal = stage.refusal(subscriptions.refund, id, 0, 0, by=merchant)

    assert refusal == ("NotTheLastCharge", 0, 0)


def test_refund_after_an_upgrade_covers_both_payments(
    subscriptions, payer, make_plan, offer, begun, do, refund, balances, record
):
    plan = make_plan(offer.but(price=2 * PRICE))
    do(subscriptions.changePlan, begun, plan, 2 * PRICE, PRICE, by=payer, at=MIDDLE)
    assert record(begun).lastPaid == PRICE + PRICE // 2

    refund(begun, 0, at=MIDDLE + 1)

    assert balances() == [FUNDS, FUNDS, 0]


def test_an_upgrade_after_a_refund_after_an_upgrade_counts_what_is_still_paid(
    stage, subscriptions, payer, make_plan, offer, begun, do, refund
):
    pro, gold = (make_plan(offer.but(price=n * PRICE)) for n in (2, 3))
    do(subscriptions.changePlan, begun, pro, 2 * PRICE, PRICE, by=payer, at=MIDDLE)
    # Two thirds of the 15 are kept, so a whole period counts for two thirds of 20, rounded up.
    refund(begun, PRICE, at=MIDDLE + 1)
    basis = -(-2 * PRICE * 2 // 3)
    assert subscriptions.note(begun).basis == basis

    quote = stage.answer(subscriptions.quoteChange, begun, gold, by=payer, at=MIDDLE + PERIOD // 4)

    quarter = PERIOD // 4
    assert quote == (3 * PRICE // 4 - basis * quarter // PERIOD, True)


def test_refund_of_a_discounted_charge_is_of_what_was_paid(
    stage, subscriptions, payer, merchant, begun, coupon, do, charge, refund, balances
):
    used = coupon.signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *used, by=payer, at=SOON)
    charge(begun, at=END)

    refund(begun, 0, at=END + 1, cycle=2)

    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]
    # The coupon's use stands.
    assert subscriptions.note(begun).discountCycles == 2


def test_refund_works_after_the_end(stage, subscriptions, merchant, payer, begun, do):
    do(subscriptions.cancel, begun, by=payer, at=SOON)

    for at in (SOON + 1, END, END + GRACE, END + 1_000 * PERIOD):
        assert stage.answer(subscriptions.refund, begun, 1, 0, by=merchant, at=at) is True


def test_refund_is_the_merchants_alone(stage, subscriptions, merchant, payer, begun):
    refusal = stage.refusal(subscriptions.refund, begun, 1, 0, by=payer)

    assert refusal == ("NotMerchant", merchant.address, payer.address)


def test_refund_refuses_what_does_not_exist(stage, subscriptions, merchant):
    refusal = stage.refusal(subscriptions.refund, bytes(32), 1, 0, by=merchant)

    assert refusal == ("UnknownSubscription", bytes(32))


def test_refund_without_money_or_allowance_of_the_merchant_is_refused_without_a_trace(
    stage, subscriptions, merchant, payer, token, begun, record
):
    stage.send(token.approve, subscriptions, PRICE - 1, by=merchant)

    refusal = stage.refusal(subscriptions.refund, begun, 1, 0, by=merchant)

    told = (token.address, merchant.address, payer.address, PRICE)
    assert refusal == ("TransferFailed", *told)
    assert record(begun).lastPaid == PRICE
    assert stage.answer(subscriptions.refund, begun, 1, 1, by=merchant) is True


def test_refund_that_would_reach_the_payer_short_is_refused(
    stage, admin, subscriptions, merchant, odd, make_plan, offer, start
):
    id = start(plan=make_plan(offer.but(token=odd.address)))
    stage.send(odd.turn, RECIPIENT_FEE, by=admin)

    refusal = stage.refusal(subscriptions.refund, id, 1, 0, by=merchant)

    assert refusal == ("ShortTransfer", odd.address, PRICE * 99 // 100, PRICE)
