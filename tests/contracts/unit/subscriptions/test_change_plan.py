"""The payer changes to another plan: dearer ones at once, all others with the next charge."""

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
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.subscriptions import (
    CANCELLED,
    COMPLETED,
    PAUSED,
    TRIALING,
    charged,
    prorated,
)

MIDDLE = START + PERIOD // 2
HIGH = 100 * PRICE  # a cap above everything here


@pytest.fixture
def pro(offer):
    """Twenty dollars a period."""
    return offer.but(price=2 * PRICE)


@pytest.fixture
def change(subscriptions, payer, do):
    """``change(begun, plan, at=MIDDLE)``, at any price."""

    def build(id, plan, at, cap=HIGH, max_pay=HIGH):
        do(subscriptions.changePlan, id, plan, cap, max_pay, by=payer, at=at)

    return build


@pytest.fixture
def quote(stage, subscriptions, stranger):
    """What a change takes now, and whether it begins at once: ``quote(begun, plan, at=MIDDLE)``."""
    return lambda id, plan, at: stage.answer(
        subscriptions.quoteChange, id, plan, by=stranger, at=at
    )


def changed(id, plan, cap, paid):
    fields = {"subscriptionId": id, "planId": plan, "priceCap": cap, "paid": paid}
    return ("PlanChanged", fields)


def change_set(id, plan, cap):
    return ("PlanChangeSet", {"subscriptionId": id, "planId": plan, "priceCap": cap})


# Dearer: at once


