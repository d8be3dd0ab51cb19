"""The merchant gives captured money back."""

import pytest

from tests.contracts.unit.payments.conftest import (
    AFFILIATE,
    CAPTURE_BY,
    FUNDS,
    PRICE,
    REFUND_UNTIL,
)
from tests.contracts.unit.support.money import BLOCKS_SENDER
from tests.contracts.unit.support.orders import AUTHORIZED, CAPTURED, NONE, RELEASED

LATE = REFUND_UNTIL + 1


def test_refund_gives_back_from_the_merchants_own_balance(
    stage, payments, merchant, paid, balances
):
    assert stage.answer(payments.refund, paid.struct, 300_000, by=merchant) is True

    receipt = payments.refund(paid.struct, 300_000, sender=merchant)

    assert [name for name, _ in stage.events(receipt)] == ["Refunded", "Transfer"]
    assert stage.events(receipt)[0] == (
        "Refunded",
        {"id": paid.id(payments), "totalRefunded": 300_000},
    )
    assert balances() == [FUNDS - 700_000, FUNDS + 700_000, 0]
    assert tuple(payments.payment(paid.id(payments))) == (PRICE, 300_000, CAPTURED)


def test_refund_counts_in_all(stage, payments, merchant, paid, balances):
    stage.send(payments.refund, paid.struct, 300_000, by=merchant)

    stage.send(payments.refund, paid.struct, 500_000, by=merchant)
    assert balances() == [FUNDS - 500_000, FUNDS + 500_000, 0]

    stage.send(payments.refund, paid.struct, PRICE, by=merchant)
    assert balances() == [FUNDS, FUNDS, 0]


@pytest.mark.parametrize("total", [300_000, 299_999, 1, 0])
def test_refund_of_no_more_than_before_changes_nothing_and_says_so(
    stage, payments, merchant, paid, balances, total
):
    stage.send(payments.refund, paid.struct, 300_000, by=merchant)
    before = balances()

    assert stage.answer(payments.refund, paid.struct, total, by=merchant) is False
    assert stage.answer(payments.refund, paid.struct, total, by=merchant, at=LATE) is False
    assert stage.events(payments.refund(paid.struct, total, sender=merchant)) == []
    assert balances() == before
    assert payments.payment(paid.id(payments)).refunded == 300_000


def test_refund_of_nothing_changes_nothing(stage, payments, merchant, paid):
    assert stage.answer(payments.refund, paid.struct, 0, by=merchant) is False


def test_refund_of_more_than_was_paid_is_refused(stage, payments, merchant, paid):
    refusal = stage.refusal(payments.refund, paid.struct, PRICE + 1, by=merchant)

    assert refusal == ("OverRefund", PRICE + 1, PRICE)


def test_refund_is_bounded_by_what_was_captured(stage, payments, merchant, held):
    stage.send(payments.capture, *held.args, 600_000, by=merchant)

    refusal = stage.refusal(payments.refund, held.struct, 600_001, by=merchant)

    assert refusal == ("OverRefund", 600_001, 600_000)
    assert stage.answer(payments.refund, held.struct, 600_000, by=merchant) is True


def test_refund_works_in_the_last_second_and_not_after_it(stage, payments, merchant, paid):
    at_last = stage.answer(payments.refund, paid.struct, PRICE, by=merchant, at=REFUND_UNTIL)

    assert at_last is True
    refusal = stage.refusal(payments.refund, paid.struct, PRICE, by=merchant, at=LATE)
    assert refusal == ("TooLate", LATE, REFUND_UNTIL)


def test_refund_is_the_merchants_alone(stage, payments, payer, paid):
    refusal = stage.refusal(payments.refund, paid.struct, 1, by=payer)

    assert refusal == ("NotMerchant", paid.merchant, payer.address)


def test_refund_refuses_what_was_never_captured(stage, payments, merchant, order, held):
    refusal = stage.refusal(payments.refund, order.struct, 1, by=merchant)
    assert refusal == ("BadState", order.id(payments), NONE)
    refusal = stage.refusal(payments.refund, held.struct, 1, by=merchant)
    assert refusal == ("BadState", held.id(payments), AUTHORIZED)

    stage.send(payments.void, held.struct, by=merchant)

    refusal = stage.refusal(payments.refund, held.struct, 1, by=merchant)
    assert refusal == ("BadState", held.id(payments), RELEASED)


def test_refund_takes_nothing_from_who_got_a_split(
    stage, payments, payer, merchant, order, balances
):
    made = order.but(splits=((AFFILIATE, 5_000),))
    stage.send(payments.pay, *made.args, by=payer)

    stage.send(payments.refund, made.struct, PRICE, by=merchant)

    assert balances(AFFILIATE) == [FUNDS, FUNDS - PRICE // 2, 0, PRICE // 2]


def test_refund_without_allowance_of_the_merchant_is_refused(
    stage, payments, merchant, token, paid
):
    stage.send(token.approve, payments, 299_999, by=merchant)

    refusal = stage.refusal(payments.refund, paid.struct, 300_000, by=merchant)

    told = (token.address, merchant.address, payments.address, 300_000)
    assert refusal == ("TransferFailed", *told)
    assert stage.answer(payments.refund, paid.struct, 299_999, by=merchant) is True


def test_refund_never_touches_what_is_held_for_others(
    stage, payments, payer, merchant, token, paid, order
):
    other = order.but(order_id=b"\x03" * 32, capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *other.args, by=payer)

    stage.send(payments.refund, paid.struct, PRICE, by=merchant)

    assert token.balanceOf(payments) == PRICE


def test_refund_credits_a_payer_who_cannot_receive(
    stage, payments, payer, merchant, blocking, block, order, balances
):
    made = order.but(token=blocking.address)
    stage.send(payments.pay, *made.args, by=payer)
    block(blocking, payer)

    receipt = payments.refund(made.struct, 400_000, sender=merchant)

    assert [name for name, _ in stage.events(receipt)] == ["Refunded", "Credited", "Transfer"]
    assert payments.owed(payer, blocking) == 400_000
    assert balances(of=blocking) == [FUNDS - PRICE, FUNDS + 600_000, 400_000]


def test_refund_by_a_merchant_who_cannot_send_is_refused_without_a_trace(
    stage, payments, payer, merchant, admin, blocking, block, order
):
    made = order.but(token=blocking.address)
    stage.send(payments.pay, *made.args, by=payer)
    stage.send(blocking.turn, BLOCKS_SENDER, by=admin)
    block(blocking, merchant)

    refusal = stage.refusal(payments.refund, made.struct, 1, by=merchant)

    told = (blocking.address, merchant.address, payments.address, 1)
    assert refusal == ("TransferFailed", *told)
