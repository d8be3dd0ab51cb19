"""LoyaltyPoints: merges, erasures, and what was under way when they came."""

from __future__ import annotations

from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.points import DAY, FULL, NEW, at, award
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene


def test_merge_joins_lanes_tier_credit_and_debts() -> None:
    scene = Scene()
    spent = award(scene, 0, 50)
    scene.points.redeem(scene.other, NEW, 50, **scene.by("issuer"))
    scene.points.reverse(scene.other, spent, 50, **scene.by("issuer"))
    scene.evm.warp(at(1998, 1, 1))
    award(scene, 1, 1_000, scene.bare)
    before = scene.points.liability()
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    told = [event for event in scene.events if event.contract == "LoyaltyPoints"]
    assert told == [
        Event("LoyaltyPoints", "DebtChanged", (scene.bare, 0)),
        Event("LoyaltyPoints", "AccountMerged", (scene.other, scene.bare)),
    ]
    assert scene.points.balanceOf(scene.bare) == 950
    assert scene.points.qualifying(scene.bare) == (1_000, 1_000)
    assert scene.points.liability() == before - 50
    assert scene.points.debtOf(scene.other) == 0


def test_merge_moves_a_debt_that_cannot_be_paid() -> None:
    scene = Scene()
    spent = award(scene, 0, 50)
    scene.points.redeem(scene.other, NEW, 50, **scene.by("issuer"))
    scene.points.reverse(scene.other, spent, 50, **scene.by("issuer"))
    poor = digest("customer", 7)
    scene.registry.register(poor, bytes(32), **scene.by("operator"))
    scene.registry.merge(scene.other, poor, 0, b"", **scene.by("steward"))
    assert (scene.points.debtOf(poor), scene.points.debtOf(scene.other)) == (50, 0)
    award(scene, 1, 60, poor)
    assert (scene.points.balanceOf(poor), scene.points.debtOf(poor)) == (10, 0)


def test_merge_joins_full_counters_without_overflow() -> None:
    scene = Scene()
    rich = digest("customer", 7)
    scene.registry.register(rich, bytes(32), **scene.by("operator"))
    scene.points.setIssuerCap(scene.actors["issuer"], 2**64 - 1, **scene.by("admin"))
    for customer, number in ((scene.other, 0), (rich, 2)):
        award(scene, number, FULL, customer)
        scene.points.redeem(customer, digest("all", number), FULL, **scene.by("issuer"))
    scene.evm.warp(at(1998, 3, 1))
    for customer, number in ((scene.other, 4), (rich, 6)):
        award(scene, number, FULL, customer)
        scene.points.redeem(customer, digest("all", number), FULL, **scene.by("issuer"))
    scene.registry.merge(scene.other, rich, 0, b"", **scene.by("steward"))
    assert scene.points.qualifying(rich) == (FULL, FULL)


def test_erasure_forfeits_the_balance_and_writes_off_the_debt() -> None:
    scene = Scene()
    before = scene.points.liability()
    held = scene.points.balanceOf(scene.bare)
    scene.registry.erase(scene.bare, **scene.by("steward"))
    told = Event("LoyaltyPoints", "AccountForfeited", (scene.bare, held, 0))
    assert told in scene.events
    assert scene.points.liability() == before - held

    spent = award(scene, 0, 50)
    scene.points.redeem(scene.other, NEW, 50, **scene.by("issuer"))
    scene.points.reverse(scene.other, spent, 20, **scene.by("issuer"))
    scene.registry.erase(scene.other, **scene.by("steward"))
    told = Event("LoyaltyPoints", "AccountForfeited", (scene.other, 0, 20))
    assert told in scene.events
    assert scene.points.debtOf(scene.other) == 0
    with refused("CustomerClosed", scene.other):
        scene.points.refund(scene.other, NEW, 10, **scene.by("issuer"))


def test_an_award_pending_at_a_merge_settles_to_the_heir() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    scene.points.award(scene.other, NEW, 5, due, **scene.by("issuer"))
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    scene.evm.warp(due)
    before = scene.points.balanceOf(scene.bare)
    scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.balanceOf(scene.bare) == before + 5


def test_settle_batch_settles_to_the_heir_of_a_merged_customer() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    scene.points.award(scene.other, NEW, 5, due, **scene.by("issuer"))
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    scene.evm.warp(due)
    before = scene.points.balanceOf(scene.bare)
    assert scene.points.settleBatch([scene.other], [NEW], **scene.by("stranger")) == 1
    told = Event("LoyaltyPoints", "Settled", (scene.other, NEW, scene.bare, 5))
    assert scene.events == [told]
    assert scene.points.balanceOf(scene.bare) == before + 5


def test_a_customer_closed_while_the_ledger_was_detached_earns_nothing_from_campaigns() -> None:
    scene = Scene()
    scene.registry.detachLedger(scene.points.address, **scene.by("admin"))
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    scene.registry.erase(scene.bare, **scene.by("steward"))
    for customer in (scene.other, scene.bare):
        with refused("CustomerClosed", customer):
            scene.points.credit(customer, NEW, 5, **scene.by("campaign"))


def test_merge_adds_the_tier_credit_of_either_year() -> None:
    scene = Scene()
    award(scene, 0, 7)
    award(scene, 1, 20, scene.bare)
    scene.evm.warp(at(1998, 5, 1))
    award(scene, 2, 300)
    award(scene, 3, 4_000, scene.bare)
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    assert scene.points.qualifying(scene.bare) == (4_300, 1_027)
    assert scene.points.qualifying(scene.other) == (0, 0)