def test_a_dearer_plan_begins_at_once_and_the_difference_is_paid(
    stage, subscriptions, payer, make_plan, begun, pro, told, balances, record
):
    plan = make_plan(pro)

    events = told(subscriptions.changePlan, begun, plan, 2 * PRICE, PRICE // 2, by=payer, at=MIDDLE)

    # Half the period is left: 20/2 - 10/2.
    assert events == [changed(begun, plan, 2 * PRICE, PRICE // 2)]
    paid = PRICE + PRICE // 2
    assert balances() == [FUNDS - paid, FUNDS + paid, 0]
    kept = record(begun)
    assert (kept.planId, kept.nextPlanId, kept.cycles, kept.paidThrough) == (plan, 0, 1, END)
    assert (kept.priceCap, kept.lastPaid, kept.seq) == (2 * PRICE, paid, 1)
    assert subscriptions.note(begun).basis == 2 * PRICE


def test_after_an_upgrade_renewals_are_at_the_old_second_and_the_new_price(
    subscriptions, payer, stranger, make_plan, begun, pro, change, told
):
    plan = make_plan(pro)
    change(begun, plan, at=MIDDLE)

    events = told(subscriptions.charge, begun, by=stranger, at=END)

    assert events == [charged(begun, plan, payer, 2 * PRICE, 2, END + PERIOD)]
    assert subscriptions.note(begun).basis == 0


@pytest.mark.parametrize("price", [PRICE + 1, 13_333_333, 2 * PRICE, 97 * PRICE])
@pytest.mark.parametrize("period", [7 * DAY, PERIOD, 31 * DAY, 365 * DAY])
def test_an_upgrade_costs_what_exact_fractions_say_at_every_second(
    make_plan, offer, begun, quote, price, period
):
    new = offer.but(price=price, period=period)
    plan = make_plan(new)
    dearer = price * PERIOD > PRICE * period

    for remaining in (PERIOD, PERIOD - 1, 1_234_567, 777_777, 60, 2, 1):
        expected = prorated(new, offer, PRICE, remaining) if dearer else 0
        assert quote(begun, plan, END - remaining) == (expected, dearer)


def test_what_is_taken_is_what_was_quoted(
    stage, subscriptions, payer, make_plan, offer, begun, quote, change, balances
):
    plan = make_plan(offer.but(price=13_333_333, period=31 * DAY))
    at = START + 1_234_567
    amount, at_once = quote(begun, plan, at)

    assert at_once
    asked = (begun, plan, HIGH, amount)
    assert stage.answer(subscriptions.changePlan, *asked, by=payer, at=at) == amount
    change(begun, plan, at=at, max_pay=amount)

    assert balances() == [FUNDS - PRICE - amount, FUNDS + PRICE + amount, 0]


def test_several_upgrades_in_a_period_cost_no_less_than_one_of_the_last_second(
    make_plan, offer, begun, change, balances
):
    steps = [offer.but(price=p) for p in (13_333_333, 17_777_777, 3 * PRICE)]
    at = START + 1_000_003
    spent, old = PRICE, offer
    for second, new in enumerate(steps):
        change(begun, make_plan(new), at=at + second)
        spent += prorated(new, old, old.price, END - at - second)
        assert balances()[0] == FUNDS - spent
        old = new

    first, last = (prorated(old, offer, PRICE, END - at - late) for late in (0, 2))
    # Each step rounds up by less than a unit.
    assert last <= spent - PRICE <= first + len(steps)


def test_an_upgrade_and_back_and_up_again_is_paid_once(
    make_plan, monthly, pro, begun, change, balances, record
):
    plan = make_plan(pro)
    change(begun, plan, at=MIDDLE)
    # The way back begins with the next charge, so the way up only takes it back.
    change(begun, monthly, at=MIDDLE + 1)
    change(begun, plan, at=MIDDLE + 2)

    assert balances()[0] == FUNDS - PRICE - PRICE // 2
    assert (record(begun).planId, record(begun).nextPlanId) == (plan, 0)


def test_an_upgrade_counts_what_was_paid_after_a_coupon_not_the_price(
    subscriptions, payer, make_plan, pro, begun, coupon, do, charge, quote
):
    used = coupon.signed(subscriptions, by=MERCHANT)
    do(subscriptions.redeem, begun, *used, by=payer, at=START + 1)
    charge(begun, at=END)

    amount = quote(begun, make_plan(pro), END + PERIOD // 2)

    # Half of 20, less half of the 5 that were paid.
    assert amount == (PRICE - PRICE // 4, True)


def test_an_upgrade_counts_what_was_paid_not_what_the_old_plan_costs_by_now(
    make_plan, monthly, pro, begun, price, quote
):
    price(monthly, 2 * PRICE - 1)

    assert quote(begun, make_plan(pro), MIDDLE) == (PRICE // 2, True)


def test_an_upgrade_after_a_refund_pays_for_what_was_given_back(
    subscriptions, merchant, make_plan, pro, begun, do, quote
):
    do(subscriptions.refund, begun, 1, 0, by=merchant, at=START + 1)

    assert quote(begun, make_plan(pro), MIDDLE) == (PRICE, True)


def test_an_upgrade_pays_for_granted_time_as_for_the_rest(
    subscriptions, merchant, make_plan, offer, pro, begun, do, quote
):
    do(subscriptions.grantTime, begun, END + PERIOD, by=merchant, at=START + 1)

    remaining = END + PERIOD - MIDDLE
    amount = prorated(pro, offer, PRICE, remaining)
    assert amount == PRICE * 3 // 2
    assert quote(begun, make_plan(pro), MIDDLE) == (amount, True)


def test_an_upgrade_is_free_if_more_was_paid_than_the_new_plan_is_worth(
    make_plan, monthly, offer, begun, price, change, quote, record
):
    price(monthly, 1)
    plan = make_plan(offer.but(price=2))

    assert quote(begun, plan, MIDDLE) == (0, True)
    change(begun, plan, at=MIDDLE, max_pay=0)

    assert (record(begun).planId, record(begun).lastPaid) == (plan, PRICE)


def test_an_upgrade_of_more_than_the_payer_agreed_to_pay_now_is_refused(
    stage, subscriptions, payer, make_plan, pro, begun
):
    plan, due = make_plan(pro), PRICE // 2

    refusal = stage.refusal(
        subscriptions.changePlan, begun, plan, HIGH, due - 1, by=payer, at=MIDDLE
    )

    assert refusal == ("PaysTooMuch", due, due - 1)
    asked = (begun, plan, HIGH, due)
    assert stage.answer(subscriptions.changePlan, *asked, by=payer, at=MIDDLE) == due
    assert stage.answer(subscriptions.changePlan, *asked, by=payer, at=MIDDLE + 1) < due


def test_an_upgrade_without_money_is_refused_without_a_trace(
    stage, subscriptions, payer, merchant, token, make_plan, pro, begun, record
):
    plan, due = make_plan(pro), PRICE // 2
    stage.send(token.approve, subscriptions, due - 1, by=payer)

    refusal = stage.refusal(subscriptions.changePlan, begun, plan, HIGH, HIGH, by=payer, at=MIDDLE)

    assert refusal == ("TransferFailed", token.address, payer.address, merchant.address, due)


def test_nobody_gets_a_fee_for_an_upgrade(make_plan, pro, begun, change, balances):
    change(begun, make_plan(pro.but(caller_fee=PRICE)), at=MIDDLE)

    assert balances() == [FUNDS - PRICE * 3 // 2, FUNDS + PRICE * 3 // 2, 0]


# Every other: with the next charge


@pytest.mark.parametrize("difference", [0, 1, PRICE - 1])
def test_a_plan_that_is_not_dearer_begins_with_the_next_charge(
    stage, subscriptions, payer, stranger, monthly, make_plan, offer, begun, told, quote, record,
    balances, difference,
):  # fmt: skip
    cheap = PRICE - difference
    plan = make_plan(offer.but(price=cheap))
    assert quote(begun, plan, MIDDLE) == (0, False)

    events = told(subscriptions.changePlan, begun, plan, cheap, 0, by=payer, at=MIDDLE)

    assert events == [change_set(begun, plan, cheap)]
    assert (record(begun).planId, record(begun).nextPlanId) == (monthly, plan)
    assert balances()[0] == FUNDS - PRICE
    events = told(subscriptions.charge, begun, by=stranger, at=END)
    assert events == [charged(begun, plan, payer, cheap, 2, END + PERIOD)]
    assert (record(begun).planId, record(begun).nextPlanId) == (plan, 0)


def test_a_year_at_a_lower_price_a_day_begins_with_the_next_charge(
    subscriptions, payer, stranger, make_plan, offer, begun, change, told
):
    year = 365 * DAY
    plan = make_plan(offer.but(price=10 * PRICE, period=year))
    change(begun, plan, at=MIDDLE, max_pay=0)

    events = told(subscriptions.charge, begun, by=stranger, at=END)

    assert events == [charged(begun, plan, payer, 10 * PRICE, 2, END + year)]


def test_a_cheaper_plan_is_no_upgrade_because_of_a_coupon_or_a_refund(
    subscriptions, merchant, make_plan, offer, begun, do, quote
):
    cheaper = make_plan(offer.but(price=PRICE - 1))
    do(subscriptions.refund, begun, 1, 0, by=merchant, at=START + 1)

    assert quote(begun, cheaper, MIDDLE) == (0, False)


def test_the_present_plan_is_no_upgrade_though_it_costs_more_by_now(monthly, begun, price, quote):
    price(monthly, 2 * PRICE)

    assert quote(begun, monthly, MIDDLE) == (0, False)


def test_the_present_plan_again_ends_a_change_that_was_set(
    stage, subscriptions, payer, stranger, monthly, make_plan, offer, begun, change, told, record
):
    change(begun, make_plan(offer.but(price=1)), at=MIDDLE, cap=1)

    asked = (begun, monthly, PRICE, 0)
    events = told(subscriptions.changePlan, *asked, by=payer, at=MIDDLE + 1)

    assert events == [change_set(begun, monthly, PRICE)]
    assert (record(begun).planId, record(begun).nextPlanId) == (monthly, 0)
    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == PRICE


def test_a_later_change_takes_the_place_of_one_that_was_set(
    monthly, make_plan, offer, pro, begun, change, record
):
    first, second = (make_plan(offer.but(price=p)) for p in (1, 2))
    change(begun, first, at=MIDDLE)
    change(begun, second, at=MIDDLE + 1)
    assert (record(begun).planId, record(begun).nextPlanId) == (monthly, second)

    dear = make_plan(pro)
    change(begun, dear, at=MIDDLE + 2)
    assert (record(begun).planId, record(begun).nextPlanId) == (dear, 0)


def test_the_cap_of_a_change_counts_at_the_charge(
    stage, subscriptions, stranger, make_plan, offer, begun, change, price
):
    plan = make_plan(offer.but(price=5))
    change(begun, plan, at=MIDDLE, cap=5)
    price(plan, 6)

    refusal = stage.refusal(subscriptions.charge, begun, by=stranger, at=END)

    assert refusal == ("PriceAboveCap", 6, 5)


@pytest.mark.parametrize("at", [END, END + GRACE - 1])
def test_a_change_while_past_due_counts_for_the_charge_that_is_due(
    subscriptions, payer, stranger, make_plan, pro, begun, change, quote, told, at
):
    plan = make_plan(pro)
    assert quote(begun, plan, at) == (0, False)
    change(begun, plan, at=at - 1 if at > END else at, max_pay=0)

    events = told(subscriptions.charge, begun, by=stranger, at=at if at > END else at + 1)

    assert events == [charged(begun, plan, payer, 2 * PRICE, 2, END + PERIOD)]


def test_a_change_while_lapsed_counts_for_the_reactivation(
    subscriptions, payer, make_plan, pro, begun, change, told
):
    plan, at = make_plan(pro), END + GRACE
    change(begun, plan, at=at, max_pay=0)

    events = told(subscriptions.reactivate, begun, by=payer, at=at + 1)

    assert events == [charged(begun, plan, payer, 2 * PRICE, 2, at + 1 + PERIOD)]


# In a trial


@pytest.mark.parametrize("amount", [1, 3 * PRICE])
def test_in_a_trial_every_plan_begins_at_once_and_costs_nothing(
    subscriptions, payer, stranger, make_plan, offer, start, told, status, balances, amount
):
    id = start(plan=make_plan(offer.but(trial=TRIAL)))
    plan = make_plan(offer.but(price=amount, trial=10 * TRIAL))
    over = START + TRIAL

    events = told(subscriptions.changePlan, id, plan, amount, 0, by=payer, at=over - 1)

    assert events == [changed(id, plan, amount, 0)]
    assert balances() == [FUNDS, FUNDS, 0]
    assert status(id, over - 1) == TRIALING
    events = told(subscriptions.charge, id, by=stranger, at=over)
    assert events == [charged(id, plan, payer, amount, 1, over + PERIOD)]


# Refusals


def test_change_plan_refuses_a_price_above_the_cap(
    stage, subscriptions, payer, make_plan, offer, pro, begun
):
    for made in (pro, offer.but(price=7)):
        plan, cap = make_plan(made), made.price - 1
        asked = (begun, plan, cap, HIGH)
        refusal = stage.refusal(subscriptions.changePlan, *asked, by=payer, at=MIDDLE)
        assert refusal == ("PriceAboveCap", made.price, cap)


def test_change_plan_is_the_payers_alone(stage, subscriptions, merchant, payer, monthly, begun):
    refusal = stage.refusal(subscriptions.changePlan, begun, monthly, HIGH, HIGH, by=merchant)

    assert refusal == ("NotPayer", payer.address, merchant.address)


def test_change_plan_refuses_another_merchants_plan(
    stage, subscriptions, payer, stranger, monthly, make_plan, offer, begun
):
    theirs = make_plan(offer.but(merchant=stranger.address))

    for verb, extra in ((subscriptions.changePlan, (HIGH, HIGH)), (subscriptions.quoteChange, ())):
        refusal = stage.refusal(verb, begun, theirs, *extra, by=payer)
        assert refusal == ("PlanNotExchangeable", monthly, theirs)


def test_change_plan_refuses_another_token(
    stage, subscriptions, payer, monthly, make_plan, offer, odd, begun
):
    other = make_plan(offer.but(token=odd.address))

    refusal = stage.refusal(subscriptions.changePlan, begun, other, HIGH, HIGH, by=payer)

    assert refusal == ("PlanNotExchangeable", monthly, other)


def test_change_plan_refuses_to_and_from_instalments(
    stage, subscriptions, payer, monthly, make_plan, offer, start, begun
):
    paid_off = make_plan(offer.but(max_cycles=3))
    owing = start(at=START + 1, plan=paid_off, ref=b"\x02" * 32)

    for id, old, new in ((begun, monthly, paid_off), (owing, paid_off, monthly)):
        refusal = stage.refusal(subscriptions.changePlan, id, new, HIGH, HIGH, by=payer)
        assert refusal == ("PlanNotExchangeable", old, new)


def test_change_plan_refuses_what_does_not_exist(stage, subscriptions, payer, monthly, begun):
    verb, other = subscriptions.changePlan, monthly + 1

    assert stage.refusal(verb, begun, other, HIGH, HIGH, by=payer) == ("UnknownPlan", other)
    assert stage.refusal(verb, bytes(32), monthly, HIGH, HIGH, by=payer) == (
        "UnknownSubscription",
        bytes(32),
    )


@pytest.mark.parametrize(("verb", "met"), [("pause", PAUSED), ("cancel", CANCELLED)])
def test_change_plan_refuses_what_is_paused_or_cancelled(
    stage, subscriptions, payer, make_plan, pro, begun, do, verb, met
):
    plan = make_plan(pro)
    do(getattr(subscriptions, verb), begun, by=payer, at=START + 1)

    refusal = stage.refusal(subscriptions.changePlan, begun, plan, HIGH, HIGH, by=payer, at=MIDDLE)

    assert refusal == ("WrongStatus", begun, met)


def test_the_present_plan_again_is_refused_once_all_is_over(
    stage, subscriptions, payer, monthly, make_plan, offer, start, begun, do
):
    paid_off = make_plan(offer.but(max_cycles=1))
    done = start(at=START + 1, plan=paid_off, ref=b"\x02" * 32)
    do(subscriptions.cancel, begun, by=payer, at=START + 2)

    for id, plan, met in ((begun, monthly, CANCELLED), (done, paid_off, COMPLETED)):
        refusal = stage.refusal(subscriptions.changePlan, id, plan, HIGH, 0, by=payer, at=END + 1)
        assert refusal == ("WrongStatus", id, met)


def test_a_paused_subscription_can_still_take_back_a_change(
    stage, subscriptions, payer, monthly, make_plan, offer, begun, change, do, record, status
):
    change(begun, make_plan(offer.but(price=1)), at=START + 1)
    do(subscriptions.pause, begun, by=payer, at=START + 2)

    change(begun, monthly, at=START + 3)

    assert record(begun).nextPlanId == 0
    assert status(begun, START + 4) == PAUSED
