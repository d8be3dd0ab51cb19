"""``client.subscription``: begun by the wallet or its signature, with a permit, with points."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from rapport import reverts, units
from rapport.errors import IdempotencyConflict, InputError
from rapport.intents import WrongSigner
from rapport.reverts import TransferFailed
from rapport.services.subscription_kinds import charge_ref
from rapport.subscriptions import Status
from rapport.subscriptions import facts as asking
from tests.sdk.support.recurring import (
    DAY,
    MONTH,
    PRICE,
    WAIT,
    amount,
    later,
    signed_coupon,
    started,
)
from tests.sdk.support.suite import account, until


def test_starting_charges_the_first_period_at_once(new_plan, merchant, payer, suite):
    plan = new_plan()
    before = merchant.subscription.balance(suite.token)
    done = payer.subscription.start(plan.id).wait(timeout=WAIT)
    assert (amount(done), done.result["cycle"]) == (PRICE, 1)
    assert merchant.subscription.balance(suite.token) == before + PRICE
    shown = payer.subscription.show(done.result["subscription"])
    assert (shown.status, shown.entitled, shown.cycles) == (Status.ACTIVE, True, 1)
    assert (shown.last_paid, shown.price_cap) == (PRICE, PRICE)
    assert shown.payer == account(3).address
    assert (shown.next_charge.amount, shown.next_charge.chargeable) == (PRICE, False)
    assert (shown.next_charge.at, shown.next_charge.reason) == (shown.paid_through, "NotDue")
    assert shown.lapses_at == shown.paid_through + 7 * DAY


def test_the_same_key_starts_one_subscription(new_plan, payer):
    plan = new_plan()
    first = payer.subscription.start(plan.id, idempotency_key="signup:1").wait(timeout=WAIT)
    again = payer.subscription.start(plan.id, idempotency_key="signup:1").wait(timeout=WAIT)
    assert first.result == again.result
    assert len(payer.subscription.list(payer=account(3).address)) == 1


def test_a_trial_is_free_and_comes_once(new_plan, payer):
    plan = new_plan(trial=14 * DAY)
    first = payer.subscription.show(started(payer, plan))
    assert (first.status, first.cycles, first.last_paid) == (Status.TRIALING, 0, 0)
    second = payer.subscription.show(started(payer, plan))
    assert (second.status, second.cycles) == (Status.ACTIVE, 1)


def test_a_price_above_the_cap_is_refused_before_it_is_sent(new_plan, payer):
    with pytest.raises(InputError, match=r"costs 9\.99 tUSD a period, which is above the cap of 9"):
        payer.subscription.start(new_plan().id, price_cap="9")


def test_who_has_allowed_too_little_is_refused_without_a_transaction(new_plan, payer, suite):
    plan = new_plan("1500")
    with pytest.raises(TransferFailed):
        payer.subscription.start(plan.id).wait(timeout=WAIT)
    assert payer.subscription.list(payer=account(3).address) == ()


def test_a_customer_earns_points_with_the_first_charge_and_more_with_renewals(
    new_plan, merchant, payer, suite
):
    number = "C-sub"
    merchant.customer.register(number).wait(timeout=WAIT)
    wallet = account(3)
    terms = merchant.subscription.request(
        new_plan("10").id, wallet.address, until(suite), customer=number, reference="s-1"
    )
    signature = terms.sign(merchant.subscription.domain(), wallet)
    done = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    found = done.result["subscription"]
    assert merchant.loyalty.balance(number).points == 10
    assert merchant.subscription.show(found).customer == number
    later(suite, MONTH)
    merchant.subscription.charge(found).wait(timeout=WAIT)
    assert merchant.loyalty.balance(number).points == 30
    # And a refund of half of the renewal takes back half of its points
    suite.allow(suite.merchant, "Subscriptions", 10**9)
    suite.mint(suite.merchant.address, 10**9)
    merchant.subscription.refund(found, 5).wait(timeout=WAIT)
    assert merchant.loyalty.balance(number).points == 20


def test_what_was_sent_about_a_customers_subscription_is_found_when_the_customer_is_erased(
    new_plan, merchant, payer, suite
):
    merchant.customer.register("C-gone").wait(timeout=WAIT)
    wallet = account(3)
    terms = merchant.subscription.request(
        new_plan("10").id, wallet.address, until(suite), customer="C-gone"
    )
    signature = terms.sign(merchant.subscription.domain(), wallet)
    done = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    found = done.result["subscription"]
    merchant.subscription.cancel(found, idempotency_key="complaint of C-gone").wait(timeout=WAIT)
    merchant.subscription.charge_batch([found]).finish()
    mentions = merchant.tx.about([terms.customer_id])
    assert [each.entry.kind for each in mentions][-3:] == [
        "subscription.start",
        "subscription.cancel",
        "subscription.charge",
    ]


def test_what_is_worked_out_here_is_what_the_contract_says(new_plan, merchant, payer, suite):
    plan = new_plan("9.99")
    found = started(payer, plan, coupon=signed_coupon(merchant, suite, percent="33.33"))
    number = bytes.fromhex(found[2:])
    ask = merchant.chain.call
    contract = suite.address("Subscriptions")
    assert charge_ref(contract, number, 7) == ask("Subscriptions", "chargeRef", number, 7)
    (facts,) = asking.read([number], merchant.chain.batch(asking.questions([number])))
    answers = merchant.chain.batch(asking.due_questions([facts]))
    (due,) = asking.read_due([facts], {plan.id: plan}, answers)
    assert facts.price(9_990_000) == due.amount
    coupon = signed_coupon(merchant, suite, "OTHER")
    assert coupon.id == ask("Subscriptions", "couponId", coupon.coupon.struct())


def test_points_that_nobody_gets_are_told_and_stop_nothing(new_plan, merchant, payer, suite):
    unknown = units.new_customer_id()
    merchant.customer.register("C-known").wait(timeout=WAIT)
    wallet = account(3)
    terms = merchant.subscription.request(
        new_plan().id, wallet.address, until(suite), customer="C-known"
    )
    terms = replace(terms, customer_id=unknown)
    signature = terms.sign(merchant.subscription.domain(), wallet)
    done = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    assert (done.status, amount(done)) == ("done", PRICE)
    assert done.result["points_skipped"] == "UnknownCustomer"


def test_a_relayed_start_takes_effect_once_and_only_as_it_was_signed(
    new_plan, merchant, payer, suite
):
    wallet, domain = account(3), merchant.subscription.domain()
    terms = merchant.subscription.request(new_plan().id, wallet.address, until(suite))
    with pytest.raises(WrongSigner):
        merchant.subscription.start_by_sig(terms, terms.sign(domain, account(4)))
    signature = terms.sign(domain, wallet)
    for status in ("done", "duplicate"):
        key = f"relay:{status}"
        ended = merchant.subscription.start_by_sig(terms, signature, idempotency_key=key)
        assert ended.wait(timeout=WAIT).status == status
    assert len(merchant.subscription.list()) == 1


def test_terms_that_come_again_after_a_change_of_plan_are_a_duplicate(
    new_plan, merchant, payer, suite
):
    wallet, domain = account(3), merchant.subscription.domain()
    small, large = new_plan("10"), new_plan("30")
    terms = merchant.subscription.request(small.id, wallet.address, until(suite))
    signature = terms.sign(domain, wallet)
    done = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    payer.subscription.change(done.result["subscription"], large.id).wait(timeout=WAIT)
    again = merchant.subscription.start_by_sig(terms, signature, idempotency_key="again")
    assert again.wait(timeout=WAIT).status == "duplicate"
    other = replace(terms, price_cap=terms.price_cap + 1)
    with pytest.raises(IdempotencyConflict):
        merchant.subscription.start_by_sig(other, other.sign(domain, wallet))
    refused = merchant.subscription.start_by_sig(
        other, other.sign(domain, wallet), idempotency_key="other"
    )
    with pytest.raises(reverts.RefConflict):
        refused.wait(timeout=WAIT)


def test_a_permit_stands_for_the_approval(new_plan, merchant, suite):
    wallet, domain = account(5), merchant.subscription.domain()
    plan = new_plan()
    terms = merchant.subscription.request(plan.id, wallet.address, until(suite))
    permit = merchant.subscription.permit_request(
        suite.token, wallet.address, "100", until(suite)
    ).sign(wallet)
    signature = terms.sign(domain, wallet)
    done = merchant.subscription.start_by_sig(terms, signature, permit=permit).wait(timeout=WAIT)
    assert done.result["cycle"] == 1
    assert merchant.subscription.allowance(suite.token, wallet.address) == Decimal("90.01")


def test_a_permit_for_another_contract_is_refused_before_it_is_sent(new_plan, merchant, suite):
    wallet = account(5)
    terms = merchant.subscription.request(new_plan().id, wallet.address, until(suite))
    permit = merchant.payment.permit_request(suite.token, wallet.address, "100", until(suite))
    signature = terms.sign(merchant.subscription.domain(), wallet)
    with pytest.raises(InputError, match="the permit's spender is"):
        merchant.subscription.start_by_sig(terms, signature, permit=permit.sign(wallet))
