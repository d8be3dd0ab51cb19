"""LoyaltyPoints: tiers."""

from __future__ import annotations

import pytest

from tests.contracts.support.points import FULL, at, award
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene


def test_tier_counter_stays_at_its_largest_number() -> None:
    scene = Scene()
    scene.points.setIssuerCap(scene.actors["issuer"], 2**64 - 1, **scene.by("admin"))
    award(scene, 0, FULL)
    scene.evm.warp(at(1997, 2, 1))
    award(scene, 1, FULL)
    assert scene.points.qualifying(scene.other) == (FULL, 0)
    scene.evm.warp(at(1998, 1, 1))
    assert scene.points.qualifying(scene.other) == (0, FULL)


def test_tier_credit_of_two_years_ago_is_left_alone() -> None:
    scene = Scene(months=12)
    old = award(scene, 0, 100)
    scene.evm.warp(at(1998, 6, 1))
    award(scene, 1, 70)
    scene.evm.warp(at(1999, 6, 1))
    award(scene, 2, 40)
    scene.points.reverse(scene.other, old, 100, **scene.by("issuer"))
    assert scene.points.qualifying(scene.other) == (40, 70)


def test_tiers_begin_exactly_at_their_thresholds() -> None:
    scene = Scene()
    limits = [10, 20, 30, 40, 50, 60, FULL]
    scene.points.setTiers(limits, **scene.by("admin"))
    assert scene.points.tiers() == tuple(limits)
    award(scene, 0, 9)
    for number, tier in enumerate(range(6)):
        assert scene.points.tierOf(scene.other) == tier
        award(scene, 2 * number + 1, 1)
        assert scene.points.tierOf(scene.other) == tier + 1
        award(scene, 2 * number + 2, 9)
    award(scene, 50, FULL - 69)
    assert scene.points.tierOf(scene.other) == 7


def test_tier_is_kept_through_the_year_after_it_was_earned() -> None:
    scene = Scene()
    scene.points.setTiers([10, 20], **scene.by("admin"))
    award(scene, 0, 25)
    scene.evm.warp(at(1998, 12, 31, 23, 59, 59))
    assert scene.points.tierOf(scene.other) == 2
    award(scene, 1, 12)
    assert scene.points.tierOf(scene.other) == 2
    scene.evm.warp(at(1999, 1, 1))
    assert scene.points.tierOf(scene.other) == 1


@pytest.mark.parametrize("limits", [[0], [5, 5], [6, 5], [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 0]])
def test_tiers_that_do_not_grow_or_are_too_many_are_refused(limits: list[int]) -> None:
    scene = Scene()
    with refused("BadTiers"):
        scene.points.setTiers(limits, **scene.by("admin"))


def test_tiers_can_be_taken_away() -> None:
    scene = Scene()
    scene.points.setTiers([1], **scene.by("admin"))
    scene.points.setTiers([], **scene.by("admin"))
    assert (scene.points.tiers(), scene.points.tierOf(scene.linked)) == ((), 0)


def test_tier_credit_taken_back_never_goes_below_nothing() -> None:
    scene = Scene()
    scene.points.setIssuerCap(scene.actors["issuer"], 2**64 - 1, **scene.by("admin"))
    first = award(scene, 0, FULL)
    scene.evm.warp(at(1997, 2, 1))
    second = award(scene, 1, FULL)  # the counter is full already
    scene.points.reverse(scene.other, first, FULL, **scene.by("issuer"))
    scene.points.reverse(scene.other, second, FULL, **scene.by("issuer"))
    assert scene.points.qualifying(scene.other) == (0, 0)
    assert scene.points.balanceOf(scene.other) == 0
