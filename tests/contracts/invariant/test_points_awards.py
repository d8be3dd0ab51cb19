"""LoyaltyPoints: construction, awards, settlements and what is outstanding."""

from __future__ import annotations

import pytest

from tests.contracts.support import artifacts
from tests.contracts.support.evm import account
from tests.contracts.support.machine import digest
from tests.contracts.support.model.ledger import role
from tests.contracts.support.model.loyalty import Entry, State, mark
from tests.contracts.support.model.reasons import reason
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.points import DAY, FULL, NEW, at, award
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene
from tests.contracts.support.suite import ADMIN_DELAY


def test_constructor_keeps_what_it_was_given() -> None:
    scene = Scene(months=3)
    assert scene.points.EPOCH_MONTHS() == 3
    assert scene.points.REGISTRY() == scene.registry.address
    assert scene.points.defaultAdminDelay() == ADMIN_DELAY
    assert scene.points.eip712Domain()[1:3] == ("Rapport LoyaltyPoints", "1")
    assert (scene.points.MAX_TIERS(), scene.points.MAX_ISSUERS()) == (7, 16)


@pytest.mark.parametrize("months", [0, 5, 7, 8, 9, 10, 11, 13, 24])
def test_constructor_refuses_epochs_that_do_not_divide_a_year(months: int) -> None:
    scene = Scene()
    admin = scene.actors["admin"]
    with refused("BadEpoch", months):
        scene.evm.deploy(artifacts.load("LoyaltyPoints"), admin, 0, scene.registry.address, months)


def test_constructor_refuses_a_ledger_without_registry() -> None:
    scene = Scene()
    with refused("ZeroAddress"):
        scene.evm.deploy(artifacts.load("LoyaltyPoints"), scene.actors["admin"], 0, NOBODY, 1)


def test_pending_award_settles_at_its_second_and_not_before() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    args = (scene.other, NEW, 5, due)
    scene.points.award(*args, **scene.by("issuer"))
    assert Entry(*scene.points.entry(NEW)) == Entry(
        mark(scene.other), 5, 0, due, 0, 0, State.PENDING
    )
    scene.evm.warp(due - 1)
    with refused("NotYet", due - 1, due):
        scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.settleBatch([scene.other], [NEW], **scene.by("stranger")) == 0
    scene.evm.warp(due)
    mark_ = scene.evm.snapshot()
    assert scene.points.settleBatch([scene.other], [NEW], **scene.by("stranger")) == 1
    scene.evm.revert(mark_)
    scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.balanceOf(scene.other) == 5
    with refused("AlreadySettled", NEW):
        scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.award(*args, **scene.by("issuer")) is False


def test_award_available_this_very_second_is_not_pending() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    scene.points.award(scene.other, NEW, 5, now, **scene.by("issuer"))
    assert scene.points.balanceOf(scene.other) == 5
    scene.points.awardBatch([(scene.other, digest("new", 1), 6)], now, **scene.by("issuer"))
    assert scene.points.balanceOf(scene.other) == 11


def test_settle_refuses_what_is_no_pending_award() -> None:
    scene = Scene()
    with refused("UnknownRef", NEW):
        scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    with refused("UnknownRef", scene.redeemed):
        scene.points.settle(scene.bare, scene.redeemed, **scene.by("stranger"))


def test_settle_batch_settles_what_is_due_and_skips_the_rest() -> None:
    scene = Scene()
    now, by = scene.evm.timestamp, scene.by
    soon, late, gone = (digest("new", i) for i in range(1, 4))
    scene.points.award(scene.other, soon, 5, now + 1, **by("issuer"))
    scene.points.award(scene.other, late, 7, now + 2, **by("issuer"))
    scene.points.award(scene.bare, gone, 9, now + 1, **by("issuer"))
    scene.registry.erase(scene.bare, **by("steward"))
    scene.evm.warp(now + 1)
    people = [scene.other, scene.other, scene.bare, scene.linked, scene.linked, scene.linked]
    refs = [soon, late, gone, scene.due, scene.awarded, NEW]
    assert scene.points.settleBatch(people, refs, **by("stranger")) == 2
    told = {event.args[1]: event.args[2] for event in scene.events if len(event.args) == 3}
    assert told == {
        late: reason("NotYet"),
        gone: reason("CustomerClosed"),
        NEW: reason("UnknownRef"),
    }
    assert [event.name for event in scene.events].count("SettleRefused") == 3
    assert scene.points.balanceOf(scene.other) == 5
    with refused("LengthMismatch", 1, 2):
        scene.points.settleBatch([scene.other], [soon, late], **by("stranger"))


