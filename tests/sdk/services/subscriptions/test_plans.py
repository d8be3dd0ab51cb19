"""``client.plan``: what a merchant offers, refused before it is sent where it could never be."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from rapport.errors import IdempotencyConflict, InputError, NotFound
from rapport.reverts import NotMerchant, PlanIsClosed
from tests.sdk.support.recurring import DAY, MONTH, PRICE, WAIT, connected


def test_a_plan_is_shown_as_it_was_made(new_plan, merchant, suite):
    plan = new_plan(trial=7 * DAY, grace=3 * DAY, cycles=12, caller_fee="0.25")
    assert (plan.price, plan.caller_fee) == (PRICE, Decimal("0.25"))
    assert (plan.period, plan.trial, plan.grace) == (MONTH, 7 * DAY, 3 * DAY)
    assert (plan.cycles, plan.closed) == (12, False)
    assert (plan.merchant, plan.token.address) == (suite.merchant.address, suite.token)
    assert plan.token.symbol == "tUSD"


def test_a_plan_without_grace_or_end_has_a_week_and_none(new_plan):
    plan = new_plan()
    assert (plan.grace, plan.cycles, plan.trial) == (7 * DAY, None, timedelta(0))
    assert new_plan(period=3 * DAY).grace == 3 * DAY


def test_the_same_key_makes_the_same_plan_once(merchant, suite, tmp_path):
    first = merchant.plan.create(suite.token, "5", MONTH, idempotency_key="gold").wait(timeout=WAIT)
    again = merchant.plan.create(suite.token, "5", MONTH, idempotency_key="gold").wait(timeout=WAIT)
    assert first.result["plan"] == again.result["plan"]
    # And so does another journal, which knows nothing of the first
    with connected(suite, tmp_path / "lost.db", suite.merchant) as other:
        third = other.plan.create(suite.token, "5", MONTH, idempotency_key="gold")
        assert third.wait(timeout=WAIT).status == "duplicate"
        assert third.outcome.result["plan"] == first.result["plan"]


def test_a_key_of_another_plan_is_refused_before_it_is_sent(merchant, suite):
    merchant.plan.create(suite.token, "5", MONTH, idempotency_key="gold").wait(timeout=WAIT)
    with pytest.raises(IdempotencyConflict):
        merchant.plan.create(suite.token, "6", MONTH, idempotency_key="gold")


@pytest.mark.parametrize(
    ("price", "terms", "said"),
    [
        ("0", {}, "a price must be above 0"),
        ("-1", {}, "zero or more"),
        ("0.0000001", {}, "at most 6 decimals"),
        ("1", {"caller_fee": "2"}, "more than the price"),
        ("1", {"period": timedelta(hours=1)}, "a period is 1 day to 3,660 days; met 1 hour"),
        ("1", {"period": 3_661 * DAY}, "met 3,661 days"),
        ("1", {"grace": 31 * DAY}, "the grace is 1 seconds to 30 days; met 31 days"),
        ("1", {"grace": timedelta(0)}, "met none"),
        ("1", {"trial": 4_000 * DAY}, "a trial is none to 3,660 days"),
        ("1", {"cycles": 0}, "at least one charge"),
        ("1", {"cycles": 65_536}, "cycles must be"),
        ("1", {"period": DAY + timedelta(microseconds=1)}, "whole number of seconds"),
    ],
)
def test_a_plan_that_could_never_be_is_refused_before_it_is_sent(
    merchant, suite, price, terms, said
):
    terms = {"period": MONTH, **terms}
    with pytest.raises(InputError, match=said):
        merchant.plan.create(suite.token, price, **terms)
    assert merchant.tx.status().open == 0


def test_a_plan_in_no_token_is_refused_before_it_is_sent(merchant):
    with pytest.raises(InputError, match="no ERC-20 token"):
        merchant.plan.create("0x" + "11" * 20, "1", MONTH)


def test_the_price_is_set_and_the_fee_stays(new_plan, merchant):
    plan = new_plan(caller_fee="0.10")
    merchant.plan.price(plan.id, "12").wait(timeout=WAIT)
    assert merchant.plan.show(plan.id).price == 12
    assert merchant.plan.show(plan.id).caller_fee == Decimal("0.10")
    with pytest.raises(InputError, match="lower it as well"):
        merchant.plan.price(plan.id, "0.05")


def test_a_closed_plan_cannot_be_priced_or_chosen(new_plan, merchant, payer):
    plan = new_plan()
    assert merchant.plan.close(plan.id).wait(timeout=WAIT).status == "done"
    assert merchant.plan.close(plan.id).wait(timeout=WAIT).status == "duplicate"
    assert merchant.plan.show(plan.id).closed
    with pytest.raises(PlanIsClosed):
        merchant.plan.price.dry_run(plan.id, "1")
    with pytest.raises(InputError, match="closed; choose another"):
        payer.subscription.start(plan.id)


def test_only_its_merchant_prices_a_plan(new_plan, payer):
    plan = new_plan()
    with pytest.raises(NotMerchant):
        payer.plan.price.dry_run(plan.id, "1")


def test_the_plans_of_a_merchant_are_listed_and_nobody_elses(new_plan, merchant, payer, suite):
    first, second = new_plan(), new_plan("20")
    assert [each.id for each in merchant.plan.list()] == [first.id, second.id]
    assert payer.plan.list() == ()
    assert len(payer.plan.list(suite.merchant.address)) == 2


def test_a_plan_that_is_not_there_is_not_found(merchant):
    with pytest.raises(NotFound, match="there is no plan 77"):
        merchant.plan.show(77)
