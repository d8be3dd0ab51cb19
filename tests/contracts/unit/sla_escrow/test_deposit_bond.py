"""What stands behind a provider's promises, and how it is taken back."""

import pytest

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.sla_escrow.conftest import FEE, FUNDS, STAKE
from tests.contracts.unit.support.agreements import MONDAY, NOTHING
from tests.contracts.unit.support.money import BLOCKS_RECIPIENT
from tests.contracts.unit.support.wallets import wallet

SAFE = wallet("a safe").address


def test_deposit_bond_adds_to_what_the_contract_owes_the_provider(
    stage, sla, token, provider, balances
):
    stage.send(sla.depositBond, token.address, FEE, by=provider)
    receipt = sla.depositBond(token.address, 5, sender=provider)

    told = {"provider": provider.address, "token": token.address, "amount": 5}
    assert stage.events(receipt)[0] == ("BondDeposited", told)
    assert sla.owed(provider, token) == FEE + 5
    assert balances() == [FUNDS, FUNDS - FEE - 5, FEE + 5]


def test_deposit_bond_refuses_nothing(stage, sla, token, provider):
    refusal = stage.refusal(sla.depositBond, token.address, 0, by=provider)

    assert refusal == ("ZeroAmount",)


def test_deposit_bond_refuses_what_the_provider_does_not_have(stage, sla, token, stranger):
    refusal = stage.refusal(sla.depositBond, token.address, 1, by=stranger)

    assert refusal == ("TransferFailed", token.address, stranger.address, sla.address, 1)


def test_withdraw_takes_the_whole_free_bond_anywhere(stage, sla, token, provider, bonded, balances):
    receipt = sla.withdraw(token.address, SAFE, sender=provider)

    told = {"account": provider.address, "token": token.address, "to": SAFE, "amount": 2 * STAKE}
    assert stage.events(receipt)[-1] == ("Withdrawn", told)
    assert balances(SAFE) == [FUNDS, FUNDS - 2 * STAKE, 0, 2 * STAKE]


def test_withdraw_leaves_what_is_reserved(stage, sla, token, provider, backed, balances):
    stage.send(sla.withdraw, token.address, SAFE, by=provider)

    assert balances(SAFE)[2:] == [STAKE, STAKE]
    refusal = stage.refusal(sla.withdraw, token.address, SAFE, by=provider)
    assert refusal == ("NothingOwed", provider.address, token.address)


def test_a_settled_stake_is_free_again(stage, sla, token, provider, client, backed, do, balances):
    do(sla.deliver, backed, NOTHING, by=provider, at=MONDAY + 1)
    assert sla.owed(provider, token) == STAKE

    stage.send(sla.accept, backed, by=client)

    assert sla.owed(provider, token) == 2 * STAKE
    assert balances() == [FUNDS, FUNDS - 2 * STAKE, 2 * STAKE]


@pytest.mark.parametrize("place", ["nobody", "the contract itself"])
def test_withdraw_sends_nothing_where_it_would_be_lost(stage, sla, token, provider, bonded, place):
    to = NOBODY if place == "nobody" else sla.address

    assert stage.refusal(sla.withdraw, token.address, to, by=provider) == ("BadRecipient", to)


def test_withdraw_refuses_while_the_token_does(stage, sla, odd, provider, admin, block, client):
    stage.send(sla.depositBond, odd.address, FEE, by=provider)
    stage.send(odd.turn, BLOCKS_RECIPIENT, by=admin)
    block(odd, client)

    refusal = stage.refusal(sla.withdraw, odd.address, client.address, by=provider)

    assert refusal == ("TransferFailed", odd.address, sla.address, client.address, FEE)
    stage.send(sla.withdraw, odd.address, SAFE, by=provider)
    assert odd.balanceOf(SAFE) == FEE
