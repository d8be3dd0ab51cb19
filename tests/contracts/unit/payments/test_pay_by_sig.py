"""Orders that the payer signs and anyone relays: `payBySig` and `authorizeBySig`."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.payments.conftest import (
    AFFILIATE,
    CAPTURE_BY,
    FUNDS,
    PAY_BY,
    PRICE,
    REFUND_UNTIL,
)
from tests.contracts.unit.support.mocks import mock
from tests.contracts.unit.support.orders import AUTHORIZED, CAPTURED
from tests.contracts.unit.support.wallets import HERS, mirrored, wallet

MALLORY = wallet("Mallory")
VERBS = ["payBySig", "authorizeBySig"]


@pytest.fixture(params=VERBS)
def verb(request, payments):
    """Each of the two verbs, as a call."""
    return getattr(payments, request.param)


@pytest.fixture
def made(order, verb):
    """An order that the verb takes."""
    by_when = CAPTURE_BY if verb.abis[0].name == "authorizeBySig" else 0
    return order.but(capture_by=by_when)


def test_pay_by_sig_of_every_kind_of_account_pays_in_its_name(
    stage, payments, stranger, merchant, token, order, buyer
):
    order = order.but(payer=buyer.address)

    receipt = payments.payBySig(*order.signed(payments, buyer), sender=stranger)

    assert [name for name, _ in stage.events(receipt)] == ["Paid", "Transfer"]
    assert stage.events(receipt)[0] == ("Paid", order.told(payments))
    assert [token.balanceOf(a) for a in (buyer.address, merchant)] == [
        FUNDS - PRICE,
        FUNDS + PRICE,
    ]
    assert payments.payment(order.id(payments)).state == CAPTURED


def test_authorize_by_sig_of_every_kind_of_account_holds_in_its_name(
    stage, payments, stranger, token, order, buyer
):
    order = order.but(payer=buyer.address, capture_by=CAPTURE_BY)

    receipt = payments.authorizeBySig(*order.signed(payments, buyer), sender=stranger)

    assert stage.events(receipt)[0] == ("Authorized", order.told(payments))
    assert [token.balanceOf(a) for a in (buyer.address, payments)] == [FUNDS - PRICE, PRICE]
    assert payments.payment(order.id(payments)).state == AUTHORIZED


def test_a_strangers_signature_is_refused_for_every_kind_of_account(
    stage, payments, stranger, order, buyer
):
    order = order.but(payer=buyer.address)

    refusal = stage.refusal(payments.payBySig, *order.signed(payments, MALLORY), by=stranger)

    assert refusal == ("BadSignature", buyer.address)


def test_an_eip_7702_account_is_heard_through_its_delegate_as_well(
    stage, payments, admin, stranger, token, order, delegate, fund
):
    session = wallet("session key")
    speaking = delegate(wallet("speaking"), admin.deploy(mock("SmartWallet"), session.address))
    stage.request("anvil_setBalance", speaking.address, hex(10**20))
    fund(token, speaking, payments)
    order = order.but(payer=speaking.address)

    for key in (speaking, session):
        signed = order.signed(payments, key)
        assert stage.answer(payments.payBySig, *signed, by=stranger) is True


def test_a_merchants_signature_does_not_stand_for_the_payers(stage, payments, stranger, verb, made):
    forged = made.signed(payments, wallet("a merchant"))

    assert stage.refusal(verb, *forged, by=stranger) == ("BadSignature", made.payer)


def test_a_signed_order_is_good_once_and_a_retry_says_so(
    stage, payments, stranger, verb, made, balances
):
    signed = made.signed(payments, HERS)
    stage.send(verb, *signed, by=stranger)
    before = balances()

    assert stage.answer(verb, *signed, by=stranger) is False
    assert stage.answer(verb, *signed, by=stranger, at=PAY_BY + 1) is False
    stage.send(verb, *signed, by=stranger)
    assert balances() == before


def test_what_was_paid_by_the_wallet_is_not_paid_again_by_its_signature(
    stage, payments, stranger, paid, balances
):
    before = balances()

    stage.send(payments.payBySig, *paid.signed(payments, HERS), by=stranger)

    assert balances() == before


@pytest.mark.parametrize(
    "change",
    [
        {"merchant": AFFILIATE},
        {"token": AFFILIATE},
        {"amount": PRICE + 1},
        {"order_id": keccak(text="order 2")},
        {"pay_by": PAY_BY + 1},
        {"capture_by": CAPTURE_BY + 1},
        {"refund_until": REFUND_UNTIL - 1},
        {"splits": ((AFFILIATE, 1),)},
        {"customer": b"\x01" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_term_that_was_not_signed_is_refused(stage, payments, stranger, verb, made, change):
    signature = made.signed(payments, HERS)[-1]
    other = made.but(**change)

    refusal = stage.refusal(verb, *other.args, signature, by=stranger)

    assert refusal == ("BadSignature", made.payer)


def test_another_payer_than_who_signed_is_refused(stage, payments, stranger, verb, made):
    signature = made.signed(payments, HERS)[-1]
    other = made.but(payer=MALLORY.address)

    refusal = stage.refusal(verb, *other.args, signature, by=stranger)

    assert refusal == ("BadSignature", MALLORY.address)


def test_another_chain_another_contract_and_a_high_s_are_refused(
    stage, payments, onboarding, stranger, verb, made
):
    *args, signature = made.signed(payments, HERS)
    foreign = made.signed(payments, HERS, chain_id=1)
    misled = made.signed(onboarding, HERS)

    for attempt in (foreign, misled, (*args, mirrored(signature))):
        assert stage.refusal(verb, *attempt, by=stranger) == ("BadSignature", made.payer)


@pytest.mark.parametrize(
    "damage",
    [lambda s: b"", lambda s: s[:64], lambda s: s + b"\0", lambda s: bytes(64) + b"\x1b"],
    ids=["empty", "64 bytes", "66 bytes", "zeros"],
)
def test_a_damaged_signature_is_refused(stage, payments, stranger, verb, made, damage):
    *args, signature = made.signed(payments, HERS)

    refusal = stage.refusal(verb, *args, damage(signature), by=stranger)

    assert refusal == ("BadSignature", made.payer)


def test_nobody_speaks_for_address_zero(stage, payments, stranger, verb, made):
    nobody = made.but(payer="0x" + "00" * 20)

    refusal = stage.refusal(verb, *nobody.args, bytes(64) + b"\x1b", by=stranger)

    assert refusal == ("BadSignature", nobody.payer)


def test_the_signature_works_in_the_second_of_pay_by_and_not_after_it(
    stage, payments, stranger, verb, made
):
    signed = made.signed(payments, HERS)

    assert stage.answer(verb, *signed, by=stranger, at=PAY_BY) is True
    late = stage.refusal(verb, *signed, by=stranger, at=PAY_BY + 1)
    assert late == ("Expired", PAY_BY, PAY_BY + 1)


def test_a_signature_for_one_verb_does_not_serve_the_other(stage, payments, stranger, order):
    at_once = order.signed(payments, HERS)
    later = order.but(capture_by=CAPTURE_BY).signed(payments, HERS)
    field = b"captureBy".ljust(32, b"\0")

    assert stage.refusal(payments.authorizeBySig, *at_once, by=stranger) == ("BadOrder", field)
    assert stage.refusal(payments.payBySig, *later, by=stranger) == ("BadOrder", field)


def test_splits_other_than_those_signed_are_refused(stage, payments, stranger, verb, made):
    made = made.but(splits=((AFFILIATE, 100),))
    struct, _, signature = made.signed(payments, HERS)

    refusal = stage.refusal(verb, struct, [(MALLORY.address, 100)], signature, by=stranger)

    assert refusal == ("BadSplits",)
