"""``client.subscription``: what the payer decides: prices, plans, pauses, the end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from rapport.reverts import NotPayer, PaysTooMuch, PlanNotExchangeable, PriceAboveCap, WrongStatus
from rapport.subscriptions import Status
from tests.sdk.support.recurring import DAY, MONTH, WAIT, amount, later, started


def test_a_higher_price_waits_for_consent_and_a_cut_reaches_everybody(
    new_plan, merchant, payer, suite
):
    plan = new_plan()
    found = started(payer, plan)
    merchant.plan.price(plan.id, "12").wait(timeout=WAIT)
    later(suite, MONTH)
    assert merchant.subscription.show(found).next_charge.reason == "PriceAboveCap"
    with pytest.raises(PriceAboveCap):
        merchant.subscription.charge(found).wait(timeout=WAIT)
    payer.subscription.accept_price(found).wait(timeout=WAIT)
    assert amount(merchant.subscription.charge(found).wait(timeout=WAIT)) == 12
    merchant.plan.price(plan.id, "8").wait(timeout=WAIT)
    later(suite, MONTH)
    assert amount(merchant.subscription.charge(found).wait(timeout=WAIT)) == 8


def test_an_upgrade_takes_what_was_quoted_and_begins_at_once(new_plan, payer, suite):
    small, large = new_plan("10"), new_plan("30")
    found = started(payer, small)
    later(suite, MONTH / 2)
    quoted = payer.subscription.quote(found, large.id)
    assert quoted.at_once
    assert Decimal("9.9") < quoted.amount < Decimal("10.1")
    done = payer.subscription.change(found, large.id).wait(timeout=WAIT)
    assert done.result["plan"] == large.id
    assert abs(Decimal(done.result["paid"]) - quoted.amount) < Decimal("0.001")
    assert payer.subscription.show(found).plan.id == large.id
    with pytest.raises(PaysTooMuch):
        payer.subscription.change.dry_run(started(payer, small), large.id, max_pay=0)


def test_a_downgrade_begins_with_the_next_charge_and_can_be_taken_back(new_plan, payer, suite):
    small, large = new_plan("10"), new_plan("30")
    found = started(payer, large)
    assert not payer.subscription.quote(found, small.id).at_once
    payer.subscription.change(found, small.id).wait(timeout=WAIT)
    shown = payer.subscription.show(found)
    assert (shown.plan.id, shown.next_plan.id) == (large.id, small.id)
    assert shown.next_charge.amount == 10
    payer.subscription.change(found, large.id).wait(timeout=WAIT)
    assert payer.subscription.show(found).next_plan is None


def test_instalments_are_not_exchanged_and_end(new_plan, merchant, payer, suite):
    plan, other = new_plan("10", cycles=2), new_plan("20")
    found = started(payer, plan)
    with pytest.raises(PlanNotExchangeable):
        payer.subscription.quote(found, other.id)
    later(suite, MONTH)
    merchant.subscription.charge(found).wait(timeout=WAIT)
    assert merchant.subscription.show(found).next_charge is None
    later(suite, MONTH)
    assert merchant.subscription.show(found).status is Status.COMPLETED


def test_a_pause_stops_the_clock_and_is_added(new_plan, payer, suite):
    found = started(payer, new_plan())
    end = payer.subscription.show(found).paid_through
    payer.subscription.pause(found).wait(timeout=WAIT)
    shown = payer.subscription.show(found)
    assert (shown.status, shown.entitled, shown.next_charge) == (Status.PAUSED, False, None)
    later(suite, 10 * DAY)
    payer.subscription.resume(found).wait(timeout=WAIT)
    moved = payer.subscription.show(found).paid_through - end
    assert 10 * DAY <= moved < 10 * DAY + timedelta(minutes=1)


def test_what_lapsed_is_reactivated_by_the_payer_alone(new_plan, merchant, payer, suite):
    found = started(payer, new_plan())
    later(suite, MONTH + 8 * DAY)
    assert payer.subscription.show(found).status is Status.LAPSED
    with pytest.raises(WrongStatus):
        merchant.subscription.charge(found).wait(timeout=WAIT)
    with pytest.raises(NotPayer):
        merchant.subscription.reactivate.dry_run(found)
    done = payer.subscription.reactivate(found).wait(timeout=WAIT)
    assert done.result["cycle"] == 2
    assert payer.subscription.show(found).status is Status.ACTIVE


@pytest.mark.parametrize("who", ["payer", "merchant"])
def test_cancelling_ends_the_charges_and_keeps_what_is_paid(
    request, who, new_plan, merchant, payer, suite
):
    found = started(payer, new_plan())
    client = request.getfixturevalue(who)
    assert client.subscription.cancel(found).wait(timeout=WAIT).status == "done"
    assert client.subscription.cancel(found).wait(timeout=WAIT).status == "duplicate"
    shown = client.subscription.show(found)
    assert (shown.status, shown.entitled, shown.next_charge) == (Status.CANCELLED, True, None)
    later(suite, MONTH)
    with pytest.raises(WrongStatus):
        merchant.subscription.charge(found).wait(timeout=WAIT)
