"""``client.subscription``: coupons: signed by the merchant, used once by each payer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport import reverts
from rapport.errors import InputError
from rapport.intents import WrongSigner
from rapport.subscriptions import SignedCoupon
from tests.sdk.support.recurring import MONTH, WAIT, amount, later, signed_coupon, started
from tests.sdk.support.suite import account, until


def test_a_coupon_counts_from_the_first_charge_and_for_so_many(new_plan, merchant, payer, suite):
    plan = new_plan("10")
    coupon = signed_coupon(merchant, suite, percent="25", cycles=2)
    again = merchant.subscription.read_coupon(coupon.document())
    assert again.id == coupon.id
    found = started(payer, plan, coupon=again)
    shown = payer.subscription.show(found)
    assert (shown.last_paid, shown.discount, shown.discount_cycles) == (Decimal("7.5"), 25, 1)
    amounts = []
    for _ in range(2):
        later(suite, MONTH)
        amounts.append(amount(merchant.subscription.charge(found).wait(timeout=WAIT)))
    assert amounts == [Decimal("7.5"), 10]


def test_a_coupon_is_used_once_by_each_payer(new_plan, merchant, payer, suite):
    plan = new_plan("10")
    coupon = signed_coupon(merchant, suite)
    found = started(payer, plan, coupon=coupon)
    with pytest.raises(reverts.CouponUsed):
        payer.subscription.redeem.dry_run(found, coupon)
    other = signed_coupon(merchant, suite, "SUMMER", 100, 1)
    payer.subscription.redeem(found, other).wait(timeout=WAIT)
    assert payer.subscription.show(found).next_charge.amount == 0


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"plan": 2}, "is for plan 2, not for plan 1"),
        ({"payer": account(8).address}, f"is for {account(8).address}"),
    ],
)
def test_a_coupon_for_something_else_is_refused_before_it_is_sent(
    new_plan, merchant, payer, suite, terms, said
):
    plan, _ = new_plan(), new_plan()
    coupon = signed_coupon(merchant, suite, **terms)
    with pytest.raises(InputError, match=said):
        payer.subscription.start(plan.id, coupon=coupon)


def test_a_coupon_that_its_merchant_has_not_signed_is_refused(new_plan, merchant, payer, suite):
    plan = new_plan()
    made = merchant.subscription.coupon("X", 10, 1, until(suite))
    forged = made.sign(merchant.subscription.domain(), account(4))
    with pytest.raises(WrongSigner):
        merchant.subscription.signed_coupon(made, forged)
    coupon = SignedCoupon(made, merchant.subscription.domain(), forged)
    with pytest.raises(WrongSigner):
        payer.subscription.start(plan.id, coupon=coupon)
    with pytest.raises(InputError, match="not signed"):
        merchant.subscription.read_coupon({**coupon.document(), "signature": ""})


@pytest.mark.parametrize(
    ("percent", "cycles", "terms", "said"),
    [
        ("0", 1, {}, "more than 0 and at most 100"),
        ("100.01", 1, {}, "at most 100"),
        ("10", 0, {}, "at least one charge"),
        ("10", 1, {"max_uses": 0}, "at least one use"),
    ],
)
def test_a_coupon_that_could_never_be_is_not_made(merchant, suite, percent, cycles, terms, said):
    with pytest.raises(InputError, match=said):
        merchant.subscription.coupon("X", percent, cycles, until(suite), **terms)
