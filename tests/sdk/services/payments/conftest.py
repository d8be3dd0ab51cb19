"""A merchant's orders, a payer with money, and orders that are paid or held."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest
from eth_utils.crypto import keccak

from rapport import units
from rapport.keys import KeySigner
from tests.sdk.support.suite import account

WAIT = 30  # seconds
_numbers = count(1)


@pytest.fixture
def number():
    """An order number that was not used before."""
    return f"A-{next(_numbers)}"


@pytest.fixture
def payer():
    """Somebody with money and gas."""
    return account(6)


@pytest.fixture
def shopper(new_client, payer):
    """The payer's own client."""
    with new_client("shopper.db", signer=payer) as made:
        yield made


@pytest.fixture
def affiliate():
    """Somebody without money."""
    return KeySigner(keccak(text=f"affiliate {next(_numbers)}")).address


@pytest.fixture
def ordered(client, suite, payer, number):
    """Makes an order over 20 for the payer."""

    def make(**terms):
        terms = {"amount": 20, "token": suite.token, "payer": payer.address, **terms}
        return client.payment.order(terms.pop("number", number), **terms)

    return make


@pytest.fixture
def paid(client, shopper, suite, ordered):
    """Makes an order and has it paid."""

    def make(**terms):
        order = ordered(**terms)
        amount = units.from_base(order.amount, 6)
        shopper.payment.approve(suite.token, amount).wait(timeout=WAIT)
        outcome = shopper.payment.pay(order).wait(timeout=WAIT)
        assert outcome.status == "done"
        return order

    return make


@pytest.fixture
def held(client, shopper, suite, ordered):
    """Makes an order to be captured later and has its amount held."""

    def make(**terms):
        order = ordered(**{"authorize": True, **terms})
        shopper.payment.approve(suite.token, units.from_base(order.amount, 6)).wait(timeout=WAIT)
        assert shopper.payment.authorize(order).wait(timeout=WAIT).status == "done"
        return order

    return make


def base_units(amount):
    """Of the test dollar."""
    return int(Decimal(amount) * 10**6)
