"""The command of a merchant and of a payer, on a chain whose clock tests turn."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.cli.conftest import as_holder, purse
from tests.sdk.support.recurring import suite, undone
from tests.sdk.support.suite import until

__all__ = ["suite", "undone"]

KEY = keccak(text="a payer of subscriptions")


@pytest.fixture
def payer(suite):
    """A wallet with 1,000 dollars and some gas."""
    return purse(suite, KEY)


@pytest.fixture
def as_payer(rapport, suite, payer, place):
    """Runs the command with the payer's keystore and journal."""
    invoke = as_holder(rapport, place, KEY, "payer")
    assert invoke("subscription", "approve", suite.token, 500).code == 0
    return invoke


@pytest.fixture
def deadline(suite):
    """A month from now, by the chain's clock."""
    return ("--deadline", until(suite).isoformat())


@pytest.fixture
def plan(rapport, suite):
    """Makes plans and gives their numbers."""

    def make(price="9.99", *terms, period="30d"):
        made = rapport("plan", "create", suite.token, price, "--period", period, *terms, "--json")
        assert made.code == 0, made.err
        return made.json["result"]["plan"]

    return make


@pytest.fixture
def subscribed(as_payer):
    """Starts subscriptions of the payer and gives their ids."""

    def start(number, *terms):
        done = as_payer("subscription", "start", number, *terms, "--json")
        assert done.code == 0, done.err
        return done.json["result"]["subscription"]

    return start
