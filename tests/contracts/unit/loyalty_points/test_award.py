"""Awarding points to one customer."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import GENESIS, role_id
from tests.contracts.unit.support.stage import DAY, moment

REF = keccak(text="order 1")
LARGEST = 2**32 - 1
QUARTER = (2040 - 1970) * 4  # the epoch that begins with 2040
NONE, PENDING, AWARDED = 0, 1, 2


def told(customer, ref, amount, available_at=0):
    return (
        "Awarded",
        {
            "customerId": customer,
            "ref": ref,
            "points": amount,
            "availableAt": available_at,
            "terms": 0,
        },
    )


def test_award_makes_points_available_at_once(stage, points, issuer, ana):
    assert stage.answer(points.award, ana, REF, 500, 0, by=issuer) is True

    receipt = points.award(ana, REF, 500, 0, sender=issuer)

    assert stage.events(receipt) == [told(ana, REF, 500)]
    assert points.balanceOf(ana) == 500
    assert points.liability() == 500
    assert points.outstanding(QUARTER + 4) == 500
    assert tuple(points.qualifying(ana)) == (500, 0)


def test_award_keeps_an_entry_under_the_ref(points, issuer, ana):
    points.award(ana, REF, 500, 0, sender=issuer)

    entry = points.entry(REF)
    assert bytes(entry.customer) == keccak(ana)[:12]
    assert (entry.points, entry.undone, entry.availableAt) == (500, 0, 0)
    assert (entry.epoch, entry.terms, entry.state) == (QUARTER, 0, AWARDED)


def test_award_stays_pending_until_it_is_available(stage, points, issuer, ana):
    available_at = GENESIS + 30 * DAY

    receipt = points.award(ana, REF, 500, available_at, sender=issuer)

    assert stage.events(receipt) == [told(ana, REF, 500, available_at)]
    assert points.entry(REF).state == PENDING
    assert points.balanceOf(ana) == 0
    assert points.liability() == 0
    assert tuple(points.qualifying(ana)) == (0, 0)


def test_award_that_is_available_this_very_second_is_not_pending(stage, points, issuer, ana):
    now = GENESIS + DAY
    stage.next(now)

    points.award(ana, REF, 500, now, sender=issuer)

    assert points.entry(REF).state == AWARDED
    assert points.balanceOf(ana) == 500


def test_award_that_is_available_in_the_next_second_is_pending(stage, points, issuer, ana):
    now = GENESIS + DAY
    stage.next(now)

    points.award(ana, REF, 500, now + 1, sender=issuer)

    assert points.entry(REF).state == PENDING


def test_award_again_returns_false_and_changes_nothing(stage, points, issuer, ana, award):
    ref = award(ana, 500)
    before = points.issuerCap(issuer).left

    assert stage.answer(points.award, ana, ref, 500, 0, by=issuer) is False
    receipt = points.award(ana, ref, 500, 0, sender=issuer)

    assert stage.events(receipt) == []
    assert points.balanceOf(ana) == 500
    assert points.issuerCap(issuer).left == before


def test_award_again_with_a_later_availability_keeps_the_first(stage, points, issuer, ana, award):
    first = GENESIS + 30 * DAY
    ref = award(ana, 500, available_at=first)

    assert stage.answer(points.award, ana, ref, 500, first + DAY, by=issuer) is False
    points.award(ana, ref, 500, first + DAY, sender=issuer)

    assert points.entry(ref).availableAt == first


def test_award_again_in_a_later_epoch_changes_nothing(stage, points, issuer, ana, award):
    ref = award(ana, 500)
    stage.reach(moment(2040, 4))

    assert stage.answer(points.award, ana, ref, 500, 0, by=issuer) is False


@pytest.mark.parametrize("amount", [499, 501], ids=["fewer points", "more points"])
def test_award_refuses_a_ref_that_stands_for_other_points(
    stage, points, issuer, ana, award, amount
):
    ref = award(ana, 500)

    assert stage.refusal(points.award, ana, ref, amount, 0, by=issuer) == ("RefConflict", ref)


def test_award_refuses_a_ref_that_stands_for_another_customer(
    stage, points, issuer, ana, award, register
):
    ref = award(ana, 500)

    refusal = stage.refusal(points.award, register("Bea"), ref, 500, 0, by=issuer)

    assert refusal == ("RefConflict", ref)


def test_award_refuses_a_ref_that_stands_for_a_redemption(
    stage, points, issuer, ana, award, redeem
):
    award(ana, 500)
    ref = redeem(ana, 500)

    assert stage.refusal(points.award, ana, ref, 500, 0, by=issuer) == ("RefConflict", ref)


def test_award_refuses_zero_points(stage, points, issuer, ana):
    assert stage.refusal(points.award, ana, REF, 0, 0, by=issuer) == ("ZeroAmount",)


def test_award_takes_the_largest_number_that_an_entry_holds(stage, points, issuer, admin, ana):
    stage.send(points.setIssuerCap, issuer.address, 2**64 - 1, by=admin)

    points.award(ana, REF, LARGEST, 0, sender=issuer)

    assert points.balanceOf(ana) == LARGEST
    assert tuple(points.qualifying(ana)) == (LARGEST, 0)


def test_award_refuses_more_than_an_epoch_of_the_account_holds(
    stage, points, issuer, admin, ana, award
):
    stage.send(points.setIssuerCap, issuer.address, 2**64 - 1, by=admin)
    award(ana, LARGEST)

    refusal = stage.refusal(points.award, ana, keccak(text="order 2"), 1, 0, by=issuer)

    assert refusal == ("EpochFull", LARGEST + 1)


def test_award_refuses_an_erased_customer(stage, points, issuer, ana, erase):
    erase(ana)

    assert stage.refusal(points.award, ana, REF, 500, 0, by=issuer) == ("CustomerClosed", ana)


def test_award_refuses_a_merged_customer(stage, points, issuer, ana, register, merge):
    merge(ana, register("Bea"))

    assert stage.refusal(points.award, ana, REF, 500, 0, by=issuer) == ("CustomerClosed", ana)


def test_award_is_for_issuers_only(stage, points, operator, ana):
    refusal = stage.refusal(points.award, ana, REF, 500, 0, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("issuer"))


def test_award_under_terms_may_hold_zero_points(stage, points, issuer, ana):
    receipt = points.awardUnder(ana, REF, 0, 0, 77, sender=issuer)

    name, arguments = told(ana, REF, 0)
    assert stage.events(receipt) == [(name, {**arguments, "terms": 77})]
    assert points.entry(REF).state == AWARDED
    assert points.balanceOf(ana) == 0
    assert stage.answer(points.awardUnder, ana, REF, 0, 0, 77, by=issuer) is False


def test_award_under_other_terms_is_refused(stage, points, issuer, ana):
    stage.send(points.awardUnder, ana, REF, 500, 0, 77, by=issuer)

    refusal = stage.refusal(points.awardUnder, ana, REF, 500, 0, 78, by=issuer)

    assert refusal == ("RefConflict", REF)
    assert stage.refusal(points.award, ana, REF, 500, 0, by=issuer) == ("RefConflict", REF)
