"""Paying an order at once."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.payments.conftest import (
    AFFILIATE,
    COURIER,
    FUNDS,
    PAY_BY,
    PRICE,
    REFUND_UNTIL,
)
from tests.contracts.unit.support.orders import CAPTURED
from tests.contracts.unit.support.wallets import wallet

FIFTH = wallet("a fifth").address
FOUR = tuple((wallet(f"partner {i}").address, 2_500) for i in range(4))


def test_pay_moves_the_amount_from_the_payer_to_the_merchant(
    stage, payments, payer, token, order, balances
):
    assert stage.answer(payments.pay, *order.args, by=payer) is True

    receipt = payments.pay(*order.args, sender=payer)

    names = [name for name, _ in stage.events(receipt)]
    assert names == ["Paid", "Transfer"]
    assert stage.events(receipt)[0] == ("Paid", order.told(payments))
    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]
    assert tuple(payments.payment(order.id(payments))) == (PRICE, 0, CAPTURED)


def test_pay_again_changes_nothing_and_says_so(stage, payments, payer, paid, balances):
    before = balances()

    assert stage.answer(payments.pay, *paid.args, by=payer) is False
    assert stage.events(payments.pay(*paid.args, sender=payer)) == []
    assert balances() == before


def test_pay_again_changes_nothing_also_when_the_time_to_pay_is_over(stage, payments, payer, paid):
    assert stage.answer(payments.pay, *paid.args, by=payer, at=PAY_BY + 1) is False


def test_pay_of_the_same_order_by_another_reference_is_another_payment(
    stage, payments, payer, paid, balances
):
    other = paid.but(order_id=b"\x02" * 32)

    stage.send(payments.pay, *other.args, by=payer)

    assert balances() == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE, 0]


def test_pay_is_the_payers_alone(stage, payments, merchant, order):
    refusal = stage.refusal(payments.pay, *order.args, by=merchant)

    assert refusal == ("NotPayer", order.payer, merchant.address)


def test_a_retry_is_the_payers_alone_as_well(stage, payments, merchant, paid):
    refusal = stage.refusal(payments.pay, *paid.args, by=merchant)

    assert refusal == ("NotPayer", paid.payer, merchant.address)


def test_pay_works_in_the_second_of_pay_by_and_not_after_it(stage, payments, payer, order):
    late = stage.refusal(payments.pay, *order.args, by=payer, at=PAY_BY + 1)

    assert late == ("Expired", PAY_BY, PAY_BY + 1)
    assert stage.answer(payments.pay, *order.args, by=payer, at=PAY_BY) is True


def test_pay_does_not_ask_until_when_can_be_refunded(stage, payments, payer, order):
    order = order.but(refund_until=0)

    assert stage.answer(payments.pay, *order.args, by=payer) is True


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"amount": 0}, ("ZeroAmount",)),
        ({"capture_by": REFUND_UNTIL}, ("BadOrder", b"captureBy".ljust(32, b"\0"))),
        ({"merchant": NOBODY}, ("BadOrder", b"merchant".ljust(32, b"\0"))),
    ],
    ids=lambda case: next(iter(case)),
)
def test_pay_refuses_an_order_that_cannot_be_paid(stage, payments, payer, order, change, refusal):
    assert stage.refusal(payments.pay, *order.but(**change).args, by=payer) == refusal


def test_pay_refuses_the_contract_itself_as_the_merchant(stage, payments, payer, order):
    order = order.but(merchant=payments.address)

    refusal = stage.refusal(payments.pay, *order.args, by=payer)

    assert refusal == ("BadOrder", b"merchant".ljust(32, b"\0"))


def test_pay_refuses_a_payer_who_pays_themselves(stage, payments, payer, order):
    order = order.but(merchant=payer.address)

    refusal = stage.refusal(payments.pay, *order.args, by=payer)

    assert refusal == ("BadOrder", b"payer".ljust(32, b"\0"))


# What the token refuses


def test_pay_of_more_than_the_payer_has_is_refused_without_a_trace(
    stage, payments, payer, token, order, balances
):
    order = order.but(amount=FUNDS + 1)

    refusal = stage.refusal(payments.pay, *order.args, by=payer)

    told = (token.address, payer.address, payments.address, FUNDS + 1)
    assert refusal == ("TransferFailed", *told)
    assert stage.answer(payments.pay, *order.but(amount=FUNDS).args, by=payer) is True


def test_pay_of_more_than_is_allowed_is_refused(stage, payments, payer, token, order):
    stage.send(token.approve, payments, PRICE - 1, by=payer)

    refusal = stage.refusal(payments.pay, *order.args, by=payer)

    assert refusal == ("TransferFailed", token.address, payer.address, payments.address, PRICE)
    stage.send(token.approve, payments, PRICE, by=payer)
    assert stage.answer(payments.pay, *order.args, by=payer) is True


def test_pay_with_what_is_no_token_is_refused(stage, payments, payer, order):
    order = order.but(token=AFFILIATE)

    refusal = stage.refusal(payments.pay, *order.args, by=payer)

    assert refusal == ("TransferFailed", AFFILIATE, order.merchant, order.merchant, 0)


# Splits


def test_pay_gives_each_their_share_and_the_merchant_what_is_left_over(
    stage, payments, payer, token, order, balances
):
    # 3.33 % and 0.01 % of 1,000,001, rounded down: 33,300 and 100.
    order = order.but(amount=1_000_001, splits=((AFFILIATE, 333), (COURIER, 1)))

    receipt = payments.pay(*order.args, sender=payer)

    assert stage.events(receipt)[0] == ("Paid", order.told(payments))
    assert balances(AFFILIATE, COURIER) == [
        FUNDS - 1_000_001,
        FUNDS + 1_000_001 - 33_300 - 100,
        0,
        33_300,
        100,
    ]


def test_pay_of_the_smallest_amount_leaves_it_to_the_merchant(
    stage, payments, payer, order, balances
):
    order = order.but(amount=1, splits=((AFFILIATE, 9_999),))

    stage.send(payments.pay, *order.args, by=payer)

    assert balances(AFFILIATE) == [FUNDS - 1, FUNDS + 1, 0, 0]


def test_pay_can_give_everything_away_in_four_splits(stage, payments, payer, order, balances):
    order = order.but(splits=FOUR)

    stage.send(payments.pay, *order.args, by=payer)

    quarters = [PRICE // 4] * 4
    assert balances(*(who for who, _ in FOUR)) == [FUNDS - PRICE, FUNDS, 0, *quarters]


def test_pay_takes_a_split_of_nothing_and_one_to_the_merchant(
    stage, payments, payer, order, balances
):
    order = order.but(splits=((AFFILIATE, 0), (order.merchant, 5_000)))

    stage.send(payments.pay, *order.args, by=payer)

    assert balances(AFFILIATE) == [FUNDS - PRICE, FUNDS + PRICE, 0, 0]


def test_pay_pays_an_account_twice_that_is_named_twice(stage, payments, payer, order, balances):
    order = order.but(splits=((AFFILIATE, 100), (AFFILIATE, 200)))

    stage.send(payments.pay, *order.args, by=payer)

    assert balances(AFFILIATE) == [FUNDS - PRICE, FUNDS + PRICE * 97 // 100, 0, PRICE * 3 // 100]


@pytest.mark.parametrize(
    "splits",
    [
        (*FOUR, (FIFTH, 0)),
        ((AFFILIATE, 5_000), (COURIER, 5_001)),
        ((AFFILIATE, 10_001),),
        ((AFFILIATE, 65_535),) * 4,
        ((NOBODY, 100),),
        ((AFFILIATE, 100), (NOBODY, 100)),
    ],
    ids=["five", "more than all", "one above all", "overflow", "nobody", "nobody second"],
)
def test_pay_refuses_bad_splits(stage, payments, payer, order, splits):
    order = order.but(splits=splits)

    assert stage.refusal(payments.pay, *order.args, by=payer) == ("BadSplits",)


def test_pay_refuses_splits_to_the_payer_and_to_the_contract(stage, payments, payer, order):
    for recipient in (payer.address, payments.address):
        bad = order.but(splits=((recipient, 100),))
        assert stage.refusal(payments.pay, *bad.args, by=payer) == ("BadSplits",)


@pytest.mark.parametrize(
    "given",
    [
        [],
        [(AFFILIATE, 101)],
        [(COURIER, 100)],
        [(AFFILIATE, 100), (COURIER, 0)],
    ],
    ids=["none", "another share", "another recipient", "one more"],
)
def test_pay_refuses_other_splits_than_the_orders(stage, payments, payer, order, given):
    order = order.but(splits=((AFFILIATE, 100),))

    assert stage.refusal(payments.pay, order.struct, given, by=payer) == ("BadSplits",)


# Who cannot be paid is credited


def test_pay_credits_a_merchant_who_cannot_receive(
    stage, payments, payer, merchant, blocking, block, order, balances
):
    order = order.but(token=blocking.address)
    block(blocking, merchant)

    receipt = payments.pay(*order.args, sender=payer)

    assert [name for name, _ in stage.events(receipt)] == ["Paid", "Credited", "Transfer"]
    assert stage.events(receipt)[1][1] == {
        "account": merchant.address,
        "token": blocking.address,
        "amount": PRICE,
    }
    assert balances(of=blocking) == [FUNDS - PRICE, FUNDS, PRICE]
    assert payments.owed(merchant, blocking) == PRICE


def test_pay_credits_a_split_that_cannot_receive_and_pays_the_others(
    stage, payments, payer, blocking, block, order, balances
):
    order = order.but(token=blocking.address, splits=((AFFILIATE, 1_000), (COURIER, 2_000)))
    block(blocking, AFFILIATE)

    stage.send(payments.pay, *order.args, by=payer)

    tenth = PRICE // 10
    assert balances(AFFILIATE, COURIER, of=blocking) == [
        FUNDS - PRICE,
        FUNDS + 7 * tenth,
        tenth,
        0,
        2 * tenth,
    ]
    assert payments.owed(AFFILIATE, blocking) == tenth
    assert payments.owed(COURIER, blocking) == 0


def test_credits_of_several_orders_add_up(stage, payments, payer, blocking, block, order, merchant):
    block(blocking, merchant)
    for number in (1, 2, 3):
        made = order.but(token=blocking.address, order_id=bytes([number]) * 32)
        stage.send(payments.pay, *made.args, by=payer)

    assert payments.owed(merchant, blocking) == 3 * PRICE


def test_pay_is_refused_if_merchant_and_contract_are_both_blocked(
    stage, payments, payer, merchant, blocking, block, order
):
    order = order.but(token=blocking.address)
    block(blocking, merchant)
    block(blocking, payments)

    refusal = stage.refusal(payments.pay, *order.args, by=payer)

    assert refusal == ("TransferFailed", blocking.address, payer.address, payments.address, PRICE)
