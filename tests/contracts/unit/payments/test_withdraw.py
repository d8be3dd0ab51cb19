"""Taking what could not be paid."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.payments.conftest import AFFILIATE, CAPTURE_BY, FUNDS, PRICE

MOVES_HALF = 26  # an oddity of OddToken


@pytest.fixture
def credited(stage, payments, payer, merchant, blocking, block, order):
    """The merchant is owed the amount of an order, in the token that blocks them."""
    block(blocking, merchant)
    stage.send(payments.pay, *order.but(token=blocking.address).args, by=payer)
    assert payments.owed(merchant, blocking) == PRICE
    return blocking


def test_withdraw_sends_everything_to_another_address(
    stage, payments, merchant, credited, balances
):
    assert stage.answer(payments.withdraw, credited, AFFILIATE, by=merchant) == PRICE

    receipt = payments.withdraw(credited, AFFILIATE, sender=merchant)

    told = {"account": merchant.address, "token": credited.address, "to": AFFILIATE}
    assert [name for name, _ in stage.events(receipt)] == ["Transfer", "Withdrawn"]
    assert stage.events(receipt)[1] == ("Withdrawn", {**told, "amount": PRICE})
    assert balances(AFFILIATE, of=credited) == [FUNDS - PRICE, FUNDS, 0, PRICE]
    assert payments.owed(merchant, credited) == 0


def test_withdraw_to_oneself_works_once_the_block_is_lifted(
    stage, payments, merchant, credited, block, balances
):
    refusal = stage.refusal(payments.withdraw, credited, merchant, by=merchant)
    told = (credited.address, payments.address, merchant.address, PRICE)
    assert refusal == ("TransferFailed", *told)
    assert payments.owed(merchant, credited) == PRICE

    block(credited, merchant, False)
    stage.send(payments.withdraw, credited, merchant, by=merchant)

    assert balances(of=credited) == [FUNDS - PRICE, FUNDS + PRICE, 0]


def test_withdraw_again_is_refused(stage, payments, merchant, credited):
    stage.send(payments.withdraw, credited, AFFILIATE, by=merchant)

    refusal = stage.refusal(payments.withdraw, credited, AFFILIATE, by=merchant)

    assert refusal == ("NothingOwed", merchant.address, credited.address)


def test_withdraw_gives_nobody_what_is_owed_to_others(
    stage, payments, payer, stranger, credited, token
):
    for who in (payer, stranger):
        refusal = stage.refusal(payments.withdraw, credited, who, by=who)
        assert refusal == ("NothingOwed", who.address, credited.address)


def test_withdraw_of_another_token_is_refused(stage, payments, merchant, credited, token):
    refusal = stage.refusal(payments.withdraw, token, merchant, by=merchant)

    assert refusal == ("NothingOwed", merchant.address, token.address)


def test_withdraw_to_nobody_and_to_the_contract_is_refused(stage, payments, merchant, credited):
    for to in (NOBODY, payments.address):
        assert stage.refusal(payments.withdraw, credited, to, by=merchant) == ("BadRecipient", to)


def test_withdraw_leaves_what_is_held_for_orders(stage, payments, payer, merchant, credited, order):
    held = order.but(token=credited.address, order_id=b"\x03" * 32, capture_by=CAPTURE_BY)
    stage.send(payments.authorize, *held.args, by=payer)

    stage.send(payments.withdraw, credited, AFFILIATE, by=merchant)

    assert credited.balanceOf(payments) == PRICE
    stage.send(payments.void, held.struct, by=merchant)
    assert credited.balanceOf(payments) == 0


def test_withdraw_leaves_owed_what_the_token_leaves_behind(
    stage, payments, merchant, admin, credited, balances
):
    stage.send(credited.turn, MOVES_HALF, by=admin)

    receipt = payments.withdraw(credited, AFFILIATE, sender=merchant)

    told = {"account": merchant.address, "token": credited.address, "to": AFFILIATE}
    assert stage.events(receipt)[-1] == ("Withdrawn", {**told, "amount": PRICE // 2})
    assert payments.owed(merchant, credited) == PRICE // 2
    assert balances(AFFILIATE, of=credited)[2:] == [PRICE // 2, PRICE // 2]
