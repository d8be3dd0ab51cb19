"""What is due to a customer without a wallet waits for it."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.sla_escrow.conftest import FUNDS, STAKE
from tests.contracts.unit.support.agreements import MONDAY, NOTHING, settled
from tests.contracts.unit.support.wallets import HERS


@pytest.fixture
def bare(sla, provider, bonded, opening, ana, do):
    """An agreement for Ana, who has no wallet yet."""
    made = opening.but(policy=bonded, client=NOBODY, customer=ana)
    do(sla.open, made.struct, by=provider, at=MONDAY)
    return made.id(provider.address)


@pytest.fixture
def waits(stage, sla, provider, bare):
    """It is settled: the whole stake waits for Ana."""
    stage.send(sla.giveUp, bare, by=provider)


@pytest.fixture
def claim(sla, provider, token, ana):
    """The arguments of a claim of Ana's."""
    return (provider.address, ana, token.address)


def test_a_credit_waits_for_a_customer_without_a_wallet(
    sla, token, provider, bare, ana, told, balances, claim
):
    events = told(sla.giveUp, bare, by=provider, at=MONDAY + 1)

    where = {"provider": provider.address, "customerId": ana, "token": token.address}
    assert events == [settled(bare, 2, 0, STAKE), ("CreditWaits", {**where, "amount": STAKE})]
    assert sla.waiting(*claim) == STAKE
    assert balances() == [FUNDS, FUNDS - 2 * STAKE, 2 * STAKE]


def test_a_customer_who_has_a_wallet_by_then_is_paid_at_once(
    stage, sla, provider, bare, ana, link, claim, balances
):
    link(ana)

    stage.send(sla.giveUp, bare, by=provider)

    assert sla.waiting(*claim) == 0
    assert balances()[0] == FUNDS + STAKE


def test_claim_by_anyone_pays_the_wallet_that_the_customer_has_now(
    sla, token, provider, stranger, waits, ana, link, told, claim, balances
):
    link(ana)

    events = told(sla.claim, *claim, by=stranger, at=MONDAY + 100)

    where = {"provider": provider.address, "customerId": ana, "token": token.address}
    assert events == [("CreditClaimed", {**where, "to": HERS.address, "amount": STAKE})]
    assert balances() == [FUNDS + STAKE, FUNDS - 2 * STAKE, STAKE]
    assert sla.waiting(*claim) == 0


def test_claim_again_is_refused(stage, sla, stranger, waits, ana, link, claim):
    link(ana)
    stage.send(sla.claim, *claim, by=stranger)

    assert stage.refusal(sla.claim, *claim, by=stranger) == ("NothingWaits", *claim)


def test_claim_follows_a_merge_to_the_heir(
    stage, sla, token, stranger, waits, ana, bea, merge, link, claim
):
    merge(ana, bea)
    hers = link(bea, "Bea")

    stage.send(sla.claim, *claim, by=stranger)

    assert token.balanceOf(hers.address) == STAKE


@pytest.mark.parametrize("why", ["no wallet", "suspended"])
def test_claim_waits_for_a_customer_who_cannot_act(
    stage, sla, registry, operator, stranger, waits, ana, link, claim, why
):
    if why == "suspended":
        link(ana)
        stage.send(registry.suspend, ana, NOTHING, by=operator)

    assert stage.refusal(sla.claim, *claim, by=stranger) == ("NoClient", ana)
    assert sla.waiting(*claim) == STAKE


def test_what_waits_for_who_was_erased_is_the_providers(
    sla, provider, stranger, waits, ana, erase, told, claim, balances
):
    erase(ana)

    ((_, fields),) = told(sla.claim, *claim, by=stranger, at=MONDAY + 100)

    assert fields["to"] == provider.address
    assert balances() == [FUNDS, FUNDS - STAKE, STAKE]


def test_claim_refuses_where_nothing_waits(stage, sla, stranger, bare, claim):
    assert stage.refusal(sla.claim, *claim, by=stranger) == ("NothingWaits", *claim)
