"""A client, or a provider for a client, opens an agreement."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS, STAKE
from tests.contracts.unit.support.agreements import MONDAY, NOTHING, OPEN
from tests.contracts.unit.support.money import BLOCKS_RECIPIENT


def test_open_holds_the_clients_fee_and_starts_the_clocks(
    stage, sla, client, opening, told, balances
):
    events = told(sla.open, opening.struct, by=client, at=MONDAY)

    id = opening.id()
    assert events == [opening.told()]
    assert balances() == [FUNDS - FEE, FUNDS, FEE]
    assert stage.answer(sla.agreement, id, by=client) == (
        client.address,
        FEE,
        opening.policy,
        MONDAY,
        *(0, 0, 0, 0, 0),
        OPEN,
        opening.priority,
    )
    assert sla.idOf(client, opening.ref) == id
    assert sla.customerOf(id) == NOTHING


def test_open_reserves_the_largest_credit_of_the_bond(
    stage, sla, token, provider, bonded, opening, told, balances
):
    made = opening.but(policy=bonded, amount=FEE - 1)

    events = told(sla.open, made.struct, by=provider, at=MONDAY)

    assert events == [made.told(provider.address)]
    # Half of 999,999, rounded up for the client.
    assert sla.owed(provider, token) == 2 * STAKE - 500_000
    assert balances() == [FUNDS, FUNDS - 2 * STAKE, 2 * STAKE]


def test_open_again_changes_nothing_and_says_so(
    stage, sla, client, provider, opening, opened, backed, bonded, token, balances
):
    before = balances()

    assert stage.answer(sla.open, opening.struct, by=client) == (opened, False)
    again = opening.but(policy=bonded)
    assert stage.answer(sla.open, again.struct, by=provider) == (backed, False)
    assert sla.open(opening.struct, sender=client).events == []
    assert balances() == before


def test_open_again_works_after_the_settlement_and_opens_nothing(
    stage, sla, client, opening, delivered
):
    stage.send(sla.accept, delivered, by=client)

    assert stage.answer(sla.open, opening.struct, by=client) == (delivered, False)


@pytest.mark.parametrize("change", ["priority", "policy"])
def test_open_refuses_other_content_under_the_same_ref(
    stage, sla, client, opening, opened, publish, offer, change
):
    other = opening.but(priority=2)
    if change == "policy":
        other = opening.but(policy=publish(offer.but(min_amount=1)))

    refusal = stage.refusal(sla.open, other.struct, by=client)

    assert refusal == ("RefConflict", opening.ref)


def test_two_clients_can_use_the_same_ref(stage, sla, opening, opened, fund, token, stranger):
    fund(token, stranger, sla)
    theirs = opening.but(client=stranger.address)

    assert stage.answer(sla.open, theirs.struct, by=stranger) == (theirs.id(), True)


def test_open_takes_a_fee_from_nobody_but_the_caller(stage, sla, provider, stranger, opening):
    for caller in (provider, stranger):
        refusal = stage.refusal(sla.open, opening.struct, by=caller)
        assert refusal == ("NotClient", opening.client, caller.address)


def test_open_spends_a_bond_for_its_provider_alone(stage, sla, client, provider, bonded, opening):
    made = opening.but(policy=bonded)

    refusal = stage.refusal(sla.open, made.struct, by=client)

    assert refusal == ("NotProvider", provider.address, client.address)


def test_open_refuses_what_the_free_bond_does_not_cover(
    stage, sla, token, provider, bonded, opening
):
    made = opening.but(policy=bonded, amount=4 * FEE + 1)
    refusal = stage.refusal(sla.open, made.struct, by=provider)
    assert refusal == ("BondTooSmall", 2 * STAKE, 4 * STAKE + 1)

    stage.send(sla.open, made.but(amount=2 * FEE).struct, by=provider)

    assert sla.owed(provider, token) == 0
    another = made.but(amount=1_000, ref=keccak(text="another"))
    assert stage.refusal(sla.open, another.struct, by=provider) == ("BondTooSmall", 0, 500)


def test_open_refuses_an_amount_below_the_least(stage, sla, client, offer, opening):
    small = opening.but(amount=offer.min_amount - 1)
    assert stage.refusal(sla.open, small.struct, by=client) == ("BadOpening", 2)

    least = opening.but(amount=offer.min_amount)
    assert stage.answer(sla.open, least.struct, by=client) == (least.id(), True)


def test_open_refuses_a_fifth_priority(stage, sla, client, opening):
    refusal = stage.refusal(sla.open, opening.but(priority=4).struct, by=client)

    assert refusal == ("BadOpening", 1)
    assert stage.answer(sla.open, opening.but(priority=3).struct, by=client)[1] is True


@pytest.mark.parametrize("backing", ["held", "bonded"])
def test_open_refuses_a_provider_who_serves_itself(stage, sla, provider, opening, backing, request):
    number = request.getfixturevalue(backing)
    own = opening.but(policy=number, client=provider.address)

    assert stage.refusal(sla.open, own.struct, by=provider) == ("BadOpening", 3)


def test_open_refuses_a_policy_that_there_is_not(stage, sla, client, opening):
    for number in (0, 10**6):
        refusal = stage.refusal(sla.open, opening.but(policy=number).struct, by=client)
        assert refusal == ("UnknownPolicy", number)


def test_open_refuses_a_client_who_has_not_the_fee(stage, sla, token, stranger, opening):
    made = opening.but(client=stranger.address)

    refusal = stage.refusal(sla.open, made.struct, by=stranger)

    assert refusal == ("TransferFailed", token.address, stranger.address, sla.address, FEE)


def test_open_refuses_a_token_that_keeps_a_part(
    stage, sla, odd, admin, client, publish, offer, opening
):
    number = publish(offer.but(token=odd.address))
    stage.send(odd.turn, BLOCKS_RECIPIENT - 3, by=admin)  # takes a hundredth from the recipient

    refusal = stage.refusal(sla.open, opening.but(policy=number).struct, by=client)

    assert refusal == ("ShortTransfer", odd.address, FEE - FEE // 100, FEE)


# For a customer who has no wallet


def test_open_for_a_customer_without_a_wallet_keeps_the_customer(
    stage, sla, provider, bonded, opening, ana, told
):
    made = opening.but(policy=bonded, client=NOBODY, customer=ana)

    events = told(sla.open, made.struct, by=provider, at=MONDAY)

    assert events == [made.told(provider.address)]
    assert sla.customerOf(made.id(provider.address)) == ana
    assert sla.agreement(made.id(provider.address)).client == NOBODY


def test_open_for_a_customer_needs_one_that_there_is(
    stage, sla, provider, bonded, opening, ana, erase
):
    nobody = opening.but(policy=bonded, client=NOBODY)
    refusal = stage.refusal(sla.open, nobody.struct, by=provider)
    assert refusal == ("UnknownCustomer", NOTHING)
    erase(ana)

    gone = nobody.but(customer=ana)

    assert stage.refusal(sla.open, gone.struct, by=provider) == ("CustomerClosed", ana)


def test_a_client_with_a_wallet_may_name_any_customer(stage, sla, client, opening):
    made = opening.but(customer=b"\x07" * 32)

    stage.send(sla.open, made.struct, by=client)

    assert sla.customerOf(made.id()) == NOTHING
