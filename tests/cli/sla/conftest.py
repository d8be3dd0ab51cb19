"""The command of a provider and of its clients, on a chain whose clock tests turn."""

from __future__ import annotations

from itertools import count

import pytest
from eth_utils.crypto import keccak

from tests.cli.conftest import as_holder, purse
from tests.sdk.support.recurring import suite, undone
from tests.sdk.support.suite import until

__all__ = ["suite", "undone"]

KEY = keccak(text="a client of the desk")
_numbers = count(1)


@pytest.fixture
def client(suite):
    """A wallet with 1,000 dollars and some gas."""
    return purse(suite, KEY)


@pytest.fixture
def as_client(rapport, client, place):
    """Runs the command with the client's keystore and journal."""
    return as_holder(rapport, place, KEY, "client")


@pytest.fixture
def customer(rapport):
    """A registered customer without a wallet."""
    number = f"C-desk-{next(_numbers)}"
    assert rapport("customer", "register", number).code == 0
    return number


def published(rapport, suite, terms, *options):
    """The number of a policy whose clocks always run."""
    done = rapport(
        *("sla", "policy", "create", terms, suite.token, "--hours", "24/7"), *options, "--json"
    )
    assert done.code == 0, done.err
    return done.json["result"]["policy"]


@pytest.fixture
def policy(rapport, suite):
    """A bonded policy of the backend's, and 1,000 dollars behind it. Normal: 4 and 16 hours."""
    suite.mint(suite.backend.address, 1_000 * 10**6)
    done = rapport("sla", "bond", "deposit", suite.token, 1_000, "--approve")
    assert done.code == 0, done.err
    return published(rapport, suite, "support")


@pytest.fixture
def held(rapport, suite):
    """A policy under which the client's fee is held; the backend's admin is its arbiter."""
    arbiter = suite.admin.address
    return published(rapport, suite, "delivery", "--arbiter", arbiter, "--arbiter-fee", 10)


@pytest.fixture
def ticket(rapport, policy, customer):
    """Opens agreements over 100 for the customer, and gives their ids."""

    def make(*options):
        done = rapport("sla", "open", policy, 100, "--customer", customer, *options, "--json")
        assert done.code == 0, done.err
        return done.json["result"]["agreement"]

    return make


@pytest.fixture
def opened(as_client, held):
    """Opens agreements of the client's over 100, whose fee is held, and gives their ids."""

    def make(*options):
        done = as_client("sla", "open", held, 100, "--approve", *options, "--json")
        assert done.code == 0, done.err
        return done.json["result"]["agreement"]

    return make


def month(suite):
    """A month from now, by the chain's clock."""
    return ("--deadline", until(suite).isoformat())
