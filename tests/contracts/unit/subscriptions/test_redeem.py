"""The payer uses a coupon in the middle of a subscription."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.subscriptions.conftest import (
    END,
    FUNDS,
    GRACE,
    PERIOD,
    PRICE,
    SOON,
    START,
    TRIAL,
)
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.subscriptions import COMPLETED
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

HALF = PRICE // 2
MALLORY = wallet("Mallory")


@pytest.fixture
def use(subscriptions, coupon):
    """A coupon and the merchant's signature: ``use(bps=1)``."""
    return lambda **changes: coupon.but(**changes).signed(subscriptions, by=MERCHANT)


def test_redeem_takes_it_off_the_next_charges(
    stage, subscriptions, payer, begun, coupon, use, charge, told, balances, record
):
    events = told(subscriptions.redeem, begun, *use(cycles=2), by=payer, at=SOON)

    assert events == [coupon.but(cycles=2).told(subscriptions, begun)]
    noted = subscriptions.note(begun)
    assert (noted.discountBps, noted.discountCycles) == (5_000, 2)
    assert (record(begun).noted, record(begun).seq) == (True, 1)
    spent = []
    for number in range(3):
        charge(begun, at=END + number * PERIOD)
        spent.append(FUNDS - PRICE - balances()[0])
    assert spent == [HALF, PRICE, 2 * PRICE]


def test_the_id_of_a_coupon_is_the_digest_that_its_merchant_signs(subscriptions, coupon):
    assert bytes(subscriptions.couponId(coupon.struct)) == coupon.id(subscriptions)


def test_a_coupon_is_good_once_for_each_payer(
    stage, subscriptions, payer, stranger, start, begun, use, coupon, do, fund, token
):
    second = start(at=START + 1, ref=b"\x02" * 32)
    fund(token, stranger, subscriptions)
    theirs = start(at=START + 2, payer=stranger.address)
    do(subscriptions.redeem, begun, *use(), by=payer, at=SOON)

    for id in (begun, second):
        refusal = stage.refusal(subscriptions.redeem, id, *use(), by=payer)
        assert refusal == ("CouponUsed", coupon.id(subscriptions), 1)
    assert stage.answer(subscriptions.redeem, theirs, *use(), by=stranger) == ()


def test_a_coupon_is_used_up_when_its_uses_are(
    stage, subscriptions, payer, stranger, start, begun, use, coupon, do, fund, token
):
    fund(token, stranger, subscriptions)
    theirs = start(at=START + 2, payer=stranger.address)
    do(subscriptions.redeem, begun, *use(max_uses=1), by=payer, at=SOON)

    refusal = stage.refusal(subscriptions.redeem, theirs, *use(max_uses=1), by=stranger)

    assert refusal == ("CouponUsed", coupon.but(max_uses=1).id(subscriptions), 1)
    # With another number of uses it is another coupon.
    assert stage.answer(subscriptions.redeem, theirs, *use(max_uses=2), by=stranger) == ()


def test_a_coupon_takes_the_place_of_one_that_is_still_in_use(
    subscriptions, payer, begun, use, do, charge, balances
):
    do(subscriptions.redeem, begun, *use(), by=payer, at=SOON)
    do(subscriptions.redeem, begun, *use(bps=1_000, cycles=1), by=payer, at=SOON + 1)

    charge(begun, at=END)
    charge(begun, at=END + PERIOD)

    tenth = PRICE // 10
    assert balances()[0] == FUNDS - PRICE - (PRICE - tenth) - PRICE


def test_a_coupon_for_a_plan_is_good_for_the_plan_of_the_next_charge(
    stage, subscriptions, payer, monthly, make_plan, offer, begun, use, do
):
    other = make_plan(offer.but(price=PRICE - 1))
    do(subscriptions.changePlan, begun, other, PRICE, 0, by=payer, at=SOON)

    refusal = stage.refusal(subscriptions.redeem, begun, *use(plan=monthly), by=payer)

    assert refusal == ("BadCoupon", b"planId".ljust(32, b"\0"))
    assert stage.answer(subscriptions.redeem, begun, *use(plan=other), by=payer) == ()


