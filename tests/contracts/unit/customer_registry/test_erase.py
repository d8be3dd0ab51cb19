"""Erasing a customer. What happens to points: loyalty_points/test_forfeit."""

from eth_utils import keccak

from tests.contracts.unit.conftest import CLOSINGS_PER_DAY, COMMITMENT, GENESIS, NOBODY, role_id
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS


def test_erase_empties_the_record_for_ever(stage, registry, steward, verifier, ana):
    stage.send(registry.verify, ana, 3, GENESIS + 365 * DAY, keccak(text="evidence"), by=verifier)

    receipt = registry.erase(ana, sender=steward)

    assert stage.events(receipt) == [
        ("Erased", {"customerId": ana}),
        ("AccountForfeited", {"customerId": ana, "points": 0, "debt": 0}),
        ("ConsentsErased", {"customerId": ana}),
    ]
    found = registry.customer(ana)
    assert (found.wallet, found.level, found.validUntil, found.status) == (NOBODY, 0, 0, 4)


def test_erase_by_the_customers_own_wallet_needs_no_role(stage, registry, ana, link, account):
    link(ana)

    receipt = registry.erase(ana, sender=account(HERS))

    assert [name for name, _ in stage.events(receipt)] == [
        "WalletLinked",
        "Erased",
        "AccountForfeited",
        "ConsentsErased",
    ]
    assert registry.idOf(HERS.address) == bytes(32)


def test_erase_by_the_wallet_works_while_suspended(stage, registry, operator, ana, link, account):
    link(ana)
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    registry.erase(ana, sender=account(HERS))

    assert registry.statusOf(ana) == 4


def test_erase_by_the_wallet_uses_up_no_allowance(stage, registry, steward, ana, link):
    link(ana)

    stage.send(registry.erase, ana, by=HERS.address)

    assert registry.allowances(steward).closings == CLOSINGS_PER_DAY
    assert registry.allowances(HERS.address).closings == CLOSINGS_PER_DAY


def test_a_wallet_that_was_freed_can_join_another_customer(registry, ana, link, register, erase):
    link(ana)
    erase(ana)
    bea = register("Bea")

    link(bea, "Ana")

    assert registry.idOf(HERS.address) == bea


def test_erase_refuses_an_unknown_customer(stage, registry, steward):
    nobody = b"\x01" * 32

    assert stage.refusal(registry.erase, nobody, by=steward) == ("UnknownCustomer", nobody)


def test_erase_refuses_a_customer_who_is_gone(stage, registry, steward, ana, erase):
    erase(ana)

    assert stage.refusal(registry.erase, ana, by=steward) == ("CustomerClosed", ana)


def test_erase_is_for_the_wallet_and_stewards_only(stage, registry, operator, ana, link):
    link(ana)

    refusal = stage.refusal(registry.erase, ana, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("steward"))
