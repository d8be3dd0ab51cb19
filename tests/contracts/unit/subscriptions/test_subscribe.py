"""A payer begins a subscription."""

from eth_utils import keccak

from tests.contracts.unit.conftest import DEADLINE
from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    PERIOD,
    PRICE,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import UNLIMITED
from tests.contracts.unit.support.subscriptions import (
    ACTIVE,
    NONE,
    NOTHING,
    PAST_DUE,
    TRIALING,
    charged,
)
from tests.contracts.unit.support.wallets import HERS

ANA, CAMPAIGN = keccak(text="customer Ana"), keccak(text="campaign spring")
RUNNING = 1  # mode of a record


def test_subscribe_without_a_trial_charges_the_first_period(
    stage, subscriptions, payer, terms, told, balances
):
    terms = terms.but(customer=ANA, campaign=CAMPAIGN, cap=PRICE + 5)
    expected = (terms.id, True)
    assert stage.answer(subscriptions.subscribe, terms.struct, by=payer) == expected

    events = told(subscriptions.subscribe, terms.struct, by=payer, at=START)

    first = charged(terms.id, terms.plan, payer, PRICE, 1, END)
    assert events[:2] == [terms.told(START), first]
    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]
    kept = stage.answer(subscriptions.subscription, terms.id, by=payer)
    numbers = (END, 1, 0, RUNNING, False, True, PRICE + 5, PRICE, terms.plan, 0)
    assert kept == (HERS.address, *numbers)
    assert subscriptions.customerOf(terms.id) == ANA


def test_subscribe_with_a_trial_takes_nothing_until_it_is_over(
    stage, subscriptions, merchant, payer, make_plan, offer, terms, told, balances, status
):
    terms = terms.but(plan=make_plan(offer.but(trial=TRIAL)))

    events = told(subscriptions.subscribe, terms.struct, by=payer, at=START)

    assert events == [terms.told(START + TRIAL)]
    assert balances() == [FUNDS, FUNDS, 0]
    kept = stage.answer(subscriptions.subscription, terms.id, by=payer)
    numbers = (START + TRIAL, 0, 0, RUNNING, False, False, PRICE, 0, terms.plan, 0)
    assert kept == (HERS.address, *numbers)
    assert subscriptions.trialUsed(merchant, payer) is True
    over = START + TRIAL
    assert [status(terms.id, at) for at in (over - 1, over)] == [TRIALING, PAST_DUE]


def test_the_first_charge_after_a_trial_is_for_the_period_from_its_end(
    subscriptions, stranger, payer, make_plan, offer, start, told
):
    plan = make_plan(offer.but(trial=TRIAL))
    id = start(plan=plan)

    events = told(subscriptions.charge, id, by=stranger, at=START + TRIAL + 60)

    assert events == [charged(id, plan, payer, PRICE, 1, START + TRIAL + PERIOD)]


def test_a_trial_needs_no_money(stage, subscriptions, make_plan, offer, terms, stranger):
    terms = terms.but(plan=make_plan(offer.but(trial=TRIAL)), payer=stranger.address)

    began = stage.answer(subscriptions.subscribe, terms.struct, by=stranger)

    assert began == (terms.id, True)


# Again


def test_subscribe_again_changes_nothing_and_says_so(
    stage, subscriptions, payer, terms, begun, balances
):
    before = balances()

    assert stage.answer(subscriptions.subscribe, terms.struct, by=payer) == (begun, False)
    assert stage.events(subscriptions.subscribe(terms.struct, sender=payer)) == []
    assert balances() == before


def test_subscribe_again_changes_nothing_also_past_the_deadline_and_after_the_end(
    stage, subscriptions, payer, terms, begun
):
    stage.send(subscriptions.cancel, begun, by=payer)

    late = stage.answer(subscriptions.subscribe, terms.struct, by=payer, at=DEADLINE + 1)

    assert late == (begun, False)


def test_subscribe_again_does_not_change_the_cap(stage, subscriptions, payer, terms, begun):
    stage.send(subscriptions.subscribe, terms.but(cap=PRICE * 9).struct, by=payer)

    assert subscriptions.subscription(begun).priceCap == PRICE


def test_subscribe_refuses_another_plan_under_the_same_reference(
    stage, subscriptions, payer, make_plan, offer, terms, begun
):
    other = terms.but(plan=make_plan(offer))

    refusal = stage.refusal(subscriptions.subscribe, other.struct, by=payer)

    assert refusal == ("RefConflict", terms.ref)


def test_the_same_reference_of_another_payer_is_another_subscription(
    stage, subscriptions, merchant, fund, token, stranger, terms, begun
):
    fund(token, stranger, subscriptions)
    theirs = terms.but(payer=stranger.address)

    began = stage.answer(subscriptions.subscribe, theirs.struct, by=stranger)

    assert began == (theirs.id, True)
    assert theirs.id != begun