def test_award_batch_refuses_by_event_and_serves_everybody_else() -> None:
    scene = Scene()
    scene.registry.erase(scene.bare, **scene.by("steward"))
    batch = [
        (scene.other, NEW, 5),
        (scene.other, NEW, 5),
        (scene.other, NEW, 6),
        (scene.bare, digest("new", 1), 7),
        (scene.linked, scene.due, 70),
        (scene.other, digest("new", 2), 8),
    ]
    left = scene.points.issuerCap(scene.actors["issuer"])[1]
    assert scene.points.awardBatch(batch, 0, **scene.by("issuer")) == 2
    names = [event.name for event in scene.events]
    assert names == ["Awarded", "AwardRefused", "AwardRefused", "Awarded"]
    assert scene.points.issuerCap(scene.actors["issuer"])[1] == left - 13
    assert scene.points.balanceOf(scene.other) == 13


def test_award_of_no_points_is_refused_but_an_order_may_earn_none() -> None:
    scene = Scene()
    with refused("ZeroAmount"):
        scene.points.award(scene.other, NEW, 0, 0, **scene.by("issuer"))
    with refused("ZeroAmount"):
        scene.points.awardBatch([(scene.other, NEW, 0)], 0, **scene.by("issuer"))
    assert scene.points.awardUnder(scene.other, NEW, 0, 0, 3, **scene.by("issuer"))
    assert scene.points.balanceOf(scene.other) == 0
    with refused("CustomerClosed", scene.bare):
        scene.registry.erase(scene.bare, **scene.by("steward"))
        scene.points.awardUnder(scene.bare, digest("n", 1), 0, 0, 3, **scene.by("issuer"))


def test_an_epoch_of_an_account_holds_exactly_32_bits() -> None:
    scene = Scene()
    award(scene, 0, FULL - 1)
    award(scene, 1, 1)
    with refused("EpochFull", FULL + 1):
        award(scene, 2, 1)
    assert scene.points.balanceOf(scene.other) == FULL
    assert scene.points.qualifying(scene.other) == (FULL, 0)


def test_outstanding_is_known_by_expiry_across_issuers_and_epochs() -> None:
    scene = Scene()
    other = account("second issuer")
    scene.points.grantRole(role("ISSUER"), other, **scene.by("admin"))
    scene.points.setIssuerCap(other, 1_000, **scene.by("admin"))
    # January 1997 is epoch 324; its points are lost when epoch 328 ends.
    start = scene.points.outstanding(328)
    award(scene, 0, 60)
    scene.points.award(scene.other, NEW, 40, 0, sender=other)
    assert scene.points.outstanding(328) == start + 100
    scene.evm.warp(at(1997, 2, 1))
    award(scene, 1, 5)
    scene.points.award(scene.other, digest("new", 1), 4, 0, sender=other)
    assert (scene.points.outstanding(328), scene.points.outstanding(329)) == (start + 100, 9)
    scene.evm.warp(at(1997, 6, 1) - 1)
    assert scene.points.liability() == start + 109
    scene.evm.warp(at(1997, 6, 1))
    assert scene.points.liability() == 9
    assert scene.points.outstanding(328) == start + 100


def test_an_entry_keeps_its_other_content_when_it_is_settled_reversed_or_refunded() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    args = (scene.other, NEW, 5, due, 77)
    scene.points.awardUnder(*args, **scene.by("issuer"))
    kept = Entry(mark(scene.other), 5, 0, due, 0, 77, State.PENDING)
    scene.points.reverse(scene.other, NEW, 1, **scene.by("issuer"))
    kept = kept._replace(undone=1)
    assert Entry(*scene.points.entry(NEW)) == kept
    scene.evm.warp(at(1997, 3, 1))
    scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    kept = kept._replace(epoch=326, state=State.AWARDED)
    assert Entry(*scene.points.entry(NEW)) == kept
    scene.points.reverse(scene.other, NEW, 2, **scene.by("issuer"))
    assert Entry(*scene.points.entry(NEW)) == kept._replace(undone=2)

    spent = Entry(*scene.points.entry(scene.redeemed))
    assert spent == Entry(mark(scene.bare), 300, 0, 0, 324, 0, State.REDEEMED)
    scene.points.refund(scene.bare, scene.redeemed, 4, **scene.by("issuer"))
    assert Entry(*scene.points.entry(scene.redeemed)) == spent._replace(undone=4)
