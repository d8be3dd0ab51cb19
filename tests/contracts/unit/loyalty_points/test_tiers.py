"""Tiers follow from what was earned this calendar year or the last."""

import pytest

from tests.contracts.unit.support.stage import moment


@pytest.fixture
def tiers(stage, points, admin):
    stage.send(points.setTiers, [1_000, 5_000], by=admin)


def test_set_tiers_keeps_the_thresholds(stage, points, admin):
    receipt = points.setTiers([1_000, 5_000, 20_000], sender=admin)

    assert stage.events(receipt) == [("TiersSet", {"thresholds": (1_000, 5_000, 20_000)})]
    assert points.tiers() == [1_000, 5_000, 20_000]


def test_set_tiers_takes_seven(points, admin):
    thresholds = [1, 2, 3, 4, 5, 6, 2**32 - 1]

    points.setTiers(thresholds, sender=admin)

    assert points.tiers() == thresholds


def test_set_tiers_to_none_ends_them(points, admin, tiers):
    points.setTiers([], sender=admin)

    assert points.tiers() == []


@pytest.mark.parametrize(
    "thresholds",
    [[0], [1_000, 1_000], [5_000, 1_000], list(range(1, 9))],
    ids=["zero", "equal", "falling", "eight"],
)
def test_set_tiers_refuses_thresholds_that_do_not_grow_or_are_too_many(
    stage, points, admin, thresholds
):
    assert stage.refusal(points.setTiers, thresholds, by=admin) == ("BadTiers",)


def test_set_tiers_is_for_the_admin_only(stage, points, issuer):
    refusal = stage.refusal(points.setTiers, [1], by=issuer)

    assert refusal == ("AccessControlUnauthorizedAccount", issuer.address, bytes(32))


@pytest.mark.parametrize(
    ("earned", "tier"), [(1, 0), (999, 0), (1_000, 1), (4_999, 1), (5_000, 2), (9_999, 2)]
)
def test_tier_begins_at_its_threshold(points, ana, award, tiers, earned, tier):
    award(ana, earned)

    assert points.tierOf(ana) == tier


def test_tier_is_zero_where_there_are_none(points, ana, award):
    award(ana, 100_000)

    assert points.tierOf(ana) == 0


def test_tier_is_kept_through_the_year_after(stage, points, ana, award, tiers):
    award(ana, 1_000)

    stage.reach(moment(2042) - 1)
    assert points.tierOf(ana) == 1
    assert tuple(points.qualifying(ana)) == (0, 1_000)


def test_tier_is_lost_when_the_year_after_ends(stage, points, ana, award, tiers):
    award(ana, 1_000)

    stage.reach(moment(2042))

    assert points.tierOf(ana) == 0
    assert tuple(points.qualifying(ana)) == (0, 0)


def test_tier_follows_the_better_of_two_years_not_their_sum(stage, points, ana, award, tiers):
    award(ana, 900, "order 1")
    stage.reach(moment(2041))
    award(ana, 999, "order 2")

    assert points.tierOf(ana) == 0


def test_reversal_takes_the_tier_with_it(stage, points, issuer, ana, award, tiers):
    ref = award(ana, 1_000)

    stage.send(points.reverse, ana, ref, 1, by=issuer)

    assert points.tierOf(ana) == 0


def test_tier_credit_stays_at_the_largest_number_it_can_hold(
    stage, points, admin, issuer, ana, award, redeem
):
    largest = 2**32 - 1
    stage.send(points.setIssuerCap, issuer.address, 2**64 - 1, by=admin)
    award(ana, largest, "order 1")
    redeem(ana, largest)

    award(ana, 10, "order 2")

    assert tuple(points.qualifying(ana)) == (largest, 0)
    assert points.balanceOf(ana) == 10
