"""What happens to points when a customer is erased."""

from tests.contracts.unit.support.stage import moment


def forfeited(stage, receipt):
    return next(fields for name, fields in stage.events(receipt) if name == "AccountForfeited")


def test_forfeit_gives_up_every_point(stage, points, registry, steward, ana, register, award):
    bea = register("Bea")
    award(ana, 100, "order 1")
    award(bea, 10, "order 2")
    stage.reach(moment(2040, 4))
    award(ana, 200, "order 3")

    receipt = registry.erase(ana, sender=steward)

    assert forfeited(stage, receipt) == {"customerId": ana, "points": 300, "debt": 0}
    assert points.balanceOf(ana) == 0
    assert tuple(points.qualifying(ana)) == (0, 0)
    assert points.liability() == points.balanceOf(bea) == 10


def test_forfeit_counts_expired_points_as_expired(stage, registry, points, steward, ana, award):
    award(ana, 100)
    stage.reach(moment(2041, 4))

    receipt = registry.erase(ana, sender=steward)

    assert forfeited(stage, receipt)["points"] == 0
    assert points.liability() == 0


def test_forfeit_writes_a_debt_off(stage, points, registry, issuer, steward, ana, award, redeem):
    ref = award(ana, 100)
    redeem(ana, 100)
    stage.send(points.reverse, ana, ref, 100, by=issuer)

    receipt = registry.erase(ana, sender=steward)

    assert forfeited(stage, receipt) == {"customerId": ana, "points": 0, "debt": 100}
    assert points.debtOf(ana) == 0


def test_forfeit_is_told_by_the_registry_only(stage, points, admin, ana):
    assert stage.refusal(points.forfeit, ana, by=admin) == ("NotTheRegistry", admin.address)
