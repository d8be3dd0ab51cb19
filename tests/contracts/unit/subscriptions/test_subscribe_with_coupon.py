"""A subscription whose first charge is cheaper already."""

import pytest

from tests.contracts.unit.conftest import DEADLINE
from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    PERIOD,
    PRICE,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.subscriptions import charged
from tests.contracts.unit.support.wallets import HERS, wallet

MALLORY = wallet("Mallory")
HALF = PRICE // 2


@pytest.fixture
def with_coupon(subscriptions, terms, coupon):
    """The arguments, once with the payer's signature: ``with_coupon(bps=10_000)``."""

    def build(by_payer=False, plan=terms.plan, **changes):
        made = coupon.but(**changes)
        asked = terms.but(coupon=made.id(subscriptions), plan=plan)
        signature = b"" if by_payer else asked.signed(subscriptions)[1]
        return (asked.struct, signature, *made.signed(subscriptions, by=MERCHANT))

    return build


def test_subscribe_with_coupon_takes_it_off_the_first_charge(
    stage, subscriptions, payer, terms, coupon, with_coupon, told, balances
):
    events = told(
        subscriptions.subscribeWithCoupon, *with_coupon(by_payer=True), by=payer, at=START
    )

    asked = terms.but(coupon=coupon.id(subscriptions))
    assert events == [
        coupon.told(subscriptions, terms.id),
        asked.told(START),
        charged(terms.id, terms.plan, payer, HALF, 1, END),
    ]
    assert balances() == [FUNDS - HALF, FUNDS + HALF, 0]
    assert subscriptions.subscription(terms.id).lastPaid == HALF
    noted = subscriptions.note(terms.id)
    assert (noted.discountBps, noted.discountCycles) == (5_000, 2)


def test_subscribe_with_coupon_is_relayed_for_a_payer_who_signed_terms_that_name_it(
    stage, subscriptions, stranger, terms, with_coupon, balances
):
    stage.send(subscriptions.subscribeWithCoupon, *with_coupon(), by=stranger)

    assert balances(stranger) == [FUNDS - HALF, FUNDS + HALF, 0, 0]


def test_the_discount_ends_with_its_last_charge(
    subscriptions, payer, stranger, terms, with_coupon, do, charge, balances
):
    do(subscriptions.subscribeWithCoupon, *with_coupon(by_payer=True), by=payer, at=START)
    spent = []
    for number in range(4):
        charge(terms.id, at=END + number * PERIOD)
        spent.append(FUNDS - balances()[0])

    assert spent == [2 * HALF, 3 * HALF, 3 * HALF + PRICE, 3 * HALF + 2 * PRICE]


def test_a_free_first_charge_needs_neither_money_nor_allowance(
    subscriptions, token, payer, merchant, stage, terms, with_coupon, told
):
    stage.send(token.approve, subscriptions, 0, by=payer)
    stage.send(token.transfer, merchant, FUNDS, by=payer)
    free = with_coupon(by_payer=True, bps=10_000, cycles=1)

    events = told(subscriptions.subscribeWithCoupon, *free, by=payer, at=START)

    assert events[-1] == charged(terms.id, terms.plan, payer, 0, 1, END)


@pytest.mark.parametrize(
    ("bps", "amount"), [(1, 9_999_001), (3_333, 6_667_001), (9_999, 1_001), (10_000, 0)]
)
def test_a_discount_rounds_down(
    stage, subscriptions, payer, terms, with_coupon, price, bps, amount
):
    price(terms.plan, 10_000_001)
    struct, _, *rest = with_coupon(by_payer=True, bps=bps)
    asked = (*struct[:2], 10_000_001, *struct[3:])

    stage.send(subscriptions.subscribeWithCoupon, asked, b"", *rest, by=payer)

    assert subscriptions.subscription(terms.id).lastPaid == amount


def test_a_coupon_waits_until_the_trial_is_over(
    subscriptions, payer, make_plan, offer, terms, with_coupon, do, charge, balances
):
    plan = make_plan(offer.but(trial=TRIAL))
    used = with_coupon(by_payer=True, plan=plan, cycles=1)
    do(subscriptions.subscribeWithCoupon, *used, by=payer, at=START)
    assert balances() == [FUNDS, FUNDS, 0]

    charge(terms.id, at=START + TRIAL)
    charge(terms.id, at=START + TRIAL + PERIOD)

    assert balances() == [FUNDS - HALF - PRICE, FUNDS + HALF + PRICE, 0]


