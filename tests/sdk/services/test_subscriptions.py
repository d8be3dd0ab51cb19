"""``client.subscription``: begun, charged, changed and ended, within what the payer agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from rapport import AsyncClient, reverts, units
from rapport.errors import IdempotencyConflict, InputError, NotFound
from rapport.intents import WrongSigner
from rapport.reverts import (
    NotDue,
    NotMerchant,
    NotPayer,
    NotTheLastCharge,
    PaysTooMuch,
    PlanNotExchangeable,
    PriceAboveCap,
    TransferFailed,
    WrongStatus,
)
from rapport.services.subscription_kinds import charge_ref
from rapport.subscriptions import Action, SignedCoupon, Status
from rapport.subscriptions import facts as asking
from tests.sdk.support.recurring import (
    DAY,
    MONTH,
    PRICE,
    QUICK,
    WAIT,
    connected,
    later,
    merchant,
    new_plan,
    payer,
    started,
    suite,
    undone,
)
from tests.sdk.support.suite import account, until

__all__ = ["merchant", "new_plan", "payer", "suite", "undone"]


def signed_coupon(merchant, suite, code="SPRING", percent=50, cycles=2, **terms) -> SignedCoupon:
    made = merchant.subscription.coupon(code, percent, cycles, until(suite), **terms)
    signature = made.sign(merchant.subscription.domain(), suite.merchant)
    return merchant.subscription.signed_coupon(made, signature)


def amount(outcome) -> Decimal:
    """What an outcome says that was taken or given."""
    return Decimal(outcome.result["amount"])


# Beginning


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


# Charging


def test_a_charge_before_its_time_is_refused_without_a_transaction(new_plan, merchant, payer):
    found = started(payer, new_plan())
    with pytest.raises(NotDue):
        merchant.subscription.charge(found).wait(timeout=WAIT)


def test_a_period_is_charged_once_whoever_tries(new_plan, merchant, payer, suite, tmp_path):
    found = started(payer, new_plan(caller_fee="0.50"))
    later(suite, MONTH + DAY)
    assert merchant.subscription.show(found).status is Status.PAST_DUE
    # A stranger charges, and is paid for it
    with connected(suite, tmp_path / "stranger.db", account(6)) as stranger:
        before = stranger.subscription.balance(suite.token)
        done = stranger.subscription.charge(found).wait(timeout=WAIT)
        assert (done.result["cycle"], amount(done)) == (2, PRICE)
        assert stranger.subscription.balance(suite.token) == before + Decimal("0.50")
    shown = merchant.subscription.show(found)
    # Anchored: the period begins when the last one ended, however late the charge
    assert shown.next_charge.at - shown.plan.period < suite.chain.block().timestamp - DAY / 2


def test_a_charge_that_somebody_else_made_is_a_duplicate(new_plan, merchant, payer, suite):
    found = started(payer, new_plan())
    later(suite, MONTH)
    kept = merchant.subscription.charge.dry_run(found)
    assert kept.gas > 0
    merchant.tx.stop()
    merchant._send = False
    waiting = merchant.subscription.charge(found)
    payer.subscription.charge(found).wait(timeout=WAIT)
    merchant.tx.drain(timeout=WAIT)
    ended = waiting.wait(timeout=WAIT)
    assert (ended.status, ended.result["cycle"]) == ("duplicate", 2)


def test_a_batch_charges_all_that_can_pay_and_tells_of_the_others(new_plan, merchant, payer, suite):
    plan = new_plan()
    good = [started(payer, plan) for _ in range(3)]
    poor = account(7)
    suite.allow(poor, "Subscriptions", 10 * 10**6)
    terms = merchant.subscription.request(plan.id, poor.address, until(suite))
    signature = terms.sign(merchant.subscription.domain(), poor)
    bad = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    later(suite, MONTH)
    ids = [*good[:2], bad.result["subscription"], "0x" + "ab" * 32, "rubbish", good[2]]
    stream = merchant.subscription.charge_batch(ids)
    ended = {each.item: each for each in stream}
    assert [ended[each].ok for each in ids] == [True, True, False, False, False, True]
    assert [amount(ended[each].outcome) for each in good] == [PRICE] * 3
    assert isinstance(ended["rubbish"].error, InputError)
    assert "TransferFailed" in repr(ended[bad.result["subscription"]].error)
    assert {merchant.subscription.show(each).cycles for each in good} == {2}


def test_a_token_that_is_gone_keeps_nobody_else_of_a_batch_from_being_charged(
    new_plan, merchant, payer, suite
):
    token = suite.new_token("GONE")
    done = merchant.plan.create(token, "1", MONTH, trial=14 * DAY).wait(timeout=WAIT)
    lost = payer.subscription.start(done.result["plan"]).wait(timeout=WAIT)
    good = started(payer, new_plan(period=15 * DAY))
    suite.anvil.ask("anvil_setCode", token, "0x")
    merchant.tokens.pop(token)
    later(suite, 16 * DAY)
    stream = merchant.subscription.charge_batch([lost.result["subscription"], good])
    assert [each.ok for each in stream] == [False, True]


# What the payer decides


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


def test_every_decision_can_be_signed_and_relayed_once(new_plan, merchant, payer, suite):
    wallet, domain = account(3), merchant.subscription.domain()
    small, large = new_plan("10"), new_plan("30")
    found = started(payer, small)

    def relay(action, **terms):
        intent = merchant.subscription.instruction(found, action, until(suite), **terms)
        signature = intent.sign(domain, wallet)
        first = merchant.subscription.instruct(intent, signature)
        assert first.wait(timeout=WAIT).status == "done"
        again = merchant.subscription.instruct(intent, signature, idempotency_key=action)
        assert again.wait(timeout=WAIT).status == "duplicate"
        return merchant.subscription.show(found)

    assert relay("pause").status is Status.PAUSED
    assert relay("resume").status is Status.ACTIVE
    assert relay("accept price", price_cap="25").price_cap == 25
    assert relay("change-plan", plan=large.id, price_cap="31").plan.id == large.id
    later(suite, MONTH + 8 * DAY)
    assert relay("reactivate").cycles == 2
    assert relay(Action.CANCEL).status is Status.CANCELLED


def test_an_instruction_of_somebody_else_is_refused_before_it_is_sent(
    new_plan, merchant, payer, suite
):
    found = started(payer, new_plan())
    intent = merchant.subscription.instruction(found, "cancel", until(suite))
    signature = intent.sign(merchant.subscription.domain(), account(4))
    with pytest.raises(WrongSigner):
        merchant.subscription.instruct(intent, signature)


def test_an_instruction_of_an_earlier_sequence_is_refused(new_plan, merchant, payer, suite):
    found = started(payer, new_plan())
    intent = merchant.subscription.instruction(found, "pause", until(suite))
    signature = intent.sign(merchant.subscription.domain(), account(3))
    payer.subscription.accept_price(found, "20").wait(timeout=WAIT)
    with pytest.raises(reverts.BadSequence):
        merchant.subscription.instruct(intent, signature).wait(timeout=WAIT)


@pytest.mark.parametrize(
    ("action", "terms", "said"),
    [
        ("stop", {}, "'stop' is no action; the actions are cancel, pause"),
        ("cancel", {"plan": 1}, "takes no plan"),
        ("pause", {"price_cap": 1}, "takes no price"),
        ("change plan", {}, "needs the plan"),
    ],
)
def test_an_instruction_that_makes_no_sense_is_not_made(
    new_plan, merchant, payer, suite, action, terms, said
):
    found = started(payer, new_plan())
    with pytest.raises(InputError, match=said):
        merchant.subscription.instruction(found, action, until(suite), **terms)


# Coupons


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


# What the merchant gives


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


# Looking


def test_history_tells_everything_that_happened_in_order(new_plan, merchant, payer, suite):
    suite.mint(suite.merchant.address, 100 * 10**6)
    merchant.subscription.approve(suite.token, 100).wait(timeout=WAIT)
    found = started(payer, new_plan("10"), campaign="spring")
    merchant.subscription.refund(found, "4").wait(timeout=WAIT)
    payer.subscription.accept_price(found, "20").wait(timeout=WAIT)
    payer.subscription.cancel(found).wait(timeout=WAIT)
    steps = merchant.subscription.history(found)
    assert [(each.what, each.amount) for each in steps] == [
        ("started", None),
        ("charged", 10),
        ("refunded", 4),
        ("price accepted", None),
        ("cancelled", None),
    ]
    assert [each.note for each in steps[2:]] == [
        "6.00 tUSD kept",
        "up to 20.00 tUSD",
        "by the payer",
    ]
    assert steps[0].at == steps[1].at <= steps[-1].at


def test_subscriptions_are_listed_by_merchant_payer_plan_and_status(
    new_plan, merchant, payer, suite
):
    first, second = new_plan(), new_plan("20")
    one, two = started(payer, first), started(payer, second)
    payer.subscription.cancel(two).wait(timeout=WAIT)

    def ids(**terms):
        return [each.id for each in merchant.subscription.list(**terms)]

    assert ids() == [one, two]
    assert ids(payer=account(3).address) == [one, two]
    assert ids(payer=account(4).address) == []
    assert ids(plan=second.id) == [two]
    assert ids(status="active") == [one]
    assert ids(status=Status.CANCELLED) == [two]
    with pytest.raises(InputError, match="'gone' is no status"):
        ids(status="gone")


def test_an_id_that_is_none_or_unknown_is_said_so(merchant):
    with pytest.raises(InputError, match="must be 32 bytes"):
        merchant.subscription.show("0x12")
    with pytest.raises(NotFound, match="there is no subscription 0xab"):
        merchant.subscription.show("0x" + "ab" * 32)


# What is to come


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


async def test_the_verbs_are_awaited_of_an_asynchronous_client(new_plan, payer, suite, tmp_path):
    plan = new_plan()
    async with await AsyncClient.connect(
        suite.anvil.url,
        signer=account(3),
        addresses=suite.book,
        journal=tmp_path / "async.db",
        policy=QUICK,
    ) as client:
        submission = await client.subscription.start(plan.id)
        found = (await submission.wait(timeout=WAIT)).result["subscription"]
        assert (await client.subscription.show(found)).status is Status.ACTIVE
        assert (await client.plan.show(plan.id)).price == PRICE
        assert [each.what for each in await client.subscription.history(found)] == [
            "started",
            "charged",
        ]
