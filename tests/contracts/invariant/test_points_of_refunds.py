"""Points of a subscription's charge go back with the money, in proportion."""

from __future__ import annotations

import pytest

from tests.contracts.support.checkout import PERIOD, PRICE, Checkout
from tests.contracts.support.model.earn import asset_of, renewal_of
from tests.contracts.support.suite import MERCHANT, SALE_RULE

A_DOLLAR = 10**6  # for which the rule gives a point


@pytest.mark.parametrize("renewed", [False, True], ids=["first charge", "renewal"])
@pytest.mark.parametrize("kept", [0, 10 * A_DOLLAR, PRICE - 1])
def test_what_is_given_back_of_a_charge_takes_its_points_along(kept: int, renewed: bool) -> None:
    shop = Checkout()
    asset = asset_of(shop.money.address)
    for key in (asset, renewal_of(asset)):
        shop.earn.setPurchaseRule(key, SALE_RULE, **shop.by("rules"))
    shop.evm.warp(shop.evm.timestamp + 1)
    before = shop.points.balanceOf(shop.linked)
    shop.subscribe()
    if renewed:
        shop.evm.warp(shop.evm.timestamp + PERIOD)
        before = shop.points.balanceOf(shop.linked)
        shop.subscriptions.charge(shop.id, sender=shop.payer)
    earned = shop.points.balanceOf(shop.linked) - before
    assert earned == PRICE // A_DOLLAR

    shop.subscriptions.refund(shop.id, 1 + renewed, kept, sender=MERCHANT.address)

    taken = earned * (PRICE - kept) // PRICE
    assert shop.points.balanceOf(shop.linked) == before + earned - taken
