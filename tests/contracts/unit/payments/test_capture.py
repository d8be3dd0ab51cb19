"""Paying an authorised order out, once."""

import pytest

from tests.contracts.unit.payments.conftest import (
    AFFILIATE,
    CAPTURE_BY,
    COURIER,
    FUNDS,
    PRICE,
)
from tests.contracts.unit.support.orders import AUTHORIZED, CAPTURED, NONE, RELEASED


@pytest.fixture
def shared(stage, payments, payer, order):
    """An authorised order, of which others get 3.33 % and 0.01 %."""
    made = order.but(capture_by=CAPTURE_BY, splits=((AFFILIATE, 333), (COURIER, 1)))
    stage.send(payments.authorize, *made.args, by=payer)
    return made


def test_capture_of_all_pays_the_merchant(stage, payments, merchant, held, balances):
    assert stage.answer(payments.capture, *held.args, PRICE, by=merchant) is True

    receipt = payments.capture(*held.args, PRICE, sender=merchant)

    assert [name for name, _ in stage.events(receipt)] == ["Captured", "Transfer"]
    assert stage.events(receipt)[0] == (
        "Captured",
        {"id": held.id(payments), "captured": PRICE, "returned": 0},
    )
    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]
    assert tuple(payments.payment(held.id(payments))) == (PRICE, 0, CAPTURED)


def test_capture_of_a_part_gives_the_rest_back_at_once(stage, payments, merchant, held, balances):
    receipt = payments.capture(*held.args, 600_000, sender=merchant)

    assert [name for name, _ in stage.events(receipt)] == ["Captured", "Transfer", "Transfer"]
    assert stage.events(receipt)[0] == (
        "Captured",
        {"id": held.id(payments), "captured": 600_000, "returned": 400_000},
    )
    assert balances() == [FUNDS - 600_000, FUNDS + 600_000, 0]
    assert payments.payment(held.id(payments)).captured == 600_000


def test_capture_splits_what_is_captured_and_rounds_for_the_merchant(
    stage, payments, merchant, shared, balances
):
    # 3.33 % and 0.01 % of 500,001, rounded down: 16,650 and 50.
    stage.send(payments.capture, *shared.args, 500_001, by=merchant)

    assert balances(AFFILIATE, COURIER) == [
        FUNDS - 500_001,
        FUNDS + 500_001 - 16_650 - 50,
        0,
        16_650,
        50,
    ]


def test_capture_of_the_smallest_amount_leaves_it_to_the_merchant(
    stage, payments, merchant, shared, balances
):
    stage.send(payments.capture, *shared.args, 1, by=merchant)

    assert balances(AFFILIATE, COURIER) == [FUNDS - 1, FUNDS + 1, 0, 0, 0]


def test_capture_of_the_same_again_changes_nothing_and_says_so(
    stage, payments, merchant, held, balances
):
    stage.send(payments.capture, *held.args, 600_000, by=merchant)
    before = balances()

    assert stage.answer(payments.capture, *held.args, 600_000, by=merchant) is False
    late = CAPTURE_BY + 1
    assert stage.answer(payments.capture, *held.args, 600_000, by=merchant, at=late) is False
    assert stage.events(payments.capture(*held.args, 600_000, sender=merchant)) == []
    assert balances() == before


@pytest.mark.parametrize("amount", [599_999, 600_001, 400_000, 0])
def test_capture_is_final(stage, payments, merchant, held, amount):
    stage.send(payments.capture, *held.args, 600_000, by=merchant)

    refusal = stage.refusal(payments.capture, *held.args, amount, by=merchant)

    assert refusal == ("BadState", held.id(payments), CAPTURED)


def test_capture_refuses_what_is_unknown_and_what_was_released(
    stage, payments, merchant, order, held
):
    unknown = order.but(order_id=b"\x07" * 32, capture_by=CAPTURE_BY)
    refusal = stage.refusal(payments.capture, *unknown.args, PRICE, by=merchant)
    assert refusal == ("BadState", unknown.id(payments), NONE)

    stage.send(payments.void, held.struct, by=merchant)

    refusal = stage.refusal(payments.capture, *held.args, PRICE, by=merchant)
    assert refusal == ("BadState", held.id(payments), RELEASED)


