"""A customer gets a wallet, which is the client from then on."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.support.agreements import HOUR, MONDAY, NOTHING
from tests.contracts.unit.support.money import MERCHANT
from tests.contracts.unit.support.wallets import HERS, wallet


@pytest.fixture
def bare(sla, provider, bonded, opening, ana, do):
    """An agreement for Ana, who has no wallet yet."""
    made = opening.but(policy=bonded, client=NOBODY, customer=ana)
    do(sla.open, made.struct, by=provider, at=MONDAY)
    return made.id(provider.address)


def test_link_client_by_anyone_binds_the_wallet_that_the_customer_has(
    stage, sla, stranger, client, bare, ana, link, told
):
    link(ana)

    events = told(sla.linkClient, bare, by=stranger, at=MONDAY + HOUR)

    assert events == [("ClientLinked", {"id": bare, "client": HERS.address})]
    assert sla.agreement(bare).client == HERS.address
    assert stage.answer(sla.dispute, bare, NOTHING, by=client) == ()


def test_the_wallet_is_no_client_before_it_is_bound(stage, sla, client, bare, ana, link):
    link(ana)

    refusal = stage.refusal(sla.dispute, bare, NOTHING, by=client)

    assert refusal == ("NotParty", bare, client.address)


def test_link_client_again_changes_nothing_and_says_so(stage, sla, stranger, bare, ana, link):
    link(ana)
    stage.send(sla.linkClient, bare, by=stranger)

    assert stage.answer(sla.linkClient, bare, by=stranger) is False
    assert sla.linkClient(bare, sender=stranger).events == []


def test_link_client_says_no_where_a_client_has_opened(stage, sla, stranger, opened):
    assert stage.answer(sla.linkClient, opened, by=stranger) is False


def test_link_client_binds_the_wallet_that_took_the_place_of_the_first(
    stage, sla, registry, stranger, bare, ana, link
):
    old = link(ana)
    stage.send(sla.linkClient, bare, by=stranger)
    new, until = wallet("Ana, later"), MONDAY + HOUR
    content = (ana, new.address, registry.customer(ana).seq, until)
    signed = [by.sign(registry, "LinkWallet", *content) for by in (new, old)]
    stage.send(registry.rotateWallet, *content, *signed, by=stranger)

    stage.send(sla.linkClient, bare, by=stranger)

    assert sla.agreement(bare).client == new.address


def test_link_client_lets_nobody_promise_to_itself(stage, sla, provider, stranger, bare, ana, link):
    link(ana, holder=MERCHANT)

    assert MERCHANT.address == provider.address
    assert stage.refusal(sla.linkClient, bare, by=stranger) == ("NoClient", ana)


def test_link_client_follows_a_merge_to_the_heir(stage, sla, stranger, bare, ana, bea, merge, link):
    merge(ana, bea)
    hers = link(bea, "Bea")

    stage.send(sla.linkClient, bare, by=stranger)

    assert sla.agreement(bare).client == hers.address


@pytest.mark.parametrize("why", ["no wallet", "suspended", "erased"])
def test_link_client_refuses_a_customer_who_cannot_act(
    stage, sla, stranger, registry, operator, bare, ana, link, erase, why
):
    if why == "suspended":
        link(ana)
        stage.send(registry.suspend, ana, NOTHING, by=operator)
    if why == "erased":
        erase(ana)

    assert stage.refusal(sla.linkClient, bare, by=stranger) == ("NoClient", ana)


def test_link_client_refuses_what_is_settled_or_unknown(
    stage, sla, stranger, provider, bare, ana, link
):
    stage.send(sla.giveUp, bare, by=provider)
    link(ana)

    assert stage.refusal(sla.linkClient, bare, by=stranger) == ("BadState", bare, 4)
    unknown = b"\x09" * 32
    assert stage.refusal(sla.linkClient, unknown, by=stranger) == ("UnknownAgreement", unknown)
