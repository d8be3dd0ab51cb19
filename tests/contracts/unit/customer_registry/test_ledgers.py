"""Attaching ledgers, the allowances of operators and stewards, and handing the registry over."""

import pytest

from tests.contracts.unit.conftest import ADMIN_DELAY, CLOSINGS_PER_DAY, LINKS_PER_DAY, NOBODY
from tests.contracts.unit.support.mocks import mock

MAX_LEDGERS = 8


@pytest.fixture(scope="session")
def another_ledger(registry, admin):
    """Any contract will do: the registry looks for code only."""
    return admin.deploy(mock("SilentDelegate"))


def test_attach_ledger_adds_it_to_those_that_follow(
    stage, registry, points, consents, admin, another_ledger
):
    receipt = registry.attachLedger(another_ledger, sender=admin)

    assert stage.events(receipt) == [("LedgerAttached", {"ledger": another_ledger.address})]
    assert registry.ledgers() == [points.address, consents.address, another_ledger.address]


def test_attach_ledger_refuses_one_that_is_attached(stage, registry, points, admin):
    refusal = stage.refusal(registry.attachLedger, points, by=admin)

    assert refusal == ("LedgerKnown", points.address)


def test_attach_ledger_refuses_an_address_without_code(stage, registry, admin, stranger):
    refusal = stage.refusal(registry.attachLedger, stranger.address, by=admin)

    assert refusal == ("NotAContract", stranger.address)


def test_attach_ledger_refuses_a_ninth(stage, registry, admin):
    for _ in range(MAX_LEDGERS - len(registry.ledgers())):
        stage.send(registry.attachLedger, admin.deploy(mock("SilentDelegate")), by=admin)

    refusal = stage.refusal(registry.attachLedger, registry, by=admin)

    assert refusal == ("TooManyLedgers", MAX_LEDGERS)


def test_detach_ledger_takes_it_off(stage, registry, points, consents, admin):
    receipt = registry.detachLedger(points, sender=admin)

    assert stage.events(receipt) == [("LedgerDetached", {"ledger": points.address})]
    assert registry.ledgers() == [consents.address]


def test_detach_ledger_refuses_one_that_is_not_attached(stage, registry, admin, stranger):
    refusal = stage.refusal(registry.detachLedger, stranger.address, by=admin)

    assert refusal == ("LedgerUnknown", stranger.address)


@pytest.mark.parametrize("verb", ["attachLedger", "detachLedger"])
def test_ledgers_are_for_the_admin_only(stage, registry, points, operator, verb):
    refusal = stage.refusal(getattr(registry, verb), points, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, bytes(32))


def test_set_limits_changes_both_allowances(stage, registry, admin, steward):
    assert tuple(registry.allowances(steward)) == (LINKS_PER_DAY, CLOSINGS_PER_DAY)

    receipt = registry.setLimits(70, 80, sender=admin)

    assert stage.events(receipt) == [("LimitsSet", {"linksPerDay": 70, "closingsPerDay": 80})]
    assert tuple(registry.allowances(steward)) == (70, 80)


def test_set_limits_is_for_the_admin_only(stage, registry, steward):
    refusal = stage.refusal(registry.setLimits, 70, 80, by=steward)

    assert refusal == ("AccessControlUnauthorizedAccount", steward.address, bytes(32))


@pytest.mark.parametrize("name", ["registry", "points", "earn", "consents", "onboarding"])
def test_the_admin_hands_over_in_two_steps(stage, suite, admin, stranger, name):
    contract = getattr(suite, name)
    stage.next(stage.now + 1)
    stage.send(contract.beginDefaultAdminTransfer, stranger.address, by=admin)
    ready = stage.now + ADMIN_DELAY

    assert contract.defaultAdmin() == admin.address
    # The schedule itself has to have passed.
    refusal = stage.refusal(contract.acceptDefaultAdminTransfer, by=stranger, at=ready)
    assert refusal == ("AccessControlEnforcedDefaultAdminDelay", ready)
    stage.next(ready + 1)
    contract.acceptDefaultAdminTransfer(sender=stranger)
    assert contract.defaultAdmin() == stranger.address


@pytest.mark.parametrize("name", ["registry", "points", "earn", "consents", "onboarding"])
def test_the_admin_role_cannot_be_granted_in_one_step(stage, suite, admin, stranger, name):
    contract = getattr(suite, name)

    refusal = stage.refusal(contract.grantRole, bytes(32), stranger.address, by=admin)

    assert refusal == ("AccessControlEnforcedDefaultAdminRules",)
    assert contract.pendingDefaultAdmin().newAdmin == NOBODY
