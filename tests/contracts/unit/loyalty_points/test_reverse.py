"""Taking points of an award back."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import CAP, GENESIS, role_id
from tests.contracts.unit.support.stage import DAY, moment


def reversed_(customer, ref, total, shortfall=0, holder=None):
    fields = {
        "customerId": customer,
        "ref": ref,
        "holder": holder or customer,
        "totalReversed": total,
        "shortfall": shortfall,
    }
    return ("Reversed", fields)


def test_reverse_takes_points_and_tier_credit_back(stage, points, issuer, ana, award):
    ref = award(ana, 500)

    receipt = points.reverse(ana, ref, 200, sender=issuer)

    assert stage.events(receipt) == [reversed_(ana, ref, 200)]
    assert points.balanceOf(ana) == 300
    assert tuple(points.qualifying(ana)) == (300, 0)
    assert points.liability() == 300
    assert points.entry(ref).undone == 200
    assert points.issuerCap(issuer).left == CAP - 700


def test_reverse_is_cumulative(stage, points, issuer, ana, award):
    ref = award(ana, 500)
    stage.send(points.reverse, ana, ref, 200, by=issuer)

    receipt = points.reverse(ana, ref, 500, sender=issuer)

    assert stage.events(receipt) == [reversed_(ana, ref, 500)]
    assert points.balanceOf(ana) == 0


@pytest.mark.parametrize("total", [0, 100, 200])
def test_reverse_of_no_more_than_before_changes_nothing(stage, points, issuer, ana, award, total):
    ref = award(ana, 500)
    stage.send(points.reverse, ana, ref, 200, by=issuer)

    assert stage.answer(points.reverse, ana, ref, total, by=issuer) is False
    assert stage.events(points.reverse(ana, ref, total, sender=issuer)) == []
    assert points.balanceOf(ana) == 300


def test_reverse_refuses_more_than_was_awarded(stage, points, issuer, ana, award):
    ref = award(ana, 500)

    refusal = stage.refusal(points.reverse, ana, ref, 501, by=issuer)

    assert refusal == ("ExceedsEntry", ref, 501, 500)


def test_reverse_makes_a_debt_of_what_was_spent(stage, points, issuer, ana, award, redeem):
    ref = award(ana, 500)
    redeem(ana, 450)

    receipt = points.reverse(ana, ref, 200, sender=issuer)

    assert stage.events(receipt) == [
        ("DebtChanged", {"customerId": ana, "debt": 150}),
        reversed_(ana, ref, 200, shortfall=150),
    ]
    assert (points.balanceOf(ana), points.debtOf(ana)) == (0, 150)
    assert points.liability() == 0


def test_a_debt_is_paid_off_by_the_next_award_first(stage, points, issuer, ana, award, redeem):
    ref = award(ana, 500)
    redeem(ana, 500)
    stage.send(points.reverse, ana, ref, 300, by=issuer)

    receipt = points.award(ana, keccak(text="order 2"), 400, 0, sender=issuer)

    assert stage.events(receipt)[0] == ("DebtChanged", {"customerId": ana, "debt": 0})
    assert (points.balanceOf(ana), points.debtOf(ana)) == (100, 0)
    assert points.liability() == 100
    # What pays off a debt was earned all the same.
    assert tuple(points.qualifying(ana)) == (600, 0)


def test_a_debt_that_is_larger_than_an_award_swallows_it(stage, points, issuer, ana, award, redeem):
    ref = award(ana, 500)
    redeem(ana, 500)
    stage.send(points.reverse, ana, ref, 300, by=issuer)

    award(ana, 100, "order 2")

    assert (points.balanceOf(ana), points.debtOf(ana)) == (0, 200)


def test_reverse_draws_from_the_awards_own_epoch_first(stage, points, issuer, ana, award):
    award(ana, 100, "in the first quarter")
    stage.reach(moment(2040, 4))
    ref = award(ana, 50, "in the second quarter")

    points.reverse(ana, ref, 50, sender=issuer)

    assert list(points.expiring(ana).points) == [0, 0, 0, 100, 0]


def test_reverse_goes_on_with_the_oldest_points(stage, points, issuer, ana, award, redeem):
    award(ana, 100, "in the first quarter")
    stage.reach(moment(2040, 4))
    ref = award(ana, 50, "in the second quarter")
    redeem(ana, 120)  # 100 of the first quarter, 20 of the second
    stage.reach(moment(2040, 7))
    award(ana, 70, "in the third quarter")

    receipt = points.reverse(ana, ref, 50, sender=issuer)

    # 30 were left of its own quarter, 20 came out of the third.
    assert stage.events(receipt) == [reversed_(ana, ref, 50)]
    assert list(points.expiring(ana).points) == [0, 0, 0, 0, 50]


def test_reverse_of_a_pending_award_lessens_what_will_settle(stage, points, issuer, ana, award):
    ref = award(ana, 500, available_at=GENESIS + 30 * DAY)

    receipt = points.reverse(ana, ref, 500, sender=issuer)

    assert stage.events(receipt) == [reversed_(ana, ref, 500)]
    stage.next(GENESIS + 30 * DAY)
    points.settle(ana, ref, sender=issuer)
    assert points.balanceOf(ana) == 0


def test_reverse_works_in_the_last_second_before_the_points_expire(
    stage, points, issuer, ana, award
):
    ref = award(ana, 500)
    stage.next(moment(2041, 4) - 1)

    points.reverse(ana, ref, 500, sender=issuer)

    assert points.debtOf(ana) == 0


def test_reverse_is_refused_once_the_points_have_expired(stage, points, issuer, ana, award):
    ref = award(ana, 500)
    end = moment(2041, 4)

    refusal = stage.refusal(points.reverse, ana, ref, 500, by=issuer, at=end)

    assert refusal == ("AwardExpired", ref, end)


def test_reverse_in_the_next_year_takes_credit_of_the_last(stage, points, issuer, ana, award):
    ref = award(ana, 500)
    stage.reach(moment(2041))
    award(ana, 70, "in the new year")

    points.reverse(ana, ref, 200, sender=issuer)

    assert tuple(points.qualifying(ana)) == (70, 300)


def test_reverse_falls_to_the_heir_of_a_merged_customer(
    stage, points, issuer, ana, register, merge, award
):
    ref = award(ana, 500)
    bea = register("Bea")
    merge(ana, bea)

    receipt = points.reverse(ana, ref, 200, sender=issuer)

    assert stage.events(receipt) == [reversed_(ana, ref, 200, holder=bea)]
    assert points.balanceOf(bea) == 300


def test_reverse_of_an_erased_customer_is_refused(stage, points, issuer, ana, award, erase):
    ref = award(ana, 500)
    erase(ana)

    assert stage.refusal(points.reverse, ana, ref, 200, by=issuer) == ("CustomerClosed", ana)


def test_reverse_refuses_a_redemption(stage, points, issuer, ana, award, redeem):
    award(ana, 500)
    ref = redeem(ana, 100)

    assert stage.refusal(points.reverse, ana, ref, 100, by=issuer) == ("UnknownRef", ref)


def test_reverse_refuses_a_ref_that_nothing_stands_under(stage, points, issuer, ana):
    ref = keccak(text="no such order")

    assert stage.refusal(points.reverse, ana, ref, 1, by=issuer) == ("UnknownRef", ref)


def test_reverse_refuses_the_ref_of_another_customer(stage, points, issuer, ana, register, award):
    ref = award(ana, 500)

    assert stage.refusal(points.reverse, register("Bea"), ref, 1, by=issuer) == ("UnknownRef", ref)


def test_reverse_is_for_issuers_only(stage, points, operator, ana, award):
    ref = award(ana, 500)

    refusal = stage.refusal(points.reverse, ana, ref, 200, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("issuer"))
