"""Taking an order's amount into custody."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.payments.conftest import (
    AFFILIATE,
    CAPTURE_BY,
    COURIER,
    FUNDS,
    PAY_BY,
    PRICE,
)
from tests.contracts.unit.support.orders import AUTHORIZED
from tests.contracts.unit.support.stage import DAY

MAX_HOLD = 365 * DAY
FAR = 2**48 - 1


@pytest.fixture
def asked(order):
    """An order to authorise."""
    return order.but(capture_by=CAPTURE_BY)


def bad(field):
    return ("BadOrder", field.encode().ljust(32, b"\0"))


def test_authorize_holds_the_amount(stage, payments, payer, token, asked, balances):
    assert stage.answer(payments.authorize, *asked.args, by=payer) is True

    receipt = payments.authorize(*asked.args, sender=payer)

    assert [name for name, _ in stage.events(receipt)] == ["Authorized", "Transfer"]
    assert stage.events(receipt)[0] == ("Authorized", asked.told(payments))
    assert balances() == [FUNDS - PRICE, FUNDS, PRICE]
    assert tuple(payments.payment(asked.id(payments))) == (0, 0, AUTHORIZED)


def test_authorize_pays_no_split_yet(stage, payments, payer, asked, balances):
    asked = asked.but(splits=((AFFILIATE, 5_000),))

    stage.send(payments.authorize, *asked.args, by=payer)

    assert balances(AFFILIATE) == [FUNDS - PRICE, FUNDS, PRICE, 0]


def test_authorize_again_changes_nothing_and_says_so(stage, payments, payer, held, balances):
    before = balances()

    assert stage.answer(payments.authorize, *held.args, by=payer) is False
    assert stage.answer(payments.authorize, *held.args, by=payer, at=CAPTURE_BY + DAY) is False
    assert stage.events(payments.authorize(*held.args, sender=payer)) == []
    assert balances() == before


@pytest.mark.parametrize("end", ["captured", "voided"])
def test_an_order_is_never_authorised_twice(stage, payments, payer, merchant, held, end):
    if end == "captured":
        stage.send(payments.capture, *held.args, PRICE, by=merchant)
    else:
        stage.send(payments.void, held.struct, by=merchant)

    assert stage.answer(payments.authorize, *held.args, by=payer) is False


def test_authorize_is_the_payers_alone(stage, payments, merchant, asked):
    refusal = stage.refusal(payments.authorize, *asked.args, by=merchant)

    assert refusal == ("NotPayer", asked.payer, merchant.address)


def test_authorize_needs_a_time_to_capture_that_lies_ahead(stage, payments, payer, asked):
    when = CAPTURE_BY
    asked = asked.but(pay_by=FAR)

    assert stage.answer(payments.authorize, *asked.args, by=payer, at=when - 1) is True
    refusal = stage.refusal(payments.authorize, *asked.args, by=payer, at=when)
    assert refusal == bad("captureBy")


def test_authorize_refuses_an_order_to_be_paid_at_once(stage, payments, payer, order):
    assert stage.refusal(payments.authorize, *order.args, by=payer) == bad("captureBy")


def test_authorize_holds_for_a_year_and_not_a_second_longer(stage, payments, payer, asked):
    when = CAPTURE_BY - MAX_HOLD
    asked = asked.but(capture_by=PAY_BY + MAX_HOLD)

    assert stage.answer(payments.authorize, *asked.args, by=payer, at=PAY_BY) is True
    refusal = stage.refusal(payments.authorize, *asked.args, by=payer, at=PAY_BY - 1)
    assert refusal == bad("captureBy")
    assert payments.MAX_HOLD() == CAPTURE_BY - when


def test_authorize_works_in_the_second_of_pay_by_and_not_after_it(stage, payments, payer, asked):
    assert stage.answer(payments.authorize, *asked.args, by=payer, at=PAY_BY) is True

    refusal = stage.refusal(payments.authorize, *asked.args, by=payer, at=PAY_BY + 1)
    assert refusal == ("Expired", PAY_BY, PAY_BY + 1)


def test_authorize_refuses_an_order_that_cannot_be_paid(stage, payments, payer, asked):
    for change, refusal in (
        ({"amount": 0}, ("ZeroAmount",)),
        ({"merchant": NOBODY}, bad("merchant")),
        ({"merchant": payments.address}, bad("merchant")),
        ({"merchant": payer.address}, bad("payer")),
    ):
        met = stage.refusal(payments.authorize, *asked.but(**change).args, by=payer)
        assert met == refusal


@pytest.mark.parametrize(
    "splits",
    [((AFFILIATE, 1),) * 5, ((AFFILIATE, 5_000), (COURIER, 5_001)), ((NOBODY, 1),)],
    ids=["five", "more than all", "nobody"],
)
def test_authorize_refuses_splits_that_could_never_be_captured(
    stage, payments, payer, asked, splits
):
    refusal = stage.refusal(payments.authorize, *asked.but(splits=splits).args, by=payer)

    assert refusal == ("BadSplits",)


def test_authorize_refuses_other_splits_than_the_orders(stage, payments, payer, asked):
    refusal = stage.refusal(payments.authorize, asked.struct, [(AFFILIATE, 1)], by=payer)

    assert refusal == ("BadSplits",)


def test_authorize_of_more_than_the_payer_has_is_refused(stage, payments, payer, token, asked):
    asked = asked.but(amount=FUNDS + 1)

    refusal = stage.refusal(payments.authorize, *asked.args, by=payer)

    told = (token.address, payer.address, payments.address, FUNDS + 1)
    assert refusal == ("TransferFailed", *told)


def test_authorize_is_refused_while_the_contract_cannot_receive(
    stage, payments, payer, blocking, block, asked
):
    asked = asked.but(token=blocking.address)
    block(blocking, payments)

    refusal = stage.refusal(payments.authorize, *asked.args, by=payer)

    assert refusal == ("TransferFailed", blocking.address, payer.address, payments.address, PRICE)
