"""``client.subscription``: an invoice is made of what the chain says of one charge."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import NotFound
from rapport.invoices import Seller
from rapport.services.subscription_kinds import charge_ref
from tests.sdk.support.recurring import DAY, MONTH, WAIT, later, started


def test_an_invoice_of_a_charge_names_what_an_upgrade_took_and_what_came_back(
    new_plan, merchant, payer, suite
):
    small, large = new_plan("10"), new_plan("30")
    found = started(payer, small)
    later(suite, MONTH / 2)
    changed = payer.subscription.change(found, large.id).wait(timeout=WAIT)
    extra = Decimal(changed.result["paid"])
    merchant.subscription.approve(suite.token, 100).wait(timeout=WAIT)
    merchant.subscription.refund(found, 4).wait(timeout=WAIT)
    later(suite, MONTH / 2)
    merchant.subscription.charge(found).wait(timeout=WAIT)
    merchant.seller = Seller("Corner Coffee")
    merchant.explorer = "https://explorer.example/"

    first, last = merchant.subscription.invoice(found, 1), merchant.subscription.invoice(found)

    assert [entry.what for entry in first.entries] == ["charged", "plan changed", "refunded"]
    assert [line.amount for line in first.lines] == [10, extra]
    assert first.lines[0].text.startswith(f"Plan {small.id}, ")
    assert first.lines[1].text == f"Change to plan {large.id}"
    assert (first.total, first.refunded, first.net) == (10 + extra, 4, 6 + extra)
    assert (last.total, last.refunded, last.status) == (30, Decimal(0), "paid")
    for cycle, invoice in ((1, first), (2, last)):
        number = charge_ref(suite.address("Subscriptions"), bytes.fromhex(found[2:]), cycle)
        assert invoice.id == f"0x{number.hex()}"
        digits = number.hex()[:8].upper()
        assert invoice.number == f"{invoice.entries[0].at:%Y%m%d}-{digits}"
        assert (invoice.seller.name, invoice.currency) == ("Corner Coffee", "tUSD")
        assert (invoice.token, invoice.contract) == (suite.token, suite.address("Subscriptions"))
        for entry in invoice.entries:
            assert entry.link == f"https://explorer.example/tx/{entry.transaction}"


def test_a_trial_has_no_invoice_before_its_first_charge(new_plan, merchant, payer, suite):
    found = started(payer, new_plan(trial=14 * DAY))
    with pytest.raises(NotFound, match="was charged 0 times; there is no charge 0"):
        merchant.subscription.invoice(found)
