"""A wallet that enrols itself."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.contracts.unit.support.wallets import wallet

SALT = keccak(text="chosen by the wallet")


@pytest.fixture
def ana(account):
    return account(wallet("Ana"))


@pytest.fixture
def open_enrolment(stage, registry, admin):
    stage.send(registry.setEnrolment, True, by=admin)


def derived(registry, account, salt=SALT):
    """The id as the interface defines it."""
    types = ["uint256", "address", "address", "bytes32"]
    return bytes(keccak(encode(types, [31337, registry.address, str(account), salt])))


def test_join_registers_and_links_the_wallet_at_once(stage, registry, ana, open_enrolment):
    customer = derived(registry, ana)
    assert stage.answer(registry.join, SALT, by=ana) == customer

    receipt = registry.join(SALT, sender=ana)

    assert stage.events(receipt) == [
        ("Registered", {"customerId": customer, "commitment": bytes(32)}),
        ("WalletLinked", {"customerId": customer, "wallet": ana.address, "seq": 1}),
    ]
    assert registry.idOf(ana) == customer
    assert registry.walletOf(customer) == ana.address


def test_join_gives_another_wallet_another_id(stage, registry, ana, stranger, open_enrolment):
    mine = stage.answer(registry.join, SALT, by=ana)

    assert stage.answer(registry.join, SALT, by=stranger) != mine


def test_join_is_refused_while_enrolment_is_closed(stage, registry, ana):
    assert registry.enrolmentOpen() is False
    assert stage.refusal(registry.join, SALT, by=ana) == ("EnrolmentClosed",)


def test_join_is_refused_to_a_wallet_that_has_a_customer(stage, registry, ana, open_enrolment):
    stage.send(registry.join, SALT, by=ana)

    refusal = stage.refusal(registry.join, keccak(text="another salt"), by=ana)

    assert refusal == ("WalletTaken", ana.address, derived(registry, ana))


def test_join_with_the_same_salt_is_refused_also_after_unlinking(
    stage, registry, ana, open_enrolment
):
    stage.send(registry.join, SALT, by=ana)
    customer = derived(registry, ana)
    stage.send(registry.unlinkWallet, customer, by=ana)

    assert stage.refusal(registry.join, SALT, by=ana) == ("CustomerExists", customer)


def test_join_never_brings_an_erased_customer_back(stage, registry, ana, open_enrolment):
    stage.send(registry.join, SALT, by=ana)
    customer = derived(registry, ana)
    stage.send(registry.erase, customer, by=ana)

    assert stage.refusal(registry.join, SALT, by=ana) == ("CustomerClosed", customer)


def test_set_enrolment_tells_what_it_was_set_to(stage, registry, admin):
    receipt = registry.setEnrolment(True, sender=admin)

    assert stage.events(receipt) == [("EnrolmentSet", {"open": True})]
    assert registry.enrolmentOpen() is True


def test_set_enrolment_is_for_the_admin_only(stage, registry, operator):
    refusal = stage.refusal(registry.setEnrolment, True, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, bytes(32))
