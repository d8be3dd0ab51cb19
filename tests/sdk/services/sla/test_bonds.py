"""``client.sla``: bonds, and credits that wait for a wallet."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport.errors import InputError, NotFound
from rapport.keys import KeySigner
from rapport.reverts import NoClient, NothingOwed, NothingWaits, TransferFailed
from tests.sdk.support.promised import DAY, MONDAY, WAIT, at, done, opened_for, registered
from tests.sdk.support.suite import account, until

WALLET = KeySigner(b"\x09" * 32)


def linked(provider, number, suite):
    """Gives a customer a wallet."""
    request = provider.customer.link_request(number, WALLET.address, until(suite))
    done(provider.customer.link(request, request.sign(provider.customer.domain(), WALLET)))


@pytest.fixture
def credited(provider, bonded, suite):
    """A customer for whom 100 wait."""
    number = registered(provider)
    found = opened_for(provider, bonded, number)
    outcome = done(provider.sla.give_up(found.id))
    assert Decimal(outcome.result["waits"]) == 100
    return number


def test_a_bond_is_paid_in_and_taken_out_whole(provider, suite):
    other = account(7).address
    done(provider.sla.bond_deposit(suite.token, "0.5"))
    assert provider.sla.bond(suite.token).free == Decimal("1000.5")
    before = suite.money_of(other)
    outcome = done(provider.sla.bond_withdraw(suite.token, other))
    assert (Decimal(outcome.result["amount"]), outcome.result["to"]) == (Decimal("1000.5"), other)
    assert suite.money_of(other) - before == 1_000_500_000
    with pytest.raises(NothingOwed):
        provider.sla.bond_withdraw(suite.token).wait(timeout=WAIT)


def test_a_key_pays_a_bond_in_once(provider, suite):
    for _ in range(2):
        provider.sla.bond_deposit(suite.token, 5, idempotency_key="more").wait(timeout=WAIT)
    assert provider.sla.bond(suite.token).free == 1_005


def test_what_is_reserved_cannot_be_taken_out(provider, bonded, suite):
    opened_for(provider, bonded, registered(provider))
    done(provider.sla.bond_withdraw(suite.token))
    bond = provider.sla.bond(suite.token, suite.backend.address)
    assert (bond.free, bond.reserved, bond.agreements) == (0, 100, 1)
    assert provider.sla.owed(suite.token) == 0


def test_a_permit_pays_a_bond_in_and_no_bond_of_nothing_is(keeper, suite):
    signer = account(5)
    request = keeper.sla.permit_request(suite.token, signer.address, 40, until(suite))
    done(keeper.sla.bond_deposit(suite.token, 40, permit=request.sign(signer)))
    assert keeper.sla.bond(suite.token).free == 40
    with pytest.raises(InputError, match="a bond must be above 0"):
        keeper.sla.bond_deposit(suite.token, 0)
    with pytest.raises(TransferFailed):
        keeper.sla.bond_deposit(suite.token, 1).wait(timeout=WAIT)


def test_a_credit_waits_for_a_wallet_and_is_then_claimed_by_anybody(
    provider, keeper, credited, suite
):
    customer_id = provider.directory.find(credited).id
    assert provider.sla.waiting(credited, suite.token) == 100
    whose = {"provider": suite.backend.address}
    assert keeper.sla.waiting(customer_id, suite.token, **whose) == 100
    with pytest.raises(NoClient):
        keeper.sla.claim(customer_id, suite.token, **whose).wait(timeout=WAIT)
    linked(provider, credited, suite)
    outcome = done(keeper.sla.claim(customer_id, suite.token, **whose))
    assert (outcome.result["to"], Decimal(outcome.result["amount"])) == (WALLET.address, 100)
    assert suite.money_of(WALLET.address) == 100 * 10**6
    with pytest.raises(NothingWaits):
        keeper.sla.claim(customer_id, suite.token, **whose).wait(timeout=WAIT)


def test_a_claim_that_somebody_else_made_first_is_a_repetition(provider, keeper, credited, suite):
    linked(provider, credited, suite)
    suite.anvil.automine(False)
    try:
        mine = provider.sla.claim(credited, suite.token)
        customer_id = provider.directory.find(credited).id
        other = keeper.sla.claim(customer_id, suite.token, provider=suite.backend.address)
        suite.anvil.ask("anvil_setIntervalMining", 1)
        ended = {each.wait(timeout=WAIT).status for each in (mine, other)}
    finally:
        suite.anvil.ask("anvil_setIntervalMining", 0)
        suite.anvil.automine(True)
    assert ended == {"done", "duplicate"}


def test_what_waits_for_somebody_who_was_erased_is_the_providers(provider, credited, suite):
    customer_id = provider.directory.find(credited).id
    done(provider.customer.erase(credited))
    before = suite.money_of(suite.backend.address)
    outcome = done(provider.sla.claim(customer_id, suite.token))
    assert outcome.result["to"] == suite.backend.address
    assert suite.money_of(suite.backend.address) - before == 100 * 10**6


def test_a_customer_whom_nobody_knows_has_nothing_waiting(provider, suite):
    with pytest.raises(NotFound):
        provider.sla.waiting("nobody", suite.token)
    assert provider.sla.waiting(b"\x01" * 32, suite.token) == 0


def test_a_wallet_that_was_linked_meanwhile_is_paid_at_once(provider, bonded, suite):
    number = registered(provider)
    found = opened_for(provider, bonded, number)
    linked(provider, number, suite)
    at(suite, MONDAY + 20 * DAY)
    done(provider.sla.deliver(found.id))
    at(suite, MONDAY + 24 * DAY)
    assert "waits" not in done(provider.sla.finalize(found.id)).result
    assert suite.money_of(WALLET.address) == 100 * 10**6
