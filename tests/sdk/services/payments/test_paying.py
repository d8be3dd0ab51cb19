"""``client.payment``: an order is paid once, by the wallet or by its signature."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from eth_utils.crypto import keccak

from rapport import units
from rapport.errors import InputError
from rapport.keys import KeySigner
from rapport.payments import PaymentOrder, PaymentState, Split
from rapport.permits import PermitRequest, SignedPermit
from rapport.reverts import NotPayer, TransferFailed
from rapport.services.payment_kinds import Pay
from rapport.typed_data import WrongSigner
from tests.sdk.services.payments.conftest import WAIT, base_units
from tests.sdk.support.suite import account


def test_paying_moves_the_money_once_and_earns_points(client, suite, shopper, customer, paid):
    before = suite.money_of(suite.merchant.address)
    order = paid(customer=customer)
    assert suite.money_of(suite.merchant.address) - before == base_units(20)
    assert client.loyalty.balance(customer).points == 20
    again = shopper.payment.pay(order, idempotency_key=f"again {order.order_id.hex()}")
    assert again.wait(timeout=WAIT).status == "duplicate"
    assert suite.money_of(suite.merchant.address) - before == base_units(20)
    assert client.payment.show(order).state is PaymentState.PAID


def test_the_outcome_tells_of_points_and_of_points_that_failed(
    client, suite, shopper, customer, ordered
):
    shopper.payment.approve(suite.token, 40).wait(timeout=WAIT)
    good = shopper.payment.pay(ordered(customer=customer)).wait(timeout=WAIT)
    assert (good.result["amount"], good.result["points"]) == ("20.000000", 20)
    nobody = replace(ordered(number="nobody"), customer_id=b"\x07" * 32)
    poor = shopper.payment.pay(nobody).wait(timeout=WAIT)
    assert poor.result["points_skipped"] == "UnknownCustomer"
    steps = client.payment.history(nobody)
    assert [(s.what, s.reason) for s in steps] == [
        ("paid", None),
        ("points skipped", "UnknownCustomer"),
    ]


def test_a_payer_who_signs_needs_no_gas_and_no_approval(client, suite, ordered, number):
    wallet = KeySigner(keccak(text=f"gasless {number}"))
    suite.mint(wallet.address, base_units(20))
    order = ordered(payer=wallet.address)
    request = client.payment.request(order)
    assert PaymentOrder.read(json.dumps(request), client.payment.domain()) == order
    asked = client.payment.permit_request(suite.token, wallet.address, 20, order.pay_by)
    outcome = client.payment.pay_by_sig(
        order, order.sign(client.payment.domain(), wallet), permit=asked.sign(wallet)
    ).wait(timeout=WAIT)
    assert outcome.status == "done"
    assert suite.money_of(wallet.address) == 0
    assert client.chain.balance(wallet.address) == 0


def test_a_permit_that_somebody_used_before_still_pays(client, suite, shopper, payer, ordered):
    order = ordered()
    asked = shopper.payment.permit_request(suite.token, payer.address, 20, order.pay_by)
    permit = asked.sign(payer)
    call = permit.call
    suite.transact(
        account(9),
        "Payments",
        "permit",
        call["token"],
        call["owner"],
        call["value"],
        call["deadline"],
        call["v"],
        units.bytes32(call["r"]),
        units.bytes32(call["s"]),
    )
    assert shopper.payment.pay(order, permit=permit).wait(timeout=WAIT).status == "done"


def test_a_permit_for_something_else_is_refused_before_it_is_sent(
    client, suite, shopper, payer, ordered
):
    order = ordered()
    ask = client.payment.permit_request
    good = ask(suite.token, payer.address, 20, order.pay_by)
    stranger = account(7)
    short = ask(suite.token, payer.address, 19, order.pay_by).sign(payer)
    other = ask(suite.token, stranger.address, 20, order.pay_by).sign(stranger)
    spender = PermitRequest(replace(good.permit, spender=stranger.address), good.domain).sign(payer)
    token = PermitRequest(good.permit, replace(good.domain, contract=stranger.address)).sign(payer)
    for permit, words in (
        (short, "allows 19000000"),
        (other, "owner"),
        (spender, "spender"),
        (token, "token"),
        (SignedPermit(good, b"\x01" * 66), "65 bytes"),
    ):
        with pytest.raises(InputError, match=words):
            shopper.payment.pay(order, permit=permit)
    with pytest.raises(WrongSigner):
        shopper.payment.pay(order, permit=good.sign(stranger))


def test_a_signature_of_somebody_else_is_refused_before_it_is_sent(client, ordered):
    order = ordered()
    with pytest.raises(WrongSigner):
        client.payment.pay_by_sig(order, order.sign(client.payment.domain(), account(9)))
    abroad = replace(client.payment.domain(), chain_id=1)
    with pytest.raises(WrongSigner):
        client.payment.pay_by_sig(order, order.sign(abroad, account(6)))


def test_an_order_is_paid_or_authorised_as_it_says(client, shopper, ordered):
    with pytest.raises(InputError, match="paid at once"):
        shopper.payment.authorize(ordered())
    with pytest.raises(InputError, match="captured later"):
        shopper.payment.pay(ordered(number="held", authorize=True))


def test_only_the_payer_pays_unsigned(client, ordered):
    with pytest.raises(NotPayer):
        client.payment.pay.dry_run(ordered())


def test_what_failed_for_want_of_money_is_tried_again(suite, shopper, ordered):
    order = ordered()
    shopper.payment.approve(suite.token, 0).wait(timeout=WAIT)
    with pytest.raises(TransferFailed):
        shopper.payment.pay(order).wait(timeout=WAIT)
    shopper.payment.approve(suite.token, 20).wait(timeout=WAIT)
    first = shopper.payment.pay(order)
    assert first.wait(timeout=WAIT).status == "done"
    assert shopper.payment.pay(order).id == first.id


def test_splits_go_out_with_the_payment(client, suite, paid, affiliate):
    before = suite.money_of(suite.merchant.address)
    order = paid(splits=[Split.percent(affiliate, "2.5")])
    assert suite.money_of(affiliate) == base_units("0.5")
    assert suite.money_of(suite.merchant.address) - before == base_units("19.5")
    (share,) = client.payment.show(order).shares
    assert (share.recipient, share.percent, share.amount) == (
        affiliate,
        Decimal("2.50"),
        Decimal("0.500000"),
    )


def test_a_dry_run_keeps_and_sends_nothing(suite, shopper, ordered):
    shopper.payment.approve(suite.token, 20).wait(timeout=WAIT)
    order = ordered()
    simulation = shopper.payment.pay.dry_run(order)
    assert (simulation.kind, simulation.gas > 21_000) == (Pay.name, True)
    assert shopper.payment.show(order).state is PaymentState.UNPAID