def test_capture_of_an_order_that_was_paid_at_once_is_a_retry_or_refused(
    stage, payments, merchant, paid
):
    assert stage.answer(payments.capture, *paid.args, PRICE, by=merchant) is False

    refusal = stage.refusal(payments.capture, *paid.args, PRICE - 1, by=merchant)
    assert refusal == ("BadState", paid.id(payments), CAPTURED)


def test_capture_is_the_merchants_alone(stage, payments, payer, stranger, held):
    for who in (payer, stranger):
        refusal = stage.refusal(payments.capture, *held.args, PRICE, by=who)
        assert refusal == ("NotMerchant", held.merchant, who.address)


def test_capture_of_nothing_is_refused(stage, payments, merchant, held):
    assert stage.refusal(payments.capture, *held.args, 0, by=merchant) == ("ZeroAmount",)


def test_capture_of_more_than_is_held_is_refused(stage, payments, merchant, held):
    refusal = stage.refusal(payments.capture, *held.args, PRICE + 1, by=merchant)

    assert refusal == ("OverCapture", PRICE + 1, PRICE)


def test_capture_works_in_the_last_second_and_not_after_it(stage, payments, merchant, held):
    late = CAPTURE_BY + 1

    assert stage.answer(payments.capture, *held.args, PRICE, by=merchant, at=CAPTURE_BY) is True
    refusal = stage.refusal(payments.capture, *held.args, PRICE, by=merchant, at=late)
    assert refusal == ("TooLate", late, CAPTURE_BY)


def test_capture_refuses_other_splits_than_the_orders(stage, payments, merchant, shared):
    for splits in ([], [(AFFILIATE, 333)], [(COURIER, 1), (AFFILIATE, 333)]):
        refusal = stage.refusal(payments.capture, shared.struct, splits, PRICE, by=merchant)
        assert refusal == ("BadSplits",)


def test_capture_takes_nothing_of_other_orders(
    stage, payments, payer, merchant, token, held, order
):
    other = order.but(order_id=b"\x03" * 32, capture_by=CAPTURE_BY, amount=123)
    stage.send(payments.authorize, *other.args, by=payer)

    stage.send(payments.capture, *held.args, PRICE, by=merchant)

    assert token.balanceOf(payments) == 123
    assert payments.payment(other.id(payments)).state == AUTHORIZED


def test_capture_credits_whoever_cannot_receive_and_pays_the_others(
    stage, payments, payer, merchant, blocking, block, order, balances
):
    made = order.but(
        token=blocking.address, capture_by=CAPTURE_BY, splits=((AFFILIATE, 1_000), (COURIER, 500))
    )
    stage.send(payments.authorize, *made.args, by=payer)
    for account in (AFFILIATE, payer):
        block(blocking, account)

    receipt = payments.capture(*made.args, 800_000, sender=merchant)

    credited = [told for name, told in stage.events(receipt) if name == "Credited"]
    assert credited == [
        {"account": AFFILIATE, "token": blocking.address, "amount": 80_000},
        {"account": payer.address, "token": blocking.address, "amount": 200_000},
    ]
    assert balances(AFFILIATE, COURIER, of=blocking) == [
        FUNDS - PRICE,
        FUNDS + 680_000,
        280_000,
        0,
        40_000,
    ]
    assert payments.owed(AFFILIATE, blocking) == 80_000
    assert payments.owed(payer, blocking) == 200_000


def test_capture_credits_a_merchant_who_cannot_receive(
    stage, payments, payer, merchant, blocking, block, order, balances
):
    made = order.but(token=blocking.address, capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *made.args, by=payer)
    block(blocking, merchant)

    stage.send(payments.capture, *made.args, PRICE, by=merchant)

    assert payments.owed(merchant, blocking) == PRICE
    assert balances(of=blocking) == [FUNDS - PRICE, FUNDS, PRICE]
