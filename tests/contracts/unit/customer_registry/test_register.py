"""Registering one customer."""

from eth_utils import keccak

from tests.contracts.unit.conftest import COMMITMENT, GENESIS, NOBODY, role_id
from tests.contracts.unit.support.stage import DAY

ANA = keccak(text="customer Ana")
ACTIVE, SUSPENDED, MERGED, ERASED = 1, 2, 3, 4


def test_register_makes_an_active_customer_without_a_wallet(stage, registry, operator):
    stage.next(GENESIS + 10 * DAY)

    receipt = registry.register(ANA, COMMITMENT, sender=operator)

    assert stage.events(receipt) == [("Registered", {"customerId": ANA, "commitment": COMMITMENT})]
    found = registry.customer(ANA)
    assert (found.wallet, found.level, found.validUntil, found.seq) == (NOBODY, 0, 0, 0)
    assert found.status == ACTIVE
    assert found.registeredDay == GENESIS // DAY + 10


def test_register_again_returns_false_and_tells_nothing(stage, registry, operator, register):
    ana = register()

    assert stage.answer(registry.register, ana, COMMITMENT, by=operator) is False
    receipt = registry.register(ana, keccak(text="another record"), sender=operator)

    assert stage.events(receipt) == []


def test_register_again_leaves_a_suspended_customer_suspended(stage, registry, operator, register):
    ana = register()
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    registry.register(ana, COMMITMENT, sender=operator)

    assert registry.statusOf(ana) == SUSPENDED


def test_register_refuses_an_erased_id(stage, registry, operator, register, erase):
    ana = register()
    erase(ana)

    assert stage.refusal(registry.register, ana, COMMITMENT, by=operator) == ("CustomerClosed", ana)


def test_register_refuses_a_merged_id(stage, registry, operator, register, merge):
    ana, bea = register("Ana"), register("Bea")
    merge(ana, bea)

    assert stage.refusal(registry.register, ana, COMMITMENT, by=operator) == ("CustomerClosed", ana)


def test_register_refuses_the_zero_id(stage, registry, operator):
    assert stage.refusal(registry.register, bytes(32), COMMITMENT, by=operator) == ("ZeroId",)


def test_register_is_for_operators_only(stage, registry, stranger):
    refusal = stage.refusal(registry.register, ANA, COMMITMENT, by=stranger)

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        stranger.address,
        role_id("operator"),
    )
