"""Awarding many customers at once."""

from eth_utils import keccak

from tests.contracts.unit.conftest import CAP, GENESIS, role_id
from tests.contracts.unit.support.stage import DAY

CONFLICT = keccak(text="RefConflict(bytes32)")[:4]
CLOSED = keccak(text="CustomerClosed(bytes32)")[:4]


def ref(number):
    return keccak(text=f"order {number}")


def names(stage, receipt):
    return [(name, arguments["ref"]) for name, arguments in stage.events(receipt)]


def test_award_batch_awards_each_customer(stage, points, issuer, ana, bea):
    awards = [(ana, ref(1), 500), (bea, ref(2), 300), (ana, ref(3), 200)]
    assert stage.answer(points.awardBatch, awards, 0, by=issuer) == 3

    receipt = points.awardBatch(awards, 0, sender=issuer)

    assert names(stage, receipt) == [("Awarded", ref(1)), ("Awarded", ref(2)), ("Awarded", ref(3))]
    assert (points.balanceOf(ana), points.balanceOf(bea)) == (700, 300)
    assert points.liability() == 1_000
    assert points.issuerCap(issuer).left == CAP - 1_000


def test_award_batch_that_is_pending_touches_no_account(points, issuer, ana, bea):
    later = GENESIS + 30 * DAY

    points.awardBatch([(ana, ref(1), 500), (bea, ref(2), 300)], later, sender=issuer)

    assert (points.balanceOf(ana), points.balanceOf(bea)) == (0, 0)
    assert points.entry(ref(2)).availableAt == later
    assert points.issuerCap(issuer).left == CAP - 800


def test_award_batch_skips_what_stands_already(stage, points, issuer, ana, bea, award):
    award(ana, 500, "order 1")
    awards = [(ana, ref(1), 500), (bea, ref(2), 300)]
    assert stage.answer(points.awardBatch, awards, 0, by=issuer) == 1

    receipt = points.awardBatch(awards, 0, sender=issuer)

    assert names(stage, receipt) == [("Awarded", ref(2))]
    assert points.balanceOf(ana) == 500


def test_award_batch_awards_a_repeated_line_once(stage, points, issuer, ana):
    awards = [(ana, ref(1), 500), (ana, ref(1), 500)]
    assert stage.answer(points.awardBatch, awards, 0, by=issuer) == 1

    points.awardBatch(awards, 0, sender=issuer)

    assert points.balanceOf(ana) == 500


def test_award_batch_twice_changes_nothing_the_second_time(stage, points, issuer, ana, bea):
    awards = [(ana, ref(1), 500), (bea, ref(2), 300)]
    stage.send(points.awardBatch, awards, 0, by=issuer)

    receipt = points.awardBatch(awards, 0, sender=issuer)

    assert stage.events(receipt) == []
    assert points.issuerCap(issuer).left == CAP - 800


def test_award_batch_tells_of_a_conflict_and_awards_the_others(
    stage, points, issuer, ana, bea, award
):
    award(ana, 500, "order 1")

    receipt = points.awardBatch([(ana, ref(1), 499), (bea, ref(2), 300)], 0, sender=issuer)

    assert stage.events(receipt)[0] == (
        "AwardRefused",
        {"customerId": ana, "ref": ref(1), "reason": CONFLICT},
    )
    assert (points.balanceOf(ana), points.balanceOf(bea)) == (500, 300)


def test_award_batch_tells_of_a_customer_who_is_gone(stage, points, issuer, ana, bea, erase):
    erase(ana)

    receipt = points.awardBatch([(ana, ref(1), 500), (bea, ref(2), 300)], 0, sender=issuer)

    assert stage.events(receipt)[0] == (
        "AwardRefused",
        {"customerId": ana, "ref": ref(1), "reason": CLOSED},
    )
    assert points.balanceOf(bea) == 300
    # A refused award uses up no cap.
    assert points.issuerCap(issuer).left == CAP - 300


def test_award_batch_reverts_as_a_whole_above_the_cap(stage, points, issuer, ana, bea):
    awards = [(ana, ref(1), CAP), (bea, ref(2), 1)]

    refusal = stage.refusal(points.awardBatch, awards, 0, by=issuer)

    assert refusal == ("IssuerCapExceeded", issuer.address, CAP + 1, CAP)


def test_award_batch_reverts_as_a_whole_for_zero_points(stage, points, issuer, ana, bea):
    awards = [(ana, ref(1), 500), (bea, ref(2), 0)]

    assert stage.refusal(points.awardBatch, awards, 0, by=issuer) == ("ZeroAmount",)


def test_award_batch_of_nothing_does_nothing(stage, points, issuer):
    assert stage.answer(points.awardBatch, [], 0, by=issuer) == 0


def test_award_batch_is_for_issuers_only(stage, points, operator, ana):
    refusal = stage.refusal(points.awardBatch, [(ana, ref(1), 500)], 0, by=operator)

    assert refusal == ("AccessControlUnauthorizedAccount", operator.address, role_id("issuer"))
