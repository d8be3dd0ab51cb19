"""Merging a duplicate customer into another. What happens to points: loyalty_points/test_merge."""

import pytest

from tests.contracts.unit.conftest import (
    CLOSINGS_PER_DAY,
    COMMITMENT,
    DEADLINE,
    NOBODY,
    role_id,
)
from tests.contracts.unit.support.stage import DAY
from tests.contracts.unit.support.wallets import HERS, wallet


def signed(registry, source, target, seq=1, by=HERS):
    """The arguments of `merge` where the merged customer's wallet has to agree."""
    fields = (source, target, seq, DEADLINE)
    return (source, target, DEADLINE, by.sign(registry, "Merge", *fields))


def test_merge_closes_the_one_and_leads_to_the_other(stage, registry, steward, ana, bea):
    receipt = registry.merge(ana, bea, 0, b"", sender=steward)

    assert stage.events(receipt) == [
        ("Merged", {"from": ana, "to": bea}),
        ("AccountMerged", {"from": ana, "to": bea}),
        ("ConsentsMerged", {"from": ana, "to": bea}),
    ]
    assert registry.statusOf(ana) == 3
    assert registry.resolve(ana) == bea
    assert registry.statusOf(bea) == 1


def test_merge_of_a_linked_customer_frees_the_wallet_that_agreed(
    stage, registry, steward, ana, bea, link
):
    link(ana)

    receipt = registry.merge(*signed(registry, ana, bea), sender=steward)

    assert stage.events(receipt)[0] == (
        "WalletLinked",
        {"customerId": ana, "wallet": NOBODY, "seq": 2},
    )
    assert registry.idOf(HERS.address) == bytes(32)
    assert registry.walletOf(bea) == NOBODY


def test_merge_of_a_linked_customer_needs_its_wallet(stage, registry, steward, ana, bea, link):
    link(ana)
    forged = signed(registry, ana, bea, by=wallet("Mallory"))

    refusal = stage.refusal(registry.merge, *forged, by=steward)

    assert refusal == ("BadSignature", HERS.address)


def test_merge_refuses_an_agreement_to_another_target(
    stage, registry, steward, ana, bea, register, link
):
    link(ana)
    carl = register("Carl")
    _, _, deadline, signature = signed(registry, ana, carl)

    refusal = stage.refusal(registry.merge, ana, bea, deadline, signature, by=steward)

    assert refusal == ("BadSignature", HERS.address)


def test_merge_is_refused_a_second_after_the_deadline(stage, registry, steward, ana, bea, link):
    link(ana)
    late = DEADLINE + 1

    refusal = stage.refusal(registry.merge, *signed(registry, ana, bea), by=steward, at=late)

    assert refusal == ("Expired", DEADLINE, late)


def test_resolve_follows_a_chain_of_merges(registry, ana, bea, register, merge):
    carl = register("Carl")
    merge(ana, bea)
    merge(bea, carl)

    assert registry.resolve(ana) == carl


def test_resolve_says_when_the_heir_was_erased(stage, registry, steward, ana, bea, merge, erase):
    merge(ana, bea)
    erase(bea)

    assert stage.refusal(registry.resolve, ana, by=steward) == ("CustomerClosed", bea)


def test_merge_refuses_a_customer_into_itself(stage, registry, steward, ana):
    assert stage.refusal(registry.merge, ana, ana, 0, b"", by=steward) == ("SameCustomer", ana)


def test_merge_refuses_a_customer_who_is_gone(stage, registry, steward, ana, bea, merge):
    merge(ana, bea)

    assert stage.refusal(registry.merge, ana, bea, 0, b"", by=steward) == ("CustomerClosed", ana)
    assert stage.refusal(registry.merge, bea, ana, 0, b"", by=steward) == ("CustomerClosed", ana)


@pytest.mark.parametrize("side", ["from", "to"])
def test_merge_refuses_a_suspended_customer(stage, registry, operator, steward, ana, bea, side):
    suspended = ana if side == "from" else bea
    stage.send(registry.suspend, suspended, COMMITMENT, by=operator)

    refusal = stage.refusal(registry.merge, ana, bea, 0, b"", by=steward)

    assert refusal == ("CustomerSuspended", suspended)


def test_merge_is_for_stewards_only(stage, registry, operator, ana, bea):
    refusal = stage.refusal(registry.merge, ana, bea, 0, b"", by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("steward"))


def test_merge_and_erase_share_the_stewards_allowance(
    stage, registry, steward, register, merge, erase, bea
):
    merge(register("first"), bea)
    for i in range(CLOSINGS_PER_DAY - 1):
        erase(register(f"customer {i}"))
    last = register("last")

    assert stage.refusal(registry.merge, last, bea, 0, b"", by=steward) == ("RateLimitExceeded",)
    assert stage.refusal(registry.erase, last, by=steward) == ("RateLimitExceeded",)
    stage.reach(stage.now + DAY)
    assert registry.allowances(steward).closings == CLOSINGS_PER_DAY
