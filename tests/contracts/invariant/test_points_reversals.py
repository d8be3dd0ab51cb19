"""LoyaltyPoints: what is taken back and given back."""

from __future__ import annotations

from tests.contracts.support.evm import Event
from tests.contracts.support.points import NEW, at, award
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene


def test_reverse_draws_the_award_first_then_the_oldest_then_makes_debt() -> None:
    scene = Scene()
    award(scene, 0, 10)
    scene.evm.warp(at(1997, 2, 1))
    newer = award(scene, 1, 30)
    scene.points.redeem(scene.other, NEW, 15, **scene.by("issuer"))  # all 10, then 5 of the 30
    scene.evm.warp(at(1997, 3, 1))
    award(scene, 2, 2)
    assert scene.points.reverse(scene.other, newer, 26, **scene.by("issuer"))
    assert scene.points.expiring(scene.other)[0] == (0, 0, 0, 0, 1)
    assert scene.points.reverse(scene.other, newer, 30, **scene.by("issuer"))
    told = Event("LoyaltyPoints", "Reversed", (scene.other, newer, scene.other, 30, 3))
    assert scene.events[-1] == told
    assert (scene.points.balanceOf(scene.other), scene.points.debtOf(scene.other)) == (0, 3)
    award(scene, 3, 2)
    assert (scene.points.balanceOf(scene.other), scene.points.debtOf(scene.other)) == (0, 1)
    award(scene, 4, 9)
    assert (scene.points.balanceOf(scene.other), scene.points.debtOf(scene.other)) == (8, 0)


def test_reverse_is_refused_once_the_award_has_expired() -> None:
    scene = Scene()
    ref = award(scene, 0, 10)
    lost = at(1997, 6, 1)
    scene.evm.warp(lost - 1)
    assert scene.points.reverse(scene.other, ref, 1, **scene.by("issuer"))
    scene.evm.warp(lost)
    with refused("AwardExpired", ref, lost):
        scene.points.reverse(scene.other, ref, 2, **scene.by("issuer"))


def test_reverse_takes_tier_credit_of_the_year_in_which_it_was_earned() -> None:
    scene = Scene()
    scene.evm.warp(at(1997, 12, 1))
    old = award(scene, 0, 100)
    scene.evm.warp(at(1998, 1, 1))
    award(scene, 1, 40)
    scene.points.reverse(scene.other, old, 30, **scene.by("issuer"))
    assert scene.points.qualifying(scene.other) == (40, 70)
    scene.evm.warp(at(1999, 1, 1))
    assert scene.points.qualifying(scene.other) == (0, 40)
    scene.evm.warp(at(2000, 1, 1))
    assert scene.points.qualifying(scene.other) == (0, 0)


def test_reversing_a_pending_award_lets_less_settle() -> None:
    scene = Scene()
    scene.points.reverse(scene.linked, scene.due, 20, **scene.by("issuer"))
    told = Event("LoyaltyPoints", "Reversed", (scene.linked, scene.due, scene.linked, 20, 0))
    assert scene.events == [told]
    before = scene.points.balanceOf(scene.linked)
    scene.points.settle(scene.linked, scene.due, **scene.by("stranger"))
    assert scene.points.balanceOf(scene.linked) == before + 50


def test_reverse_and_refund_name_what_they_cannot_undo() -> None:
    scene = Scene()
    by = scene.by("issuer")
    with refused("ExceedsEntry", scene.awarded, 1_001, 1_000):
        scene.points.reverse(scene.linked, scene.awarded, 1_001, **by)
    with refused("UnknownRef", scene.redeemed):
        scene.points.reverse(scene.bare, scene.redeemed, 1, **by)
    with refused("UnknownRef", NEW):
        scene.points.reverse(scene.bare, NEW, 0, **by)
    with refused("ExceedsEntry", scene.redeemed, 301, 300):
        scene.points.refund(scene.bare, scene.redeemed, 301, **by)
    with refused("UnknownRef", scene.awarded):
        scene.points.refund(scene.linked, scene.awarded, 1, **by)
    assert scene.points.reverse(scene.linked, scene.awarded, 0, **by) is False
    assert scene.points.refund(scene.bare, scene.redeemed, 300, **by) is True
    assert scene.points.refund(scene.bare, scene.redeemed, 299, **by) is False
