"""Stopping a customer from spending, and letting them go on."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import role_id

REASON = keccak(text="case 17")


@pytest.fixture
def suspended(stage, registry, operator, ana):
    stage.send(registry.suspend, ana, REASON, by=operator)
    return ana


def test_suspend_marks_the_customer_and_gives_a_reason(stage, registry, operator, ana):
    receipt = registry.suspend(ana, REASON, sender=operator)

    assert stage.events(receipt) == [("Suspended", {"customerId": ana, "reason": REASON})]
    assert registry.statusOf(ana) == 2
    assert stage.refusal(registry.activeWallet, ana, by=operator) == ("CustomerSuspended", ana)


def test_suspend_again_changes_nothing(stage, registry, operator, suspended):
    assert stage.events(registry.suspend(suspended, REASON, sender=operator)) == []


def test_reinstate_makes_the_customer_active(stage, registry, operator, suspended):
    receipt = registry.reinstate(suspended, sender=operator)

    assert stage.events(receipt) == [("Reinstated", {"customerId": suspended})]
    assert registry.statusOf(suspended) == 1


def test_reinstate_refuses_a_customer_who_is_not_suspended(stage, registry, operator, ana):
    assert stage.refusal(registry.reinstate, ana, by=operator) == ("NotSuspended", ana)


def test_suspend_refuses_an_unknown_customer(stage, registry, operator):
    nobody = b"\x01" * 32

    refusal = stage.refusal(registry.suspend, nobody, REASON, by=operator)

    assert refusal == ("UnknownCustomer", nobody)


@pytest.mark.parametrize("verb", ["suspend", "reinstate"])
def test_suspension_is_for_operators_only(stage, registry, steward, suspended, verb):
    arguments = (REASON,) if verb == "suspend" else ()

    refusal = stage.refusal(getattr(registry, verb), suspended, *arguments, by=steward)

    assert refusal == ("AccessControlUnauthorizedAccount", steward.address, role_id("operator"))
