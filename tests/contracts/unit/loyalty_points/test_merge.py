"""What happens to points when a customer is merged into another."""

from tests.contracts.unit.support.stage import moment


def test_merge_moves_every_lane_and_the_tier_credit(stage, points, ana, bea, award, merge):
    award(ana, 100, "order 1")
    award(bea, 10, "order 2")
    stage.reach(moment(2040, 4))
    award(ana, 200, "order 3")

    merge(ana, bea)

    assert list(points.expiring(bea).points) == [0, 0, 0, 110, 200]
    assert points.balanceOf(ana) == 0
    assert tuple(points.qualifying(bea)) == (310, 0)
    assert points.liability() == 310


def test_merge_brings_last_years_credit_along(stage, points, ana, bea, award, merge):
    award(ana, 100, "order 1")
    stage.reach(moment(2041))
    award(bea, 10, "order 2")

    merge(ana, bea)

    assert tuple(points.qualifying(bea)) == (10, 100)


def test_merge_moves_a_debt_and_pays_it_at_once(
    stage, points, issuer, ana, bea, award, redeem, merge
):
    ref = award(ana, 100, "order 1")
    redeem(ana, 100)
    stage.send(points.reverse, ana, ref, 100, by=issuer)
    award(bea, 70, "order 2")

    merge(ana, bea)

    assert (points.balanceOf(bea), points.debtOf(bea)) == (0, 30)
    assert points.debtOf(ana) == 0
    assert points.liability() == 0


def test_merge_pays_a_debt_from_the_oldest_points(
    stage, points, issuer, ana, bea, award, redeem, merge
):
    award(bea, 40, "order 1")
    stage.reach(moment(2040, 4))
    award(bea, 50, "order 2")
    ref = award(ana, 60, "order 3")
    redeem(ana, 60)
    stage.send(points.reverse, ana, ref, 60, by=issuer)

    merge(ana, bea)

    assert list(points.expiring(bea).points) == [0, 0, 0, 0, 30]


def test_merge_is_told_by_the_registry_only(stage, points, admin, ana, bea):
    assert stage.refusal(points.merge, ana, bea, by=admin) == ("NotTheRegistry", admin.address)


def test_merge_leaves_expired_points_behind(stage, points, ana, bea, award, merge):
    award(ana, 100)
    stage.reach(moment(2041, 4))

    merge(ana, bea)

    assert points.balanceOf(bea) == 0
    assert tuple(points.qualifying(bea)) == (0, 100)