def test_subscribe_with_coupon_again_changes_nothing_and_says_so(
    stage, subscriptions, stranger, terms, with_coupon, balances
):
    stage.send(subscriptions.subscribeWithCoupon, *with_coupon(), by=stranger)
    before = balances()

    again = stage.answer(
        subscriptions.subscribeWithCoupon, *with_coupon(), by=stranger, at=DEADLINE + 1
    )

    assert again == (terms.id, False)
    stage.send(subscriptions.subscribeWithCoupon, *with_coupon(), by=stranger)
    assert balances() == before
    assert subscriptions.note(terms.id).discountCycles == 2


# Refusals


def test_subscribe_with_coupon_refuses_another_than_the_terms_name(
    stage, subscriptions, stranger, coupon, with_coupon
):
    struct, signature, *_ = with_coupon()
    dearer = coupon.but(bps=1).signed(subscriptions, by=MERCHANT)

    refusal = stage.refusal(
        subscriptions.subscribeWithCoupon, struct, signature, *dearer, by=stranger
    )

    assert refusal == ("BadCoupon", b"coupon".ljust(32, b"\0"))


def test_subscribe_with_coupon_refuses_a_coupon_that_the_merchant_did_not_sign(
    stage, subscriptions, payer, coupon, with_coupon
):
    struct, signature, *_ = with_coupon(by_payer=True)
    forged = coupon.signed(subscriptions, by=HERS)

    refusal = stage.refusal(subscriptions.subscribeWithCoupon, struct, signature, *forged, by=payer)

    assert refusal == ("BadSignature", MERCHANT.address)


def test_subscribe_with_coupon_by_another_needs_the_payers_signature(
    stage, subscriptions, stranger, terms, with_coupon
):
    struct, _, *rest = with_coupon()

    for signature in (b"", MALLORY.sign(subscriptions, "Subscribe", *struct)):
        refusal = stage.refusal(
            subscriptions.subscribeWithCoupon, struct, signature, *rest, by=stranger
        )
        assert refusal == ("BadSignature", terms.payer)


@pytest.mark.parametrize("by_payer", [True, False])
def test_subscribe_with_coupon_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, subscriptions, payer, stranger, terms, with_coupon, by_payer
):
    sender = payer if by_payer else stranger
    asked = with_coupon(by_payer)
    verb = subscriptions.subscribeWithCoupon

    assert stage.refusal(verb, *asked, by=sender, at=DEADLINE + 1) == (
        "Expired",
        DEADLINE,
        DEADLINE + 1,
    )
    assert stage.answer(verb, *asked, by=sender, at=DEADLINE) == (terms.id, True)


def test_a_discount_does_not_lift_the_cap(stage, subscriptions, payer, terms, with_coupon, price):
    price(terms.plan, PRICE + 1)

    refusal = stage.refusal(
        subscriptions.subscribeWithCoupon, *with_coupon(by_payer=True), by=payer
    )

    assert refusal == ("PriceAboveCap", PRICE + 1, PRICE)


def test_subscribe_with_coupon_refuses_a_plan_that_does_not_exist(
    stage, subscriptions, payer, terms, with_coupon
):
    unknown = terms.plan + 1

    refusal = stage.refusal(
        subscriptions.subscribeWithCoupon, *with_coupon(by_payer=True, plan=unknown), by=payer
    )

    assert refusal == ("UnknownPlan", unknown)


def test_a_coupon_is_still_good_if_the_subscription_failed(
    stage, subscriptions, payer, merchant, token, terms, with_coupon
):
    stage.send(token.approve, subscriptions, 0, by=payer)
    used = with_coupon(by_payer=True, max_uses=1)
    refusal = stage.refusal(subscriptions.subscribeWithCoupon, *used, by=payer)
    told = (token.address, payer.address, merchant.address, HALF)
    assert refusal == ("TransferFailed", *told)

    stage.send(token.approve, subscriptions, HALF, by=payer)

    assert stage.answer(subscriptions.subscribeWithCoupon, *used, by=payer) == (terms.id, True)