def test_a_payer_has_as_many_subscriptions_to_a_plan_as_they_want(
    stage, subscriptions, payer, terms, begun
):
    second = terms.but(ref=b"\x02" * 32)

    stage.send(subscriptions.subscribe, second.struct, by=payer)

    assert [subscriptions.statusOf(each) for each in (begun, second.id)] == [ACTIVE] * 2


# Refusals


def test_subscribe_is_the_payers_alone(stage, subscriptions, merchant, terms):
    refusal = stage.refusal(subscriptions.subscribe, terms.struct, by=merchant)

    assert refusal == ("NotPayer", terms.payer, merchant.address)


def test_subscribe_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, subscriptions, payer, terms
):
    late = stage.refusal(subscriptions.subscribe, terms.struct, by=payer, at=DEADLINE + 1)

    assert late == ("Expired", DEADLINE, DEADLINE + 1)
    in_time = stage.answer(subscriptions.subscribe, terms.struct, by=payer, at=DEADLINE)
    assert in_time == (terms.id, True)


def test_subscribe_refuses_a_plan_that_does_not_exist(stage, subscriptions, payer, terms):
    for unknown in (0, terms.plan + 1):
        asked = terms.but(plan=unknown)
        refusal = stage.refusal(subscriptions.subscribe, asked.struct, by=payer)
        assert refusal == ("UnknownPlan", unknown)


def test_subscribe_refuses_a_price_above_the_cap_and_takes_one_of_the_cap(
    stage, subscriptions, payer, make_plan, offer, terms
):
    for plan in (terms.plan, make_plan(offer.but(trial=TRIAL))):
        low, enough = (terms.but(plan=plan, cap=cap) for cap in (PRICE - 1, PRICE))

        refusal = stage.refusal(subscriptions.subscribe, low.struct, by=payer)

        assert refusal == ("PriceAboveCap", PRICE, PRICE - 1)
        assert stage.answer(subscriptions.subscribe, enough.struct, by=payer) == (terms.id, True)


def test_subscribe_refuses_terms_that_name_a_coupon(stage, subscriptions, payer, terms):
    named = terms.but(coupon=b"\x01" * 32)

    refusal = stage.refusal(subscriptions.subscribe, named.struct, by=payer)

    assert refusal == ("BadCoupon", b"coupon".ljust(32, b"\0"))


def test_subscribe_without_enough_money_leaves_no_trace(
    stage, subscriptions, payer, merchant, token, terms
):
    stage.send(token.transfer, merchant, FUNDS - PRICE + 1, by=payer)

    refusal = stage.refusal(subscriptions.subscribe, terms.struct, by=payer)

    told = (token.address, payer.address, merchant.address, PRICE)
    assert refusal == ("TransferFailed", *told)
    assert subscriptions.statusOf(terms.id) == NONE
    stage.send(token.mint, payer, 1, by=payer)
    assert stage.answer(subscriptions.subscribe, terms.struct, by=payer) == (terms.id, True)


def test_subscribe_without_enough_allowance_is_refused(
    stage, subscriptions, payer, merchant, token, terms
):
    stage.send(token.approve, subscriptions, PRICE - 1, by=payer)

    refusal = stage.refusal(subscriptions.subscribe, terms.struct, by=payer)

    told = (token.address, payer.address, merchant.address, PRICE)
    assert refusal == ("TransferFailed", *told)
    stage.send(token.approve, subscriptions, PRICE, by=payer)
    assert stage.answer(subscriptions.subscribe, terms.struct, by=payer) == (terms.id, True)


def test_merchants_cannot_subscribe_to_themselves_for_points(
    stage, subscriptions, merchant, token, terms
):
    own = terms.but(payer=merchant.address, customer=ANA)

    refusal = stage.refusal(subscriptions.subscribe, own.struct, by=merchant)

    assert refusal == ("ShortTransfer", token.address, 0, PRICE)


# Allowance and subscription in one


def test_multicall_takes_the_permit_and_subscribes(
    stage, subscriptions, stranger, payer, token, terms, balances
):
    stage.send(token.approve, subscriptions, 0, by=payer)
    permit = (payer.address, subscriptions.address, UNLIMITED, 0, DEADLINE)
    signature = HERS.sign(token, "Permit", *permit, name="Dollar")
    v, r, s = signature[64], signature[:32], signature[32:64]
    calls = [
        subscriptions.permit.encode_input(token, payer, UNLIMITED, DEADLINE, v, r, s),
        subscriptions.subscribeBySig.encode_input(*terms.signed(subscriptions)),
    ]

    stage.send(subscriptions.multicall, calls, by=stranger)

    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]
    assert subscriptions.statusOf(terms.id) == ACTIVE


def test_customer_of_a_subscription_that_earns_for_nobody_is_nobody(subscriptions, begun):
    assert bytes(subscriptions.customerOf(begun)) == NOTHING
