"""LoyaltyPoints: redemptions, credits, merges and erasures."""

from __future__ import annotations

from tests.contracts.support.model.loyalty import Entry, LoyaltyModel, State
from tests.contracts.support.points import NEW, award
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene


def test_redeem_takes_all_and_not_one_more() -> None:
    scene = Scene()
    with refused("InsufficientPoints", scene.linked, 1_100, 1_101):
        scene.points.redeem(scene.linked, NEW, 1_101, **scene.by("wallet"))
    with refused("ZeroAmount"):
        scene.points.redeem(scene.linked, NEW, 0, **scene.by("wallet"))
    assert scene.points.redeem(scene.linked, NEW, 1_100, **scene.by("wallet"))
    assert scene.points.balanceOf(scene.linked) == 0


def test_a_customers_reference_never_occupies_one_of_the_brand() -> None:
    scene = Scene()
    scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet"))
    kept = LoyaltyModel.customerRef(scene.linked, NEW)
    assert scene.points.customerRef(scene.linked, NEW) == kept
    assert Entry(*scene.points.entry(kept)).state == State.REDEEMED
    assert Entry(*scene.points.entry(NEW)) == Entry()
    assert scene.points.redeem(scene.bare, NEW, 10, **scene.by("issuer"))


def test_an_issuers_retried_redemption_stays_a_no_op_after_a_wallet_was_linked() -> None:
    scene = Scene()
    scene.link(scene.bare, scene.spare)
    assert scene.points.redeem(scene.bare, scene.redeemed, 300, **scene.by("issuer")) is False
    with refused("NotTheCustomer", scene.bare, scene.actors["issuer"]):
        scene.points.redeem(scene.bare, scene.redeemed, 299, **scene.by("issuer"))


def test_a_reference_of_an_award_serves_no_redemption_and_the_other_way_round() -> None:
    scene = Scene()
    ref = award(scene, 0, 10)
    with refused("RefConflict", ref):
        scene.points.redeem(scene.other, ref, 10, **scene.by("issuer"))
    with refused("RefConflict", scene.redeemed):
        scene.points.award(scene.bare, scene.redeemed, 300, 0, **scene.by("issuer"))
    for customer, points, terms in (
        (scene.bare, 10, 0),
        (scene.other, 11, 0),
        (scene.other, 10, 1),
    ):
        with refused("RefConflict", ref):
            scene.points.awardUnder(customer, ref, points, 0, terms, **scene.by("issuer"))


def test_suspended_customers_keep_their_points_and_cannot_spend_them() -> None:
    scene = Scene()
    args = scene.redeem_intent(scene.linked, NEW, 10, scene.wallet)
    scene.registry.suspend(scene.linked, bytes(32), **scene.by("operator"))
    with refused("CustomerSuspended", scene.linked):
        scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet"))
    with refused("CustomerSuspended", scene.linked):
        scene.points.redeemBySig(*args, **scene.by("stranger"))
    award(scene, 0, 5, scene.linked)
    assert scene.points.balanceOf(scene.linked) == 1_105


def test_credit_gives_points_without_tier_and_to_living_customers_only() -> None:
    scene = Scene()
    before = scene.points.liability()
    with refused("ZeroAmount"):
        scene.points.credit(scene.other, NEW, 0, **scene.by("campaign"))
    scene.points.credit(scene.other, NEW, 5, **scene.by("campaign"))
    assert scene.points.balanceOf(scene.other) == 5
    assert scene.points.qualifying(scene.other) == (0, 0)
    assert scene.points.liability() == before + 5
    with refused("UnknownCustomer", NEW):
        scene.points.credit(NEW, NEW, 5, **scene.by("campaign"))
    scene.registry.erase(scene.other, **scene.by("steward"))
    with refused("CustomerClosed", scene.other):
        scene.points.credit(scene.other, NEW, 5, **scene.by("campaign"))


def test_a_wallets_repeated_redemption_changes_nothing_and_another_number_is_refused() -> None:
    scene = Scene()
    assert scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet")) is True
    assert scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet")) is False
    assert scene.points.balanceOf(scene.linked) == 1_090
    with refused("RefConflict", LoyaltyModel.customerRef(scene.linked, NEW)):
        scene.points.redeem(scene.linked, NEW, 11, **scene.by("wallet"))
