"""An allowance by signature, and several calls in one."""

import pytest

from tests.contracts.unit.conftest import DEADLINE
from tests.contracts.unit.payments.conftest import (
    AFFILIATE,
    CAPTURE_BY,
    FUNDS,
    PRICE,
)
from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.money import UNLIMITED
from tests.contracts.unit.support.wallets import HERS, wallet

BURN_GAS, REVERT_AT_LENGTH, CALL_BACK = 1, 4, 8  # manners of HostileRules


def permission(token, payments, value=PRICE, by=HERS, nonce=0, deadline=DEADLINE):
    """The arguments of `permit`."""
    fields = (HERS.address, payments.address, value, nonce, deadline)
    signature = by.sign(token, "Permit", *fields, name="Dollar")
    r, s, v = signature[:32], signature[32:64], signature[64]
    return (token.address, HERS.address, value, deadline, v, r, s)


@pytest.fixture
def cautious(stage, token, payments, payer):
    """The token, of which the payer allows nothing."""
    stage.send(token.approve, payments, 0, by=payer)
    return token


def call(method, *args):
    return bytes(method.encode_input(*args))


def test_permit_by_anyone_gives_the_signed_allowance(stage, payments, stranger, cautious, payer):
    stage.send(payments.permit, *permission(cautious, payments), by=stranger)

    assert cautious.allowance(payer, payments) == PRICE


def test_permit_and_pay_need_one_transaction_of_the_payer(
    stage, payments, payer, cautious, order, balances
):
    calls = [
        call(payments.permit, *permission(cautious, payments)),
        call(payments.pay, *order.args),
    ]

    receipt = payments.multicall(calls, sender=payer)

    assert [n for n, _ in stage.events(receipt)] == ["Approval", "Paid", "Transfer"]
    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]


@pytest.mark.parametrize("verb", ["payBySig", "authorizeBySig"])
def test_permit_and_a_signed_order_need_one_transaction_of_anyone(
    stage, payments, stranger, cautious, order, balances, verb
):
    order = order if verb == "payBySig" else order.but(capture_by=CAPTURE_BY)
    calls = [
        call(payments.permit, *permission(cautious, payments)),
        call(getattr(payments, verb), *order.signed(payments, HERS)),
    ]

    stage.send(payments.multicall, calls, by=stranger)

    assert balances()[0] == FUNDS - PRICE


def test_a_permit_that_somebody_has_used_before_is_not_in_the_way(
    stage, payments, payer, stranger, cautious, order, balances
):
    permitted = permission(cautious, payments)
    _, *used = permitted
    owner, *rest = used
    stage.send(cautious.permit, owner, payments, *rest, by=stranger)
    calls = [call(payments.permit, *permitted), call(payments.pay, *order.args)]

    stage.send(payments.multicall, calls, by=payer)

    assert balances() == [FUNDS - PRICE, FUNDS + PRICE, 0]


def test_a_forged_permit_allows_nothing_and_the_call_that_needs_it_says_so(
    stage, payments, payer, cautious, order
):
    forged = permission(cautious, payments, by=wallet("Mallory"))
    calls = [call(payments.permit, *forged), call(payments.pay, *order.args)]

    refusal = stage.refusal(payments.multicall, calls, by=payer)

    told = (cautious.address, payer.address, payments.address, PRICE)
    assert refusal == ("TransferFailed", *told)
    stage.send(payments.permit, *forged, by=payer)
    assert cautious.allowance(payer, payments) == 0


def test_an_expired_permit_allows_nothing(stage, payments, payer, cautious):
    expired = permission(cautious, payments, deadline=stage.now - 1)

    stage.send(payments.permit, *expired, by=payer)

    assert cautious.allowance(payer, payments) == 0


def test_permit_with_what_knows_no_permits_changes_nothing(
    stage, payments, payer, blocking, cautious
):
    for target in (blocking.address, AFFILIATE):
        _, *rest = permission(cautious, payments)
        receipt = payments.permit(target, *rest, sender=payer)
        assert stage.events(receipt) == []


def test_permit_with_a_hostile_contract_never_fails(stage, payments, admin, payer, cautious):
    hostile = admin.deploy(mock("HostileRules"))
    _, *rest = permission(cautious, payments)
    back = call(payments.permit, *permission(cautious, payments))
    stage.send(hostile.setCallBack, back, by=admin)

    for manner in (BURN_GAS, REVERT_AT_LENGTH, CALL_BACK):
        stage.send(hostile.turn, manner, by=admin)
        stage.send(payments.permit, hostile, *rest, by=payer)

    assert hostile.calledBack() is False
    assert cautious.allowance(payer, payments) == 0


def test_multicall_is_all_or_nothing(stage, payments, payer, token, order, balances):
    dear = order.but(order_id=b"\x03" * 32, amount=FUNDS)
    calls = [call(payments.pay, *order.args), call(payments.pay, *dear.args)]

    refusal = stage.refusal(payments.multicall, calls, by=payer)

    assert refusal[0] == "TransferFailed"
    assert balances() == [FUNDS, FUNDS, 0]


def test_multicall_pays_several_orders_and_pays_none_twice(stage, payments, payer, order, balances):
    other = order.but(order_id=b"\x03" * 32)
    calls = [call(payments.pay, *made.args) for made in (order, other, order)]

    answers = stage.answer(payments.multicall, calls, by=payer)
    stage.send(payments.multicall, calls, by=payer)

    assert [int.from_bytes(answer, "big") for answer in answers] == [1, 1, 0]
    assert balances() == [FUNDS - 2 * PRICE, FUNDS + 2 * PRICE, 0]


def test_multicall_speaks_for_nobody_but_its_caller(stage, payments, merchant, order):
    calls = [call(payments.pay, *order.args)]

    refusal = stage.refusal(payments.multicall, calls, by=merchant)

    assert refusal == ("NotPayer", order.payer, merchant.address)


def test_an_allowance_lets_nobody_but_the_payer_pay(
    stage, payments, token, payer, merchant, stranger, order
):
    assert token.allowance(payer, payments) > UNLIMITED // 2

    for who in (merchant, stranger):
        assert stage.refusal(payments.pay, *order.args, by=who)[0] == "NotPayer"
    forged = order.signed(payments, wallet("Mallory"))
    assert stage.refusal(payments.payBySig, *forged, by=stranger)[0] == "BadSignature"
