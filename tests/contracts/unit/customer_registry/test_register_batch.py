"""Registering many customers at once."""

from eth_utils import keccak

from tests.contracts.unit.conftest import role_id

ROOT = keccak(text="root of all commitments")
NEW = [keccak(text=f"new customer {i}") for i in range(3)]


def test_register_batch_registers_all_under_one_root(stage, registry, operator):
    assert stage.answer(registry.registerBatch, NEW, ROOT, by=operator) == 3

    receipt = registry.registerBatch(NEW, ROOT, sender=operator)

    assert stage.events(receipt) == [
        ("Registered", {"customerId": one, "commitment": ROOT}) for one in NEW
    ]
    assert [registry.statusOf(one) for one in NEW] == [1, 1, 1]


def test_register_batch_skips_those_that_exist(stage, registry, operator, register):
    ana = register()

    assert stage.answer(registry.registerBatch, [ana, NEW[0]], ROOT, by=operator) == 1
    receipt = registry.registerBatch([ana, NEW[0]], ROOT, sender=operator)

    assert stage.events(receipt) == [("Registered", {"customerId": NEW[0], "commitment": ROOT})]


def test_register_batch_counts_a_repeated_id_once(stage, registry, operator):
    assert stage.answer(registry.registerBatch, [NEW[0], NEW[0]], ROOT, by=operator) == 1


def test_register_batch_never_brings_an_erased_customer_back(
    stage, registry, operator, register, erase
):
    ana = register()
    erase(ana)

    receipt = registry.registerBatch([ana], ROOT, sender=operator)

    assert stage.events(receipt) == []
    assert registry.statusOf(ana) == 4


def test_register_batch_refuses_the_zero_id(stage, registry, operator):
    refusal = stage.refusal(registry.registerBatch, [NEW[0], bytes(32)], ROOT, by=operator)

    assert refusal == ("ZeroId",)


def test_register_batch_is_for_operators_only(stage, registry, stranger):
    refusal = stage.refusal(registry.registerBatch, NEW, ROOT, by=stranger)

    assert refusal == (
        "AccessControlUnauthorizedAccount",
        stranger.address,
        role_id("operator"),
    )
