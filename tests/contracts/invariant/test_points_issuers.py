"""LoyaltyPoints: issuers, their caps, and pausing."""

from __future__ import annotations

import pytest

from tests.contracts.support.evm import account
from tests.contracts.support.machine import digest
from tests.contracts.support.model.ledger import role
from tests.contracts.support.points import NEW, at, award
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene
from tests.contracts.support.suite import ISSUER_CAP


def test_cap_is_for_the_utc_day_and_starts_anew_with_the_next() -> None:
    scene = Scene()
    issuer = scene.actors["issuer"]
    scene.evm.warp(at(1997, 3, 1, 23, 59, 59))
    scene.points.setIssuerCap(issuer, 100, **scene.by("admin"))
    assert scene.points.issuerCap(issuer) == (100, 100)
    award(scene, 0, 60)
    assert scene.points.issuerCap(issuer) == (100, 40)
    with refused("IssuerCapExceeded", issuer, 41, 40):
        award(scene, 1, 41)
    award(scene, 2, 40)
    with refused("IssuerCapExceeded", issuer, 1, 0):
        award(scene, 3, 1)
    for day in (2, 3):  # one of the two days begins an even number of days since 1970
        scene.evm.warp(at(1997, 3, day))
        assert scene.points.issuerCap(issuer) == (100, 100)
        award(scene, 10 + day, 100)
        with refused("IssuerCapExceeded", issuer, 1, 0):
            award(scene, 20 + day, 1)


def test_cap_lowered_below_what_was_used_leaves_nothing() -> None:
    scene = Scene()
    issuer = scene.actors["issuer"]
    award(scene, 0, 60)
    scene.points.setIssuerCap(issuer, 59, **scene.by("admin"))
    assert scene.points.issuerCap(issuer) == (59, 0)
    with refused("IssuerCapExceeded", issuer, 1, 0):
        award(scene, 1, 1)


@pytest.mark.parametrize("verb", ["reverse", "refund", "redeem", "batch", "pending"])
def test_everything_an_issuer_moves_counts_toward_its_cap(verb: str) -> None:
    scene = Scene()
    issuer = scene.actors["issuer"]
    left = scene.points.issuerCap(issuer)[1]
    by, now = scene.by("issuer"), scene.evm.timestamp
    moves = {
        "reverse": lambda: scene.points.reverse(scene.linked, scene.awarded, 7, **by),
        "refund": lambda: scene.points.refund(scene.bare, scene.redeemed, 7, **by),
        "redeem": lambda: scene.points.redeem(scene.bare, NEW, 7, **by),
        "batch": lambda: scene.points.awardBatch([(scene.bare, NEW, 7)], 0, **by),
        "pending": lambda: scene.points.award(scene.bare, NEW, 7, now + 1, **by),
    }
    moves[verb]()
    assert scene.points.issuerCap(issuer) == (ISSUER_CAP, left - 7)
    moves[verb]()  # a retry moves nothing
    assert scene.points.issuerCap(issuer) == (ISSUER_CAP, left - 7)
    scene.points.setIssuerCap(issuer, 0, **scene.by("admin"))
    moves[verb]()


def test_there_are_at_most_sixteen_issuers_and_pausing_stops_each() -> None:
    scene = Scene()
    admin = scene.by("admin")
    people = [account(f"issuer {i}") for i in range(16 - len(scene.points.issuers()))]
    for person in people:
        scene.points.grantRole(role("ISSUER"), person, **admin)
    with refused("TooManyIssuers", 16):
        scene.points.grantRole(role("ISSUER"), account("one more"), **admin)
    scene.points.pause(**scene.by("guardian"))
    for person in [*people, scene.actors["issuer"]]:
        with refused("EnforcedPause"):
            scene.points.award(scene.other, NEW, 1, 0, sender=person)
    scene.points.unpause(**admin)
    for number, person in enumerate(people):
        scene.points.setIssuerCap(person, 1, **admin)
        scene.points.award(scene.other, digest("by", number), 1, 0, sender=person)
    assert scene.points.balanceOf(scene.other) == len(people)


def test_an_issuer_made_while_paused_begins_paused() -> None:
    scene = Scene()
    person = account("late issuer")
    scene.points.pause(**scene.by("guardian"))
    scene.points.grantRole(role("ISSUER"), person, **scene.by("admin"))
    with refused("EnforcedPause"):
        scene.points.award(scene.other, NEW, 1, 0, sender=person)
    scene.points.unpause(**scene.by("admin"))
    scene.points.setIssuerCap(person, 1, **scene.by("admin"))
    scene.points.award(scene.other, NEW, 1, 0, sender=person)


def test_what_an_issuer_gave_stays_owed_when_the_role_is_taken_away() -> None:
    scene = Scene()
    before = scene.points.liability()
    award(scene, 0, 60)
    scene.points.revokeRole(role("ISSUER"), scene.actors["issuer"], **scene.by("admin"))
    assert scene.points.liability() == before + 60
    assert scene.points.issuerCap(scene.actors["issuer"]) == (0, 0)
    assert scene.actors["issuer"] not in scene.points.issuers()
    scene.points.grantRole(role("ISSUER"), scene.actors["issuer"], **scene.by("admin"))
    scene.points.setIssuerCap(scene.actors["issuer"], 10, **scene.by("admin"))
    assert scene.points.issuerCap(scene.actors["issuer"]) == (10, 10)
    assert scene.points.liability() == before + 60


def test_pausing_never_stops_a_customer() -> None:
    scene = Scene()
    scene.points.pause(**scene.by("guardian"))
    with refused("EnforcedPause"):
        scene.points.credit(scene.linked, NEW, 5, **scene.by("campaign"))
    args = scene.redeem_intent(scene.linked, NEW, 10, scene.wallet)
    assert scene.points.redeemBySig(*args, **scene.by("stranger"))
    assert scene.points.redeem(scene.linked, digest("new", 1), 10, **scene.by("wallet"))
    scene.points.settle(scene.linked, scene.due, **scene.by("stranger"))
    scene.registry.erase(scene.linked, **scene.by("wallet"))


def test_other_roles_come_and_go_without_touching_the_right_to_issue() -> None:
    scene = Scene()
    issuer, admin = scene.actors["issuer"], scene.by("admin")
    scene.points.grantRole(role("CAMPAIGN"), issuer, **admin)
    scene.points.grantRole(role("CAMPAIGN"), account("nobody"), **admin)
    assert account("nobody") not in scene.points.issuers()
    before, owed = scene.points.issuerCap(issuer), scene.points.liability()
    scene.points.revokeRole(role("CAMPAIGN"), issuer, **admin)
    assert (scene.points.issuerCap(issuer), scene.points.liability()) == (before, owed)
    assert issuer in scene.points.issuers()
    scene.points.revokeRole(role("GUARDIAN"), issuer, **admin)
    award(scene, 0, 5)
    with refused("AccessControlUnauthorizedAccount", account("nobody"), role("ISSUER")):
        scene.points.award(scene.other, NEW, 1, 0, sender=account("nobody"))