def test_a_coupon_for_one_payer_is_good_for_that_payer(stage, subscriptions, payer, begun, use):
    mine = use(payer=payer.address)

    assert stage.answer(subscriptions.redeem, begun, *mine, by=payer) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"merchant": MALLORY.address}, b"merchant"),
        ({"plan": 99}, b"planId"),
        ({"payer": MALLORY.address}, b"payer"),
        ({"bps": 0}, b"bps"),
        ({"bps": 10_001}, b"bps"),
        ({"cycles": 0}, b"cycles"),
    ],
    ids=lambda case: str(case),
)
def test_redeem_refuses_a_coupon_that_is_not_for_this_and_says_why(
    stage, subscriptions, payer, begun, use, change, field
):
    refusal = stage.refusal(subscriptions.redeem, begun, *use(**change), by=payer)

    assert refusal == ("BadCoupon", field.ljust(32, b"\0"))


@pytest.mark.parametrize(
    "change",
    [
        {"plan": 1},
        {"code": keccak(text="coupon AUTUMN")},
        {"bps": 10_000},
        {"cycles": 4},
        {"payer": HERS.address},
        {"max_uses": 1},
        {"deadline": END + 1_000 * PERIOD},
    ],
    ids=lambda change: next(iter(change)),
)
def test_redeem_refuses_every_field_that_the_merchant_did_not_sign(
    stage, subscriptions, payer, begun, coupon, use, change
):
    _, signature = use()

    other = coupon.but(**change).struct
    refusal = stage.refusal(subscriptions.redeem, begun, other, signature, by=payer)

    assert refusal == ("BadSignature", MERCHANT.address)


def test_redeem_refuses_other_signers_chains_contracts_and_a_high_s(
    stage, subscriptions, consents, payer, begun, coupon, use
):
    struct, signature = use()
    forged = coupon.signed(subscriptions, by=MALLORY)
    foreign = coupon.signed(subscriptions, by=MERCHANT, chain_id=1)
    misled = coupon.signed(consents, by=MERCHANT)

    for attempt in (forged, foreign, misled, (struct, mirrored(signature)), (struct, b"")):
        refusal = stage.refusal(subscriptions.redeem, begun, *attempt, by=payer)
        assert refusal == ("BadSignature", MERCHANT.address)


def test_a_coupon_works_in_the_second_of_the_deadline_and_not_after_it(
    stage, subscriptions, payer, begun, use
):
    made = use(deadline=SOON)

    late = stage.refusal(subscriptions.redeem, begun, *made, by=payer, at=SOON + 1)

    assert late == ("Expired", SOON, SOON + 1)
    assert stage.answer(subscriptions.redeem, begun, *made, by=payer, at=SOON) == ()


def test_a_discount_outlives_the_deadline_of_its_coupon(
    stage, subscriptions, payer, stranger, begun, use, do
):
    do(subscriptions.redeem, begun, *use(deadline=SOON), by=payer, at=SOON)

    assert stage.answer(subscriptions.charge, begun, by=stranger, at=END) == HALF


def test_a_coupon_can_be_used_in_a_trial_while_past_due_lapsed_or_paused(
    stage, subscriptions, payer, make_plan, offer, start, begun, use, do
):
    trial = start(at=START + 1, ref=b"\x02" * 32, plan=make_plan(offer.but(trial=TRIAL)))
    paused = start(at=START + 2, ref=b"\x03" * 32)
    do(subscriptions.pause, paused, by=payer, at=START + 3)

    for id, at in ((trial, SOON), (begun, END), (begun, END + GRACE), (paused, SOON)):
        assert stage.answer(subscriptions.redeem, id, *use(), by=payer, at=at) == ()


def test_redeem_refuses_what_is_completed_or_unknown(
    stage, subscriptions, payer, make_plan, offer, start, use
):
    done = start(plan=make_plan(offer.but(max_cycles=1)))

    met = [
        stage.refusal(subscriptions.redeem, id, *use(), by=payer, at=END)
        for id in (done, b"\x09" * 32)
    ]

    assert met == [("WrongStatus", done, COMPLETED), ("UnknownSubscription", b"\x09" * 32)]


def test_redeem_is_the_payers_alone(stage, subscriptions, merchant, payer, begun, use):
    refusal = stage.refusal(subscriptions.redeem, begun, *use(), by=merchant)

    assert refusal == ("NotPayer", payer.address, merchant.address)
