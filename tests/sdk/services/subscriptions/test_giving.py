"""``client.subscription``: what the merchant gives: time and money back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.reverts import NotMerchant, NotTheLastCharge
from tests.sdk.support.recurring import DAY, MONTH, WAIT, amount, later, started


def test_time_is_granted_until_a_moment_and_not_twice(new_plan, merchant, payer):
    found = started(payer, new_plan())
    end = payer.subscription.show(found).paid_through + 5 * DAY
    assert merchant.subscription.grant_time(found, end).wait(timeout=WAIT).status == "done"
    assert merchant.subscription.grant_time(found, end).wait(timeout=WAIT).status == "duplicate"
    assert payer.subscription.show(found).paid_through == end
    with pytest.raises(NotMerchant):
        payer.subscription.grant_time.dry_run(found, end + DAY)


def test_a_refund_gives_back_an_amount_once(new_plan, merchant, payer, suite):
    suite.mint(suite.merchant.address, 100 * 10**6)
    merchant.subscription.approve(suite.token, 100).wait(timeout=WAIT)
    found = started(payer, new_plan("10"))
    before = payer.subscription.balance(suite.token)
    for _ in range(2):
        done = merchant.subscription.refund(found, "4", idempotency_key="r-1").wait(timeout=WAIT)
        assert (amount(done), Decimal(done.result["kept"])) == (4, 6)
    assert payer.subscription.balance(suite.token) == before + 4
    with pytest.raises(InputError, match=r"more than the 6\.00 tUSD"):
        merchant.subscription.refund(found, "6.01")
    merchant.subscription.refund(found).wait(timeout=WAIT)
    assert payer.subscription.balance(suite.token) == before + 10
    with pytest.raises(InputError, match="nothing is kept"):
        merchant.subscription.refund(found)


def test_a_refund_of_an_earlier_charge_is_refused(new_plan, merchant, payer, suite):
    merchant.subscription.approve(suite.token, 100).wait(timeout=WAIT)
    found = started(payer, new_plan("10"))
    later(suite, MONTH)
    merchant.subscription.charge(found).wait(timeout=WAIT)
    with pytest.raises(NotTheLastCharge):
        merchant.subscription.refund.dry_run(found, "1", cycle=1)
