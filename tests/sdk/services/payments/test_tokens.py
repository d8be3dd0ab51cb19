"""``client.payment``: tokens, and amounts in them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport import units
from rapport.codec import abi_encode
from tests.sdk.services.payments.conftest import WAIT
from tests.sdk.support.suite import account, creation_code, send


def test_a_token_is_asked_once_what_it_is(client, suite):
    token = client.payment.token(suite.token.lower())
    assert (token.address, token.decimals, token.to_base("1.5")) == (suite.token, 6, 1_500_000)
    assert client.payment.token(suite.token) is token


@pytest.mark.parametrize("decimals", [0, 18, 24])
def test_amounts_are_exact_whatever_the_decimals(client, suite, payer, decimals):
    code = creation_code("TestToken") + abi_encode(
        ["string", "string", "uint8"], ["Odd \x1b[31m", "ODD", decimals]
    )
    receipt = send(suite.anvil, account(0), None, code)
    token = client.payment.token(receipt["contractAddress"])
    assert (token.name, token.decimals) == ("Odd [31m", decimals)
    order = client.payment.order(f"odd {decimals}", 7, token.address, payer.address)
    assert order.amount == 7 * 10**decimals
    assert client.payment.balance(token.address) == 0
    asked = client.payment.permit_request(token.address, payer.address, 1, order.pay_by)
    assert asked.domain.name == "Odd \x1b[31m"  # signed as the token has it, shown as it prints


def test_balance_and_allowance_are_whole_units(client, suite, shopper, payer):
    shopper.payment.approve(suite.token, "12.5").wait(timeout=WAIT)
    assert shopper.payment.allowance(suite.token) == Decimal("12.5")
    assert client.payment.allowance(suite.token, payer.address) == Decimal("12.5")
    assert client.payment.balance(suite.token, payer.address) == units.from_base(
        suite.money_of(payer.address), 6
    )
