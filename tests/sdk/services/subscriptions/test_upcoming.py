"""``client.subscription``: what is to come, and what of it would fail."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError
from tests.sdk.support.recurring import DAY, WAIT, later, signed_coupon, started
from tests.sdk.support.suite import account


def test_upcoming_adds_up_what_is_to_come_and_sets_apart_what_would_fail(
    new_plan, merchant, payer, suite
):
    weekly = new_plan("5", 7 * DAY)
    monthly = new_plan("10")
    instalments = new_plan("20", 7 * DAY, cycles=3)
    dear = new_plan("30")
    started(payer, weekly, coupon=signed_coupon(merchant, suite, percent=50, cycles=3))
    started(payer, monthly)
    started(payer, instalments)
    refused = started(payer, dear)
    merchant.plan.price(dear.id, "31").wait(timeout=WAIT)
    ended = started(payer, monthly)
    payer.subscription.cancel(ended).wait(timeout=WAIT)

    found = merchant.subscription.upcoming(31)
    by_plan = {
        plan.id: [each.amount for each in found.charges if each.plan == plan.id]
        for plan in (weekly, monthly, instalments)
    }
    assert by_plan[weekly.id] == [Decimal("2.5"), Decimal("2.5"), 5, 5]
    assert by_plan[monthly.id] == [10]
    assert by_plan[instalments.id] == [20, 20]
    (failing,) = found.failing
    assert (failing.subscription, failing.amount) == (refused, 31)
    assert failing.reason == "the price is above what the payer has agreed to"
    (revenue,) = found.revenue
    assert (revenue.charges, revenue.amount) == (7, 65)
    assert found.at_risk[0].amount == 31


def test_upcoming_counts_a_payers_money_once(new_plan, merchant, payer, suite):
    plan = new_plan("10")
    for _ in range(3):
        started(payer, plan)
    suite.allow(account(3), "Subscriptions", 25 * 10**6)
    found = merchant.subscription.upcoming(31)
    assert (len(found.charges), len(found.failing)) == (2, 1)
    assert found.failing[0].reason == "the payer's allowance is too small"


def test_upcoming_is_what_is_charged_in_that_time(new_plan, merchant, payer, suite):
    plan = new_plan("10", 7 * DAY)
    started(payer, plan)
    expected = merchant.subscription.upcoming(30).revenue[0].amount
    before = merchant.subscription.balance(suite.token)
    (found,) = merchant.subscription.list()
    for _ in range(4):
        later(suite, 7 * DAY)
        merchant.subscription.charge(found.id).wait(timeout=WAIT)
    assert merchant.subscription.balance(suite.token) - before == expected == 40


@pytest.mark.parametrize("days", [0, 4_000, "x"])
def test_upcoming_of_no_sensible_time_is_refused(merchant, days):
    with pytest.raises(InputError, match="days"):
        merchant.subscription.upcoming(days)
