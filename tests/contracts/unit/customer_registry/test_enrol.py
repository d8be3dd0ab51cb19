"""Registering a customer and linking the first wallet in one step, for code that checked it."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import COMMITMENT, LINKS_PER_DAY, NOBODY, role_id
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import wallet

ANA = keccak(text="customer Ana")
HERS = wallet("Ana").address


@pytest.fixture(scope="session")
def code(stage, registry, admin, account):
    """Whoever holds ENROLLER of the registry."""
    holder = account(wallet("an enroller of the registry"))
    stage.send(registry.grantRole, role_id("enroller"), holder, by=admin)
    return holder


def test_enrol_registers_and_links_at_once(stage, registry, code):
    receipt = registry.enrol(ANA, COMMITMENT, HERS, 0, sender=code)

    assert stage.events(receipt) == [
        ("Registered", {"customerId": ANA, "commitment": COMMITMENT}),
        ("WalletLinked", {"customerId": ANA, "wallet": HERS, "seq": 1}),
    ]
    day = stage.now // DAY
    assert tuple(registry.customer(ANA)) == (HERS, 0, 0, 1, 1, day)
    assert (registry.idOf(HERS), registry.activeWallet(ANA)) == (ANA, HERS)


def test_enrol_of_a_registered_customer_only_links(stage, registry, verifier, code, register):
    register()
    stage.send(registry.verify, ANA, 3, stage.now + DAY, COMMITMENT, by=verifier)

    receipt = registry.enrol(ANA, COMMITMENT, HERS, 0, sender=code)

    assert [name for name, _ in stage.events(receipt)] == ["WalletLinked"]
    assert registry.isVerified(ANA, 3) is True


def test_enrol_refuses_another_sequence_than_the_record_has(stage, registry, code, register, link):
    assert stage.refusal(registry.enrol, ANA, COMMITMENT, HERS, 1, by=code) == ("BadSequence", 1, 0)

    register()
    link(ANA)
    stage.send(registry.unlinkWallet, ANA, by=HERS)

    assert stage.refusal(registry.enrol, ANA, COMMITMENT, HERS, 0, by=code) == ("BadSequence", 0, 2)
    stage.send(registry.enrol, ANA, COMMITMENT, HERS, 2, by=code)
    assert registry.customer(ANA).seq == 3


def test_enrol_refuses_a_customer_who_has_a_wallet(stage, registry, code, register, link):
    register()
    link(ANA)

    refusal = stage.refusal(registry.enrol, ANA, COMMITMENT, wallet("Bo").address, 1, by=code)

    assert refusal == ("WalletLinkedAlready", ANA, HERS)


def test_enrol_refuses_a_wallet_that_another_customer_has(stage, registry, code, register, link):
    bea = register("Bea")
    link(bea, "Ana")

    refusal = stage.refusal(registry.enrol, ANA, COMMITMENT, HERS, 0, by=code)

    assert refusal == ("WalletTaken", HERS, bea)


def test_enrol_refuses_address_zero_and_id_zero(stage, registry, code):
    assert stage.refusal(registry.enrol, ANA, COMMITMENT, NOBODY, 0, by=code) == ("ZeroAddress",)
    assert stage.refusal(registry.enrol, bytes(32), COMMITMENT, HERS, 0, by=code) == ("ZeroId",)


def test_enrol_refuses_a_customer_who_is_suspended_or_gone(
    stage, registry, operator, code, register, erase
):
    register()
    stage.send(registry.suspend, ANA, COMMITMENT, by=operator)
    suspended = stage.refusal(registry.enrol, ANA, COMMITMENT, HERS, 0, by=code)
    erase(ANA)
    erased = stage.refusal(registry.enrol, ANA, COMMITMENT, HERS, 0, by=code)

    assert (suspended, erased) == (("CustomerSuspended", ANA), ("CustomerClosed", ANA))


def test_enrol_uses_up_the_allowance_of_its_caller(stage, registry, operator, code):
    for i in range(LINKS_PER_DAY):
        guest = wallet(f"guest {i}").address
        stage.send(registry.enrol, keccak(text=guest), COMMITMENT, guest, 0, by=code)

    assert stage.refusal(registry.enrol, ANA, COMMITMENT, HERS, 0, by=code) == (
        "RateLimitExceeded",
    )
    assert registry.allowances(operator).links == LINKS_PER_DAY


def test_enrol_is_for_enrollers_only(stage, registry, operator):
    refusal = stage.refusal(registry.enrol, ANA, COMMITMENT, HERS, 0, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("enroller"))
