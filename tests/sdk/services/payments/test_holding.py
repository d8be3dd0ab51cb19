"""``client.payment``: money that is held, then captured, released or given back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError
from rapport.payments import PaymentState
from rapport.reverts import BadState, NothingOwed, NotMerchant, OverRefund, TooEarly
from tests.sdk.services.payments.conftest import WAIT, base_units
from tests.sdk.support.suite import account


def test_a_capture_pays_a_part_and_returns_the_rest(client, suite, payer, held, customer, number):
    before = suite.money_of(payer.address)
    order = held(customer=customer)
    assert client.payment.show(order).state is PaymentState.AUTHORIZED
    outcome = client.payment.capture(number, "12.5").wait(timeout=WAIT)
    assert (outcome.result["amount"], outcome.result["returned"]) == ("12.500000", "7.500000")
    assert before - suite.money_of(payer.address) == base_units("12.5")
    assert client.loyalty.balance(customer).points == 12
    again = client.payment.capture(order, "12.5", idempotency_key=f"again {number}")
    assert again.wait(timeout=WAIT).status == "duplicate"
    with pytest.raises(BadState):
        client.payment.capture.dry_run(order, 20)
    assert [(s.what, s.amount) for s in client.payment.history(number)] == [
        ("authorized", 20),
        ("captured", Decimal("12.5")),
    ]


def test_a_capture_without_an_amount_is_of_all(client, held, number):
    held()
    assert client.payment.capture(number).wait(timeout=WAIT).result["returned"] == "0.000000"


def test_a_void_gives_all_back(client, suite, payer, held):
    before = suite.money_of(payer.address)
    order = held()
    assert client.payment.void(order).wait(timeout=WAIT).status == "done"
    assert suite.money_of(payer.address) == before
    assert client.payment.show(order).state is PaymentState.RELEASED
    with pytest.raises(InputError, match="released; an invoice"):
        client.payment.invoice(order)


def test_anyone_reclaims_what_was_not_captured_in_time(client, suite, new_client, payer, held):
    before = suite.money_of(payer.address)
    order = held()
    with new_client("stranger.db", signer=account(9)) as stranger:
        with pytest.raises(TooEarly):
            stranger.payment.reclaim.dry_run(order)
        suite.anvil.ask("evm_increaseTime", 9 * 86_400)
        suite.anvil.mine()
        assert stranger.payment.reclaim(order).wait(timeout=WAIT).status == "done"
    assert suite.money_of(payer.address) == before


def test_the_payer_signs_for_money_to_be_held(client, suite, payer, ordered, number):
    order = ordered(authorize=True)
    asked = client.payment.permit_request(suite.token, payer.address, 20, order.pay_by)
    signature = order.sign(client.payment.domain(), payer)
    outcome = client.payment.authorize_by_sig(number, signature, permit=asked.sign(payer))
    assert outcome.wait(timeout=WAIT).status == "done"
    assert client.payment.show(number).state is PaymentState.AUTHORIZED


def test_a_refund_says_how_much_in_all_and_takes_its_points_back(
    client, suite, payer, paid, customer, number
):
    order = paid(customer=customer)
    before = suite.money_of(payer.address)
    client.payment.approve(suite.token, 20).wait(timeout=WAIT)
    for total, key in (("5", "first"), ("5", "again"), ("15", "more")):
        client.payment.refund(order, total, idempotency_key=f"{number} {key}").wait(timeout=WAIT)
    assert suite.money_of(payer.address) - before == base_units(15)
    assert client.loyalty.balance(customer).points == 5
    assert [s.amount for s in client.payment.history(order) if s.what == "refunded"] == [5, 10]
    with pytest.raises(OverRefund):
        client.payment.refund.dry_run(order, 21)
    with pytest.raises(InputError, match="above 0"):
        client.payment.refund(order, 0)


def test_only_the_merchant_gives_back(client, shopper, paid):
    with pytest.raises(NotMerchant):
        shopper.payment.refund.dry_run(paid(), 5)


def test_nothing_owed_is_refused_by_name(client, suite):
    assert client.payment.owed(suite.token) == 0
    with pytest.raises(NothingOwed):
        client.payment.withdraw.dry_run(suite.token)
